"""What every world promises, in this process or behind MCP."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, cast

import pytest

from contracts.larder import START, json_world, sqlite_world
from contracts.serving import Loop, http_server, loop, mcp_world, stdio_server
from remit.errors import ScenarioReferenceError
from remit.scenarios.difference import apply
from remit.scenarios.model import StartState, StateChange
from remit.scenarios.ports import World, WorldSession
from remit.tools import (
    Effect,
    ToolCall,
    ToolFailed,
    ToolName,
    ToolOutcomeUnknown,
    ToolResult,
    ToolSucceeded,
)

LARDER = StartState("larder")
JAM_TAKEN = StateChange("/jars/jam/count", 3, 2)


@dataclass(frozen=True, slots=True)
class Place:
    """A world and the loop it lives in."""

    run: Loop
    world: World

    def play(self, story: Callable[[WorldSession], Awaitable[Any]], start: StartState = LARDER) -> Any:
        """Run a story on a fresh session and close it."""

        async def played() -> Any:
            session = await self.world.start(start)
            try:
                return await story(session)
            finally:
                await session.close()

        return self.run(played())


@pytest.fixture(scope="module", params=["json", "sqlite", "json over MCP on stdio", "sqlite over MCP on HTTP"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    with loop() as run:
        resources = AsyncExitStack()
        yield Place(run, run(_world(cast("str", request.param), resources)))
        run(resources.aclose())


async def _world(kind: str, resources: AsyncExitStack) -> World:
    match kind:
        case "json":
            return json_world
        case "sqlite":
            return sqlite_world
        case "json over MCP on stdio":
            return await resources.enter_async_context(mcp_world(stdio_server("larder.py:json_world")))
        case _:
            server = await resources.enter_async_context(http_server(sqlite_world))
            return await resources.enter_async_context(mcp_world(server))


def call(name: str, **arguments: Any) -> ToolCall:
    return ToolCall(ToolName(name), arguments)


def test_the_catalogue_tells_effects_and_schemas_and_nothing_of_control(place: Place) -> None:
    catalogue = place.run(place.world.catalogue())
    assert {name: spec.effect for name, spec in catalogue.items()} == {
        "look": Effect.READ,
        "take": Effect.REVERSIBLE_WRITE,
        "write_note": Effect.REVERSIBLE_WRITE,
        "explode": Effect.IRREVERSIBLE_WRITE,
        "answer": Effect.READ,
        "trip": Effect.READ,
    }
    take = catalogue[ToolName("take")]
    assert take.parameters["required"] == ["jar", "number"]
    assert take.description == "Take from a jar."
    assert take.takes_idempotency_key


def test_changes_lead_from_the_start_to_the_end(place: Place) -> None:
    async def story(session: WorldSession) -> tuple[StateChange, ...]:
        await session.call(call("take", jar="jam", number=1), "t/1")
        await session.call(call("write_note", note="buy jam"), "t/2")
        return await session.changes()

    changes = place.play(story)
    assert changes == (JAM_TAKEN, StateChange("/notes/n1", None, {"name": "n1", "note": "buy jam"}, "added"))
    assert apply(START, changes)["jars"]["jam"]["count"] == 2


def test_nothing_done_is_no_change(place: Place) -> None:
    async def story(session: WorldSession) -> tuple[StateChange, ...]:
        await session.call(call("look", jar="jam"), "t/1")
        return await session.changes()

    assert place.play(story) == ()


def test_sessions_do_not_see_each_other(place: Place) -> None:
    async def story() -> tuple[Any, ...]:
        first, second = await place.world.start(LARDER), await place.world.start(LARDER)
        await first.call(call("take", jar="jam", number=2), "t/1")
        seen = await second.call(call("look", jar="jam"), "t/1"), await first.changes(), await second.changes()
        await first.close()
        await second.close()
        return seen

    assert place.run(story()) == (
        ToolSucceeded({"jar": {"name": "jam", "count": 3}}),
        (StateChange("/jars/jam/count", 3, 1),),
        (),
    )


def test_a_session_after_another_starts_fresh(place: Place) -> None:
    async def spoil(session: WorldSession) -> None:
        await session.call(call("take", jar="jam", number=3), "t/1")

    async def look(session: WorldSession) -> ToolResult:
        return await session.call(call("look", jar="jam"), "t/1")

    place.play(spoil)
    assert place.play(look) == ToolSucceeded({"jar": {"name": "jam", "count": 3}})


@pytest.mark.parametrize(
    ("what", "content"),
    [
        ("number", 12),
        ("list", [1, "a"]),
        ("null", None),
        ("text", "12"),
        ("json_text", '{"a": 1}'),
        ("truth", True),
    ],
)
def test_any_json_comes_back_as_it_was(place: Place, what: str, content: Any) -> None:
    async def story(session: WorldSession) -> ToolResult:
        return await session.call(call("answer", what=what), "t/1")

    result = place.play(story)
    assert result == ToolSucceeded(content)
    assert type(result.content) is type(content)


def test_a_write_with_a_known_key_returns_the_first_result_and_does_nothing(place: Place) -> None:
    async def story(session: WorldSession) -> tuple[Any, ...]:
        taken = call("take", jar="jam", number=1)
        return await session.call(taken, "t/1"), await session.call(taken, "t/1"), await session.changes()

    first, second, changes = place.play(story)
    assert first == second == ToolSucceeded({"jar": {"name": "jam", "count": 2}})
    assert changes == (JAM_TAKEN,)


def test_a_read_with_a_known_key_reads_again(place: Place) -> None:
    async def story(session: WorldSession) -> ToolResult:
        await session.call(call("look", jar="jam"), "t/1")
        await session.call(call("take", jar="jam", number=1), "t/2")
        return await session.call(call("look", jar="jam"), "t/1")

    assert place.play(story) == ToolSucceeded({"jar": {"name": "jam", "count": 2}})


def test_a_refusal_has_done_nothing_and_says_why(place: Place) -> None:
    async def story(session: WorldSession) -> tuple[Any, ...]:
        return await session.call(call("take", jar="honey", number=2), "t/1"), await session.changes()

    assert place.play(story) == (ToolFailed("honey has fewer than 2"), ())


def test_a_write_that_breaks_is_in_doubt_and_a_read_that_breaks_has_failed(place: Place) -> None:
    async def story(session: WorldSession) -> tuple[Any, ...]:
        return (
            await session.call(call("explode"), "t/1"),
            await session.call(call("trip"), "t/2"),
            await session.call(call("explode"), "t/1"),
        )

    write, read, again = place.play(story)
    assert isinstance(write, ToolOutcomeUnknown)
    assert again == write
    assert isinstance(read, ToolFailed)
    assert read.crashed


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (call("take", jar="jam", number="3"), "'number'"),
        (call("take", jar="jam"), "'number'"),
        (call("take", jar="jam", number=1, spoon=1), "'spoon'"),
        (call("sing"), "'sing'"),
        (call("remit_world_close", session="s1"), "remit_world_close"),
        (call("look", jar="tar"), "tar"),
    ],
)
def test_a_call_that_does_not_fit_fails_and_changes_nothing(place: Place, wrong: ToolCall, says: str) -> None:
    async def story(session: WorldSession) -> tuple[Any, ...]:
        return await session.call(wrong, "t/1"), await session.changes()

    result, changes = place.play(story)
    assert isinstance(result, ToolFailed)
    assert says in result.message
    assert changes == ()


def test_a_start_state_is_the_start_and_no_change(place: Place) -> None:
    start = StartState(
        "larder",
        changes=(
            StateChange("/jars/jam/count", 3, 9),
            StateChange("/jars/honey", None, None, "removed"),
            StateChange("/jars/tea", None, {"name": "tea", "count": 5}, "added"),
        ),
        calls=(call("take", jar="tea", number=2), call("write_note", note="tea")),
    )

    async def story(session: WorldSession) -> tuple[Any, ...]:
        seen = [await session.call(call("look", jar=jar), "t/1") for jar in ("jam", "honey", "tea")]
        await session.call(call("take", jar="tea", number=1), "t/2")
        return *seen, await session.changes()

    jam, honey, tea, changes = place.play(story, start)
    assert jam == ToolSucceeded({"jar": {"name": "jam", "count": 9}})
    assert isinstance(honey, ToolFailed)
    assert tea == ToolSucceeded({"jar": {"name": "tea", "count": 3}})
    assert changes == (StateChange("/jars/tea/count", 3, 2),)


@pytest.mark.parametrize(
    "start",
    [
        StartState("larder", changes=(StateChange("/jars/jam/count/deep", 1, 2),)),
        StartState("larder", changes=(StateChange("/jars/gone", None, None, "removed"),)),
        StartState("larder", calls=(call("take", jar="jam", number=99),)),
        StartState("larder", calls=(call("sing"),)),
    ],
)
def test_a_start_state_that_cannot_be_made_is_an_error_of_the_scenario(place: Place, start: StartState) -> None:
    with pytest.raises(ScenarioReferenceError, match="larder"):
        place.run(place.world.start(start))


def test_closing_twice_is_no_error(place: Place) -> None:
    async def story() -> None:
        session = await place.world.start(LARDER)
        await session.close()
        await session.close()
        again = await place.world.start(LARDER)
        assert await again.changes() == ()
        await again.close()

    place.run(story())


def test_a_world_goes_on_after_a_start_that_failed(place: Place) -> None:
    with pytest.raises(ScenarioReferenceError):
        place.run(place.world.start(StartState("larder", changes=(StateChange("/jars/jam/count/deep", 1, 2),))))

    async def look(session: WorldSession) -> ToolResult:
        return await session.call(call("look", jar="jam"), "t/1")

    assert place.play(look) == ToolSucceeded({"jar": {"name": "jam", "count": 3}})
