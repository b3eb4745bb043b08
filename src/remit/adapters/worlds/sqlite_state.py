"""A world's state as an SQLite database in memory, one byte-for-byte copy for each open session.

A session is one transaction that is never committed: closing rolls it back, and the copy serves the next session.
Opening a new copy costs 0.7 ms (SQLite reads the schema again), using one again 0.02 ms.
Rows appear in differences as `/table/key`, the key being the primary key (several columns joined by `:`).
Triggers note which rows were touched, so that the changes of a trial cost what it touched.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from remit.scenarios.difference import apply, difference
from remit.scenarios.model import StateChange

_TOUCHED = "remit_touched"
_MOST_IDLE = 32


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of the world; `key` are its primary key's columns."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]

    @property
    def where(self) -> str:
        return f"{_joined(self.key)} = ?"


class SqliteState:
    """A database that every session starts from.

    Args:
        template: An open connection; its content is copied once, and the connection may be closed afterwards.

    Raises:
        ValueError: A table has no primary key, so that its rows have no name.
    """

    def __init__(self, template: sqlite3.Connection) -> None:
        self._start = _opened(template.serialize())
        self._tables = _tables(self._start)
        for table in self._tables.values():
            if not table.key:
                raise ValueError(f"table {table.name!r} has no primary key; a world's rows need names")
        # The triggers are made once, in the copy that all sessions are made from.
        traced = _opened(template.serialize())
        traced.execute(f"create table {_TOUCHED} (name text, key text, primary key (name, key)) without rowid")
        for table in self._tables.values():
            _trace(traced, table)
        self._image = traced.serialize()
        traced.close()
        self._idle: list[sqlite3.Connection] = []

    def open(self, changes: Sequence[StateChange]) -> "SqliteStateCopy":
        """A fresh copy; LookupError if a change names no table or column, or breaks a constraint."""
        connection = self._idle.pop() if self._idle else _opened(self._image)
        copy = SqliteStateCopy(connection, self._start, self._tables, self._take_back)
        if changes:
            copy.write(changes)
        return copy

    def _take_back(self, connection: sqlite3.Connection) -> None:
        # A tool that committed by itself has left its marks in this copy: it must not serve again.
        untouched = connection.in_transaction
        connection.rollback()
        if untouched and len(self._idle) < _MOST_IDLE:
            self._idle.append(connection)
        else:
            connection.close()


class SqliteStateCopy:
    """One trial's own database."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        start: sqlite3.Connection,
        tables: Mapping[str, _Table],
        give_back: Callable[[sqlite3.Connection], None],
    ) -> None:
        self._connection = connection
        self._start = start
        self._tables = tables
        self._give_back = give_back
        self._closed = False
        connection.execute("begin")
        self._settled: dict[tuple[str, str], dict[str, Any] | None] = {}

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The database for one call; rows come as `sqlite3.Row`. An exception rolls everything back."""
        self._connection.execute("savepoint call")
        try:
            yield self._connection
        except BaseException:
            self._connection.execute("rollback to call")
            raise
        self._connection.execute("release call")

    def changes(self) -> tuple[StateChange, ...]:
        """Differences of the touched rows only."""
        before: dict[str, dict[str, Any]] = {name: {} for name in self._tables}
        after: dict[str, dict[str, Any]] = {name: {} for name in self._tables}
        for name, key in self._touched():
            first = self._first(name, key)
            if first is not None:
                before[name][key] = first
            now = _row(self._connection, self._tables[name], key)
            if now is not None:
                after[name][key] = now
        return difference(before, after)

    def settle(self) -> None:
        """Take the present rows as the start."""
        self._settled = {(name, key): _row(self._connection, self._tables[name], key) for name, key in self._touched()}

    def close(self) -> None:
        """Roll everything back; the copy may serve another session."""
        if not self._closed:
            self._closed = True
            self._give_back(self._connection)

    def write(self, changes: Sequence[StateChange]) -> None:
        """Make the changes and settle; LookupError as in `SqliteState.open`, the copy is closed then."""
        # Changes come in any order, an order's items before the order: foreign keys are looked at when all are made.
        self._connection.execute("pragma defer_foreign_keys = on")
        try:
            for change in changes:
                self._write(change)
            self._check_foreign_keys()
        except LookupError:
            self.close()
            raise
        self._connection.execute("pragma defer_foreign_keys = off")
        self.settle()

    def _write(self, change: StateChange) -> None:
        segments = [each.replace("~1", "/").replace("~0", "~") for each in change.pointer.split("/")[1:]]
        if len(segments) < 2 or segments[0] not in self._tables:
            known = ", ".join(sorted(self._tables))
            raise LookupError(f"{change.pointer!r} names no row as /table/key; tables: {known}")
        table, key = self._tables[segments[0]], segments[1]
        row = _row(self._connection, table, key)
        document = {table.name: {} if row is None else {key: row}}
        wanted = apply(document, [change])[table.name].get(key)
        problem = _unfit(table, wanted)
        if problem:
            raise LookupError(f"{change.pointer!r}: {problem}")
        try:
            _replace(self._connection, table, key, wanted)
        except sqlite3.Error as error:
            raise LookupError(f"{change.pointer!r} cannot be made: {error}") from error

    def _check_foreign_keys(self) -> None:
        dangling = self._connection.execute("pragma foreign_key_check").fetchone()
        if dangling is not None:
            raise LookupError(f"a row of {dangling['table']!r} names a row of {dangling['parent']!r} that is not there")

    def _touched(self) -> list[tuple[str, str]]:
        return [(name, key) for name, key in self._connection.execute(f"select name, key from {_TOUCHED}")]  # noqa: S608

    def _first(self, name: str, key: str) -> dict[str, Any] | None:
        if (name, key) in self._settled:
            return self._settled[name, key]
        return _row(self._start, self._tables[name], key)


# ── SQL: names of tables and columns come from the schema, values are always bound ────────────────
def _opened(image: bytes) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    connection.deserialize(image)
    connection.row_factory = sqlite3.Row
    connection.execute("pragma foreign_keys = on")
    # Without it, `insert or replace` removes rows that no trigger hears of.
    connection.execute("pragma recursive_triggers = on")
    return connection


def _tables(connection: sqlite3.Connection) -> dict[str, _Table]:
    names = connection.execute("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'")
    return {name: _table(connection, name) for (name,) in names.fetchall()}


def _table(connection: sqlite3.Connection, name: str) -> _Table:
    columns = connection.execute("select name, pk from pragma_table_info(?)", (name,)).fetchall()
    key = sorted((place, column) for column, place in columns if place)
    return _Table(name, tuple(column for column, _ in columns), tuple(column for _, column in key))


def _joined(columns: Sequence[str], *, row: str = "") -> str:
    return (
        " || ':' || ".join(f"{row}{_quoted(column)}" for column in columns)
        if len(columns) > 1
        else (f"{row}{_quoted(columns[0])}")
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _trace(connection: sqlite3.Connection, table: _Table) -> None:
    """Note the key of every row that is inserted, deleted or updated; an update of the key notes both."""
    for event, rows in (("insert", ("new",)), ("update", ("old", "new")), ("delete", ("old",))):
        notes = " ".join(
            f"insert or ignore into {_TOUCHED} values ('{table.name}', {_joined(table.key, row=row + '.')});"  # noqa: S608
            for row in rows
        )
        connection.execute(
            f"create trigger {_quoted(f'remit_{table.name}_{event}')} after {event} on {_quoted(table.name)} "
            f"begin {notes} end"
        )


def _row(connection: sqlite3.Connection, table: _Table, key: str) -> dict[str, Any] | None:
    found = connection.execute(f"select * from {_quoted(table.name)} where {table.where}", (key,)).fetchone()  # noqa: S608
    return None if found is None else dict(found)


def _unfit(table: _Table, row: Any) -> str:
    """Why this cannot be a row of the table; empty if it can."""
    if row is None:
        return ""
    if not isinstance(row, Mapping):
        return f"a row is an object of columns, not {row!r}"
    unknown = sorted(set(row) - set(table.columns))
    return f"table {table.name!r} has no column {unknown[0]!r}" if unknown else ""


def _replace(connection: sqlite3.Connection, table: _Table, key: str, row: Mapping[str, Any] | None) -> None:
    """Make the row what is wanted; None removes it."""
    if row is None:
        connection.execute(f"delete from {_quoted(table.name)} where {table.where}", (key,))  # noqa: S608
        return
    columns = ", ".join(_quoted(column) for column in row)
    if _row(connection, table, key) is None:
        marks = ", ".join("?" * len(row))
        connection.execute(f"insert into {_quoted(table.name)} ({columns}) values ({marks})", tuple(row.values()))  # noqa: S608
        return
    assignments = ", ".join(f"{_quoted(column)} = ?" for column in row)
    connection.execute(
        f"update {_quoted(table.name)} set {assignments} where {table.where}",  # noqa: S608
        (*row.values(), key),
    )
