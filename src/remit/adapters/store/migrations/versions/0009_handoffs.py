"""Handoffs: the queue of Remit's own desk, and what waits to be carried to another contact centre.

Revision ID: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the table. Handoffs of before were kept in no queue: their turns and conversations have them."""
    op.create_table(
        "handoffs",
        sa.Column("id", sa.Text, primary_key=True),
        *(_text(name) for name in ("conversation", "kind", "reason", "queue")),
        sa.Column("urgency", sa.Integer, nullable=False),
        *(_text(name) for name in ("envelope", "created_at", "state", "held_by")),
        sa.Column("ended_at", sa.Text),
        *(_text(name) for name in ("destination", "deadline")),
        sa.Column("n_attempts", sa.Integer, nullable=False),
        sa.Column("delivered_at", sa.Text),
        *(_text(name) for name in ("reference", "problem")),
        sa.Column("due_at", sa.Text),
    )
    op.create_index("ix_handoffs_conversation", "handoffs", ["conversation", "created_at"])
    op.create_index(
        "ix_handoffs_open",
        "handoffs",
        ["state", "urgency", "created_at"],
        sqlite_where=sa.text("state in ('waiting', 'taken')"),
    )
    op.create_index("ix_handoffs_due", "handoffs", ["due_at"], sqlite_where=sa.text("delivered_at is null"))


def _text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text, nullable=False)
