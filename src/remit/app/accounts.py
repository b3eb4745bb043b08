"""Who may come in, and who administers accounts. Every change goes to the audit log with the account itself."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from remit.app.auditing import change_by
from remit.audit import Change
from remit.errors import AccountRefused, LoginThrottled, NotAuthenticated, NotPermitted
from remit.identity import (
    Account,
    AccountBook,
    Actor,
    ActorId,
    ApiKey,
    Credentials,
    KeyId,
    Proof,
    Role,
    check_functions,
    check_name,
)
from remit.identity.proving import (
    KEY_BYTES,
    SALT_BYTES,
    NewKey,
    check_password,
    hash_password,
    key_id_of,
    make_key,
    password_fits,
    secret_fits,
)
from remit.runtime.ports import Clock

RandomBytes = Callable[[int], bytes]


# ── coming in ─────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Authentication:
    """Turns proof into an actor. Commands and pages come in here and nowhere else."""

    credentials: Credentials
    clock: Clock

    async def by_password(self, name: str, password: str) -> Actor:
        """The actor of a name and its password.

        An unknown name takes as long as a wrong password and is throttled alike.

        Raises:
            NotAuthenticated: Name or password is wrong, or the account is disabled; it is not said which.
            LoginThrottled: Too many wrong attempts; the password was not looked at.
        """
        now = self.clock.now()
        subject = name.strip().lower()[:64]
        wait_s = await self.credentials.begin_attempt(subject, now)
        if wait_s > 0.0:
            raise LoginThrottled(wait_s)
        account = await self.credentials.account(subject)
        # In a thread: the hash takes a tenth of a second by intention, and other requests must not wait for it.
        hashed = None if account is None else account.password
        fits = await asyncio.to_thread(password_fits, password, hashed)
        if account is None or account.disabled_at is not None or not fits:
            raise NotAuthenticated(
                "the name or the password is wrong", "Try again; an admin can see disabled accounts: remit account list"
            )
        await self.credentials.attempt_succeeded(subject)
        return account.actor(Proof.PASSWORD)

    async def by_key(self, text: str) -> Actor:
        """The actor of an API key.

        Raises:
            NotAuthenticated: The key is unknown, expired or revoked, or its account is disabled.
        """
        now = self.clock.now()
        key_id = key_id_of(text)
        holder = None if key_id is None else await self.credentials.holder(key_id)
        if holder is None or not secret_fits(text, holder.key.digest):
            raise NotAuthenticated("the API key is unknown", "Check it, or ask an admin: remit account key create")
        if not holder.key.opens(now) or holder.account.disabled_at is not None:
            state = "of a disabled account" if holder.key.opens(now) else holder.key.state(now)
            raise NotAuthenticated(
                f"the API key {holder.key.id} is {state}", "Ask an admin for a new one: remit account key create"
            )
        await self.credentials.key_used(holder.key.id, now)
        return holder.account.actor(Proof.API_KEY)


def expect_role(actor: Actor, needed: Role) -> Actor:
    """The actor, if they hold the role.

    Raises:
        NotPermitted: They do not.
    """
    if not actor.may(needed):
        raise NotPermitted(actor.name, needed.value, [role.value for role in actor.roles])
    return actor


# ── administration ────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Administration:
    """Accounts, roles and keys. Each method is an admin's act, save the first account's and one's own keys."""

    book: AccountBook[Change]
    clock: Clock
    random_bytes: RandomBytes = field(default=secrets.token_bytes)

    async def create_first_admin(self, name: str, password: str) -> Account:
        """The first account of an empty store, an admin.

        Raises:
            AccountRefused: There are accounts already, or name or password are not fit.
        """
        account = await self._new(name, password, frozenset({Role.ADMIN}), frozenset())
        actor = account.actor(Proof.EMPTY_STORE)
        reason = "first admin of a store without accounts"
        await self.book.add(account, self._change(actor, "account_created", account, reason), first=True)
        return account

    async def create(
        self, by: Actor, name: str, password: str, roles: frozenset[Role], functions: frozenset[str], *, reason: str
    ) -> Account:
        """A further account; an empty password makes one that has keys only.

        Raises:
            NotPermitted: Not by an admin.
            AccountRefused: The name is taken, or something is not fit.
        """
        expect_role(by, Role.ADMIN)
        account = await self._new(name, password, roles, functions)
        await self.book.add(account, self._change(by, "account_created", account, reason), first=False)
        return account

    async def disable(self, by: Actor, name: str, *, disabled: bool, reason: str) -> Account:
        """Close or open an account. Its keys open nothing meanwhile.

        Raises:
            NotPermitted: Not by an admin.
            AccountRefused: There is no such account, it is so already, or it is the last active admin.
        """
        expect_role(by, Role.ADMIN)
        before = await self.known(name)
        if (before.disabled_at is not None) is disabled:
            state = "disabled" if disabled else "enabled"
            raise AccountRefused(name, f"it is {state} already", "See remit account list.")
        after = replace(before, disabled_at=self.clock.now() if disabled else None)
        action = "account_disabled" if disabled else "account_enabled"
        await self.book.change(before, after, self._change(by, action, after, reason, before=before))
        return after

    async def assign(
        self, by: Actor, name: str, roles: frozenset[Role], functions: frozenset[str], *, reason: str
    ) -> Account:
        """Other roles and functions for an account.

        Raises:
            NotPermitted: Not by an admin.
            AccountRefused: There is no such account, nothing would change, or no active admin would be left.
        """
        expect_role(by, Role.ADMIN)
        before = await self.known(name)
        after = replace(before, roles=roles, functions=check_functions(name, functions))
        if after == before:
            raise AccountRefused(name, "it has these roles and functions already", "See remit account list.")
        await self.book.change(before, after, self._change(by, "account_roles_changed", after, reason, before=before))
        return after

    async def set_password(self, by: Actor, name: str, password: str, *, reason: str) -> Account:
        """A new password: one's own, or anybody's by an admin."""
        if by.name != name:
            expect_role(by, Role.ADMIN)
        before = await self.known(name)
        after = replace(before, password=await self._hashed(name, password))
        await self.book.change(before, after, self._change(by, "account_password_changed", after, reason))
        return after

    async def create_key(self, by: Actor, name: str, *, label: str, lifetime: timedelta, reason: str) -> NewKey:
        """A key of an account: one's own, or anybody's by an admin. Its text is in the result and nowhere else.

        Raises:
            NotPermitted: Not by its owner or an admin.
            AccountRefused: There is no such account, or it is disabled.
        """
        if by.name != name:
            expect_role(by, Role.ADMIN)
        account = await self.known(name)
        if account.disabled_at is not None:
            raise AccountRefused(name, "it is disabled", "Enable it first: remit account enable")
        new, now = make_key(self.random_bytes(KEY_BYTES)), self.clock.now()
        key = ApiKey(new.id, account.id, new.digest, label, now, now + lifetime)
        await self.book.keep_key(key, self._key_change(by, "api_key_created", account, key, reason))
        return new

    async def revoke_key(self, by: Actor, key_id: KeyId, *, reason: str) -> ApiKey:
        """From now on the key opens nothing: one's own, or anybody's by an admin.

        Raises:
            NotPermitted: Not by its owner or an admin.
            AccountRefused: There is no such key, or it is revoked already.
        """
        key = next((one for one in await self.book.keys() if one.id == key_id), None)
        if key is None or key.revoked_at is not None:
            problem = "there is no such key" if key is None else "the key is revoked already"
            raise AccountRefused(key_id, problem, "See remit account list.")
        if by.id != key.account:
            expect_role(by, Role.ADMIN)
        (owner,) = [one for one in await self.book.accounts() if one.id == key.account]
        revoked = replace(key, revoked_at=self.clock.now())
        await self.book.keep_key(revoked, self._key_change(by, "api_key_revoked", owner, revoked, reason))
        return revoked

    async def _new(self, name: str, password: str, roles: frozenset[Role], functions: frozenset[str]) -> Account:
        check_functions(check_name(name), functions)
        return Account(
            id=ActorId(f"acc-{self.random_bytes(8).hex()}"),
            name=name,
            roles=roles,
            functions=functions,
            created_at=self.clock.now(),
            password=await self._hashed(name, password) if password else "",
        )

    async def _hashed(self, name: str, password: str) -> str:
        check_password(name, password)
        return await asyncio.to_thread(lambda: hash_password(password, salt=self.random_bytes(SALT_BYTES)))

    async def known(self, name: str) -> Account:
        """The account of that name. Raises AccountRefused if there is none."""
        accounts = await self.book.accounts()
        found = next((one for one in accounts if one.name == name), None)
        if found is None:
            known = ", ".join(one.name for one in accounts)
            raise AccountRefused(name, "there is no such account", f"Known accounts: {known or 'none'}.")
        return found

    def _change(
        self, by: Actor, action: str, account: Account, reason: str, *, before: Account | None = None
    ) -> Change:
        held = {} if before is None else _described(before)
        return change_by(
            by, self.clock, action, f"account/{account.name}", reason=reason, before=held, after=_described(account)
        )

    def _key_change(self, by: Actor, action: str, owner: Account, key: ApiKey, reason: str) -> Change:
        after = {"key": key.id, "label": key.label, "expires_at": key.expires_at.isoformat()}
        return change_by(by, self.clock, action, f"account/{owner.name}", reason=reason, after=after)


def _described(account: Account) -> dict[str, str | bool]:
    """What of an account stands in the audit log; never the password's hash."""
    return {
        "roles": " ".join(sorted(role.value for role in account.roles)),
        "functions": " ".join(sorted(account.functions)),
        "enabled": account.disabled_at is None,
        "has_password": bool(account.password),
    }
