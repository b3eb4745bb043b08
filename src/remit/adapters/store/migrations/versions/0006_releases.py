"""Registered releases, their life cycle and their attempts.

Revision ID: 0006
"""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Nothing yet."""
