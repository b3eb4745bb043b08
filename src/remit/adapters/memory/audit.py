"""The audit log, in this process."""

from collections.abc import AsyncIterator

from remit.audit import GENESIS, AuditEntry, Change, link, same_change
from remit.errors import AuditConflict


class MemoryAuditLog:
    """Implements `AuditLog`."""

    def __init__(self) -> None:
        self._entries: list[AuditEntry] = []
        self._by_key: dict[str, AuditEntry] = {}

    async def record(self, change: Change) -> AuditEntry:
        """Append the change and return its entry."""
        return self.record_now(change)

    def record_now(self, change: Change) -> AuditEntry:
        """The same without waiting: for adapters of this package that keep a change together with its entry."""
        known = self._by_key.get(change.key)
        if known is not None:
            if not same_change(known.change, change):
                raise AuditConflict(change.key)
            return known
        previous = self._entries[-1].digest if self._entries else GENESIS
        entry = link(change, number=len(self._entries) + 1, previous=previous)
        self._entries.append(entry)
        self._by_key[change.key] = entry
        return entry

    async def entries(self, *, after: int = 0) -> AsyncIterator[AuditEntry]:
        """Entries with an id above `after`, oldest first."""
        for entry in tuple(self._entries[after:]):
            yield entry
