"""Tools, calls and results."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NewType

ToolName = NewType("ToolName", str)


class Effect(StrEnum):
    """What a tool can do to the world, from harmless to final."""

    READ = "read"
    REVERSIBLE_WRITE = "reversible_write"
    IRREVERSIBLE_WRITE = "irreversible_write"

    @property
    def severity(self) -> int:
        """0 for a read, 1 for a write that can be undone, 2 for one that cannot."""
        return list(Effect).index(self)


def is_write(effect: Effect) -> bool:
    """Whether a tool of this effect changes the world."""
    return effect is not Effect.READ


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as the catalogue knows it.

    Args:
        name: Unique in the catalogue.
        description: For the agent.
        parameters: JSON Schema (draft 2020-12) of the arguments object.
        effect: What it can do to the world.
        takes_idempotency_key: True if the tool itself promises that a second call with the same
            key does nothing; only then may a write be tried again after a crash.
    """

    name: ToolName
    description: str
    parameters: Mapping[str, Any]
    effect: Effect
    takes_idempotency_key: bool = False


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool the agent wants to run; `id` is the agent's own handle for it."""

    tool: ToolName
    arguments: Mapping[str, Any] = field(default_factory=dict)
    id: str = ""


@dataclass(frozen=True, slots=True)
class ToolSucceeded:
    """The tool ran and answered; `content` is JSON."""

    content: Any


@dataclass(frozen=True, slots=True)
class ToolFailed:
    """The tool says that it did nothing; `message` may go back to the agent.

    `crashed` means that it did not say so itself: it broke, or could not be reached. In a trial that is no fault of
    the agent's.
    """

    message: str
    crashed: bool = False


@dataclass(frozen=True, slots=True)
class ToolOutcomeUnknown:
    """Nobody can say whether the tool did its work: people must look."""

    message: str


ToolResult = ToolSucceeded | ToolFailed | ToolOutcomeUnknown
