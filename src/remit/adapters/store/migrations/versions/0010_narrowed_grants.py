"""Grants say when they were narrowed for a cause: their release earns nothing back on what was shown before.

Revision ID: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """None for grants of older stores: those did not say why a level was lowered."""
    op.add_column("grants", sa.Column("narrowed_at", sa.Text))
