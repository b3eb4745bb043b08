"""One contract for every recorder: leases, all-or-none records, an end that is durable with the conversation."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from remit.adapters.memory import FixedClock, MemoryRecorder
from remit.adapters.store import SqliteDatabase, SqliteRecorder
from remit.conversations import ConversationId, HandoffReason, Message, ToolExchange, Turn, TurnId
from remit.errors import JournalConflict, TurnInProgress
from remit.runtime.ports import Recorder, TurnRecord
from remit.tools import ToolCall, ToolName, ToolSucceeded

NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
OpenRecorder = Callable[[FixedClock], AbstractAsyncContextManager[Recorder]]


@pytest.fixture(params=["memory", "sqlite"])
def open_recorder(request: pytest.FixtureRequest, tmp_path: Path) -> OpenRecorder:
    @asynccontextmanager
    async def memory(clock: FixedClock) -> AsyncIterator[Recorder]:
        yield MemoryRecorder(clock)

    @asynccontextmanager
    async def sqlite(clock: FixedClock) -> AsyncIterator[Recorder]:
        async with SqliteDatabase(tmp_path / "remit.db") as database:
            yield SqliteRecorder(database, clock)

    return memory if request.param == "memory" else sqlite


def turn(number: int = 1, text: str = "Where is my order?") -> Turn:
    said = Message("customer", text, NOW)
    return Turn(TurnId(f"t{number}"), ConversationId("c1"), said, NOW + timedelta(seconds=30))


def record(step: int, kind: Any = "decided") -> TurnRecord:
    return TurnRecord(step, kind, {"n": step, "text": "é", "nothing": None}, NOW)


def with_recorder(
    open_recorder: OpenRecorder, story: Callable[[Recorder, FixedClock], Coroutine[Any, Any, None]]
) -> None:
    async def run() -> None:
        clock = FixedClock(NOW)
        async with open_recorder(clock) as recorder:
            await story(recorder, clock)

    asyncio.run(run())


def test_a_turn_is_held_by_one_process_until_its_lease_runs_out(open_recorder: OpenRecorder) -> None:
    async def story(recorder: Recorder, clock: FixedClock) -> None:
        await recorder.open(turn(), 60)
        with pytest.raises(TurnInProgress):
            await recorder.open(turn(), 60)
        clock.advance(timedelta(seconds=61))
        await recorder.open(turn(), 60)

    with_recorder(open_recorder, story)


def test_the_messages_of_one_conversation_are_taken_one_after_the_other(open_recorder: OpenRecorder) -> None:
    async def story(recorder: Recorder, _: FixedClock) -> None:
        before, _recorded = await recorder.open(turn(1), 60)
        with pytest.raises(TurnInProgress):
            await recorder.open(turn(2, "Hello?"), 60)
        await recorder.close(turn(1), before, [record(0, "ended")])
        await recorder.open(turn(2, "Hello?"), 60)

    with_recorder(open_recorder, story)


def test_records_come_back_in_order_when_the_turn_is_taken_over(open_recorder: OpenRecorder) -> None:
    async def story(recorder: Recorder, clock: FixedClock) -> None:
        await recorder.open(turn(), 60)
        written = [record(0, "understood"), record(1, "proposed"), record(1), record(2, "proposed")]
        await recorder.record(turn(), written[:3])
        await recorder.record(turn(), written[3:])
        clock.advance(timedelta(seconds=61))
        _, recorded = await recorder.open(turn(), 60)
        assert list(recorded) == written

    with_recorder(open_recorder, story)


def test_a_step_that_is_recorded_is_never_written_again(open_recorder: OpenRecorder) -> None:
    async def story(recorder: Recorder, clock: FixedClock) -> None:
        await recorder.open(turn(), 60)
        await recorder.record(turn(), [record(1)])
        with pytest.raises(JournalConflict):
            await recorder.record(turn(), [record(2), record(1)])
        clock.advance(timedelta(seconds=61))
        _, recorded = await recorder.open(turn(), 60)
        assert list(recorded) == [record(1)]

    with_recorder(open_recorder, story)


def test_the_end_keeps_the_conversation_and_gives_the_lease_back(open_recorder: OpenRecorder) -> None:
    async def story(recorder: Recorder, _: FixedClock) -> None:
        before, _recorded = await recorder.open(turn(), 60)
        call = ToolCall(ToolName("find_order"), {"order_id": "10423"})
        exchange = ToolExchange(call, ToolSucceeded({"order": {"delivered": True}}), NOW)
        after = replace(
            before,
            entries=(turn().message, exchange, Message("agent", "It arrives today.", NOW)),
            agent_memory={"slots": {"order": "10423"}},
            handed_off=HandoffReason.LOW_CONFIDENCE,
        )
        await recorder.close(turn(), after, [record(0, "ended")])
        again, recorded = await recorder.open(turn(), 60)
        assert again == after
        assert list(recorded) == [record(0, "ended")]
        following, nothing = await recorder.open(turn(2, "Thanks"), 60)
        assert following == after
        assert list(nothing) == []

    with_recorder(open_recorder, story)


def test_a_turn_that_has_ended_takes_no_more_records(open_recorder: OpenRecorder) -> None:
    async def story(recorder: Recorder, _: FixedClock) -> None:
        before, _recorded = await recorder.open(turn(), 60)
        await recorder.close(turn(), before, [record(0, "ended")])
        with pytest.raises(JournalConflict):
            await recorder.record(turn(), [record(1)])

    with_recorder(open_recorder, story)


def test_entries_are_added_turn_by_turn(open_recorder: OpenRecorder) -> None:
    async def story(recorder: Recorder, _: FixedClock) -> None:
        said: list[Message] = []
        for number in range(1, 6):
            message = Message("customer", f"message {number}", NOW)
            current = Turn(TurnId(f"t{number}"), ConversationId("c1"), message, NOW)
            before, _recorded = await recorder.open(current, 60)
            assert list(before.entries) == said
            said.append(message)
            await recorder.close(current, replace(before, entries=tuple(said)), [record(0, "ended")])

    with_recorder(open_recorder, story)
