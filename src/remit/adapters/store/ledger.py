"""The ledger in SQLite. Append-only; running counts are kept in the same transaction."""

import json
import sqlite3
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from remit.adapters.store.database import SqliteDatabase
from remit.conversations import AgentName, IntentName, ReleaseId
from remit.errors import LedgerConflict
from remit.evidence import (
    Aggregate,
    LabelSource,
    Observation,
    ObservationKey,
    Outcome,
    Recorded,
    Selection,
    Source,
    Strength,
)
from remit.evidence.counting import CountChange, count_change
from remit.evidence.ports import EVERYTHING

_COLUMNS = (
    "key, at, agent, release, intent, level, source, strength, metric, outcome, cluster, sampling_probability,"
    " policy, details, conversation, customer, arm, canary_share, stratum, label, loss, matured"
)
_PLACES = ", ".join("?" for _ in _COLUMNS.split(","))
# Made once: `json.dumps` makes another one for each text whose keys are to be sorted.
_DETAILS = json.JSONEncoder(sort_keys=True)
PAGE = 1000
"""How many observations `select` reads at a time; memory stays flat."""


class SqliteLedger:
    """Implements `Ledger`."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    async def append(self, observations: Sequence[Observation]) -> int:
        """Keep these, all or none; returns how many were new."""
        return await self._database.write(lambda connection: _append(connection, observations))

    async def select(self, selection: Selection) -> AsyncIterator[Observation]:
        """Observations in the order in which they were appended, page by page."""
        where, values = _where(selection)
        # The planner cannot know that a bound value is not empty, which is what the partial index is about.
        index = " indexed by ix_observations_conversation" if selection.conversation else ""
        where += " and conversation <> ''" if index else ""
        after = 0
        while True:
            statement = (
                f"select seq, {_COLUMNS} from observations{index} where seq > ?{where} order by seq limit {PAGE}"  # noqa: S608 - column names are ours, values are bound
            )
            rows = await self._database.read(_fetch(statement, (after, *values)))
            for row in rows:
                yield _observation_from(row[1:])
            if len(rows) < PAGE:
                return
            after = rows[-1][0]

    async def aggregates(self, selection: Selection) -> Sequence[Aggregate]:
        """Running counts by cluster, ordered by (intent, metric, cluster)."""
        if selection.source is not None or selection.conversation is not None:
            raise ValueError("aggregates are kept without source and conversation; select by metric instead")
        where, values = _where(selection)
        statement = (
            "select agent, release, intent, level, metric, cluster, n_passed, n_failed, n_not_counted from aggregates"  # noqa: S608 - column names are ours, values are bound
            f" where 1 = 1{where} order by intent, metric, cluster, agent, release, level"
        )
        rows = await self._database.read(_fetch(statement, values))
        return [
            Aggregate(AgentName(row[0]), ReleaseId(row[1]), IntentName(row[2]), *row[3:6], *row[6:9]) for row in rows
        ]

    async def after(self, position: int, *, at_most: int = 1000, of: Selection = EVERYTHING) -> Sequence[Recorded]:
        """The next observations behind `position`, oldest first. `seq` is handed out under the writer's lock."""
        where, wanted = _where(of)
        # A `+` keeps the planner from an index whose rows it would have to sort: one way through the places is enough.
        where = where.replace(" and ", " and +")
        statement = f"select seq, {_COLUMNS} from observations where seq > ?{where} order by seq limit ?"  # noqa: S608 - column names are ours, values are bound

        def work(connection: sqlite3.Connection) -> list[Recorded]:
            # Made here, beside the event loop: thousands of them are made when a ledger is followed from its beginning.
            return [
                Recorded(row[0], _observation_from(row[1:]))
                for row in connection.execute(statement, (position, *wanted, at_most))
            ]

        return await self._database.read(work)


