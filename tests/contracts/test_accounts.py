"""One contract for everything that keeps accounts and keys, with its audit log."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest

from remit.adapters.memory import MemoryAccounts, MemoryAuditLog
from remit.adapters.store import SqliteAccounts, SqliteAuditLog, SqliteDatabase
from remit.audit import AuditLog, Change
from remit.errors import AccountRefused, AuditConflict
from remit.identity import (
    CONTROLLER,
    Account,
    AccountBook,
    ActorId,
    ApiKey,
    Credentials,
    KeyHolder,
    KeyId,
    Role,
)

NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)
ADMIN = Account(ActorId("acc-1"), "ana", frozenset({Role.ADMIN}), frozenset(), NOW, password="$hash")
EXPERT = Account(ActorId("acc-2"), "ben", frozenset({Role.EXPERT, Role.VIEWER}), frozenset({"risk"}), NOW)
KEY = ApiKey(KeyId("0123456789ab"), ADMIN.id, "d" * 64, "terminal", NOW, NOW + timedelta(days=90))


class Book(Credentials, AccountBook[Change], Protocol):
    """What both adapters are."""


class Kept:
    """A book and the log beside it."""

    def __init__(self, book: Book, log: AuditLog) -> None:
        self.book = book
        self.log = log

    async def actions(self) -> list[str]:
        return [entry.change.action async for entry in self.log.entries()]


OpenBook = Callable[[], AbstractAsyncContextManager[Kept]]


@pytest.fixture(params=["memory", "sqlite"])
def open_book(request: pytest.FixtureRequest, tmp_path: Path) -> OpenBook:
    @asynccontextmanager
    async def memory() -> AsyncIterator[Kept]:
        log = MemoryAuditLog()
        yield Kept(MemoryAccounts(log), log)

    @asynccontextmanager
    async def sqlite() -> AsyncIterator[Kept]:
        async with SqliteDatabase(tmp_path / "remit.db") as database:
            yield Kept(SqliteAccounts(database), SqliteAuditLog(database))

    return memory if request.param == "memory" else sqlite


def run(open_book: OpenBook, story: Callable[[Kept], Coroutine[Any, Any, None]]) -> None:
    async def with_book() -> None:
        async with open_book() as kept:
            await story(kept)

    asyncio.run(with_book())


def record(action: str, key: str = "") -> Change:
    return Change(key or action, NOW, CONTROLLER, action, "account/x", "because")


def test_an_account_comes_back_whole_and_its_making_is_in_the_log(open_book: OpenBook) -> None:
    async def story(kept: Kept) -> None:
        await kept.book.add(EXPERT, record("made-1"), first=False)
        await kept.book.add(ADMIN, record("made-2"), first=False)
        assert await kept.book.account("ana") == ADMIN
        assert await kept.book.account("nobody") is None
        assert list(await kept.book.accounts()) == [ADMIN, EXPERT]
        assert await kept.actions() == ["made-1", "made-2"]

    run(open_book, story)


def test_only_an_empty_store_gets_a_first_admin(open_book: OpenBook) -> None:
    async def story(kept: Kept) -> None:
        await kept.book.add(ADMIN, record("first"), first=True)
        with pytest.raises(AccountRefused, match="has accounts already"):
            await kept.book.add(EXPERT, record("second"), first=True)
        assert list(await kept.book.accounts()) == [ADMIN]
        assert await kept.actions() == ["first"]

    run(open_book, story)


def test_a_name_is_given_once(open_book: OpenBook) -> None:
    async def story(kept: Kept) -> None:
        await kept.book.add(ADMIN, record("first"), first=False)
        with pytest.raises(AccountRefused, match="the name is taken"):
            await kept.book.add(replace(EXPERT, name="ana"), record("second"), first=False)
        assert await kept.actions() == ["first"]

    run(open_book, story)


def test_a_change_whose_record_cannot_be_kept_is_not_made(open_book: OpenBook) -> None:
    async def story(kept: Kept) -> None:
        await kept.book.add(ADMIN, record("first", "k"), first=False)
        with pytest.raises(AuditConflict):
            await kept.book.add(EXPERT, record("second", "k"), first=False)
        with pytest.raises(AuditConflict):
            await kept.book.change(ADMIN, replace(ADMIN, functions=frozenset({"risk"})), record("third", "k"))
        with pytest.raises(AuditConflict):
            await kept.book.keep_key(KEY, record("fourth", "k"))
        assert list(await kept.book.accounts()) == [ADMIN]
        assert list(await kept.book.keys()) == []

    run(open_book, story)


def test_a_change_is_refused_if_somebody_was_faster(open_book: OpenBook) -> None:
    async def story(kept: Kept) -> None:
        await kept.book.add(ADMIN, record("a"), first=False)
        await kept.book.add(EXPERT, record("b"), first=False)
        disabled = replace(EXPERT, disabled_at=NOW)
        await kept.book.change(EXPERT, disabled, record("c"))
        with pytest.raises(AccountRefused, match="somebody else"):
            await kept.book.change(EXPERT, replace(EXPERT, roles=frozenset({Role.ADMIN})), record("d"))
        assert await kept.book.account("ben") == disabled
        assert await kept.actions() == ["a", "b", "c"]

    run(open_book, story)


@pytest.mark.parametrize("change", [{"disabled_at": NOW}, {"roles": frozenset({Role.VIEWER})}])
def test_the_last_active_admin_stays(open_book: OpenBook, change: dict[str, Any]) -> None:
    async def story(kept: Kept) -> None:
        second = replace(EXPERT, roles=frozenset({Role.ADMIN}))
        await kept.book.add(ADMIN, record("a"), first=False)
        await kept.book.add(second, record("b"), first=False)
        await kept.book.change(second, replace(second, **change), record("c"))
        with pytest.raises(AccountRefused, match="last active admin"):
            await kept.book.change(ADMIN, replace(ADMIN, **change), record("d"))
        assert await kept.book.account("ana") == ADMIN
        assert await kept.actions() == ["a", "b", "c"]

    run(open_book, story)


def test_a_key_is_found_with_its_account_and_changes_its_state(open_book: OpenBook) -> None:
    async def story(kept: Kept) -> None:
        await kept.book.add(ADMIN, record("a"), first=True)
        await kept.book.keep_key(KEY, record("b"))
        assert await kept.book.holder(KEY.id) == KeyHolder(ADMIN, KEY)
        assert await kept.book.holder(KeyId("ffffffffffff")) is None
        revoked = replace(KEY, revoked_at=NOW)
        await kept.book.keep_key(revoked, record("c"))
        assert list(await kept.book.keys()) == [revoked]

    run(open_book, story)


def test_the_use_of_a_key_is_noted_once_a_minute(open_book: OpenBook) -> None:
    async def story(kept: Kept) -> None:
        await kept.book.add(ADMIN, record("a"), first=True)
        await kept.book.keep_key(KEY, record("b"))
        noted = []
        for seconds in (0, 30, 59, 60, 90):
            await kept.book.key_used(KEY.id, NOW + timedelta(seconds=seconds))
            (key,) = await kept.book.keys()
            assert key.last_used_at is not None
            noted.append((key.last_used_at - NOW).total_seconds())
        assert noted == [0, 0, 0, 60, 60]

    run(open_book, story)


def test_the_sixth_attempt_in_a_row_has_to_wait_and_is_not_counted(open_book: OpenBook) -> None:
    async def story(kept: Kept) -> None:
        assert [await kept.book.begin_attempt("ana", NOW) for _ in range(5)] == [0.0] * 5
        assert await kept.book.begin_attempt("ana", NOW) == 1.0
        assert await kept.book.begin_attempt("ana", NOW) == 1.0
        assert await kept.book.begin_attempt("ben", NOW) == 0.0
        later = NOW + timedelta(seconds=1)
        assert await kept.book.begin_attempt("ana", later) == 0.0
        assert await kept.book.begin_attempt("ana", later) == 2.0

    run(open_book, story)


def test_a_right_password_forgets_the_wrong_ones_and_so_does_a_day(open_book: OpenBook) -> None:
    async def story(kept: Kept) -> None:
        for _ in range(5):
            await kept.book.begin_attempt("ana", NOW)
            await kept.book.begin_attempt("ben", NOW)
        await kept.book.attempt_succeeded("ana")
        assert [await kept.book.begin_attempt("ana", NOW) for _ in range(6)] == [0.0] * 5 + [1.0]
        tomorrow = NOW + timedelta(hours=24)
        assert [await kept.book.begin_attempt("ben", tomorrow) for _ in range(6)] == [0.0] * 5 + [1.0]

    run(open_book, story)


def test_guesses_at_the_same_moment_are_counted_one_by_one(open_book: OpenBook) -> None:
    async def story(kept: Kept) -> None:
        waits = await asyncio.gather(*(kept.book.begin_attempt("ana", NOW) for _ in range(20)))
        assert sorted(waits) == [0.0] * 5 + [1.0] * 15

    run(open_book, story)
