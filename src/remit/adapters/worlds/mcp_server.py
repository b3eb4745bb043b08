"""Serves a world over MCP, on stdio or streamable HTTP, so that any MCP client can call its tools.

Everybody who names no session shares one copy of the world: the shop as a customer's agent meets it. A client that
sets `remit/control` may start copies of its own, ask what changed in them and close them: see `mcp_world`.
"""

import itertools
from collections.abc import Mapping
from typing import Any, Final

from mcp import MCPError
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
)
from starlette.applications import Starlette

from remit.adapters.mcp.wire import CONTROL, IDEMPOTENCY_KEY, WORLD_SESSION, result_to_wire, tool_to_wire
from remit.adapters.worlds.wire import (
    CHANGES,
    CLOSE,
    START,
    changes_to_wire,
    start_from_wire,
)
from remit.errors import RemitError
from remit.scenarios.model import StartState
from remit.scenarios.ports import World, WorldSession
from remit.tools import Effect, ToolCall, ToolName, ToolSpec, ToolSucceeded

_SHARED: Final = "shared"
_NAMES_SESSION: Final = {"type": "object", "properties": {"session": {"type": "string"}}, "required": ["session"]}
_CONTROLS: Final = (
    ToolSpec(START, "Start a copy of the world.", {"type": "object"}, Effect.REVERSIBLE_WRITE),
    ToolSpec(CHANGES, "What changed in a copy since its start.", _NAMES_SESSION, Effect.READ),
    ToolSpec(CLOSE, "Throw a copy away.", _NAMES_SESSION, Effect.REVERSIBLE_WRITE),
)


class WorldServer:
    """A world behind MCP.

    Args:
        world: What is served.
        name: The server's name.
        most_copies: How many may be open at once. A client that dies cannot close its own: better no new one
            than no memory.
    """

    def __init__(self, world: World, *, name: str, most_copies: int = 1_000) -> None:
        self._most_copies = most_copies
        self._world = world
        self._name = name
        self._sessions: dict[str, WorldSession] = {}
        self._numbers = itertools.count(1)

    def protocol(self) -> Server[Any]:
        """The MCP server; put it on a transport."""
        return Server(self._name, on_list_tools=self._list_tools, on_call_tool=self._call_tool)

    async def serve_stdio(self) -> None:
        """Serve until standard input ends."""
        server = self.protocol()
        async with stdio_server() as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())

    def http_app(self) -> Starlette:
        """An application that serves it at `/mcp`; it answers to loopback names only."""
        return self.protocol().streamable_http_app(json_response=True, stateless_http=True)

    async def _list_tools(
        self, context: ServerRequestContext[Any, Any], params: PaginatedRequestParams | None
    ) -> ListToolsResult:
        specs = list((await self._world.catalogue()).values())
        if _meta(context).get(CONTROL) is True:
            specs += _CONTROLS
        return ListToolsResult(tools=[tool_to_wire(spec) for spec in specs], ttl_ms=0, cache_scope="private")

    async def _call_tool(
        self, context: ServerRequestContext[Any, Any], params: CallToolRequestParams
    ) -> CallToolResult:
        meta, arguments = _meta(context), params.arguments or {}
        if params.name in (START, CHANGES, CLOSE) and meta.get(CONTROL) is True:
            return await self._control(params.name, arguments)
        session = await self._session(str(meta.get(WORLD_SESSION, _SHARED)))
        # Without a key every call is one of its own.
        key = str(meta.get(IDEMPOTENCY_KEY) or f"call/{next(self._numbers)}")
        return result_to_wire(await session.call(ToolCall(ToolName(params.name), arguments), key))

    async def _control(self, name: str, arguments: Mapping[str, Any]) -> CallToolResult:
        if name == START:
            if len(self._sessions) >= self._most_copies:
                raise MCPError(INTERNAL_ERROR, f"{len(self._sessions)} copies are open; close some with {CLOSE}")
            try:
                session = await self._world.start(start_from_wire(arguments))
            except RemitError as error:
                raise MCPError(INVALID_PARAMS, str(error)) from error
            number = f"s{next(self._numbers)}"
            self._sessions[number] = session
            return result_to_wire(ToolSucceeded({"session": number}))
        number = str(arguments.get("session"))
        session = await self._session(number)
        if name == CHANGES:
            return result_to_wire(ToolSucceeded({"changes": changes_to_wire(await session.changes())}))
        await session.close()
        del self._sessions[number]
        return result_to_wire(ToolSucceeded({"closed": number}))

    async def _session(self, number: str) -> WorldSession:
        if number == _SHARED and _SHARED not in self._sessions:
            self._sessions[_SHARED] = await self._world.start(StartState(self._name))
        if number not in self._sessions:
            raise MCPError(INVALID_PARAMS, f"there is no world session {number!r}; start one with {START}")
        return self._sessions[number]


def _meta(context: ServerRequestContext[Any, Any]) -> Mapping[str, Any]:
    return dict(context.meta or {})
