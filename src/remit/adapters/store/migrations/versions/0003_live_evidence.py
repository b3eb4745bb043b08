"""What is observed of live conversations, and the states that followers fold from the ledger.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_LIVE = sa.text("conversation <> ''")


def upgrade() -> None:
    """Widen observations, and make the tables of followers."""
    for name in ("conversation", "customer", "arm", "stratum"):
        op.add_column("observations", sa.Column(name, sa.Text, nullable=False, server_default=""))
    op.add_column("observations", sa.Column("canary_share", sa.Float, nullable=False, server_default="0"))
    op.add_column("observations", sa.Column("label", sa.Text, nullable=False, server_default="state_check"))
    op.add_column("observations", sa.Column("loss", sa.Float))
    op.add_column("observations", sa.Column("matured", sa.Integer, nullable=False, server_default="1"))
    op.create_index("ix_observations_conversation", "observations", ["conversation"], sqlite_where=_LIVE)
    op.create_table(
        "followers",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
    )
    op.create_table(
        "running_states",
        sa.Column("follower", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
    )
    op.create_table(
        "follower_actions",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("follower", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
    )
    op.create_index("ix_follower_actions_follower", "follower_actions", ["follower", "key"], unique=True)
    op.create_index("ix_follower_actions_pending", "follower_actions", ["follower"], sqlite_where=sa.text("done = 0"))
    op.create_table(
        "closed_turns",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("turn_id", sa.Text, sa.ForeignKey("turns.id"), nullable=False),
    )
    op.execute("insert into closed_turns (turn_id) select id from turns where closed_at is not null order by closed_at")
