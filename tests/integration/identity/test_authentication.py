"""Coming in: by password or key, never by a name alone; and the administration of accounts."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from remit.adapters.memory import FixedClock, MemoryAccounts, MemoryAuditLog
from remit.app.accounts import Administration, Authentication
from remit.errors import AccountRefused, LoginThrottled, NotAuthenticated, NotPermitted
from remit.identity import Actor, KeyId, Proof, Role

NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)
PASSWORD = "three unrelated words"
QUARTER = timedelta(days=90)
NOBODY: frozenset[str] = frozenset()


class House:
    """Accounts with an admin, and the clock on the wall."""

    def __init__(self) -> None:
        self.clock = FixedClock(NOW)
        self.log = MemoryAuditLog()
        self.book = MemoryAccounts(self.log)
        self.administration = Administration(self.book, self.clock)
        self.door = Authentication(self.book, self.clock)

    async def admin(self) -> Actor:
        await self.administration.create_first_admin("ana", PASSWORD)
        return await self.door.by_password("ana", PASSWORD)

    async def expert(self, by: Actor) -> Actor:
        await self.administration.create(by, "ben", PASSWORD, frozenset({Role.EXPERT}), NOBODY, reason="new colleague")
        return await self.door.by_password("ben", PASSWORD)


def in_house(story: Callable[[House], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(story(House()))


def test_a_password_proves_who_somebody_is() -> None:
    async def story(house: House) -> None:
        admin = await house.admin()
        assert (admin.name, admin.proof, admin.may(Role.OPERATOR)) == ("ana", Proof.PASSWORD, True)
        expert = await house.expert(admin)
        assert expert.roles == frozenset({Role.EXPERT})
        assert not expert.may(Role.OPERATOR)

    in_house(story)


def test_a_wrong_password_and_an_unknown_name_are_told_alike() -> None:
    async def story(house: House) -> None:
        await house.admin()
        told = []
        for name, password in (("ana", "another password"), ("nobody", PASSWORD)):
            with pytest.raises(NotAuthenticated) as refused:
                await house.door.by_password(name, password)
            told.append(str(refused.value))
        assert told[0] == told[1]

    in_house(story)


def test_after_five_wrong_passwords_even_the_right_one_waits() -> None:
    async def story(house: House) -> None:
        await house.admin()
        for _ in range(5):
            with pytest.raises(NotAuthenticated):
                await house.door.by_password("ana", "another password")
        with pytest.raises(LoginThrottled) as throttled:
            await house.door.by_password("ana", PASSWORD)
        house.clock.advance(timedelta(seconds=throttled.value.wait_s))
        assert (await house.door.by_password("ana", PASSWORD)).name == "ana"

    in_house(story)


def test_a_key_opens_until_it_expires_or_is_revoked() -> None:
    async def story(house: House) -> None:
        admin = await house.admin()
        new = await house.administration.create_key(admin, "ana", label="ci", lifetime=QUARTER, reason="")
        actor = await house.door.by_key(new.text)
        assert (actor.name, actor.proof) == ("ana", Proof.API_KEY)
        (kept,) = await house.book.keys()
        assert new.text not in repr(kept)
        assert kept.last_used_at == NOW
        house.clock.advance(QUARTER)
        with pytest.raises(NotAuthenticated, match="expired"):
            await house.door.by_key(new.text)
        other = await house.administration.create_key(admin, "ana", label="ci", lifetime=QUARTER, reason="")
        await house.administration.revoke_key(admin, other.id, reason="laptop lost")
        with pytest.raises(NotAuthenticated, match="revoked"):
            await house.door.by_key(other.text)
        with pytest.raises(AccountRefused, match="revoked already"):
            await house.administration.revoke_key(admin, other.id, reason="again")

    in_house(story)


def test_the_public_part_of_a_key_opens_nothing() -> None:
    async def story(house: House) -> None:
        admin = await house.admin()
        new = await house.administration.create_key(admin, "ana", label="ci", lifetime=QUARTER, reason="")
        for text in ("", new.id, f"remit_{new.id}_", f"remit_{new.id}_guess", new.text[:-1], "remit_000000000000_x"):
            with pytest.raises(NotAuthenticated, match="unknown"):
                await house.door.by_key(text)

    in_house(story)


def test_a_disabled_account_comes_in_neither_by_password_nor_by_key() -> None:
    async def story(house: House) -> None:
        admin = await house.admin()
        await house.expert(admin)
        new = await house.administration.create_key(admin, "ben", label="ci", lifetime=QUARTER, reason="")
        await house.administration.disable(admin, "ben", disabled=True, reason="left")
        with pytest.raises(NotAuthenticated):
            await house.door.by_password("ben", PASSWORD)
        with pytest.raises(NotAuthenticated, match="disabled"):
            await house.door.by_key(new.text)
        await house.administration.disable(admin, "ben", disabled=False, reason="came back")
        assert (await house.door.by_key(new.text)).name == "ben"

    in_house(story)


def test_only_an_admin_administers_and_everybody_their_own_keys() -> None:
    async def story(house: House) -> None:
        admin = await house.admin()
        expert = await house.expert(admin)
        refused = [
            house.administration.create(expert, "eva", PASSWORD, frozenset({Role.VIEWER}), NOBODY, reason=""),
            house.administration.disable(expert, "ana", disabled=True, reason=""),
            house.administration.assign(expert, "ben", frozenset({Role.ADMIN}), NOBODY, reason=""),
            house.administration.set_password(expert, "ana", "another password", reason=""),
            house.administration.create_key(expert, "ana", label="", lifetime=QUARTER, reason=""),
        ]
        for attempt in refused:
            with pytest.raises(NotPermitted, match=r"(?s)'ben'.*'admin'"):
                await attempt
        own = await house.administration.create_key(expert, "ben", label="ci", lifetime=QUARTER, reason="")
        await house.administration.revoke_key(expert, own.id, reason="done")
        admins = await house.administration.create_key(admin, "ana", label="ci", lifetime=QUARTER, reason="")
        with pytest.raises(NotPermitted):
            await house.administration.revoke_key(expert, admins.id, reason="mischief")

    in_house(story)


def test_every_change_names_who_why_and_what_it_was_before() -> None:
    async def story(house: House) -> None:
        admin = await house.admin()
        await house.expert(admin)
        roles = frozenset({Role.APPROVER})
        await house.administration.assign(admin, "ben", roles, frozenset({"risk"}), reason="signs for risk now")
        *_, entry = [entry async for entry in house.log.entries()]
        change = entry.change
        assert (change.actor, change.action, change.subject) == (admin, "account_roles_changed", "account/ben")
        assert change.reason == "signs for risk now"
        assert (change.before["roles"], change.after["roles"]) == ("expert", "approver")
        assert (change.before["functions"], change.after["functions"]) == ("", "risk")
        texts = repr([entry async for entry in house.log.entries()])
        assert PASSWORD not in texts
        assert "$argon2id$" not in texts

    in_house(story)


def test_a_new_password_replaces_the_old_one() -> None:
    async def story(house: House) -> None:
        expert = await house.expert(await house.admin())
        await house.administration.set_password(expert, "ben", "four other plain words", reason="")
        with pytest.raises(NotAuthenticated):
            await house.door.by_password("ben", PASSWORD)
        assert (await house.door.by_password("ben", "four other plain words")).name == "ben"

    in_house(story)


@pytest.mark.parametrize("name", ["", "Ana", "a b", "../x", "x" * 65, "-x"])
def test_an_unfit_name_is_refused(name: str) -> None:
    async def story(house: House) -> None:
        with pytest.raises(AccountRefused, match="no name for an account"):
            await house.administration.create_first_admin(name, PASSWORD)
        assert list(await house.book.accounts()) == []

    in_house(story)


def test_what_nobody_knows_is_refused_with_what_is_known() -> None:
    async def story(house: House) -> None:
        admin = await house.admin()
        with pytest.raises(AccountRefused, match=r"(?s)no such account.*ana"):
            await house.administration.disable(admin, "eva", disabled=True, reason="")
        with pytest.raises(AccountRefused, match="no such key"):
            await house.administration.revoke_key(admin, KeyId("000000000000"), reason="")
        with pytest.raises(AccountRefused, match="enabled already"):
            await house.administration.disable(admin, "ana", disabled=False, reason="")
        with pytest.raises(AccountRefused, match="already"):
            await house.administration.assign(admin, "ana", admin.roles, NOBODY, reason="")

    in_house(story)
