"""A world that lives behind an MCP server: the same port as a world in this process, over the wire."""

import asyncio
from collections.abc import Mapping
from typing import Any

from remit.adapters.mcp import McpCallError, McpConnection, McpServer
from remit.adapters.mcp.wire import (
    CONTROL,
    IDEMPOTENCY_KEY,
    WORLD_SESSION,
    declared_effect,
    result_from_wire,
    tool_from_wire,
)
from remit.adapters.worlds.wire import CHANGES, CLOSE, START, changes_from_wire, start_to_wire
from remit.errors import ScenarioReferenceError, ToolError
from remit.scenarios.model import StartState, StateChange
from remit.tools import (
    Effect,
    ToolCall,
    ToolFailed,
    ToolName,
    ToolOutcomeUnknown,
    ToolResult,
    ToolSpec,
    ToolSucceeded,
    is_write,
)

_CONTROL = {CONTROL: True}


class McpWorld:
    """A world that somebody serves with `remit world serve`, or that speaks the same control tools.

    Its effects are believed: a world is a place to play in, not a system of record.

    Args:
        server: Where it is.
        name: For messages.
        timeout_s: How long one call may take.
    """

    def __init__(self, server: McpServer, *, name: str, timeout_s: float = 30.0) -> None:
        self._connection = McpConnection(server, name=name)
        self._timeout_s = timeout_s
        self._specs: dict[ToolName, ToolSpec] | None = None

    async def catalogue(self) -> Mapping[ToolName, ToolSpec]:
        """Its tools, asked once. McpCallError if the server cannot be reached."""
        if self._specs is None:
            # The control tools are listed too, because the SDK warns of results of tools that it has not seen.
            tools = await self._connection.list_tools(meta=_CONTROL, timeout_s=self._timeout_s)
            self._specs = {
                ToolName(tool.name): tool_from_wire(tool, declared_effect(tool))
                for tool in tools
                if tool.name not in (START, CHANGES, CLOSE)
            }
        return self._specs

    async def start(self, start: StartState) -> "McpWorldSession":
        """A fresh copy on the server.

        Raises ScenarioReferenceError if the server refuses the start state, McpCallError if it cannot be reached.
        """
        specs = await self.catalogue()
        try:
            made = await _control(self._connection, START, start_to_wire(start), self._timeout_s)
        except McpCallError as error:
            if error.maybe_done or error.connection_lost:
                raise
            raise ScenarioReferenceError(start.world, error.problem) from error
        effects = {name: spec.effect for name, spec in specs.items()}
        return McpWorldSession(self._connection, str(made["session"]), effects, self._timeout_s)

    async def close(self) -> None:
        """End the connection, and the server if it was started for it."""
        await self._connection.close()


class McpWorldSession:
    """One copy of a world on a server."""

    def __init__(
        self, connection: McpConnection, number: str, effects: Mapping[ToolName, Effect], timeout_s: float
    ) -> None:
        self._connection = connection
        self._number = number
        self._effects = effects
        self._timeout_s = timeout_s
        self._order = asyncio.Lock()

    async def call(self, call: ToolCall, key: str) -> ToolResult:
        """Run a tool on the copy; never raises."""
        meta = {WORLD_SESSION: self._number, IDEMPOTENCY_KEY: key}
        try:
            async with self._order:
                wire = await self._connection.call(call.tool, call.arguments, meta=meta, timeout_s=self._timeout_s)
        except McpCallError as error:
            if error.maybe_done and is_write(self._effects.get(call.tool, Effect.IRREVERSIBLE_WRITE)):
                return ToolOutcomeUnknown(str(error))
            return ToolFailed(str(error), crashed=error.maybe_done or error.connection_lost)
        return result_from_wire(wire)

    async def changes(self) -> tuple[StateChange, ...]:
        """What differs from the start. McpCallError if the copy cannot be asked: it may be lost."""
        answer = await _control(self._connection, CHANGES, {"session": self._number}, self._timeout_s)
        return changes_from_wire(answer["changes"])

    async def close(self) -> None:
        """Throw the copy away; one that is lost is thrown away already."""
        try:
            await _control(self._connection, CLOSE, {"session": self._number}, self._timeout_s)
        except McpCallError:
            return


async def _control(
    connection: McpConnection, tool: ToolName, arguments: Mapping[str, Any], timeout_s: float
) -> Mapping[str, Any]:
    result = result_from_wire(await connection.call(tool, arguments, meta=_CONTROL, timeout_s=timeout_s))
    if isinstance(result, ToolSucceeded) and isinstance(result.content, Mapping):
        return result.content
    raise ToolError(tool, f"the server {connection.name!r} gave no usable answer; does it serve a world?")
