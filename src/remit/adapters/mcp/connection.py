"""A connection to one MCP server, on stdio or streamable HTTP, shared by concurrent calls of one event loop.

The current protocol (2026-07-28, stateless) is tried first and the older handshakes after it. What matters to
Remit is kept apart here: a call that was certainly not run, and a call of which nobody can say.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

import httpx2  # the HTTP client of the MCP SDK, which takes one that is configured
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import (
    CONNECTION_CLOSED,
    HEADER_MISMATCH,
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    REQUEST_TIMEOUT,
    CallToolResult,
    RequestParamsMeta,
    Tool,
)

from remit.errors import RemitError

_MOST_PAGES = 100
_SHORTEST_SECRET = 4
# Answers that a server gives before it runs a tool. Others may come after the work was done.
_REFUSED_BEFORE_RUNNING = frozenset({METHOD_NOT_FOUND, INVALID_PARAMS, HEADER_MISMATCH})


@dataclass(frozen=True, slots=True)
class StdioServer:
    """A server that is started as a child process. Of the environment it gets PATH, HOME and the like, and `env`."""

    command: str
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    cwd: str | None = None


@dataclass(frozen=True, slots=True)
class HttpServer:
    """A server at an address; `headers` go with every request. Address and headers may hold secrets: never shown."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


McpServer: TypeAlias = StdioServer | HttpServer


class McpCallError(RemitError):
    """A call came to no result.

    Args:
        server: The server's name in messages.
        problem: What happened, one clause without secrets.
        maybe_done: False if the tool certainly did not run.
        connection_lost: True if the connection broke; the next call makes a new one.
    """

    def __init__(self, server: str, problem: str, *, maybe_done: bool, connection_lost: bool = False) -> None:
        self.server = server
        self.problem = problem
        self.maybe_done = maybe_done
        self.connection_lost = connection_lost
        super().__init__(f"MCP server {server!r}: {problem}.")


class _Held:
    """One open connection, kept by a task of its own: the SDK wants to be left by the task that entered it."""

    def __init__(self, server: McpServer) -> None:
        self.lost = asyncio.Event()
        self.n_in_flight = 0
        self._ready: asyncio.Future[Client] = asyncio.get_running_loop().create_future()
        self._leave = asyncio.Event()
        self._task = asyncio.create_task(self._hold(server))

    async def client(self, timeout_s: float) -> Client:
        """The client once it is connected; TimeoutError or whatever the connection failed with."""
        async with asyncio.timeout(timeout_s):
            return await asyncio.shield(self._ready)

    async def end(self) -> BaseException | None:
        """Close; returns what broke the connection, if anything did."""
        self._leave.set()
        (outcome,) = await asyncio.gather(self._task, return_exceptions=True)
        return outcome

    async def _hold(self, server: McpServer) -> None:
        try:
            async with Client(_transport(server, self.lost), cache=None) as client:
                self._ready.set_result(client)
                await self._leave.wait()
        except BaseException as error:
            if not self._ready.done():
                self._ready.set_exception(error)
                self._ready.exception()  # whoever asked first may be gone; that is no reason to complain
            raise
        finally:
            self.lost.set()


