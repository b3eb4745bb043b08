"""The tables, once, for migrations and for everything that is not a turn. The path of a turn speaks SQL itself."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("customer", Text),
    Column("language", Text, nullable=False),
    Column("release", Text),
    Column("handed_off", Text),
    Column("agent_memory", Text, nullable=False),
    Column("n_entries", Integer, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
)

entries = Table(
    "entries",
    metadata,
    Column("conversation_id", Text, ForeignKey("conversations.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("at", Text, nullable=False),
    CheckConstraint("kind in ('message', 'exchange')", name="kind"),
)

turns = Table(
    "turns",
    metadata,
    Column("id", Text, primary_key=True),
    Column("conversation_id", Text, ForeignKey("conversations.id"), nullable=False),
    Column("message", Text, nullable=False),
    Column("received_at", Text, nullable=False),
    Column("deadline", Text, nullable=False),
    Column("leased_until", Text),
    Column("closed_at", Text),
    Index("ix_turns_conversation_id", "conversation_id", "received_at"),
    Index("ix_turns_unfinished", "leased_until", sqlite_where=text("closed_at is null")),
)

turn_records = Table(
    "turn_records",
    metadata,
    Column("turn_id", Text, ForeignKey("turns.id"), primary_key=True),
    Column("step", Integer, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("content", Text, nullable=False),
    Column("at", Text, nullable=False),
)

observations = Table(
    "observations",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("key", Text, nullable=False, unique=True),
    Column("at", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("release", Text, nullable=False),
    Column("intent", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("strength", Integer, nullable=False),
    Column("metric", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("cluster", Text, nullable=False),
    Column("sampling_probability", Float, nullable=False),
    Column("policy", Text, nullable=False),
    Column("details", Text, nullable=False),
    Column("conversation", Text, nullable=False, server_default=""),
    Column("customer", Text, nullable=False, server_default=""),
    Column("arm", Text, nullable=False, server_default=""),
    Column("stratum", Text, nullable=False, server_default=""),
    Column("canary_share", Float, nullable=False, server_default="0"),
    Column("label", Text, nullable=False, server_default="state_check"),
    Column("loss", Float),
    Column("matured", Integer, nullable=False, server_default="1"),
    CheckConstraint("sampling_probability > 0 and sampling_probability <= 1", name="sampling_probability"),
    Index("ix_observations_agent", "agent", "release", "intent", "metric"),
    Index("ix_observations_conversation", "conversation", sqlite_where=text("conversation <> ''")),
)

closed_turns = Table(
    "closed_turns",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("turn_id", Text, ForeignKey("turns.id"), nullable=False),
)

followers = Table(
    "followers",
    metadata,
    Column("name", Text, primary_key=True),
    Column("position", Integer, nullable=False),
)

running_states = Table(
    "running_states",
    metadata,
    Column("follower", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("state", Text, nullable=False),
)

follower_actions = Table(
    "follower_actions",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("follower", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("done", Integer, nullable=False),
    Index("ix_follower_actions_follower", "follower", "key", unique=True),
    Index("ix_follower_actions_pending", "follower", sqlite_where=text("done = 0")),
)

aggregates = Table(
    "aggregates",
    metadata,
    Column("agent", Text, primary_key=True),
    Column("release", Text, primary_key=True),
    Column("intent", Text, primary_key=True),
    Column("level", Text, primary_key=True),
    Column("metric", Text, primary_key=True),
    Column("cluster", Text, primary_key=True),
    Column("n_passed", Integer, nullable=False),
    Column("n_failed", Integer, nullable=False),
    Column("n_not_counted", Integer, nullable=False),
)

grants = Table(
    "grants",
    metadata,
    Column("agent", Text, primary_key=True),
    Column("intent", Text, primary_key=True),
    Column("release", Text, primary_key=True),
    Column("policy", Text, nullable=False),
    Column("level", Integer, nullable=False),
    Column("restorable", Integer, nullable=False),
    Column("since", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("send_threshold", Float),
    Column("ask_threshold", Float),
    Column("certificate", Text),
    Column("limits", Text, nullable=False),
    Column("provisional", Integer, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("narrowed_at", Text),
)

certificates = Table(
    "certificates",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    Column("agent", Text, nullable=False),
    Column("release", Text, nullable=False),
    Column("policy", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("issued_at", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
    Column("withdrawn", Text, nullable=False),
    Column("withdrawn_at", Text),
    Index("ix_certificates_agent", "agent", "withdrawn"),
)

waivers = Table(
    "waivers",
    metadata,
    Column("agent", Text, primary_key=True),
    Column("intent", Text, primary_key=True),
    Column("release", Text, primary_key=True),
    Column("id", Text, nullable=False),
    Column("policy", Text, nullable=False),
    Column("level", Integer, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("since", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
)

verdict_records = Table(
    "verdict_records",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    Column("agent", Text, nullable=False),
    Column("decisive", Integer, nullable=False),
    Column("at", Text, nullable=False),
    Column("content", Text, nullable=False),
    Index("ix_verdict_records_agent", "agent", "decisive"),
)

control = Table(
    "control",
    metadata,
    Column("agent", Text, primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("changed_at", Text, nullable=False),
)

stops = Table(
    "stops",
    metadata,
    Column("agent", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("by", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("since", Text, nullable=False),
)

freezes = Table(
    "freezes",
    metadata,
    Column("agent", Text, primary_key=True),
    Column("intent", Text, primary_key=True),
    Column("by", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("since", Text, nullable=False),
    Column("until", Text),
)

raised_sampling = Table(
    "raised_sampling",
    metadata,
    Column("agent", Text, primary_key=True),
    Column("intent", Text, primary_key=True),
    Column("share", Float, nullable=False),
    Column("why", Text, nullable=False),
    Column("since", Text, nullable=False),
)

orders = Table(
    "orders",
    metadata,
    Column("key", Text, primary_key=True),
    Column("agent", Text, nullable=False),
    Column("at", Text, nullable=False),
)

proposals = Table(
    "proposals",
    metadata,
    Column("key", Text, primary_key=True),
    Column("agent", Text, nullable=False),
    Column("content", Text, nullable=False),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("agent", Text, nullable=False),
    Column("release", Text, nullable=False),
    Column("intent", Text, nullable=False),
    Column("opened_at", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("conversations", Text, nullable=False),
    Column("n_conversations", Integer, nullable=False),
    Column("scenario", Text, nullable=False),
    Column("closed_at", Text),
    Column("closed_because", Text, nullable=False),
    Index("ix_incidents_agent", "agent", "opened_at"),
)

incident_events = Table(
    "incident_events",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("incident", Text, ForeignKey("incidents.id"), nullable=False),
    Column("at", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("by", Text, nullable=False),
    Index("ix_incident_events_incident", "incident", "seq"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("key", Text, primary_key=True),
    Column("recipient", Text, nullable=False),
    Column("tidings", Text, nullable=False),
    Column("n_attempts", Integer, nullable=False),
    Column("due_at", Text),
    Column("deadline", Text, nullable=False),
    Column("sent_at", Text),
    Column("problem", Text, nullable=False),
    Index("ix_outbox_due", "due_at", sqlite_where=text("due_at is not null")),
)

exposure = Table(
    "exposure",
    metadata,
    Column("agent", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("what", Text, primary_key=True),
    Column("amount", Float, nullable=False),
)

exposure_entries = Table(
    "exposure_entries",
    metadata,
    Column("agent", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("granted", Integer, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("roles", Text, nullable=False),
    Column("functions", Text, nullable=False),
    Column("password", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("disabled_at", Text),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False),
    Column("digest", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
    Column("revoked_at", Text),
    Column("last_used_at", Text),
    Index("ix_api_keys_account_id", "account_id"),
)

login_attempts = Table(
    "login_attempts",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("n_failed", Integer, nullable=False),
    Column("last_at", Text, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False),
    Column("content", Text, nullable=False),
    Column("ends_at", Text, nullable=False),
    Index("ix_sessions_account_id", "account_id"),
)

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("content", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("digest", Text, nullable=False),
)

releases = Table(
    "releases",
    metadata,
    Column("position", Integer, primary_key=True),
    Column("agent", Text, nullable=False),
    Column("release", Text, nullable=False),
    Column("content", Text, nullable=False),
    UniqueConstraint("agent", "release", name="uq_releases_agent"),
)

release_lines = Table(
    "release_lines",
    metadata,
    Column("agent", Text, primary_key=True),
    Column("intent", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("content", Text, nullable=False),
)

release_attempts = Table(
    "release_attempts",
    metadata,
    Column("position", Integer, primary_key=True),
    Column("agent", Text, nullable=False),
    Column("intent", Text, nullable=False),
    Column("release", Text, nullable=False),
    Column("opened_at", Text, nullable=False),
    Column("ending", Text, nullable=False),
    Column("content", Text, nullable=False),
    UniqueConstraint("agent", "intent", "release", "opened_at", name="uq_release_attempts_agent"),
)

canary_assignments = Table(
    "canary_assignments",
    metadata,
    Column("conversation", Text, primary_key=True),
    Column("agent", Text, nullable=False),
    Column("release", Text, nullable=False),
    Column("arm", Text, nullable=False),
    Column("share", Float, nullable=False),
    Column("intent", Text, nullable=False),
    Column("salt", Text, nullable=False),
    Column("customer", Text, nullable=False),
    Column("first_of_customer", Integer, nullable=False),
    Column("at", Text, nullable=False),
    Index("ix_canary_assignments_salt", "salt", "customer"),
)

fingerprints = Table(
    "fingerprints",
    metadata,
    Column("position", Integer, primary_key=True),
    Column("agent", Text, nullable=False),
    Column("release", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("probes", Text, nullable=False),
    Column("replies", Text, nullable=False),
    Column("check", Text),
    Index("ix_fingerprints_agent", "agent", "release"),
)

handoffs = Table(
    "handoffs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("conversation", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("urgency", Integer, nullable=False),
    Column("envelope", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("held_by", Text, nullable=False),
    Column("ended_at", Text),
    Column("destination", Text, nullable=False),
    Column("deadline", Text, nullable=False),
    Column("n_attempts", Integer, nullable=False),
    Column("delivered_at", Text),
    Column("reference", Text, nullable=False),
    Column("problem", Text, nullable=False),
    Column("due_at", Text),
    Index("ix_handoffs_conversation", "conversation", "created_at"),
    Index("ix_handoffs_open", "state", "urgency", "created_at", sqlite_where=text("state in ('waiting', 'taken')")),
    Index("ix_handoffs_due", "due_at", sqlite_where=text("delivered_at is null")),
)
