"""Notices that wait, in SQLite: put in with the order that they tell of, taken by one process at a time."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from remit.adapters.store.database import SqliteDatabase
from remit.control.incidents import IncidentId
from remit.control.notices import DEADLINE, LEASE, Notice, Tidings, Waiting
from remit.conversations import AgentName, IntentName
from remit.policy.operating import Recipient

_COLUMNS = "key, recipient, tidings, n_attempts, deadline"


class SqliteOutbox:
    """Implements `Outbox`."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    async def take(self, now: datetime, *, at_most: int = 20) -> Sequence[Waiting]:
        """Notices that are due, kept from others for a while."""

        def work(connection: sqlite3.Connection) -> list[Waiting]:
            rows = connection.execute(
                "update outbox set n_attempts = n_attempts + 1, due_at = ? where key in"
                " (select key from outbox where due_at <= ? order by due_at, rowid limit ?)"
                " returning key, recipient, tidings, n_attempts, deadline",
                ((now + LEASE).isoformat(), now.isoformat(), at_most),
            ).fetchall()
            return [_waiting_from(row) for row in rows]

        return await self._database.write(work)

    async def sent(self, key: str, now: datetime) -> None:
        """It has arrived."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(
                "update outbox set sent_at = ?, due_at = null, problem = '' where key = ?", (now.isoformat(), key)
            )

        await self._database.write(work)

    async def failed(self, key: str, *, again_at: datetime | None, problem: str) -> None:
        """It has not; None gives up."""
        due = None if again_at is None else again_at.isoformat()

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(
                "update outbox set due_at = ?, problem = ? where key = ? and sent_at is null", (due, problem, key)
            )

        await self._database.write(work)

    async def given_up(self) -> Sequence[tuple[Waiting, str]]:
        """Notices that will not be tried again, with the last problem."""

        def work(connection: sqlite3.Connection) -> list[tuple[Waiting, str]]:
            rows = connection.execute(
                f"select {_COLUMNS}, problem from outbox where due_at is null and sent_at is null order by rowid"  # noqa: S608
            ).fetchall()
            return [(_waiting_from(row[:-1]), row[-1]) for row in rows]

        return await self._database.read(work)


def put_in_outbox(connection: sqlite3.Connection, notices: Iterable[Notice], now: datetime) -> None:
    """Keep notices within a transaction that is under way; a known key is kept once."""
    connection.executemany(
        "insert into outbox (key, recipient, tidings, n_attempts, due_at, deadline, problem)"
        " values (?, ?, ?, 0, ?, ?, '') on conflict (key) do nothing",
        [
            (
                notice.key,
                json.dumps(
                    {
                        "kind": notice.recipient.kind,
                        "address": notice.recipient.address,
                        "on": notice.recipient.on,
                        "secret": notice.recipient.secret,
                    }
                ),
                json.dumps(notice.tidings.document()),
                now.isoformat(),
                (now + DEADLINE).isoformat(),
            )
            for notice in notices
        ],
    )


def _waiting_from(row: Sequence[Any]) -> Waiting:
    key, recipient, tidings, n_attempts, deadline = row
    to, told = json.loads(recipient), json.loads(tidings)
    return Waiting(
        Notice(
            key,
            Recipient(to["kind"], to["address"], tuple(to["on"]), to["secret"]),
            Tidings(
                told["event"],
                AgentName(told["agent"]),
                IntentName(told["intent"]),
                told["title"],
                told["text"],
                datetime.fromisoformat(told["at"]),
                IncidentId(told["incident"]),
            ),
        ),
        n_attempts,
        datetime.fromisoformat(deadline),
    )
