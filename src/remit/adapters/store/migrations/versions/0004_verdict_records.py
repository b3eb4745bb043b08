"""Verdicts as they were given.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_KEPT_FOR_GOOD = """
create trigger verdict_records_no_{verb} before {verb} on verdict_records
begin select raise(abort, 'verdict records are kept for good'); end
"""


def upgrade() -> None:
    """Make the table; it refuses changes and deletions."""
    op.create_table(
        "verdict_records",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("decisive", sa.Integer, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
    )
    op.create_index("ix_verdict_records_agent", "verdict_records", ["agent", "decisive"])
    for verb in ("update", "delete"):
        op.execute(_KEPT_FOR_GOOD.format(verb=verb))