def _fetch(statement: str, values: Sequence[Any]) -> Any:
    def work(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
        return connection.execute(statement, values).fetchall()

    return work


def _where(selection: Selection) -> tuple[str, list[Any]]:
    """` and name = ?` for each thing that is selected, and the values."""
    wanted = {name: getattr(selection, name) for name in selection.__slots__}
    wanted = {name: value for name, value in wanted.items() if value is not None}
    return "".join(f" and {name} = ?" for name in wanted), list(wanted.values())


def _append(connection: sqlite3.Connection, observations: Iterable[Observation]) -> int:
    n_new = 0
    changes: dict[tuple[str, ...], list[CountChange]] = {}
    statement = f"insert into observations ({_COLUMNS}) values ({_PLACES}) on conflict (key) do nothing"  # noqa: S608 - column names are ours, values are bound
    for observation in observations:
        row = _row(observation)
        if connection.execute(statement, row).rowcount:
            n_new += 1
            changes.setdefault(_cluster(observation), []).append(count_change(observation))
        else:
            _refuse_other_content(connection, row)
    _count(connection, changes)
    return n_new


def _cluster(seen: Observation) -> tuple[str, ...]:
    return seen.agent, seen.release, seen.intent, seen.level, seen.metric, seen.cluster


def _count(connection: sqlite3.Connection, changes: Mapping[tuple[str, ...], Sequence[CountChange]]) -> None:
    """Once a cluster, not once an observation: a batch of one day touches few rows."""
    rows = [
        (
            *cluster,
            sum([one.n_passed for one in each]),
            sum([one.n_failed for one in each]),
            sum([one.n_not_counted for one in each]),
        )
        for cluster, each in changes.items()
    ]
    connection.executemany(
        "insert into aggregates (agent, release, intent, level, metric, cluster, n_passed, n_failed, n_not_counted)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do update set n_passed = n_passed + excluded.n_passed,"
        " n_failed = n_failed + excluded.n_failed, n_not_counted = n_not_counted + excluded.n_not_counted",
        [row for row in rows if any(row[-3:])],
    )


def _refuse_other_content(connection: sqlite3.Connection, row: Sequence[Any]) -> None:
    """A repeated observation may differ in the time it was written, and in nothing else."""
    known = connection.execute(f"select {_COLUMNS} from observations where key = ?", (row[0],)).fetchone()  # noqa: S608 - column names are ours, values are bound
    if known[2:] != tuple(row[2:]):
        raise LedgerConflict(row[0])


def _row(seen: Observation) -> tuple[Any, ...]:
    return (
        seen.key,
        seen.at.isoformat(),
        seen.agent,
        seen.release,
        seen.intent,
        seen.level,
        seen.source.value,
        int(seen.strength),
        seen.metric,
        seen.outcome.value,
        seen.cluster,
        seen.sampling_probability,
        seen.policy,
        _DETAILS.encode(dict(seen.details)),
        seen.conversation,
        seen.customer,
        seen.arm,
        seen.canary_share,
        seen.stratum,
        seen.label.value,
        seen.loss,
        int(seen.matured),
    )


# A look-up in a dictionary takes a fifth of the time that the class of an enumeration takes to find its member.
_SOURCES = {each.value: each for each in Source}
_STRENGTHS = {each.value: each for each in Strength}
_OUTCOMES = {each.value: each for each in Outcome}
_LABELS = {each.value: each for each in LabelSource}


def _observation_from(row: Sequence[Any]) -> Observation:
    return Observation(
        key=ObservationKey(row[0]),
        at=datetime.fromisoformat(row[1]),
        agent=AgentName(row[2]),
        release=ReleaseId(row[3]),
        intent=IntentName(row[4]),
        level=row[5],
        source=_SOURCES[row[6]],
        strength=_STRENGTHS[row[7]],
        metric=row[8],
        outcome=_OUTCOMES[row[9]],
        cluster=row[10],
        sampling_probability=row[11],
        policy=row[12],
        details={} if row[13] == "{}" else json.loads(row[13]),
        conversation=row[14],
        customer=row[15],
        arm=row[16],
        canary_share=row[17],
        stratum=row[18],
        label=_LABELS[row[19]],
        loss=row[20],
        matured=bool(row[21]),
    )
