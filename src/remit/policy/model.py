"""The policy as the rest of Remit reads it: frozen, checked, complete. `document.py` makes it from YAML."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from remit.conversations import IntentName
from remit.policy.gates import Gate
from remit.policy.levels import AutonomyLevel
from remit.policy.operating import Exposure, FreezeWindow, Recipient, Staffing, WaiverLimits
from remit.policy.rollback import RollbackRule
from remit.policy.rules import ToolRule
from remit.tools import Effect, ToolName


@dataclass(frozen=True, slots=True)
class ToolDeclaration:
    """A tool of the policy's catalogue: its effect is the policy's word, not the tool server's."""

    name: ToolName
    effect: Effect
    description: str = ""


@dataclass(frozen=True, slots=True)
class IntentPolicy:
    """What the policy says of one intent.

    Args:
        name: The intent.
        description: One line for people.
        examples: Phrases customers use; the local classifier learns from them.
        tools: The tools the intent may ever use, with the effect and limits that hold here.
        ceiling: The highest level the intent may ever reach.
    """

    name: IntentName
    description: str = ""
    examples: tuple[str, ...] = ()
    tools: Mapping[ToolName, ToolRule] = field(default_factory=dict)
    ceiling: AutonomyLevel = AutonomyLevel.AUTONOMOUS


@dataclass(frozen=True, slots=True)
class Risk:
    """The share of wrong outcomes that is acceptable, and the confidence with which it must hold.

    `definition` says of what it is a share: of what is contained, or of everything that comes in.
    """

    error_at_most: float
    confidence: float = 0.95
    definition: Literal["error_per_contained", "error_per_conversation"] = "error_per_contained"


@dataclass(frozen=True, slots=True)
class Review:
    """How much experts look at: the share sampled, and how long a customer may wait for an approval."""

    sample: float = 0.10
    wait_s: float = 90.0


@dataclass(frozen=True, slots=True)
class LevelPolicy:
    """What the policy says of one level.

    Both thresholds are provisional until a calibration certificate replaces them: they keep the error rate
    only if the confidence is calibrated.
    """

    risk: Risk
    review: Review = Review()
    ask_from: float | None = None

    @property
    def send_threshold(self) -> float:
        """1 - `error_at_most`: answers at or above it are wrong at most that often, if confidence is calibrated."""
        return round(1.0 - self.risk.error_at_most, 12)

    @property
    def ask_threshold(self) -> float:
        """`ask_from`, or where an expert would find five times the acceptable error rate."""
        if self.ask_from is not None:
            return self.ask_from
        return round(max(0.0, 1.0 - 5.0 * self.risk.error_at_most), 12)


@dataclass(frozen=True, slots=True)
class CalibrationPolicy:
    """How thresholds are certified.

    Args:
        pools: Intents that share one threshold because none has labels enough, by the name of their risk class.
        valid_for_s: How long a certificate holds.
        expert_share: Share of proposals that experts can look at; None leaves the asking threshold to the level.
    """

    pools: Mapping[str, tuple[IntentName, ...]] = field(default_factory=dict)
    valid_for_s: float = 90 * 86400.0
    expert_share: float | None = None


@dataclass(frozen=True, slots=True)
class TurnLimits:
    """Bounds of one turn, and of a conversation: how long it is quiet before it is over, how often it is handed off."""

    max_steps: int = 8
    deadline_s: float = 30.0
    quiet_after_s: float = 1800.0
    max_handoffs: int = 3


@dataclass(frozen=True, slots=True)
class Policy:
    """One whole policy. `digest` is the SHA-256 of its canonical content, in hex."""

    name: str
    problem: str
    digest: str
    tools: Mapping[ToolName, ToolDeclaration]
    intents: Mapping[IntentName, IntentPolicy]
    levels: Mapping[AutonomyLevel, LevelPolicy]
    gates: Mapping[AutonomyLevel, tuple[Gate, ...]] = field(default_factory=dict)
    rollback: tuple[RollbackRule, ...] = ()
    signoff: Mapping[AutonomyLevel, tuple[str, ...]] = field(default_factory=dict)
    objectives: tuple[str, ...] = ()
    baseline: Mapping[str, Any] = field(default_factory=dict)
    turn: TurnLimits = TurnLimits()
    source: str = ""
    calibration: CalibrationPolicy = CalibrationPolicy()
    staffing: Staffing | None = None
    exposure: Exposure = Exposure()
    freeze: tuple[FreezeWindow, ...] = ()
    recipients: tuple[Recipient, ...] = ()
    one_signs_for_several: bool = False
    waivers: WaiverLimits = WaiverLimits()
