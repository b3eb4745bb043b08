"""Accounts and keys in SQLite; each change and its audit entry are one transaction."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from remit.adapters.store.audit import record_in
from remit.adapters.store.database import SqliteDatabase
from remit.audit import Change
from remit.errors import AccountRefused
from remit.identity import Account, ActorId, ApiKey, Attempts, KeyHolder, KeyId, Role
from remit.identity.throttle import FORGOTTEN_AFTER

_ACCOUNTS = "select id, name, roles, functions, created_at, disabled_at, password from accounts"
_KEYS = "select id, account_id, digest, label, created_at, expires_at, revoked_at, last_used_at from api_keys"
_USE_NOTED_EVERY = timedelta(minutes=1)


class SqliteAccounts:
    """Implements `Credentials` and `AccountBook`."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    # ── credentials ───────────────────────────────────────────────────────────────────────────────
    async def account(self, name: str) -> Account | None:
        """The account of that name."""
        rows = await self._rows(f"{_ACCOUNTS} where name = ?", name)
        return account_from(rows[0]) if rows else None

    async def holder(self, key: KeyId) -> KeyHolder | None:
        """The key of that id with its account."""
        keys = await self._rows(f"{_KEYS} where id = ?", key)
        if not keys:
            return None
        found = _key_from(keys[0])
        (account,) = await self._rows(f"{_ACCOUNTS} where id = ?", found.account)
        return KeyHolder(account_from(account), found)

    async def begin_attempt(self, subject: str, now: datetime) -> float:
        """Count an attempt as wrong before it is looked at; returns how many seconds it has to wait, or 0."""

        def work(connection: sqlite3.Connection) -> float:
            # Names that nobody has are counted too, or the wait would tell who exists; a day later they go.
            connection.execute("delete from login_attempts where last_at < ?", ((now - FORGOTTEN_AFTER).isoformat(),))
            row = connection.execute(
                "select n_failed, last_at from login_attempts where subject = ?", (subject,)
            ).fetchone()
            known = Attempts(0, now) if row is None else Attempts(row[0], datetime.fromisoformat(row[1]))
            wait_s = known.wait_s(now)
            if wait_s == 0.0:
                counted = known.after_another(now)
                connection.execute(
                    "insert or replace into login_attempts (subject, n_failed, last_at) values (?, ?, ?)",
                    (subject, counted.n_failed, counted.last_at.isoformat()),
                )
            return wait_s

        return await self._database.write(work)

    async def attempt_succeeded(self, subject: str) -> None:
        """Forget the wrong attempts."""
        await self._database.write(lambda c: c.execute("delete from login_attempts where subject = ?", (subject,)))

    async def key_used(self, key: KeyId, now: datetime) -> None:
        """Note the use, at most once a minute: a busy key costs no write a request."""
        holder = await self.holder(key)
        last = None if holder is None else holder.key.last_used_at
        if last is not None and abs(now - last) < _USE_NOTED_EVERY:
            return
        await self._database.write(
            lambda c: c.execute("update api_keys set last_used_at = ? where id = ?", (now.isoformat(), key))
        )

    # ── the book ──────────────────────────────────────────────────────────────────────────────────
    async def accounts(self) -> Sequence[Account]:
        """All accounts by name."""
        return [account_from(row) for row in await self._rows(f"{_ACCOUNTS} order by name")]

    async def keys(self) -> Sequence[ApiKey]:
        """All keys, oldest first."""
        return [_key_from(row) for row in await self._rows(f"{_KEYS} order by created_at, id")]

    async def add(self, account: Account, record: Change, *, first: bool) -> None:
        """A new account, with its audit entry."""

        def work(connection: sqlite3.Connection) -> None:
            (n_accounts,) = connection.execute("select count(*) from accounts").fetchone()
            if first and n_accounts:
                raise AccountRefused(
                    account.name,
                    "the store has accounts already, so that nobody becomes its first admin",
                    "An admin makes further accounts: remit account create NAME --role ...",
                )
            if connection.execute("select 1 from accounts where name = ?", (account.name,)).fetchone():
                raise AccountRefused(account.name, "the name is taken", "Take another one, or enable that account.")
            connection.execute(
                "insert into accounts (id, name, roles, functions, created_at, disabled_at, password)"
                " values (?, ?, ?, ?, ?, ?, ?)",
                _account_row(account),
            )
            record_in(connection, record)

        await self._database.write(work)

    async def change(self, before: Account, after: Account, record: Change) -> None:
        """Replace an account, with its audit entry; a new password, or its disabling, ends its sessions."""

        def work(connection: sqlite3.Connection) -> None:
            row = connection.execute(f"{_ACCOUNTS} where id = ?", (before.id,)).fetchone()
            if row is None or account_from(row) != before:
                raise AccountRefused(
                    before.name, "somebody else has changed it at this moment", "Look at it again, then repeat."
                )
            connection.execute(
                "update accounts set name = ?, roles = ?, functions = ?, created_at = ?, disabled_at = ?, password = ?"
                " where id = ?",
                (*_account_row(after)[1:], before.id),
            )
            _expect_an_admin(connection, before)
            if after.disabled_at is not None or after.password != before.password:
                connection.execute("delete from sessions where account_id = ?", (before.id,))
            record_in(connection, record)

        await self._database.write(work)

    async def keep_key(self, key: ApiKey, record: Change) -> None:
        """A new key, or a known one with another state, with its audit entry."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(
                "insert or replace into api_keys"
                " (id, account_id, digest, label, created_at, expires_at, revoked_at, last_used_at)"
                " values (?, ?, ?, ?, ?, ?, ?, ?)",
                _key_row(key),
            )
            record_in(connection, record)

        await self._database.write(work)

    async def _rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        return await self._database.read(_fetch(statement, values))


def _fetch(statement: str, values: Sequence[Any]) -> Callable[[sqlite3.Connection], list[tuple[Any, ...]]]:
    return lambda connection: connection.execute(statement, values).fetchall()


def _expect_an_admin(connection: sqlite3.Connection, changed: Account) -> None:
    rows = connection.execute("select roles from accounts where disabled_at is null").fetchall()
    if not any(Role.ADMIN.value in json.loads(roles) for (roles,) in rows):
        raise AccountRefused(
            changed.name, "it is the last active admin", "Make another account an admin first: remit account role"
        )


def _account_row(account: Account) -> tuple[Any, ...]:
    return (
        account.id,
        account.name,
        json.dumps(sorted(role.value for role in account.roles)),
        json.dumps(sorted(account.functions)),
        account.created_at.isoformat(),
        _text(account.disabled_at),
        account.password,
    )


def account_from(row: Sequence[Any]) -> Account:
    """The account of (id, name, roles, functions, created_at, disabled_at, password)."""
    return Account(
        id=ActorId(row[0]),
        name=row[1],
        roles=frozenset(map(Role, json.loads(row[2]))),
        functions=frozenset(json.loads(row[3])),
        created_at=datetime.fromisoformat(row[4]),
        disabled_at=_time(row[5]),
        password=row[6],
    )


def _key_row(key: ApiKey) -> tuple[Any, ...]:
    return (
        key.id,
        key.account,
        key.digest,
        key.label,
        key.created_at.isoformat(),
        key.expires_at.isoformat(),
        _text(key.revoked_at),
        _text(key.last_used_at),
    )


def _key_from(row: Sequence[Any]) -> ApiKey:
    return ApiKey(
        id=KeyId(row[0]),
        account=ActorId(row[1]),
        digest=row[2],
        label=row[3],
        created_at=datetime.fromisoformat(row[4]),
        expires_at=datetime.fromisoformat(row[5]),
        revoked_at=_time(row[6]),
        last_used_at=_time(row[7]),
    )


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
