"""The tools of any MCP server, governed: effects come from the policy, doubt is never hidden."""

import time
from collections.abc import Mapping

from remit.adapters.mcp import McpCallError, McpConnection, McpServer
from remit.adapters.mcp.wire import IDEMPOTENCY_KEY, result_from_wire, tool_from_wire
from remit.runtime.ports import StepKey
from remit.tools import (
    Effect,
    ToolCall,
    ToolFailed,
    ToolName,
    ToolOutcomeUnknown,
    ToolResult,
    ToolSpec,
    is_write,
)

CATALOGUE_AGE_S = 30.0


class McpToolbox:
    """A toolbox on stdio or streamable HTTP. Belongs to one event loop; `close` it there.

    A server's annotations are hints of somebody else: the policy says what a tool does, and a tool it does not
    name counts as an irreversible write. A read whose connection broke is tried once more; so is a write whose
    tool promises that a second call with the same key does nothing. Any other write is never repeated.

    Args:
        server: Where it is.
        name: For messages.
        effects: What the policy says of each tool.
        timeout_s: How long a call may take.
    """

    def __init__(
        self,
        server: McpServer,
        *,
        name: str,
        effects: Mapping[ToolName, Effect],
        timeout_s: float = 20.0,
        connect_timeout_s: float = 30.0,
    ) -> None:
        self._connection = McpConnection(server, name=name, connect_timeout_s=connect_timeout_s)
        self._effects = effects
        self._timeout_s = timeout_s
        self._specs: Mapping[ToolName, ToolSpec] = {}
        self._listed_at = float("-inf")

    async def catalogue(self) -> Mapping[ToolName, ToolSpec]:
        """Every tool of the server, as it was when last asked, at most 30 s ago. McpCallError if it cannot be asked.

        Every turn wants the list, and a list changes with a deployment, not with a message.
        """
        if time.monotonic() - self._listed_at < CATALOGUE_AGE_S:
            return self._specs
        tools = await self._connection.list_tools(timeout_s=self._timeout_s)
        self._specs = {ToolName(tool.name): tool_from_wire(tool, self._effect(ToolName(tool.name))) for tool in tools}
        self._listed_at = time.monotonic()
        return self._specs

    async def run(self, call: ToolCall, key: StepKey) -> ToolResult:
        """Run it; never raises. Lost or late: a failure for a read, a doubt for a write."""
        try:
            return await self._attempt(call, key)
        except McpCallError as error:
            if not (error.connection_lost and self._may_repeat(call.tool)):
                return self._unanswered(call, error)
        try:
            return await self._attempt(call, key)
        except McpCallError as error:
            return self._unanswered(call, error)

    async def close(self) -> None:
        """End the connection, and the server if it was started for it."""
        await self._connection.close()

    async def _attempt(self, call: ToolCall, key: StepKey) -> ToolResult:
        meta = {IDEMPOTENCY_KEY: str(key)}
        wire = await self._connection.call(call.tool, call.arguments, meta=meta, timeout_s=self._timeout_s)
        return result_from_wire(wire)

    def _effect(self, tool: ToolName) -> Effect:
        return self._effects.get(tool, Effect.IRREVERSIBLE_WRITE)

    def _may_repeat(self, tool: ToolName) -> bool:
        spec = self._specs.get(tool)
        return not is_write(self._effect(tool)) or (spec is not None and spec.takes_idempotency_key)

    def _unanswered(self, call: ToolCall, error: McpCallError) -> ToolResult:
        if error.maybe_done and is_write(self._effect(call.tool)):
            return ToolOutcomeUnknown(f"{call.tool}: {error.problem}; nobody can say whether it was done.")
        return ToolFailed(f"{call.tool}: {error.problem}.", crashed=error.maybe_done or error.connection_lost)
