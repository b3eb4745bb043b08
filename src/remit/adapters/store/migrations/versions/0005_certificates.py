"""Certificates of thresholds. The labels they rest on are observations; a certificate holds their digest.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table; `seq` keeps the order in which certificates were kept."""
    op.create_table(
        "certificates",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("release", sa.Text, nullable=False),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("issued_at", sa.Text, nullable=False),
        sa.Column("expires_at", sa.Text, nullable=False),
        sa.Column("withdrawn", sa.Text, nullable=False),
        sa.Column("withdrawn_at", sa.Text),
    )
    op.create_index("ix_certificates_agent", "certificates", ["agent", "withdrawn"])
