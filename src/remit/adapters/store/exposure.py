"""What an agent has done on its own in a day, in SQLite: one row a sum, whatever happened that day."""

import sqlite3

from remit.adapters.store.database import SqliteDatabase
from remit.conversations import AgentName

_ROUNDING = 1e-9
"""Sums of cents in binary: a cap of 100.0 takes 33.4 + 33.3 + 33.3."""


class SqliteExposure:
    """Implements `ExposureCounters`."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    async def reserve(self, agent: AgentName, day: str, what: str, amount: float, *, cap: float, key: str) -> bool:
        """Add the amount unless the day's sum would go above the cap."""

        def work(connection: sqlite3.Connection) -> bool:
            entry = (agent, day, f"{what}:{key}")
            known = connection.execute(
                "select granted from exposure_entries where agent = ? and day = ? and key = ?", entry
            ).fetchone()
            if known is not None:
                return bool(known[0])
            granted = _spent(connection, agent, day, what) + amount <= cap + _ROUNDING
            connection.execute(
                "insert into exposure_entries (agent, day, key, granted) values (?, ?, ?, ?)", (*entry, granted)
            )
            if granted:
                connection.execute(
                    "insert into exposure (agent, day, what, amount) values (?, ?, ?, ?)"
                    " on conflict (agent, day, what) do update set amount = amount + excluded.amount",
                    (agent, day, what, amount),
                )
            return granted

        return await self._database.write(work)

    async def spent(self, agent: AgentName, day: str, what: str) -> float:
        """The day's sum."""
        return await self._database.read(lambda connection: _spent(connection, agent, day, what))


def _spent(connection: sqlite3.Connection, agent: AgentName, day: str, what: str) -> float:
    row = connection.execute(
        "select amount from exposure where agent = ? and day = ? and what = ?", (agent, day, what)
    ).fetchone()
    return 0.0 if row is None else float(row[0])
