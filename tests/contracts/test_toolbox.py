"""What every toolbox promises to a turn."""

from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import cast

import pytest

from contracts.larder import json_world, sqlite_world
from contracts.serving import Loop, http_server, loop, stdio_server
from remit.adapters.mcp import McpServer
from remit.adapters.tools import WorldToolbox
from remit.adapters.tools.mcp import McpToolbox
from remit.conversations import TurnId
from remit.runtime.ports import StepKey, Toolbox
from remit.scenarios.model import StartState
from remit.scenarios.ports import World
from remit.tools import Effect, ToolCall, ToolFailed, ToolName, ToolOutcomeUnknown, ToolResult, ToolSucceeded

# The policy's word: it is stricter than the world about `take`.
EFFECTS = {
    ToolName("look"): Effect.READ,
    ToolName("answer"): Effect.READ,
    ToolName("trip"): Effect.READ,
    ToolName("take"): Effect.IRREVERSIBLE_WRITE,
    ToolName("write_note"): Effect.REVERSIBLE_WRITE,
    ToolName("explode"): Effect.IRREVERSIBLE_WRITE,
}


@dataclass(frozen=True, slots=True)
class Bench:
    """A toolbox and the loop it lives in."""

    run: Loop
    toolbox: Toolbox

    def call(self, tool: str, step: int, **arguments: object) -> ToolResult:
        return self.run(self.toolbox.run(ToolCall(ToolName(tool), arguments), StepKey(TurnId("t"), step)))


@pytest.fixture(params=["world", "world over SQLite", "MCP on stdio", "MCP on HTTP"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    with loop() as run:
        resources = AsyncExitStack()
        yield Bench(run, run(_toolbox(cast("str", request.param), resources)))
        run(resources.aclose())


async def _toolbox(kind: str, resources: AsyncExitStack) -> Toolbox:
    match kind:
        case "world":
            return await _on_world(json_world)
        case "world over SQLite":
            return await _on_world(sqlite_world)
        case "MCP on stdio":
            return _on_mcp(stdio_server("larder.py:json_world"), resources)
        case _:
            return _on_mcp(await resources.enter_async_context(http_server(sqlite_world)), resources)


async def _on_world(world: World) -> Toolbox:
    return WorldToolbox(await world.start(StartState("larder")), await world.catalogue(), effects=EFFECTS)


def _on_mcp(server: McpServer, resources: AsyncExitStack) -> Toolbox:
    toolbox = McpToolbox(server, name="larder", effects=EFFECTS)
    resources.push_async_callback(toolbox.close)
    return toolbox


def test_the_catalogue_has_every_tool_under_the_policys_effects(bench: Bench) -> None:
    catalogue = bench.run(bench.toolbox.catalogue())
    assert {name: spec.effect for name, spec in catalogue.items()} == EFFECTS
    assert catalogue[ToolName("take")].parameters["required"] == ["jar", "number"]


def test_a_call_runs_and_its_result_comes_back(bench: Bench) -> None:
    assert bench.call("look", 1, jar="jam") == ToolSucceeded({"jar": {"name": "jam", "count": 3}})


def test_the_same_step_acts_once_and_the_next_step_acts_again(bench: Bench) -> None:
    first = bench.call("take", 1, jar="jam", number=1)
    again = bench.call("take", 1, jar="jam", number=1)
    following = bench.call("take", 2, jar="jam", number=1)
    assert first == again == ToolSucceeded({"jar": {"name": "jam", "count": 2}})
    assert following == ToolSucceeded({"jar": {"name": "jam", "count": 1}})


def test_a_refusal_is_a_failure_with_the_tools_words(bench: Bench) -> None:
    assert bench.call("take", 1, jar="honey", number=2) == ToolFailed("honey has fewer than 2")
    assert bench.call("look", 2, jar="honey") == ToolSucceeded({"jar": {"name": "honey", "count": 1}})


def test_arguments_that_do_not_fit_are_a_failure(bench: Bench) -> None:
    result = bench.call("take", 1, jar="jam", number="many")
    assert isinstance(result, ToolFailed)
    assert "number" in result.message


def test_an_unknown_tool_is_a_failure(bench: Bench) -> None:
    result = bench.call("sing", 1)
    assert isinstance(result, ToolFailed)
    assert "sing" in result.message


def test_a_write_that_breaks_off_is_a_doubt(bench: Bench) -> None:
    assert isinstance(bench.call("explode", 1), ToolOutcomeUnknown)


def test_a_read_that_breaks_off_is_a_failure(bench: Bench) -> None:
    assert isinstance(bench.call("trip", 1), ToolFailed)
