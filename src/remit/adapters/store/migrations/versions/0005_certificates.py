"""Certificates of thresholds, and the labelled signals that they rest on.

Revision ID: 0005
"""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Nothing yet."""