class McpConnection:
    """A server that can be called. Belongs to one event loop; `close` it there.

    Args:
        server: Where it is.
        name: For messages.
        connect_timeout_s: How long connecting, or starting the process, may take.
    """

    def __init__(self, server: McpServer, *, name: str, connect_timeout_s: float = 30.0) -> None:
        self.name = name
        self._server = server
        self._connect_timeout_s = connect_timeout_s
        self._held: _Held | None = None
        self._connecting = asyncio.Lock()

    async def list_tools(self, *, meta: Mapping[str, Any] | None = None, timeout_s: float = 30.0) -> list[Tool]:
        """Every tool of the server. McpCallError if it cannot be asked."""
        tools: list[Tool] = []
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            async with self._calling() as client, asyncio.timeout(timeout_s):
                page = await client.list_tools(cursor=cursor, meta=_meta(meta))
            tools += page.tools
            cursor = page.next_cursor
            if cursor is None:
                return tools
        raise McpCallError(self.name, f"its list of tools does not end after {_MOST_PAGES} pages", maybe_done=False)

    async def call(
        self, tool: str, arguments: Mapping[str, Any], *, meta: Mapping[str, Any], timeout_s: float
    ) -> CallToolResult:
        """What the tool answered, errors of the tool included. McpCallError if there is no answer."""
        async with self._calling() as client:
            return await client.call_tool(tool, dict(arguments), read_timeout_seconds=timeout_s, meta=_meta(meta))

    async def close(self) -> None:
        """End the connection, and the process if there is one."""
        held, self._held = self._held, None
        if held is not None:
            await held.end()

    @asynccontextmanager
    async def _calling(self) -> AsyncIterator[Client]:
        """The connected client for one request; every failure inside becomes a McpCallError."""
        held, client = await self._connected()
        held.n_in_flight += 1
        try:
            yield client
        except MCPError as error:
            raise await self._explained(held, error) from error
        except TimeoutError as error:
            raise McpCallError(self.name, "it did not answer in time", maybe_done=True) from error
        except Exception as error:
            raise McpCallError(
                self.name, f"it answered something that is no result ({type(error).__name__})", maybe_done=True
            ) from error
        finally:
            held.n_in_flight -= 1

    async def _connected(self) -> tuple[_Held, Client]:
        async with self._connecting:
            if self._held is not None and self._held.lost.is_set():
                await self.close()
            if self._held is None:
                self._held = _Held(self._server)
            held = self._held
            try:
                return held, await held.client(self._connect_timeout_s)
            except Exception as error:
                await self.close()
                problem = f"no connection ({self._hidden(_reason(error))})"
                raise McpCallError(self.name, problem, maybe_done=False, connection_lost=True) from error

    async def _explained(self, held: _Held, error: MCPError) -> McpCallError:
        if error.code == REQUEST_TIMEOUT:
            return McpCallError(self.name, "it did not answer in time", maybe_done=True)
        if error.code != CONNECTION_CLOSED:
            maybe_done = error.code not in _REFUSED_BEFORE_RUNNING
            return McpCallError(
                self.name, f"it answered with an error: {self._hidden(error.message)}", maybe_done=maybe_done
            )
        alone = held.n_in_flight == 1
        if self._held is held:
            self._held = None
        cause = await held.end()
        # Only a request that never left is known not to have run, and only if no other one shares the failure.
        never_sent = (
            alone and cause is not None and all(isinstance(each, httpx2.ConnectError) for each in _leaves(cause))
        )
        problem = "it cannot be reached" if never_sent else "the connection was lost during the call"
        return McpCallError(self.name, problem, maybe_done=not never_sent, connection_lost=True)

    def _hidden(self, text: str) -> str:
        """The text without the secrets that the connection was made with."""
        for secret in _secrets(self._server):
            text = text.replace(secret, "***")
        return text


@asynccontextmanager
async def _transport(server: McpServer, lost: asyncio.Event) -> AsyncIterator[Any]:
    """The SDK's transport; `lost` is set as soon as the server's side ends, even while nobody is calling."""
    async with _plain_transport(server) as (incoming, outgoing):
        yield _Watched(incoming, lost), outgoing


@asynccontextmanager
async def _plain_transport(server: McpServer) -> AsyncIterator[tuple[Any, Any]]:
    match server:
        case StdioServer():
            parameters = StdioServerParameters(
                command=server.command, args=list(server.args), env=dict(server.env), cwd=server.cwd
            )
            async with stdio_client(parameters, errlog=sys.__stderr__ or sys.stderr) as streams:
                yield streams
        case HttpServer():
            # Reading has no limit here: each call brings its own.
            timeout = httpx2.Timeout(30.0, read=None)
            async with (
                httpx2.AsyncClient(headers=dict(server.headers), timeout=timeout) as http,
                streamable_http_client(server.url, http_client=http) as streams,
            ):
                yield streams


class _Watched:
    """The incoming stream; notes its end."""

    def __init__(self, stream: Any, lost: asyncio.Event) -> None:
        self._stream = stream
        self._lost = lost

    async def receive(self) -> Any:
        return await self._noting(self._stream.receive())

    async def __anext__(self) -> Any:
        return await self._noting(self._stream.__anext__())

    def __aiter__(self) -> "_Watched":
        return self

    async def __aenter__(self) -> "_Watched":
        await self._stream.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> Any:
        return await self._stream.__aexit__(*error)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    async def _noting(self, waiting: Any) -> Any:
        try:
            return await waiting
        except BaseException:
            self._lost.set()
            raise


def _meta(meta: Mapping[str, Any] | None) -> RequestParamsMeta | None:
    return cast("RequestParamsMeta", dict(meta)) if meta else None


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _leaves(inner)
    else:
        yield error


def _reason(error: BaseException) -> str:
    names = dict.fromkeys(f"{type(each).__name__}: {each}".rstrip(": ") for each in _leaves(error))
    return "; ".join(names)


def _secrets(server: McpServer) -> Sequence[str]:
    match server:
        case StdioServer():
            values = [*server.env.values()]
        case HttpServer():
            values = [server.url, *server.headers.values()]
    # Hiding a `1` or `on` would hide half of every message.
    return [value for value in values if len(value) >= _SHORTEST_SECRET]
