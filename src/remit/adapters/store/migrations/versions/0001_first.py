"""Conversations, turns and their journal, the ledger with its running counts, grants and the stop flag.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "conversations",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("customer", sa.Text),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("release", sa.Text),
        sa.Column("handed_off", sa.Text),
        sa.Column("agent_memory", sa.Text, nullable=False),
        sa.Column("n_entries", sa.Integer, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("updated_at", sa.Text, nullable=False),
    )
    op.create_table(
        "entries",
        sa.Column("conversation_id", sa.Text, sa.ForeignKey("conversations.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.CheckConstraint("kind in ('message', 'exchange')", name="kind"),
    )
    op.create_table(
        "turns",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("conversation_id", sa.Text, sa.ForeignKey("conversations.id"), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("received_at", sa.Text, nullable=False),
        sa.Column("deadline", sa.Text, nullable=False),
        sa.Column("leased_until", sa.Text),
        sa.Column("closed_at", sa.Text),
    )
    op.create_index("ix_turns_conversation_id", "turns", ["conversation_id", "received_at"])
    op.create_table(
        "turn_records",
        sa.Column("turn_id", sa.Text, sa.ForeignKey("turns.id"), primary_key=True),
        sa.Column("step", sa.Integer, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
    )
    _make_ledger()
    _make_grants()


def _make_ledger() -> None:
    op.create_table(
        "observations",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("release", sa.Text, nullable=False),
        sa.Column("intent", sa.Text, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("strength", sa.Integer, nullable=False),
        sa.Column("metric", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("cluster", sa.Text, nullable=False),
        sa.Column("sampling_probability", sa.Float, nullable=False),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.CheckConstraint("sampling_probability > 0 and sampling_probability <= 1", name="sampling_probability"),
    )
    op.create_index("ix_observations_agent", "observations", ["agent", "release", "intent", "metric"])
    op.create_table(
        "aggregates",
        *(
            sa.Column(name, sa.Text, primary_key=True)
            for name in ("agent", "release", "intent", "level", "metric", "cluster")
        ),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("n_passed", "n_failed", "n_not_counted")),
    )


def _make_grants() -> None:
    op.create_table(
        "grants",
        sa.Column("agent", sa.Text, primary_key=True),
        sa.Column("intent", sa.Text, primary_key=True),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("release", sa.Text, nullable=False),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("granted_at", sa.Text, nullable=False),
    )
    op.create_table(
        "control",
        sa.Column("agent", sa.Text, primary_key=True),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("stopped", sa.Integer, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("changed_at", sa.Text, nullable=False),
    )
