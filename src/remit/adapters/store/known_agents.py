"""Which agents a store knows of."""

import sqlite3

from remit.adapters.store.control import EVERYBODY
from remit.adapters.store.database import SqliteDatabase
from remit.conversations import AgentName


async def known_agents(database: SqliteDatabase) -> tuple[AgentName, ...]:
    """Agents with a remit, a release or an order, by name."""

    def work(connection: sqlite3.Connection) -> list[tuple[str]]:
        return connection.execute(
            "select agent from control union select agent from grants union select agent from releases order by agent"
        ).fetchall()

    return tuple(AgentName(name) for (name,) in await database.read(work) if name != EVERYBODY)
