"""States that followers fold from the ledger, in SQLite: one compare-and-set on the follower's position."""

import sqlite3
from collections.abc import Mapping, Sequence

from remit.adapters.store.database import SqliteDatabase

_MOST_KEYS = 500
"""How many keys one statement asks for."""


class SqliteRunningStates:
    """Implements `RunningStates`."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    async def position(self, follower: str) -> int:
        """Up to which place of the ledger the follower has read."""
        return await self._database.read(lambda connection: _position(connection, follower))

    async def load(self, follower: str, keys: Sequence[str] | None = None) -> Mapping[str, str]:
        """The follower's states by key."""

        def work(connection: sqlite3.Connection) -> dict[str, str]:
            if keys is None:
                return dict(connection.execute("select key, state from running_states where follower = ?", (follower,)))
            return _some(connection, follower, keys)

        return await self._database.read(work)

    async def advance(
        self,
        follower: str,
        *,
        expected: int,
        position: int,
        changed: Mapping[str, str],
        actions: Mapping[str, str],
    ) -> bool:
        """Keep everything in one transaction, unless the follower's position is not `expected`."""

        def work(connection: sqlite3.Connection) -> bool:
            if _position(connection, follower) != expected:
                return False
            connection.execute(
                "insert into followers (name, position) values (?, ?)"
                " on conflict (name) do update set position = excluded.position",
                (follower, position),
            )
            connection.executemany(
                "insert into running_states (follower, key, state) values (?, ?, ?)"
                " on conflict (follower, key) do update set state = excluded.state",
                [(follower, key, state) for key, state in changed.items()],
            )
            connection.executemany(
                "insert into follower_actions (follower, key, action, done) values (?, ?, ?, 0)"
                " on conflict (follower, key) do nothing",
                [(follower, key, action) for key, action in actions.items()],
            )
            return True

        return await self._database.write(work)

    async def pending_actions(self, follower: str) -> Mapping[str, str]:
        """Actions that were kept and not yet marked as done, oldest first."""

        def work(connection: sqlite3.Connection) -> dict[str, str]:
            return dict(
                connection.execute(
                    "select key, action from follower_actions where follower = ? and done = 0 order by seq", (follower,)
                )
            )

        return await self._database.read(work)

    async def action_done(self, follower: str, key: str) -> None:
        """Mark an action as done."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("update follower_actions set done = 1 where follower = ? and key = ?", (follower, key))

        await self._database.write(work)


def _position(connection: sqlite3.Connection, follower: str) -> int:
    row = connection.execute("select position from followers where name = ?", (follower,)).fetchone()
    return 0 if row is None else int(row[0])


def _some(connection: sqlite3.Connection, follower: str, keys: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for start in range(0, len(keys), _MOST_KEYS):
        asked = keys[start : start + _MOST_KEYS]
        places = ", ".join("?" for _ in asked)
        statement = f"select key, state from running_states where follower = ? and key in ({places})"  # noqa: S608 - only question marks
        found.update(connection.execute(statement, (follower, *asked)).fetchall())
    return found
