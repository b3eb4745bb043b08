"""Worlds of every kind, each with the event loop that its connections live in."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TypeVar

import uvicorn

from remit.adapters.mcp import HttpServer, McpServer, StdioServer
from remit.adapters.worlds.mcp_server import WorldServer
from remit.adapters.worlds.mcp_world import McpWorld
from remit.scenarios.ports import World

T = TypeVar("T")
HERE = Path(__file__).parent
SERVE_ON_STDIO = (
    "import sys; from pathlib import Path; from remit.app.world_server import serve_world_on_stdio;"
    "serve_world_on_stdio(sys.argv[1], Path(sys.argv[2]))"
)


class Loop:
    """One event loop for several tests: connections live as long as it does."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self._runner = runner

    def __call__(self, work: Awaitable[T]) -> T:
        async def awaited() -> T:
            return await work

        return self._runner.run(awaited())


@contextmanager
def loop() -> Iterator[Loop]:
    """A loop that is closed at the end."""
    with asyncio.Runner() as runner:
        yield Loop(runner)


def stdio_server(reference: str, directory: Path = HERE) -> StdioServer:
    """A child process that serves a world."""
    return StdioServer(sys.executable, ("-c", SERVE_ON_STDIO, reference, str(directory)))


@asynccontextmanager
async def http_server(world: World) -> AsyncIterator[HttpServer]:
    """A server in this loop, on a free port; it works while the loop runs."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(WorldServer(world, name="larder").http_app(), log_level="warning"))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield HttpServer(f"http://127.0.0.1:{listener.getsockname()[1]}/mcp")
    finally:
        server.should_exit = True
        await task
        listener.close()


@asynccontextmanager
async def mcp_world(server: McpServer) -> AsyncIterator[McpWorld]:
    """A world behind a server."""
    world = McpWorld(server, name="larder", timeout_s=10)
    try:
        yield world
    finally:
        await world.close()
