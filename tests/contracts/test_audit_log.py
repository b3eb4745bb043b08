"""One contract for every audit log."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from remit.adapters.memory import MemoryAuditLog
from remit.adapters.store import SqliteAuditLog, SqliteDatabase
from remit.audit import GENESIS, AuditEntry, AuditLog, ChainCheck, Change
from remit.errors import AuditConflict
from remit.identity import CONTROLLER, Actor, ActorId, Proof, Role

ANA = Actor(ActorId("acc-1"), "ana", frozenset({Role.OPERATOR}), Proof.API_KEY, frozenset({"operations"}))
OpenLog = Callable[[], AbstractAsyncContextManager[AuditLog]]


@pytest.fixture(params=["memory", "sqlite"])
def open_log(request: pytest.FixtureRequest, tmp_path: Path) -> OpenLog:
    @asynccontextmanager
    async def memory() -> AsyncIterator[AuditLog]:
        yield MemoryAuditLog()

    @asynccontextmanager
    async def sqlite() -> AsyncIterator[AuditLog]:
        async with SqliteDatabase(tmp_path / "remit.db") as database:
            yield SqliteAuditLog(database)

    return memory if request.param == "memory" else sqlite


def change(key: str, **changes: Any) -> Change:
    made = Change(
        key=key,
        at=datetime(2026, 11, 1, 9, tzinfo=UTC),
        actor=ANA,
        action="agent_stopped",
        subject="shop-flow",
        reason="a wave of wrong refunds: é",
        evidence="v-1",
        before={"stopped": False, "level": "autonomous", "n": 3, "rate": 0.02, "nothing": None},
        after={"stopped": True},
    )
    return replace(made, **changes)


def with_log(open_log: OpenLog, story: Callable[[AuditLog], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        async with open_log() as log:
            await story(log)

    asyncio.run(run())


async def all_of(log: AuditLog, after: int = 0) -> list[AuditEntry]:
    return [entry async for entry in log.entries(after=after)]


def test_entries_come_back_whole_in_order_and_chained(open_log: OpenLog) -> None:
    async def story(log: AuditLog) -> None:
        changes = [change(f"k{n}", actor=CONTROLLER if n % 2 else ANA) for n in range(1_203)]
        recorded = [await log.record(one) for one in changes]
        entries = await all_of(log)
        assert entries == recorded
        assert [entry.change for entry in entries] == changes
        assert [entry.id for entry in entries] == list(range(1, 1_204))
        assert [entry.previous for entry in entries] == [GENESIS, *(entry.digest for entry in entries[:-1])]
        assert await all_of(log, after=1_200) == entries[1_200:]

    with_log(open_log, story)


def test_what_was_recorded_passes_the_check_of_the_chain(open_log: OpenLog) -> None:
    async def story(log: AuditLog) -> None:
        check = ChainCheck()
        for number in range(5):
            check.add(await log.record(change(f"k{number}")))
        assert check.end().number == 5
        assert check.findings == []

    with_log(open_log, story)


def test_a_repeated_change_keeps_its_first_entry(open_log: OpenLog) -> None:
    async def story(log: AuditLog) -> None:
        first = await log.record(change("k"))
        again = await log.record(change("k", at=first.change.at + timedelta(minutes=5)))
        assert again == first
        assert await all_of(log) == [first]

    with_log(open_log, story)


def test_a_known_key_with_other_content_is_a_conflict(open_log: OpenLog) -> None:
    async def story(log: AuditLog) -> None:
        first = await log.record(change("k"))
        with pytest.raises(AuditConflict, match="'k'"):
            await log.record(change("k", reason="another"))
        assert await all_of(log) == [first]

    with_log(open_log, story)


def test_a_time_without_a_zone_is_refused(open_log: OpenLog) -> None:
    async def story(log: AuditLog) -> None:
        with pytest.raises(ValueError, match="time zone"):
            await log.record(change("k", at=datetime(2026, 11, 1)))  # noqa: DTZ001 - that is the point
        assert await all_of(log) == []

    with_log(open_log, story)
