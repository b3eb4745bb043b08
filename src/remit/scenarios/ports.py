"""The world port: where scenarios play."""

from collections.abc import Mapping
from typing import Protocol

from remit.scenarios.model import StartState, StateChange
from remit.tools import ToolCall, ToolName, ToolResult, ToolSpec


class WorldSession(Protocol):
    """One isolated copy of a world, for one trial."""

    async def call(self, call: ToolCall, key: str) -> ToolResult:
        """Run a tool; a write with a key that ran before returns the first result and does nothing."""
        ...

    async def changes(self) -> tuple[StateChange, ...]:
        """What differs between the start state and now, sorted by pointer (see `scenarios.difference`)."""
        ...

    async def close(self) -> None:
        """Throw the copy away."""
        ...


class World(Protocol):
    """A place with tools and state, such as a shop or an airline."""

    async def catalogue(self) -> Mapping[ToolName, ToolSpec]:
        """Its tools."""
        ...

    async def start(self, start: StartState) -> WorldSession:
        """A fresh, isolated copy in the given start state.

        Raises ScenarioReferenceError if the start state cannot be made.
        """
        ...
