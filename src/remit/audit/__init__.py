"""Who changed what, on which evidence: entries in a hash chain."""

from remit.audit.model import AuditEntry, Change, EntryId
from remit.audit.ports import AuditLog

__all__ = ["AuditEntry", "AuditLog", "Change", "EntryId"]
