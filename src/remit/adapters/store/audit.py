"""The audit log in SQLite. `record_in` lets other adapters keep an entry in the transaction of the change itself."""

import json
import sqlite3
from collections.abc import AsyncIterator, Sequence
from typing import Any

from remit.adapters.store.database import SqliteDatabase
from remit.audit import GENESIS, AuditEntry, Change, EntryId, link, same_change
from remit.audit.chain import change_from, document_of
from remit.documents import canonical_json
from remit.errors import AuditConflict, AuditDamaged

PAGE = 500
"""How many entries are read at a time."""


class SqliteAuditLog:
    """Implements `AuditLog`."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    async def record(self, change: Change) -> AuditEntry:
        """Append the change and return its entry; a known key returns the entry it has."""
        return await self._database.write(lambda connection: record_in(connection, change))

    async def entries(self, *, after: int = 0) -> AsyncIterator[AuditEntry]:
        """Entries with an id above `after`, oldest first."""
        last = after
        while True:
            rows = await self._database.read(_page(last))
            for row in rows:
                yield _entry_from(row)
            if len(rows) < PAGE:
                return
            last = rows[-1][0]

    async def digest(self, number: int) -> str:
        """The digest that stands at an entry, whether its content can be read or not; empty if there is none."""

        def work(connection: sqlite3.Connection) -> str:
            row = connection.execute("select digest from audit_entries where id = ?", (number,)).fetchone()
            return "" if row is None else str(row[0])

        return await self._database.read(work)


def record_in(connection: sqlite3.Connection, change: Change) -> AuditEntry:
    """Append the change within a transaction that is under way, so that both are kept or neither.

    Raises:
        AuditConflict: The key is there with another content.
        AuditDamaged: The key is there, and its entry cannot be read.
    """
    known = connection.execute(
        "select id, content, previous, digest from audit_entries where key = ?", (change.key,)
    ).fetchone()
    if known is not None:
        entry = _entry_from(known)
        if not same_change(entry.change, change):
            raise AuditConflict(change.key)
        return entry
    last = connection.execute("select id, digest from audit_entries order by id desc limit 1").fetchone()
    number, previous = (0, GENESIS) if last is None else last
    entry = link(change, number=number + 1, previous=previous)
    connection.execute(
        "insert into audit_entries (id, key, content, previous, digest) values (?, ?, ?, ?, ?)",
        (entry.id, change.key, canonical_json(document_of(change)), entry.previous, entry.digest),
    )
    return entry


def _page(after: int) -> Any:
    def work(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
        return connection.execute(
            "select id, content, previous, digest from audit_entries where id > ? order by id limit ?", (after, PAGE)
        ).fetchall()

    return work


def _entry_from(row: Sequence[Any]) -> AuditEntry:
    number, content, previous, digest = row
    try:
        change = change_from(json.loads(content))
    except ValueError as error:
        raise AuditDamaged(number, str(error)) from error
    return AuditEntry(EntryId(number), change, previous, digest)
