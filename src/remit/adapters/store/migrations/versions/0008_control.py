"""Grants with their owners, sign-offs, incidents, notices to send.

Revision ID: 0008
"""

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Nothing yet."""
