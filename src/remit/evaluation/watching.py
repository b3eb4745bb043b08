"""Notices what breaks in a trial although the turn survives it.

A turn fails closed: whatever breaks around the agent becomes a handoff. Live that is right; in a trial it would be
scored as the agent's. So every port is watched, and a trial in which one of ours failed does not count.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar, cast

from remit.errors import AgentUnreachable
from remit.runtime.ports import Agent, AgentReply, AgentView, TurnPorts

P = TypeVar("P")


@dataclass(slots=True)
class Failures:
    """What ports raised in one trial, oldest first; an agent counts only if nobody answered at its address."""

    seen: list[Exception] = field(default_factory=list)

    def watch(self, ports: TurnPorts) -> TurnPorts:
        """The same ports; what they raise is noticed and raised on."""
        return replace(
            ports,
            grants=self._watched(ports.grants),
            intents=self._watched(ports.intents),
            agent=_WatchedAgent(ports.agent, self.seen),
            confidence=self._watched(ports.confidence),
            guardrails=self._watched(ports.guardrails),
            desk=self._watched(ports.desk),
            toolbox=self._watched(ports.toolbox),
            contact_centre=self._watched(ports.contact_centre),
            recorder=self._watched(ports.recorder),
        )

    def _watched(self, port: P) -> P:
        return cast("P", _Watched(port, self.seen))


class _Watched:
    """Stands before a port; all methods of ports are coroutines."""

    def __init__(self, port: object, seen: list[Exception]) -> None:
        self._port = port
        self._seen = seen

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        method = getattr(self._port, name)
        seen = self._seen

        async def call(*arguments: Any, **named: Any) -> Any:
            try:
                return await method(*arguments, **named)
            except Exception as error:
                seen.append(error)
                raise

        setattr(self, name, call)  # the next call of the method comes straight here
        return call


@dataclass(frozen=True, slots=True)
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
