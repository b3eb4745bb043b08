"""Old and new revisions of MCP, and clients that have never heard of Remit."""

import asyncio
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest
from mcp import Client, MCPError
from mcp.types import CallToolResult
from typer.testing import CliRunner

from contracts.larder import json_world
from remit.adapters.worlds.mcp_server import WorldServer
from remit.cli import app
from remit.errors import SettingsError

CONTRACTS = Path(__file__).parents[2] / "contracts"


async def as_stranger(mode: str) -> tuple[list[str], list[CallToolResult]]:
    async with Client(WorldServer(json_world, name="larder").protocol(), mode=mode) as client:
        tools = (await client.list_tools()).tools
        calls = [
            await client.call_tool("take", {"jar": "jam", "number": 1}),
            await client.call_tool("take", {"jar": "jam", "number": 1}),
            await client.call_tool("look", {"jar": "jam"}),
            await client.call_tool("take", {"jar": "jam", "number": 9}),
            await client.call_tool("remit_world_close", {"session": "shared"}),
        ]
    return [tool.name for tool in tools], calls


def test_a_client_that_names_no_session_plays_on_the_shared_copy() -> None:
    for mode in ("auto", "legacy"):
        names, (_, _, looked, refused, control) = asyncio.run(as_stranger(mode))
        assert names == ["look", "take", "write_note", "explode", "answer", "trip"]
        assert looked.structured_content == {"jar": {"name": "jam", "count": 1}}
        assert refused.is_error
        assert control.is_error, "the controls are not for agents"


def test_a_client_that_may_control_sees_the_controls() -> None:
    async def story() -> list[str]:
        async with Client(WorldServer(json_world, name="larder").protocol()) as client:
            return [tool.name for tool in (await client.list_tools(meta=cast("Any", {"remit/control": True}))).tools]

    assert {"remit_world_start", "remit_world_changes", "remit_world_close"} < set(asyncio.run(story()))


def test_copies_that_nobody_closes_do_not_grow_without_end() -> None:
    async def story() -> tuple[int, str]:
        control = cast("Any", {"remit/control": True})
        async with Client(WorldServer(json_world, name="larder", most_copies=3).protocol()) as client:
            for n_open in range(5):
                try:
                    await client.call_tool("remit_world_start", {}, meta=control)
                except MCPError as error:
                    return n_open, error.message
        raise AssertionError("five copies are open")

    n_open, says = asyncio.run(story())
    assert n_open == 3
    assert "close some" in says


def test_the_hints_tell_other_clients_what_is_harmless() -> None:
    async def story() -> dict[str, Any]:
        async with Client(WorldServer(json_world, name="larder").protocol()) as client:
            return {tool.name: tool.annotations for tool in (await client.list_tools()).tools}

    hints = asyncio.run(story())
    assert hints["look"].read_only_hint
    assert not hints["take"].read_only_hint
    assert not hints["take"].destructive_hint
    assert hints["explode"].destructive_hint


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["larder.py:json_world"], "choose one transport"),
        (["larder.py:json_world", "--stdio", "--http", "0"], "choose one transport"),
        (["larder.py:nothing", "--stdio"], "larder.py has no 'nothing'"),
        (["nowhere.py:world", "--http", "0"], "there is no file"),
    ],
)
def test_what_cannot_be_served_is_one_clear_error(arguments: list[str], says: str) -> None:
    result = CliRunner().invoke(app, ["world", "serve", *arguments, "--directory", str(CONTRACTS)])
    assert isinstance(result.exception, SettingsError)
    assert says in str(result.exception)


def test_a_port_that_is_taken_is_one_clear_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        arguments = ["world", "serve", "larder.py:json_world", "--http", port, "--directory", str(CONTRACTS)]
        result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, SettingsError)
    assert f"port {port}" in str(result.exception)


def test_the_command_serves_on_http_and_says_where() -> None:
    command = [sys.executable, "-m", "remit", "world", "serve", "larder.py:json_world", "--http", "0"]
    with subprocess.Popen([*command, "--directory", str(CONTRACTS)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        words = process.stdout.readline().split()
        try:

            async def story() -> Any:
                async with Client(words[-1]) as client:
                    return (await client.call_tool("look", {"jar": "jam"})).structured_content

            assert asyncio.run(story()) == {"jar": {"name": "jam", "count": 3}}
        finally:
            process.kill()
