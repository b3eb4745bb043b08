"""One contract for every keeper of verdict records: kept once, whole, and for good."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from math import inf
from pathlib import Path
from typing import Any

import pytest

from remit.adapters.memory import MemoryVerdictRecords
from remit.adapters.store import SqliteDatabase, SqliteVerdictRecords
from remit.conversations import AgentName, ReleaseId
from remit.evidence import VerdictRecords
from remit.evidence.verdicts import VerdictId, VerdictRecord
from remit.gates.records import record_of
from unit.gates.living import body, days, judged, question

OpenRecords = Callable[[], AbstractAsyncContextManager[VerdictRecords]]


@pytest.fixture(params=["memory", "sqlite"])
def open_records(request: pytest.FixtureRequest, tmp_path: Path) -> OpenRecords:
    @asynccontextmanager
    async def memory() -> AsyncIterator[VerdictRecords]:
        yield MemoryVerdictRecords()

    @asynccontextmanager
    async def sqlite() -> AsyncIterator[VerdictRecords]:
        async with SqliteDatabase(tmp_path / "remit.db") as database:
            yield SqliteVerdictRecords(database)

    return memory if request.param == "memory" else sqlite


def with_records(open_records: OpenRecords, story: Callable[[VerdictRecords], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        async with open_records() as records:
            await story(records)

    asyncio.run(run())


def record(n_days: int = 30, **changes: Any) -> VerdictRecord:
    """Supported with 30 days, undecided with fewer; one day has an infinite design effect."""
    rows = days(n_days, 20)
    return replace(record_of(question(), body(rows), judged(rows), policy="p"), **changes)


def test_a_record_comes_back_whole(open_records: OpenRecords) -> None:
    async def story(records: VerdictRecords) -> None:
        kept = [record(30), record(1)]
        assert kept[1].verdict.live is not None
        assert kept[1].verdict.live.phi == inf
        assert list(await records.keep(kept)) == kept
        for one in kept:
            assert list(await records.find(one.id)) == [one]

    with_records(open_records, story)


def test_the_same_evidence_keeps_the_first_record(open_records: OpenRecords) -> None:
    async def story(records: VerdictRecords) -> None:
        first = record()
        later = replace(first, at=first.at + timedelta(days=1), position=first.position + 9)
        await records.keep([first])
        assert list(await records.keep([later])) == [first]

    with_records(open_records, story)


def test_a_beginning_finds_all_that_begin_so_ten_at_most(open_records: OpenRecords) -> None:
    async def story(records: VerdictRecords) -> None:
        await records.keep([record(id=VerdictId(f"v-{number:02d}")) for number in range(12)])
        assert [one.id for one in await records.find("v-0")] == [f"v-{number:02d}" for number in range(10)]
        assert [one.id for one in await records.find("v-11")] == ["v-11"]
        assert list(await records.find("v-%")) == []

    with_records(open_records, story)


def test_what_settles_a_gate_is_found_by_agent_in_the_order_of_keeping(open_records: OpenRecords) -> None:
    async def story(records: VerdictRecords) -> None:
        second, first = record(id=VerdictId("v-b")), record(id=VerdictId("v-a"), release=ReleaseId("r2"))
        others = [record(5), record(id=VerdictId("v-c"), agent=AgentName("vendor"))]
        await records.keep([second, *others, first])
        assert [one.id for one in await records.decisive(second.agent)] == ["v-b", "v-a"]
        assert await records.decisive(AgentName("nobody")) == []

    with_records(open_records, story)


def test_the_latest_come_newest_first(open_records: OpenRecords) -> None:
    async def story(records: VerdictRecords) -> None:
        for number in range(5):
            await records.keep([record(id=VerdictId(f"v-{number}"))])
        found = await records.latest(record().agent, at_most=2)
        assert [one.id for one in found] == ["v-4", "v-3"]

    with_records(open_records, story)
