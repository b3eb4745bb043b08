"""One contract for every keeper of running states: position, states and actions change together or not at all."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from remit.adapters.memory import MemoryRunningStates
from remit.adapters.store import SqliteDatabase, SqliteRunningStates
from remit.evidence import RunningStates

OpenStates = Callable[[], AbstractAsyncContextManager[RunningStates]]


@pytest.fixture(params=["memory", "sqlite"])
def open_states(request: pytest.FixtureRequest, tmp_path: Path) -> OpenStates:
    @asynccontextmanager
    async def memory() -> AsyncIterator[RunningStates]:
        yield MemoryRunningStates()

    @asynccontextmanager
    async def sqlite() -> AsyncIterator[RunningStates]:
        async with SqliteDatabase(tmp_path / "remit.db") as database:
            yield SqliteRunningStates(database)

    return memory if request.param == "memory" else sqlite


def with_states(open_states: OpenStates, story: Callable[[RunningStates], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        async with open_states() as states:
            await story(states)

    asyncio.run(run())


def test_a_follower_that_has_not_begun_stands_at_the_beginning(open_states: OpenStates) -> None:
    async def story(states: RunningStates) -> None:
        assert await states.position("gates") == 0
        assert await states.load("gates") == {}
        assert await states.load("gates", ["a"]) == {}
        assert await states.pending_actions("gates") == {}

    with_states(open_states, story)


def test_states_position_and_actions_change_together(open_states: OpenStates) -> None:
    async def story(states: RunningStates) -> None:
        assert await states.advance(
            "gates", expected=0, position=3, changed={"a": "[1]", "b": "[2]"}, actions={"demote": "{}"}
        )
        assert await states.advance("gates", expected=3, position=9, changed={"b": "[3]"}, actions={})
        assert await states.position("gates") == 9
        assert await states.load("gates") == {"a": "[1]", "b": "[3]"}
        assert await states.load("gates", ["b", "c"]) == {"b": "[3]"}
        assert await states.pending_actions("gates") == {"demote": "{}"}

    with_states(open_states, story)


def test_whoever_comes_from_another_place_keeps_nothing(open_states: OpenStates) -> None:
    async def story(states: RunningStates) -> None:
        await states.advance("gates", expected=0, position=3, changed={"a": "first"}, actions={})
        late = await states.advance("gates", expected=0, position=4, changed={"a": "second"}, actions={"stop": "{}"})
        assert not late
        assert await states.position("gates") == 3
        assert await states.load("gates") == {"a": "first"}
        assert await states.pending_actions("gates") == {}

    with_states(open_states, story)


def test_of_two_that_advance_at_once_exactly_one_succeeds(open_states: OpenStates) -> None:
    async def story(states: RunningStates) -> None:
        succeeded = await asyncio.gather(
            *(states.advance("gates", expected=0, position=1, changed={"a": str(n)}, actions={}) for n in range(20))
        )
        assert sum(succeeded) == 1
        assert await states.load("gates") == {"a": str(succeeded.index(True))}

    with_states(open_states, story)


def test_an_action_is_kept_once_and_comes_oldest_first_until_it_is_done(open_states: OpenStates) -> None:
    async def story(states: RunningStates) -> None:
        await states.advance("gates", expected=0, position=1, changed={}, actions={"z": '"first"', "y": "1"})
        await states.advance("gates", expected=1, position=2, changed={}, actions={"z": '"again"', "x": "2"})
        assert list((await states.pending_actions("gates")).items()) == [("z", '"first"'), ("y", "1"), ("x", "2")]
        await states.action_done("gates", "y")
        await states.action_done("gates", "y")
        await states.advance("gates", expected=2, position=3, changed={}, actions={"y": "3"})
        assert list(await states.pending_actions("gates")) == ["z", "x"]

    with_states(open_states, story)


def test_followers_do_not_meet(open_states: OpenStates) -> None:
    async def story(states: RunningStates) -> None:
        await states.advance("gates", expected=0, position=5, changed={"a": "1"}, actions={"stop": "{}"})
        assert await states.position("budgets") == 0
        assert await states.advance("budgets", expected=0, position=1, changed={"a": "2"}, actions={"stop": "[]"})
        await states.action_done("gates", "stop")
        assert await states.load("gates") == {"a": "1"}
        assert await states.pending_actions("budgets") == {"stop": "[]"}

    with_states(open_states, story)


def test_many_keys_are_loaded_at_once(open_states: OpenStates) -> None:
    async def story(states: RunningStates) -> None:
        many = {f"k{n}": str(n) for n in range(2_345)}
        await states.advance("gates", expected=0, position=1, changed=many, actions={})
        assert await states.load("gates", [*many, "unknown"]) == many

    with_states(open_states, story)
