"""Verdict records in SQLite. The table refuses changes and deletions."""

import sqlite3
from collections.abc import Sequence

from remit.adapters.store.database import SqliteDatabase
from remit.conversations import AgentName
from remit.errors import VerdictDamaged
from remit.evidence.verdict_codec import decode_record, encode_record
from remit.evidence.verdicts import VerdictId, VerdictRecord

_FOUND_AT_MOST = 10
_MOST_IDS = 500
"""How many ids one statement asks for."""


class SqliteVerdictRecords:
    """Implements `VerdictRecords`."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    async def keep(self, records: Sequence[VerdictRecord]) -> Sequence[VerdictRecord]:
        """Keep these, all or none; one that is there already stays as it was."""
        if not records:
            return []
        kept = await self._database.read(lambda connection: _known(connection, records))
        new = [one for one in records if one.id not in kept]
        if new:
            kept |= await self._database.write(lambda connection: _keep(connection, new))
        return [kept[one.id] for one in records]

    async def find(self, id_or_beginning: str) -> Sequence[VerdictRecord]:
        """Records whose id begins so, at most ten."""
        return await self._some(
            "where substr(id, 1, ?) = ? order by id limit ?", (len(id_or_beginning), id_or_beginning, _FOUND_AT_MOST)
        )

    async def decisive(self, agent: AgentName) -> Sequence[VerdictRecord]:
        """Records of the agent that settle a gate, in the order in which they were kept."""
        return await self._some("where agent = ? and decisive = 1 order by seq", (agent,))

    async def latest(self, agent: AgentName, *, at_most: int = 100) -> Sequence[VerdictRecord]:
        """The agent's latest records, newest first."""
        return await self._some("where agent = ? order by seq desc limit ?", (agent, at_most))

    async def _some(self, where: str, values: tuple[str | int, ...]) -> Sequence[VerdictRecord]:
        statement = f"select id, content from verdict_records {where}"  # noqa: S608 - our own text, values are bound

        def work(connection: sqlite3.Connection) -> list[tuple[str, str]]:
            return connection.execute(statement, values).fetchall()

        return [_decoded(id_, content) for id_, content in await self._database.read(work)]


def _known(connection: sqlite3.Connection, records: Sequence[VerdictRecord]) -> dict[VerdictId, VerdictRecord]:
    """Those that are kept already."""
    known: dict[VerdictId, VerdictRecord] = {}
    ids = [one.id for one in records]
    for start in range(0, len(ids), _MOST_IDS):
        asked = ids[start : start + _MOST_IDS]
        places = ", ".join("?" for _ in asked)
        statement = f"select id, content from verdict_records where id in ({places})"  # noqa: S608 - only question marks
        known.update({id_: _decoded(id_, content) for id_, content in connection.execute(statement, asked)})
    return known


def _keep(connection: sqlite3.Connection, records: Sequence[VerdictRecord]) -> dict[VerdictId, VerdictRecord]:
    connection.executemany(
        "insert into verdict_records (id, agent, decisive, at, content) values (?, ?, ?, ?, ?)"
        " on conflict (id) do nothing",
        [(one.id, one.agent, one.is_decisive, one.at.isoformat(), encode_record(one)) for one in records],
    )
    return _known(connection, records)


def _decoded(id_: str, content: str) -> VerdictRecord:
    try:
        return decode_record(content)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise VerdictDamaged(id_) from error
