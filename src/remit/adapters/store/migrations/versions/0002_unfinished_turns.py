"""Turns whose process died are looked for every few seconds: an index over the few that have not ended.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Index turns that have not ended."""
    op.create_index("ix_turns_unfinished", "turns", ["leased_until"], sqlite_where=sa.text("closed_at is null"))
