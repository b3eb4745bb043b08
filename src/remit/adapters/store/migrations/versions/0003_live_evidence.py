"""What is observed of live conversations, and the states that followers fold from the ledger.

Revision ID: 0003
"""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Nothing yet."""
