"""A tau world served over MCP is the same world: same tools, same answers, same changes."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from remit.adapters.mcp import StdioServer
from remit.adapters.worlds.mcp_world import McpWorld
from remit.adapters.worlds.tau.files import tau_world
from remit.scenarios.model import StartState, StateChange
from remit.scenarios.ports import World
from remit.tools import ToolCall, ToolFailed, ToolName, ToolResult, ToolSucceeded
from unit.tau.small_shop import ANA, ANAS_ORDER, shop_folder

CALLS = (
    ToolCall(ToolName("get_user_details"), {"user_id": ANA}),
    ToolCall(ToolName("cancel_pending_order"), {"order_id": ANAS_ORDER, "reason": "no longer needed"}),
    ToolCall(ToolName("cancel_pending_order"), {"order_id": ANAS_ORDER, "reason": "no longer needed"}),
)


async def play(world: World, calls: Sequence[ToolCall]) -> tuple[set[str], list[ToolResult], tuple[StateChange, ...]]:
    """Tools, results and changes of one session."""
    catalogue = await world.catalogue()
    session = await world.start(StartState("tau2-retail"))
    results = [await session.call(call, str(number)) for number, call in enumerate(calls)]
    changes = await session.changes()
    await session.close()
    return set(catalogue), results, changes


@pytest.mark.timeout(120)  # starts an interpreter with the MCP SDK, which takes long on a busy machine
def test_a_served_tau_world_answers_as_the_one_in_process(tmp_path: Path) -> None:
    folder = shop_folder(tmp_path)
    module = tmp_path / "world.py"
    module.write_text(
        "from pathlib import Path\n"
        "from remit.adapters.worlds.tau.files import tau_world\n"
        'world = tau_world(Path(__file__).parent / "retail", "retail")\n'
    )
    command = ("-m", "remit", "world", "serve", "world.py:world", "--stdio", "--directory", str(tmp_path))

    async def over_mcp() -> tuple[set[str], list[ToolResult], tuple[StateChange, ...]]:
        world = McpWorld(StdioServer(sys.executable, command), name="tau retail")
        try:
            return await play(world, CALLS)
        finally:
            await world.close()

    here = asyncio.run(play(tau_world(folder, "retail"), CALLS))
    there = asyncio.run(over_mcp())

    assert there == here
    assert [type(result) for result in here[1]] == [ToolSucceeded, ToolSucceeded, ToolFailed]
    assert {change.pointer for change in here[2]} >= {f"/orders/{ANAS_ORDER}/status"}
