"""An MCP server that dies, sleeps or babbles: a read has failed, a write is in doubt and is never repeated.

The server speaks the older handshake, so these tests hold for it as well.
"""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from remit.adapters.mcp import HttpServer, McpCallError, McpServer, StdioServer
from remit.adapters.tools.mcp import McpToolbox
from remit.conversations import TurnId
from remit.runtime.ports import StepKey
from remit.tools import Effect, ToolCall, ToolFailed, ToolName, ToolOutcomeUnknown, ToolResult, ToolSucceeded

FAULTY = Path(__file__).parent / "faulty_server.py"
SECRET = "tk-4711-very-secret"
KEY = StepKey(TurnId("t"), 1)
NEXT = StepKey(TurnId("t"), 2)
READS = {ToolName(name): Effect.READ for name in ("read", "fail", "rows", "picture", "say_secret")}


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal.txt"


def on_stdio(journal: Path, **environment: str) -> StdioServer:
    return StdioServer(sys.executable, (str(FAULTY), str(journal)), env=environment)


@contextmanager
def on_http(journal: Path, port: int = 0) -> Iterator[tuple[HttpServer, "subprocess.Popen[str]"]]:
    command = [sys.executable, str(FAULTY), str(journal), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        number = int(process.stdout.readline())
        try:
            yield HttpServer(f"http://127.0.0.1:{number}/mcp"), process
        finally:
            process.kill()


def call(name: str) -> ToolCall:
    return ToolCall(ToolName(name))


def use(
    server: McpServer,
    story: Callable[[McpToolbox], Awaitable[Any]],
    *,
    effects: dict[ToolName, Effect] | None = None,
    timeout_s: float = 10.0,
) -> Any:
    async def used() -> Any:
        toolbox = McpToolbox(server, name="faulty", effects=READS | (effects or {}), timeout_s=timeout_s)
        try:
            return await story(toolbox)
        finally:
            await toolbox.close()

    return asyncio.run(used())


def effects_of(journal: Path) -> list[str]:
    return journal.read_text().splitlines() if journal.exists() else []


# ── stdio ─────────────────────────────────────────────────────────────────────────────────────────
def test_a_server_that_dies_during_a_write_leaves_a_doubt_and_the_write_is_not_repeated(journal: Path) -> None:
    async def story(toolbox: McpToolbox) -> tuple[ToolResult, ToolResult]:
        return await toolbox.run(call("die"), KEY), await toolbox.run(call("read"), KEY)

    died, read = use(on_stdio(journal), story)
    assert isinstance(died, ToolOutcomeUnknown)
    assert "die" in died.message
    assert read == ToolSucceeded("plain words")
    assert effects_of(journal) == ["die t/1"]


def test_a_server_that_dies_during_a_read_is_started_again_once(journal: Path) -> None:
    async def story(toolbox: McpToolbox) -> ToolResult:
        return await toolbox.run(call("die"), KEY)

    died = use(on_stdio(journal), story, effects={ToolName("die"): Effect.READ})
    assert isinstance(died, ToolFailed)
    assert effects_of(journal) == ["die t/1", "die t/1"]


def test_a_write_whose_tool_keeps_keys_is_tried_again_with_the_same_key(journal: Path) -> None:
    async def story(toolbox: McpToolbox) -> ToolResult:
        await toolbox.catalogue()
        return await toolbox.run(call("keyed"), KEY)

    assert use(on_stdio(journal), story) == ToolSucceeded("done before")
    assert effects_of(journal) == ["keyed t/1"]


@pytest.mark.parametrize("tool", ["slow", "garbage"])
def test_a_write_without_an_answer_in_time_is_in_doubt(journal: Path, tool: str) -> None:
    async def story(toolbox: McpToolbox) -> ToolResult:
        await toolbox.catalogue()
        return await toolbox.run(call(tool), KEY)

    result = use(on_stdio(journal), story, timeout_s=1.0)
    assert isinstance(result, ToolOutcomeUnknown)
    assert effects_of(journal) == [f"{tool} t/1"]


@pytest.mark.parametrize("tool", ["slow", "garbage"])
def test_a_read_without_an_answer_in_time_has_failed(journal: Path, tool: str) -> None:
    async def story(toolbox: McpToolbox) -> ToolResult:
        await toolbox.catalogue()
        return await toolbox.run(call(tool), KEY)

    assert isinstance(use(on_stdio(journal), story, effects={ToolName(tool): Effect.READ}, timeout_s=1.0), ToolFailed)


def test_calls_beside_a_slow_one_are_answered(journal: Path) -> None:
    async def story(toolbox: McpToolbox) -> list[ToolResult]:
        await toolbox.catalogue()
        return list(await asyncio.gather(toolbox.run(call("slow"), KEY), toolbox.run(call("read"), NEXT)))

    slow, read = use(on_stdio(journal), story, timeout_s=1.5)
    assert isinstance(slow, ToolOutcomeUnknown)
    assert read == ToolSucceeded("plain words")


def test_a_server_that_died_while_nobody_called_is_started_again_even_for_a_write(journal: Path) -> None:
    async def story(toolbox: McpToolbox) -> ToolResult:
        await toolbox.run(call("die"), KEY)
        return await toolbox.run(call("write"), NEXT)

    assert use(on_stdio(journal), story) == ToolSucceeded("done")
    assert effects_of(journal) == ["die t/1", "write t/2"]


def test_annotations_are_not_believed(journal: Path) -> None:
    async def story(toolbox: McpToolbox) -> Any:
        return await toolbox.catalogue()

    catalogue = use(on_stdio(journal), story)
    assert {name for name, spec in catalogue.items() if spec.effect is Effect.READ} == set(READS)
    assert {spec.effect for name, spec in catalogue.items() if name not in READS} == {Effect.IRREVERSIBLE_WRITE}
    assert len(catalogue) == 10


def test_an_error_result_is_a_failure_with_the_tools_words(journal: Path) -> None:
    async def story(toolbox: McpToolbox) -> ToolResult:
        return await toolbox.run(call("fail"), KEY)

    assert use(on_stdio(journal), story) == ToolFailed("the customer is unknown")


def test_text_that_is_an_object_is_read_and_other_content_is_named(journal: Path) -> None:
    async def story(toolbox: McpToolbox) -> tuple[ToolResult, ToolResult]:
        return await toolbox.run(call("rows"), KEY), await toolbox.run(call("picture"), KEY)

    assert use(on_stdio(journal), story) == (
        ToolSucceeded({"order": {"order_id": "1", "delivered": True}}),
        ToolSucceeded("[image]"),
    )


def test_secrets_reach_the_server_and_no_message(journal: Path) -> None:
    async def story(toolbox: McpToolbox) -> tuple[ToolResult, ToolResult]:
        return await toolbox.run(call("say_secret"), KEY), await toolbox.run(call("no_such_tool"), KEY)

    server = on_stdio(journal, SHOP_TOKEN=SECRET)
    said, broken = use(server, story)
    assert said == ToolSucceeded(SECRET)
    assert isinstance(broken, ToolOutcomeUnknown | ToolFailed)
    assert SECRET not in broken.message
    assert SECRET not in repr(server)
    assert SECRET not in repr(HttpServer(f"http://x/?token={SECRET}", {"Authorization": SECRET}))


def test_a_command_that_does_not_exist_is_a_failure_and_nothing_was_done() -> None:
    async def story(toolbox: McpToolbox) -> ToolResult:
        return await toolbox.run(call("write"), KEY)

    result = use(StdioServer("/no/such/program"), story)
    assert isinstance(result, ToolFailed)
    assert "no connection" in result.message


def test_a_program_that_is_no_mcp_server_is_one_clear_error() -> None:
    async def story(toolbox: McpToolbox) -> None:
        await toolbox.catalogue()

    with pytest.raises(McpCallError, match="MCP server 'faulty'"):
        use(StdioServer(sys.executable, ("-c", "print('hello')")), story)


# ── streamable HTTP ───────────────────────────────────────────────────────────────────────────────
def test_a_server_that_dies_during_a_write_over_http_leaves_a_doubt(journal: Path) -> None:
    async def story(toolbox: McpToolbox) -> tuple[ToolResult, ToolResult]:
        return await toolbox.run(call("die"), KEY), await toolbox.run(call("write"), NEXT)

    with on_http(journal) as (server, _):
        died, after = use(server, story)
    assert isinstance(died, ToolOutcomeUnknown)
    assert isinstance(after, ToolFailed), "nothing listens any more, so the second write cannot have been done"
    assert effects_of(journal) == ["die t/1"]


def test_a_server_that_went_away_between_calls_cannot_have_written(journal: Path) -> None:
    with on_http(journal) as (server, process):

        async def story(toolbox: McpToolbox) -> tuple[ToolResult, ToolResult]:
            first = await toolbox.run(call("write"), KEY)
            process.kill()
            process.wait()
            return first, await toolbox.run(call("write"), NEXT)

        first, second = use(server, story)
    assert first == ToolSucceeded("done")
    assert isinstance(second, ToolFailed)
    assert effects_of(journal) == ["write t/1"]


def test_a_server_that_is_back_is_found_again(journal: Path) -> None:
    with on_http(journal) as (server, process):
        port = int(server.url.rsplit(":", 1)[1].split("/")[0])

        async def story(toolbox: McpToolbox) -> ToolResult:
            await toolbox.run(call("read"), KEY)
            process.kill()
            process.wait()
            await toolbox.run(call("read"), KEY)
            with on_http(journal, port):
                return await toolbox.run(call("read"), KEY)

        assert use(server, story) == ToolSucceeded("plain words")


def test_headers_reach_the_server_and_no_message(journal: Path) -> None:
    async def story(toolbox: McpToolbox) -> tuple[ToolResult, ToolResult]:
        return await toolbox.run(call("say_secret"), KEY), await toolbox.run(call("die"), KEY)

    with on_http(journal) as (server, _):
        said, lost = use(HttpServer(f"{server.url}?token={SECRET}", {"Authorization": SECRET}), story)
    assert said == ToolSucceeded(SECRET)
    assert isinstance(lost, ToolOutcomeUnknown)
    assert SECRET not in lost.message


def test_a_slow_write_over_http_is_in_doubt(journal: Path) -> None:
    async def story(toolbox: McpToolbox) -> ToolResult:
        await toolbox.catalogue()
        return await toolbox.run(call("slow"), KEY)

    with on_http(journal) as (server, _):
        assert isinstance(use(server, story, timeout_s=1.0), ToolOutcomeUnknown)
