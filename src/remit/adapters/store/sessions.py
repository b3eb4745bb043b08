"""Sessions in SQLite."""

import json
import sqlite3
from datetime import datetime

from remit.adapters.store.accounts import account_from
from remit.adapters.store.database import SqliteDatabase
from remit.identity import ActorId, Session, SessionHolder, SessionId

_HOLDER = (
    "select a.id, a.name, a.roles, a.functions, a.created_at, a.disabled_at, a.password, s.content"
    " from sessions s join accounts a on a.id = s.account_id where s.id = ?"
)


class SqliteSessions:
    """Implements `Sessions`."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    async def holder(self, session: SessionId) -> SessionHolder | None:
        """The session of that id with its account as it is now."""
        row = await self._database.read(lambda c: c.execute(_HOLDER, (session,)).fetchone())
        return None if row is None else SessionHolder(account_from(row[:7]), _session_from(session, row[7]))

    async def start(self, session: Session, ends_at: datetime) -> None:
        """Keep a new session; those that have ended are forgotten."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("delete from sessions where ends_at <= ?", (session.started_at.isoformat(),))
            connection.execute(
                "insert into sessions (id, account_id, content, ends_at) values (?, ?, ?, ?)",
                (session.id, session.account, _content(session), ends_at.isoformat()),
            )

        await self._database.write(work)

    async def replace(self, before: Session, after: Session, ends_at: datetime) -> bool:
        """Keep it as `after` if it is still as `before`."""

        def work(connection: sqlite3.Connection) -> bool:
            changed = connection.execute(
                "update sessions set content = ?, ends_at = ? where id = ? and content = ?",
                (_content(after), ends_at.isoformat(), before.id, _content(before)),
            )
            return changed.rowcount == 1

        return await self._database.write(work)

    async def end(self, session: SessionId) -> None:
        """From now on no token opens it."""
        await self._database.write(lambda c: c.execute("delete from sessions where id = ?", (session,)))

    async def end_all(self, account: ActorId) -> None:
        """The same for every session of an account."""
        await self._database.write(lambda c: c.execute("delete from sessions where account_id = ?", (account,)))


def _content(session: Session) -> str:
    times = [session.started_at.isoformat(), session.issued_at.isoformat(), session.seen_at.isoformat()]
    return json.dumps([session.account, session.digest, session.previous, *times])


def _session_from(session: SessionId, content: str) -> Session:
    account, digest, previous, *times = json.loads(content)
    return Session(session, ActorId(account), digest, previous, *map(datetime.fromisoformat, times))
