"""Registered releases, their life cycle, their attempts, the draws of canaries, and fingerprints.

Revision ID: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "releases",
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("release", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.UniqueConstraint("agent", "release", name="uq_releases_agent"),
    )
    op.create_table(
        "release_lines",
        sa.Column("agent", sa.Text, primary_key=True),
        sa.Column("intent", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
    )
    op.create_table(
        "release_attempts",
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("intent", sa.Text, nullable=False),
        sa.Column("release", sa.Text, nullable=False),
        sa.Column("opened_at", sa.Text, nullable=False),
        sa.Column("ending", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.UniqueConstraint("agent", "intent", "release", "opened_at", name="uq_release_attempts_agent"),
    )
    _draws()


def _draws() -> None:
    op.create_table(
        "canary_assignments",
        sa.Column("conversation", sa.Text, primary_key=True),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("release", sa.Text, nullable=False),
        sa.Column("arm", sa.Text, nullable=False),
        sa.Column("share", sa.Float, nullable=False),
        sa.Column("intent", sa.Text, nullable=False),
        sa.Column("salt", sa.Text, nullable=False),
        sa.Column("customer", sa.Text, nullable=False),
        sa.Column("first_of_customer", sa.Integer, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
    )
    op.create_index("ix_canary_assignments_salt", "canary_assignments", ["salt", "customer"])
    op.create_table(
        "fingerprints",
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("release", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("probes", sa.Text, nullable=False),
        sa.Column("replies", sa.Text, nullable=False),
        sa.Column("check", sa.Text),
    )
    op.create_index("ix_fingerprints_agent", "fingerprints", ["agent", "release"])
