"""The audit log port: append and read. Adapters pass one contract suite (tests/contracts)."""

from collections.abc import AsyncIterator
from typing import Protocol

from remit.audit.model import AuditEntry, Change


class AuditLog(Protocol):
    """The append-only chain of changes."""

    async def record(self, change: Change) -> AuditEntry:
        """Append the change and return its entry; a key that is there already returns the entry it has.

        Raises StoreUnavailable if it could not be kept, AuditConflict if the key is there with other content.
        """
        ...

    def entries(self, *, after: int = 0) -> AsyncIterator[AuditEntry]:
        """Entries with an id above `after`, oldest first. Raises AuditDamaged at one that cannot be read any more."""
        ...
