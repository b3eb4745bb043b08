"""One contract for every store of handoffs: kept once, ordered, taken by one, given back within bounds."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from handoff_samples import MONDAY, envelope
from remit.adapters.memory import MemoryHandoffs
from remit.adapters.store import SqliteDatabase, SqliteHandoffs
from remit.conversations import ConversationId
from remit.conversations.envelope import HandoffId
from remit.errors import HandoffRefused, HandoffUnknown
from remit.supervision.handoffs import LEASE, OWN_DESK

Store = MemoryHandoffs | SqliteHandoffs
OpenStore = Callable[[], AbstractAsyncContextManager[Store]]
SECOND = timedelta(seconds=1)


@pytest.fixture(params=["memory", "sqlite"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> OpenStore:
    @asynccontextmanager
    async def memory() -> AsyncIterator[Store]:
        yield MemoryHandoffs()

    @asynccontextmanager
    async def sqlite() -> AsyncIterator[Store]:
        async with SqliteDatabase(tmp_path / "remit.db") as database:
            yield SqliteHandoffs(database)

    return memory if request.param == "memory" else sqlite


def with_store(open_store: OpenStore, story: Callable[[Store], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        async with open_store() as store:
            await story(store)

    asyncio.run(run())


def test_an_envelope_comes_back_as_it_was_kept(open_store: OpenStore) -> None:
    async def story(store: Store) -> None:
        kept = await store.put(envelope(), OWN_DESK, MONDAY)
        assert kept.first
        assert (await store.handoff(envelope().id)).envelope == envelope()
        assert kept.handoff.delivery.delivered_at == MONDAY, "nothing has to be carried"

    with_store(open_store, story)


def test_the_first_of_two_stays(open_store: OpenStore) -> None:
    async def story(store: Store) -> None:
        await store.put(envelope(note="first"), OWN_DESK, MONDAY)
        again = await store.put(envelope(note="second"), "webhook", MONDAY)
        assert not again.first
        assert again.handoff.envelope.note == "first"

    with_store(open_store, story)


def test_the_most_urgent_waits_in_front_then_the_oldest(open_store: OpenStore) -> None:
    async def story(store: Store) -> None:
        for number, priority in enumerate(("normal", "urgent", "normal", "low", "high")):
            late = envelope(f"t-{number}", f"c-{number}", priority=priority)
            await store.put(late, OWN_DESK, MONDAY + number * SECOND)
        order = [one.envelope.turn for one in await store.waiting()]
        assert order == ["t-1", "t-4", "t-0", "t-2", "t-3"]
        assert [one.envelope.turn for one in await store.waiting(at_most=2)] == ["t-1", "t-4"]
        assert await store.waiting("elsewhere") == []

    with_store(open_store, story)


def test_who_is_taken_waits_no_more_but_is_shown(open_store: OpenStore) -> None:
    async def story(store: Store) -> None:
        await store.put(envelope("t-1", "c-1"), OWN_DESK, MONDAY)
        await store.put(envelope("t-2", "c-2"), OWN_DESK, MONDAY)
        await store.put(envelope("t-3", "c-2", kind="message"), OWN_DESK, MONDAY)
        assert await store.n_waiting("billing") == 2
        await store.take(envelope("t-1").id, "dora")
        assert await store.n_waiting("billing") == 1
        assert len(await store.waiting("billing")) == 2
        assert [one.envelope.turn for one in await store.of_conversation(ConversationId("c-2"))] == ["t-2"]

    with_store(open_store, story)


def test_one_handoff_is_taken_by_one(open_store: OpenStore) -> None:
    async def story(store: Store) -> None:
        await store.put(envelope(), OWN_DESK, MONDAY)
        assert (await store.take(envelope().id, "dora")).held_by == "dora"
        assert (await store.take(envelope().id, "dora")).held_by == "dora"
        with pytest.raises(HandoffRefused, match="dora has it"):
            await store.take(envelope().id, "emil")
        with pytest.raises(HandoffRefused, match="dora has it"):
            await store.close(envelope().id, "emil", MONDAY)
        assert (await store.close(envelope().id, "dora", MONDAY)).ended_at == MONDAY
        with pytest.raises(HandoffRefused, match="dora has closed it"):
            await store.hand_back(envelope().id, "dora", MONDAY, most=9)
        assert await store.waiting() == []

    with_store(open_store, story)


def test_after_the_bound_people_keep_the_conversation(open_store: OpenStore) -> None:
    async def story(store: Store) -> None:
        for number in range(3):
            again = envelope(f"t-{number}", n_before=number)
            await store.put(again, OWN_DESK, MONDAY + number * SECOND)
            if number < 2:
                back = await store.hand_back(again.id, "dora", MONDAY, most=3)
                assert back.state == "returned"
                assert await store.hand_back(again.id, "dora", MONDAY, most=3) == back
        with pytest.raises(HandoffRefused, match="handed off 3 times, and after 3 people keep it"):
            await store.hand_back(again.id, "dora", MONDAY, most=3)
        assert [one.state for one in await store.of_conversation(ConversationId("c-1"))] == [
            "returned",
            "returned",
            "waiting",
        ]

    with_store(open_store, story)


def test_what_is_carried_is_one_processs_until_its_lease_ends(open_store: OpenStore) -> None:
    async def story(store: Store) -> None:
        kept = await store.put(envelope(), "webhook", MONDAY)
        assert kept.handoff.delivery.n_attempts == 1, "whoever keeps it carries it"
        assert await store.take_due(MONDAY) == []
        (left,) = await store.take_due(MONDAY + LEASE)
        assert left.delivery.n_attempts == 2
        assert await store.take_due(MONDAY + LEASE) == []
        await store.failed(envelope().id, again_at=MONDAY + 2 * LEASE, problem="it answered 503")
        (stuck,) = await store.stuck()
        assert (stuck.delivery.problem, stuck.delivery.given_up) == ("it answered 503", False)
        assert len(await store.take_due(MONDAY + 2 * LEASE)) == 1
        await store.delivered(envelope().id, "42", MONDAY)
        await store.failed(envelope().id, again_at=None, problem="too late")
        found = (await store.handoff(envelope().id)).delivery
        assert (found.reference, found.problem, found.delivered_at) == ("42", "", MONDAY)
        assert await store.stuck() == []
        assert await store.take_due(MONDAY + 9 * LEASE) == []

    with_store(open_store, story)


def test_what_is_given_up_is_shown_until_people_have_it(open_store: OpenStore) -> None:
    async def story(store: Store) -> None:
        await store.put(envelope(), "webhook", MONDAY)
        await store.failed(envelope().id, again_at=None, problem="it answered 404")
        (stuck,) = await store.stuck()
        assert stuck.delivery.given_up
        assert await store.take_due(MONDAY + timedelta(days=9)) == []
        await store.close(envelope().id, "dora", MONDAY)
        assert await store.stuck() == []

    with_store(open_store, story)


def test_an_unknown_handoff_is_told(open_store: OpenStore) -> None:
    async def story(store: Store) -> None:
        with pytest.raises(HandoffUnknown, match="'h-none': there is none of that id"):
            await store.take(HandoffId("h-none"), "dora")

    with_store(open_store, story)
