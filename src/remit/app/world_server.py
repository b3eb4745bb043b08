"""Puts a world on a transport, so that MCP clients can call its tools."""

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from remit.adapters.worlds.load import load_world
from remit.adapters.worlds.mcp_server import WorldServer
from remit.errors import SettingsError

LOOPBACK = "127.0.0.1"


def serve_world_on_stdio(reference: str, directory: Path) -> None:
    """Serve until standard input ends. SettingsError if the reference names no world."""
    asyncio.run(_server(reference, directory).serve_stdio())


def serve_world_on_http(reference: str, directory: Path, port: int, announce: Callable[[str], None]) -> None:
    """Serve on loopback until interrupted.

    Args:
        reference: As `load_world` takes it.
        directory: Folder that the reference is relative to.
        port: 0 takes a free one.
        announce: Is told the address once connections are accepted.

    Raises:
        SettingsError: The reference names no world, or the port is taken.
    """
    server = _server(reference, directory)
    listener = _listen(port)
    announce(f"http://{LOOPBACK}:{listener.getsockname()[1]}/mcp")
    uvicorn.Server(uvicorn.Config(server.http_app(), log_level="warning")).run(sockets=[listener])


def _server(reference: str, directory: Path) -> WorldServer:
    return WorldServer(load_world(reference, directory), name=reference)


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((LOOPBACK, port))
    except OSError as error:
        raise SettingsError(
            f"port {port}: cannot be listened on ({error.strerror}).\n  Choose another, or 0 for a free one."
        ) from error
