"""The rule of one intent, as a permit carries it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from remit.conversations import IntentName
from remit.policy.levels import AutonomyLevel
from remit.tools import Effect, ToolName


class Limits(Protocol):
    """A compiled limit. Never raises: what cannot be evaluated is not allowed."""

    @property
    def expression(self) -> str:
        """The text of the limit, for people."""
        ...

    def allow(self, arguments: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
        """Whether a call with these arguments stays inside, given what reads have shown."""
        ...


@dataclass(frozen=True, slots=True)
class ToolRule:
    """A granted tool; `limits` is None if the policy declares none."""

    effect: Effect
    limits: Limits | None = None


@dataclass(frozen=True, slots=True)
class IntentRule:
    """What the agent may do for an intent right now.

    Thresholds are calibrated probabilities in [0, 1] with ask_threshold <= send_threshold:
    at or above `send_threshold` the agent acts alone, between the two an expert is asked,
    below `ask_threshold` people take over. `stopped` says why nothing may happen at all, empty if nothing stops it.
    """

    intent: IntentName
    level: AutonomyLevel
    send_threshold: float
    ask_threshold: float
    tools: Mapping[ToolName, ToolRule] = field(default_factory=dict)
    stopped: str = ""
