"""Who changed what, on which evidence: entries in a hash chain."""

from remit.audit.chain import GENESIS, ChainCheck, Checkpoint, Finding, Flaw, link, parse_checkpoint, same_change
from remit.audit.model import AuditEntry, Change, EntryId
from remit.audit.ports import AuditLog

__all__ = [
    "GENESIS",
    "AuditEntry",
    "AuditLog",
    "ChainCheck",
    "Change",
    "Checkpoint",
    "EntryId",
    "Finding",
    "Flaw",
    "link",
    "parse_checkpoint",
    "same_change",
]
