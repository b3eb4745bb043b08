"""Adapters that keep everything in this process: for evaluation, tests and a first look. Shipped, not mocked."""

from remit.adapters.memory.accounts import MemoryAccounts
from remit.adapters.memory.audit import MemoryAuditLog
from remit.adapters.memory.certificates import MemoryCertificates
from remit.adapters.memory.clock import FixedClock, SystemClock
from remit.adapters.memory.control import MemoryExposure, MemoryGrantBook, MemoryIncidents, MemoryOutbox
from remit.adapters.memory.grants import FixedGrants
from remit.adapters.memory.handoffs import MemoryHandoffs
from remit.adapters.memory.ledger import MemoryLedger
from remit.adapters.memory.people import MemoryContactCentre, ScriptedDesk
from remit.adapters.memory.recorder import MemoryRecorder
from remit.adapters.memory.releases import MemoryAssignments, MemoryFingerprints, MemoryReleases
from remit.adapters.memory.running import MemoryRunningStates
from remit.adapters.memory.sessions import MemorySessions
from remit.adapters.memory.verdicts import MemoryVerdictRecords

__all__ = [
    "FixedClock",
    "FixedGrants",
    "MemoryAccounts",
    "MemoryAssignments",
    "MemoryAuditLog",
    "MemoryCertificates",
    "MemoryContactCentre",
    "MemoryExposure",
    "MemoryFingerprints",
    "MemoryGrantBook",
    "MemoryHandoffs",
    "MemoryIncidents",
    "MemoryLedger",
    "MemoryOutbox",
    "MemoryRecorder",
    "MemoryReleases",
    "MemoryRunningStates",
    "MemorySessions",
    "MemoryVerdictRecords",
    "ScriptedDesk",
    "SystemClock",
]
