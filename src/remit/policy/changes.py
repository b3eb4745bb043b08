"""A change between two policies, in words, and which way it points."""

from dataclasses import dataclass
from enum import StrEnum


class Direction(StrEnum):
    """What a change does to the agent's freedom. What cannot be compared counts as granting."""

    GRANTS = "grants"
    TAKES = "takes"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """One change.

    Args:
        where: The part of the document, such as `intents.refund`.
        direction: Whether the agent may do more, less, or the same.
        what: One sentence without a full stop, with the values before and after.
    """

    where: str
    direction: Direction
    what: str


def more(before: float, after: float) -> Direction:
    """Direction of a number that grants by growing."""
    if before == after:
        return Direction.NEUTRAL
    return Direction.GRANTS if after > before else Direction.TAKES


def fewer(before: float, after: float) -> Direction:
    """Direction of a number that grants by shrinking."""
    return more(after, before)
