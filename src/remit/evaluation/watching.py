"""Notices what breaks in a trial although the turn survives it.

A turn fails closed: whatever breaks around the agent becomes a handoff. Live that is right; in a trial it would be
scored as the agent's. So every port is watched, and a trial in which one of ours failed does not count; nor does one in
which a tool broke down. A tool that refuses has not failed.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from remit.errors import AgentUnreachable, ToolError
from remit.runtime.ports import Agent, AgentReply, AgentView, StepKey, Toolbox, TurnPorts
from remit.tools import ToolCall, ToolFailed, ToolName, ToolResult, ToolSpec

P = TypeVar("P")


@dataclass(slots=True)
class Failures:
    """What ports raised in one trial, oldest first; an agent counts only if nobody answered at its address."""

    seen: list[Exception] = field(default_factory=list)

    def watch(self, ports: TurnPorts) -> TurnPorts:
        """The same ports; what they raise is noticed and raised on."""
        return TurnPorts(
            grants=self._watched(ports.grants),
            intents=self._watched(ports.intents),
            agent=_WatchedAgent(ports.agent, self.seen),
            confidence=self._watched(ports.confidence),
            guardrails=self._watched(ports.guardrails),
            desk=self._watched(ports.desk),
            toolbox=_WatchedToolbox(self._watched(ports.toolbox), self.seen),
            contact_centre=self._watched(ports.contact_centre),
            recorder=self._watched(ports.recorder),
            clock=ports.clock,
        )

    def _watched(self, port: P) -> P:
        return cast("P", _Watched(port, self.seen))


def _noticing(name: str) -> Callable[..., Awaitable[Any]]:
    async def call(self: "_Watched", *arguments: Any) -> Any:
        try:
            return await getattr(self.port, name)(*arguments)
        except Exception as error:
            self.seen.append(error)
            raise

    return call


@dataclass(slots=True)
class _Watched:
    """Stands before a port of any kind. One class with all methods: a trial must not pay for making nine."""

    port: Any
    seen: list[Exception]

    permit = _noticing("permit")
    state = _noticing("state")
    rules_now = _noticing("rules_now")
    estimate = _noticing("estimate")
    assess = _noticing("assess")
    screen_message = _noticing("screen_message")
    screen_proposal = _noticing("screen_proposal")
    screen_result = _noticing("screen_result")
    ask = _noticing("ask")
    catalogue = _noticing("catalogue")
    run = _noticing("run")
    hand_off = _noticing("hand_off")

    @property
    def waits(self) -> bool:
        """Of a recorder."""
        return bool(self.port.waits)

    open = _noticing("open")
    record = _noticing("record")
    close = _noticing("close")


@dataclass(slots=True)
class _WatchedAgent:
    """An agent that fails has failed; one that is not there could not."""

    agent: Agent
    seen: list[Exception]

    async def propose(self, view: AgentView) -> AgentReply:
        try:
            return await self.agent.propose(view)
        except AgentUnreachable as error:
            self.seen.append(error)
            raise


@dataclass(slots=True)
class _WatchedToolbox:
    """A tool that broke down says nothing about the agent, however well it took it."""

    toolbox: Toolbox
    seen: list[Exception]

    async def catalogue(self) -> Mapping[ToolName, ToolSpec]:
        return await self.toolbox.catalogue()

    async def run(self, call: ToolCall, key: StepKey) -> ToolResult:
        result = await self.toolbox.run(call, key)
        if isinstance(result, ToolFailed) and result.crashed:
            self.seen.append(ToolError(call.tool, result.message))
        return result
