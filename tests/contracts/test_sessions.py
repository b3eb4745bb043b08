"""One contract for everything that keeps sessions, and logins on top of it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from remit.adapters.memory import FixedClock, MemoryAccounts, MemoryAuditLog, MemorySessions
from remit.adapters.store import SqliteAccounts, SqliteDatabase, SqliteSessions
from remit.app.sessions import Logins
from remit.audit import Change
from remit.identity import (
    CONTROLLER,
    Account,
    AccountBook,
    ActorId,
    Proof,
    Role,
    SessionHolder,
    SessionId,
    SessionLimits,
    Sessions,
)
from remit.identity.sessions import start_session

NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)
LIMITS = SessionLimits()
ANA = Account(ActorId("acc-1"), "ana", frozenset({Role.ADMIN}), frozenset(), NOW, password="$1")
BEN = Account(ActorId("acc-2"), "ben", frozenset({Role.EXPERT}), frozenset({"risk"}), NOW, password="$2")


class House:
    """Accounts, sessions, and a clock on the wall."""

    def __init__(self, book: AccountBook[Change], sessions: Sessions) -> None:
        self.book = book
        self.sessions = sessions
        self.clock = FixedClock(NOW)
        self.logins = Logins(sessions, self.clock)
        self._n_changes = 0

    async def furnish(self) -> None:
        await self.book.add(ANA, self._record(), first=True)
        await self.book.add(BEN, self._record(), first=False)

    async def change(self, before: Account, after: Account) -> None:
        await self.book.change(before, after, self._record())

    async def log_in(self, account: Account = BEN) -> str:
        return await self.logins.start(account.actor(Proof.PASSWORD))

    def _record(self) -> Change:
        self._n_changes += 1
        return Change(f"k{self._n_changes}", NOW, CONTROLLER, "changed", "account/x", "because")


OpenHouse = Callable[[], AbstractAsyncContextManager[House]]


@pytest.fixture(params=["memory", "sqlite"])
def open_house(request: pytest.FixtureRequest, tmp_path: Path) -> OpenHouse:
    @asynccontextmanager
    async def memory() -> AsyncIterator[House]:
        book = MemoryAccounts(MemoryAuditLog())
        yield House(book, MemorySessions(book))

    @asynccontextmanager
    async def sqlite() -> AsyncIterator[House]:
        async with SqliteDatabase(tmp_path / "remit.db") as database:
            yield House(SqliteAccounts(database), SqliteSessions(database))

    return memory if request.param == "memory" else sqlite


def run(open_house: OpenHouse, story: Callable[[House], Coroutine[Any, Any, None]]) -> None:
    async def with_house() -> None:
        async with open_house() as house:
            await house.furnish()
            await story(house)

    asyncio.run(with_house())


def test_a_session_comes_back_with_its_account_and_is_replaced_by_whoever_comes_first(open_house: OpenHouse) -> None:
    async def story(house: House) -> None:
        session = start_session(SessionId("s-1"), BEN.id, "token", NOW)
        await house.sessions.start(session, NOW + LIMITS.idle)
        assert await house.sessions.holder(session.id) == SessionHolder(BEN, session)
        later = replace(session, seen_at=NOW + timedelta(minutes=1))
        assert await house.sessions.replace(session, later, NOW + LIMITS.idle)
        assert not await house.sessions.replace(session, later, NOW + LIMITS.idle)
        assert await house.sessions.holder(session.id) == SessionHolder(BEN, later)
        await house.sessions.end(session.id)
        assert await house.sessions.holder(session.id) is None
        assert not await house.sessions.replace(later, session, NOW + LIMITS.idle)

    run(open_house, story)


def test_all_sessions_of_one_account_end_together(open_house: OpenHouse) -> None:
    async def story(house: House) -> None:
        bens = [await house.log_in(BEN), await house.log_in(BEN)]
        anas = await house.log_in(ANA)
        await house.sessions.end_all(BEN.id)
        assert [await house.logins.actor_of(cookie) for cookie in bens] == [None, None]
        assert await house.logins.actor_of(anas) is not None

    run(open_house, story)


def test_a_login_opens_its_session_and_says_how_it_was_proven(open_house: OpenHouse) -> None:
    async def story(house: House) -> None:
        logged_in = await house.logins.actor_of(await house.log_in())
        assert logged_in is not None
        assert (logged_in.actor.name, logged_in.actor.proof) == ("ben", Proof.SESSION)
        assert logged_in.cookie == ""

    run(open_house, story)


def test_a_cookie_that_is_none_opens_nothing_and_ends_nobodys_session(open_house: OpenHouse) -> None:
    async def story(house: House) -> None:
        cookie = await house.log_in()
        session_id = cookie.partition(".")[0]
        for wrong in ("", ".", session_id, f"{session_id}.", f"{session_id}.guess", "x." + cookie):
            assert await house.logins.actor_of(wrong) is None
            await house.logins.end(wrong)
        assert await house.logins.actor_of(cookie) is not None

    run(open_house, story)


def test_roles_are_those_of_this_moment(open_house: OpenHouse) -> None:
    async def story(house: House) -> None:
        cookie = await house.log_in()
        await house.change(BEN, replace(BEN, roles=frozenset({Role.VIEWER})))
        logged_in = await house.logins.actor_of(cookie)
        assert logged_in is not None
        assert logged_in.actor.roles == frozenset({Role.VIEWER})

    run(open_house, story)


@pytest.mark.parametrize("change", [{"disabled_at": NOW}, {"password": "$3"}])
def test_disabling_an_account_or_a_new_password_ends_its_sessions(
    open_house: OpenHouse, change: dict[str, Any]
) -> None:
    async def story(house: House) -> None:
        cookie, other = await house.log_in(BEN), await house.log_in(ANA)
        changed = replace(BEN, **change)
        await house.change(BEN, changed)
        assert await house.logins.actor_of(cookie) is None
        await house.change(changed, replace(changed, disabled_at=None))
        assert await house.logins.actor_of(cookie) is None
        assert await house.logins.actor_of(other) is not None

    run(open_house, story)


def test_a_cookie_is_replaced_while_in_use_and_the_old_one_ends_the_session_when_it_comes_back(
    open_house: OpenHouse,
) -> None:
    async def story(house: House) -> None:
        first = await house.log_in()
        house.clock.advance(LIMITS.token)
        renewed = await house.logins.actor_of(first)
        assert renewed is not None
        assert renewed.cookie
        assert await house.logins.actor_of(first) is not None, "a request that was under way"
        house.clock.advance(LIMITS.grace)
        assert await house.logins.actor_of(renewed.cookie) is not None
        assert await house.logins.actor_of(first) is None
        assert await house.logins.actor_of(renewed.cookie) is None, "somebody else holds a token of this session"

    run(open_house, story)


def test_requests_at_the_same_moment_all_get_in_and_one_renews(open_house: OpenHouse) -> None:
    async def story(house: House) -> None:
        cookie = await house.log_in()
        house.clock.advance(LIMITS.token)
        answers = await asyncio.gather(*(house.logins.actor_of(cookie) for _ in range(20)))
        assert all(answer is not None for answer in answers)
        assert sum(bool(answer and answer.cookie) for answer in answers) == 1

    run(open_house, story)


def test_a_login_that_ended_stays_ended(open_house: OpenHouse) -> None:
    async def story(house: House) -> None:
        cookie = await house.log_in()
        await house.logins.end(cookie)
        assert await house.logins.actor_of(cookie) is None
        idle = await house.log_in()
        house.clock.advance(LIMITS.idle)
        assert await house.logins.actor_of(idle) is None

    run(open_house, story)
