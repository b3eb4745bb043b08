"""The durable store. SQLite is the embedded default; `docs/design/store.md` says how it is laid out and why."""

from remit.adapters.store.accounts import SqliteAccounts
from remit.adapters.store.audit import SqliteAuditLog
from remit.adapters.store.certificates import SqliteCertificates
from remit.adapters.store.closed_turns import SqliteClosedTurns
from remit.adapters.store.control import SqliteGrantBook
from remit.adapters.store.database import SqliteDatabase
from remit.adapters.store.exposure import SqliteExposure
from remit.adapters.store.grants import StoredGrants
from remit.adapters.store.handoffs import SqliteHandoffs
from remit.adapters.store.incidents import SqliteIncidents
from remit.adapters.store.ledger import SqliteLedger
from remit.adapters.store.outbox import SqliteOutbox
from remit.adapters.store.proposals import SqliteProposals
from remit.adapters.store.recorder import SqliteRecorder
from remit.adapters.store.releases import SqliteAssignments, SqliteFingerprints, SqliteReleases
from remit.adapters.store.running import SqliteRunningStates
from remit.adapters.store.sessions import SqliteSessions
from remit.adapters.store.verdicts import SqliteVerdictRecords

__all__ = [
    "SqliteAccounts",
    "SqliteAssignments",
    "SqliteAuditLog",
    "SqliteCertificates",
    "SqliteClosedTurns",
    "SqliteDatabase",
    "SqliteExposure",
    "SqliteFingerprints",
    "SqliteGrantBook",
    "SqliteHandoffs",
    "SqliteIncidents",
    "SqliteLedger",
    "SqliteOutbox",
    "SqliteProposals",
    "SqliteRecorder",
    "SqliteReleases",
    "SqliteRunningStates",
    "SqliteSessions",
    "SqliteVerdictRecords",
    "StoredGrants",
]
