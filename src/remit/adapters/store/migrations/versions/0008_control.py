"""Grants by release with what they rest on, stops by scope, incidents, notices to send, what a day has moved.

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_UNPROVEN = '{"functions":[],"id":"unknown","name":"unknown, before accounts","proof":"own_process","roles":[]}'
"""Whoever pressed the stop of an older store: nobody had accounts then."""


def upgrade() -> None:
    """Carry over what was granted and stopped, and make what is new."""
    _grants()
    _stops()
    _remit_tables()
    _incidents()
    op.create_table(
        "outbox",
        sa.Column("key", sa.Text, primary_key=True),
        _text("recipient"),
        _text("tidings"),
        sa.Column("n_attempts", sa.Integer, nullable=False),
        sa.Column("due_at", sa.Text),
        _text("deadline"),
        sa.Column("sent_at", sa.Text),
        _text("problem"),
    )
    op.create_index("ix_outbox_due", "outbox", ["due_at"], sqlite_where=sa.text("due_at is not null"))
    op.create_table(
        "exposure",
        *_keys("agent", "day", "what"),
        sa.Column("amount", sa.Float, nullable=False),
    )
    op.create_table(
        "exposure_entries",
        *_keys("agent", "day", "key"),
        sa.Column("granted", sa.Integer, nullable=False),
    )


def _keys(*names: str) -> tuple["sa.Column[str]", ...]:
    return tuple(sa.Column(name, sa.Text, primary_key=True) for name in names)


def _text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text, nullable=False)


def _grants() -> None:
    op.rename_table("grants", "grants_before")
    op.create_table(
        "grants",
        *_keys("agent", "intent", "release"),
        _text("policy"),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("restorable", sa.Integer, nullable=False),
        _text("since"),
        _text("why"),
        _text("owner"),
        sa.Column("send_threshold", sa.Float),
        sa.Column("ask_threshold", sa.Float),
        sa.Column("certificate", sa.Text),
        _text("limits"),
        sa.Column("provisional", sa.Integer, nullable=False),
        _text("evidence"),
    )
    op.execute(
        "insert into grants (agent, intent, release, policy, level, restorable, since, why, owner, limits,"
        " provisional, evidence)"
        " select agent, intent, release, policy, level, level, granted_at, why, '', '{}', 0, '[]' from grants_before"
    )
    op.drop_table("grants_before")


def _stops() -> None:
    op.create_table("stops", *_keys("agent", "kind", "subject"), _text("by"), _text("why"), _text("since"))
    op.get_bind().execute(
        sa.text(
            "insert into stops (agent, kind, subject, by, why, since)"
            " select agent, 'agent', '', :by, why, changed_at from control where stopped"
        ),
        {"by": _UNPROVEN},
    )
    op.rename_table("control", "control_before")
    op.create_table("control", *_keys("agent"), sa.Column("epoch", sa.Integer, nullable=False), _text("changed_at"))
    op.execute("insert into control (agent, epoch, changed_at) select agent, epoch, changed_at from control_before")
    op.drop_table("control_before")


def _remit_tables() -> None:
    op.create_table(
        "waivers",
        *_keys("agent", "intent", "release"),
        _text("id"),
        _text("policy"),
        sa.Column("level", sa.Integer, nullable=False),
        _text("by"),
        _text("reason"),
        _text("since"),
        _text("expires_at"),
    )
    op.create_table(
        "freezes",
        *_keys("agent", "intent"),
        _text("by"),
        _text("why"),
        _text("since"),
        sa.Column("until", sa.Text),
    )
    op.create_table(
        "raised_sampling",
        *_keys("agent", "intent"),
        sa.Column("share", sa.Float, nullable=False),
        _text("why"),
        _text("since"),
    )
    op.create_table("orders", *_keys("key"), _text("agent"), _text("at"))
    op.create_table("proposals", *_keys("key"), _text("agent"), _text("content"))


def _incidents() -> None:
    op.create_table(
        "incidents",
        *_keys("id"),
        *(_text(name) for name in ("agent", "release", "intent", "opened_at", "title", "why", "conversations")),
        sa.Column("n_conversations", sa.Integer, nullable=False),
        _text("scenario"),
        sa.Column("closed_at", sa.Text),
        _text("closed_because"),
    )
    op.create_index("ix_incidents_agent", "incidents", ["agent", "opened_at"])
    op.create_table(
        "incident_events",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("incident", sa.Text, sa.ForeignKey("incidents.id"), nullable=False),
        *(_text(name) for name in ("at", "kind", "what", "by")),
    )
    op.create_index("ix_incident_events_incident", "incident_events", ["incident", "seq"])
