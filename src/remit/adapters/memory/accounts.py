"""Accounts and keys, in this process."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from remit.adapters.memory.audit import MemoryAuditLog
from remit.audit import Change
from remit.errors import AccountRefused
from remit.identity import Account, ActorId, ApiKey, Attempts, KeyHolder, KeyId

_USE_NOTED_EVERY = timedelta(minutes=1)


class MemoryAccounts:
    """Implements `Credentials` and `AccountBook`; changes go to the audit log with them."""

    def __init__(self, audit: MemoryAuditLog) -> None:
        self._audit = audit
        self._accounts: dict[ActorId, Account] = {}
        self._keys: dict[KeyId, ApiKey] = {}
        self._attempts: dict[str, Attempts] = {}

    async def account(self, name: str) -> Account | None:
        """The account of that name."""
        return next((one for one in self._accounts.values() if one.name == name), None)

    async def holder(self, key: KeyId) -> KeyHolder | None:
        """The key of that id with its account."""
        found = self._keys.get(key)
        return None if found is None else KeyHolder(self._accounts[found.account], found)

    async def begin_attempt(self, subject: str, now: datetime) -> float:
        """Count an attempt as wrong before it is looked at; returns how many seconds it has to wait, or 0."""
        known = self._attempts.get(subject, Attempts(0, now))
        wait_s = known.wait_s(now)
        if wait_s == 0.0:
            self._attempts[subject] = known.after_another(now)
        return wait_s

    async def attempt_succeeded(self, subject: str) -> None:
        """Forget the wrong attempts."""
        self._attempts.pop(subject, None)

    async def key_used(self, key: KeyId, now: datetime) -> None:
        """Note the use, at most once a minute."""
        found = self._keys.get(key)
        if found is not None and (found.last_used_at is None or abs(now - found.last_used_at) >= _USE_NOTED_EVERY):
            self._keys[key] = replace(found, last_used_at=now)

    async def accounts(self) -> Sequence[Account]:
        """All accounts by name."""
        return sorted(self._accounts.values(), key=lambda account: account.name)

    async def keys(self) -> Sequence[ApiKey]:
        """All keys, oldest first."""
        return sorted(self._keys.values(), key=lambda key: (key.created_at, key.id))

    async def add(self, account: Account, record: Change, *, first: bool) -> None:
        """A new account, with its audit entry."""
        if first and self._accounts:
            raise AccountRefused(
                account.name,
                "the store has accounts already, so that nobody becomes its first admin",
                "An admin makes further accounts.",
            )
        if await self.account(account.name) is not None:
            raise AccountRefused(account.name, "the name is taken", "Take another one, or enable that account.")
        self._audit.record_now(record)
        self._accounts[account.id] = account

    async def change(self, before: Account, after: Account, record: Change) -> None:
        """Replace an account, with its audit entry."""
        if self._accounts.get(before.id) != before:
            raise AccountRefused(before.name, "somebody else has changed it at this moment", "Look at it again.")
        others = [one for one in self._accounts.values() if one.id != before.id]
        if not any(one.is_active_admin for one in [*others, after]):
            raise AccountRefused(before.name, "it is the last active admin", "Make another account an admin first.")
        self._audit.record_now(record)
        self._accounts[before.id] = after

    async def keep_key(self, key: ApiKey, record: Change) -> None:
        """A new key, or a known one with another state, with its audit entry."""
        self._audit.record_now(record)
        self._keys[key.id] = key
