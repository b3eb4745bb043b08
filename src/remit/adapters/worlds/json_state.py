"""A world's state as one JSON document of tables and records, copied record by record only when written."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import Enum
from typing import Any, Final, TypeAlias

from remit.adapters.worlds.definition import ToolRefusal
from remit.scenarios.difference import apply, difference, escape
from remit.scenarios.model import StateChange


class _Absent(Enum):
    """Marks a record that is not there; null is a value."""

    ABSENT = "absent"


_ABSENT: Final = _Absent.ABSENT
_Document: TypeAlias = "Mapping[str, Mapping[str, Any]]"
_Records: TypeAlias = "dict[tuple[str, str], Any]"


class JsonState:
    """A document `{table: {id: record}}` that every session starts from and none can change.

    Args:
        document: Kept as it is, not copied: do not change it afterwards.
    """

    def __init__(self, document: _Document) -> None:
        for table, records in document.items():
            if not isinstance(records, Mapping):
                raise TypeError(f"table {table!r} must be an object of records by id, not {type(records).__name__}")
        self._document = document

    def open(self, changes: Sequence[StateChange]) -> "JsonStateCopy":
        """A fresh copy; costs nothing but the records that the changes name."""
        return JsonStateCopy(apply(self._document, changes) if changes else self._document)


class State:
    """What a tool sees during one call: tables of records.

    `read` shares, so a tool must not change what it has read; `write` gives a copy that it may change.
    A missing record is refused with a sentence for the agent, `<table> <id> not found`.
    """

    __slots__ = ("_start", "_touched", "_undo")

    def __init__(self, start: _Document, touched: _Records, undo: _Records) -> None:
        self._start = start
        self._touched = touched
        self._undo = undo

    def find(self, table: str, record: str) -> Any:
        """The record, or None if there is none; not to be changed."""
        value = self._value(table, record)
        return None if value is _ABSENT else value

    def read(self, table: str, record: str) -> Any:
        """The record; not to be changed. ToolRefusal if there is none."""
        value = self._value(table, record)
        if value is _ABSENT:
            raise ToolRefusal(f"{table} {record} not found")
        return value

    def write(self, table: str, record: str) -> Any:
        """The record, free to be changed in place. ToolRefusal if there is none."""
        value = self.read(table, record)
        if (table, record) not in self._undo:
            # One copy for every call: what an earlier call returned must not change under its reader.
            value = _copied(value)
            self.put(table, record, value)
        return value

    def put(self, table: str, record: str, value: Any) -> None:
        """Add the record, or replace it whole."""
        self._undo.setdefault((table, record), self._value(table, record))
        self._touched[table, record] = value

    def remove(self, table: str, record: str) -> None:
        """Take the record away. ToolRefusal if there is none."""
        self.read(table, record)
        self.put(table, record, _ABSENT)

    def ids(self, table: str) -> list[str]:
        """Ids of the table's records: those of the start first, then added ones in the order they came."""
        start = self._start.get(table, {})
        kept = [each for each in start if self._touched.get((table, each)) is not _ABSENT]
        added = [
            each
            for (where, each), value in self._touched.items()
            if where == table and each not in start and value is not _ABSENT
        ]
        return kept + added

    def records(self, table: str) -> Iterator[tuple[str, Any]]:
        """The table's records with their ids, in the order of `ids`; not to be changed."""
        for record in self.ids(table):
            yield record, self.read(table, record)

    def _value(self, table: str, record: str) -> Any:
        if (table, record) in self._touched:
            return self._touched[table, record]
        return self._start.get(table, {}).get(record, _ABSENT)


class JsonStateCopy:
    """One trial's copy: the shared start plus the records that were touched."""

    def __init__(self, start: _Document) -> None:
        self._start = start
        self._touched: _Records = {}

    @contextmanager
    def transaction(self) -> Iterator[State]:
        """The state for one call; an exception puts every touched record back."""
        undo: _Records = {}
        try:
            yield State(self._start, self._touched, undo)
        except BaseException:
            self._touched.update(undo)
            raise

    def changes(self) -> tuple[StateChange, ...]:
        """Differences of the touched records only."""
        if len(self._touched) == 1:
            ((table, record), value) = next(iter(self._touched.items()))
            first = self._start.get(table, {}).get(record, _ABSENT)
            if first is not _ABSENT and value is not _ABSENT:
                # Most trials change one record: no need to wrap it in a document and find it there again.
                return difference(first, value, at=f"/{escape(table)}/{escape(record)}")
        return self._changes_of_many()

    def _changes_of_many(self) -> tuple[StateChange, ...]:
        before: dict[str, Any] = {table: {} for table, _ in self._touched if table in self._start}
        after: dict[str, Any] = {table: {} for table in before}
        for (table, record), value in self._touched.items():
            first = self._start.get(table, {}).get(record, _ABSENT)
            if first is not _ABSENT:
                before[table][record] = first
            if value is not _ABSENT:
                after.setdefault(table, {})[record] = value
        return difference(before, after)

    def settle(self) -> None:
        """Start again from the present state."""
        self._start = apply(self._start, self.changes())
        self._touched = {}

    def close(self) -> None:
        """Nothing to give back: the touched records go with the copy."""


def _copied(value: Any) -> Any:
    """A deep copy of a JSON value; several times faster than `copy.deepcopy`, which also copies cycles and classes."""
    if isinstance(value, dict):
        return {key: _copied(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_copied(inner) for inner in value]
    return value
