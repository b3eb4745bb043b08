"""What a gate's examination of the ledger came to."""

from dataclasses import dataclass
from enum import StrEnum

from remit.conversations import IntentName


class Finding(StrEnum):
    """Three-valued: no evidence never promotes."""

    SUPPORTED = "supported"
    REFUTED = "refuted"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Interval:
    """Bounds of a rate, both in [0, 1]; `method` names how, `confidence` is the coverage."""

    low: float
    high: float
    method: str
    confidence: float = 0.95


@dataclass(frozen=True, slots=True)
class Needed:
    """What is still needed for a decision, and under which assumption."""

    scenarios: int
    trials: int
    assuming: str


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """One gate, one intent, one look at the ledger.

    Args:
        gate: The statement in words, such as `pass^4 of journeys >= 0.80`.
        level: The level the gate guards.
        intent: The intent judged.
        finding: Supported, refuted or undecided.
        estimate: Point estimate of the statement's rate; None without data.
        pass_1: pass^1 on the same trials; None where it has no meaning.
        interval: Interval of `estimate`.
        n_scenarios: Scenarios with enough counted trials.
        n_trials: Counted trials.
        n_excluded: Trials that do not count (customer, scenario or infrastructure errors).
        method: The test.
        e_value: Evidence for the finding; None where the test has none.
        alpha: Error level of the test.
        needed: What is missing when undecided.
        observed_only: True if the gate is in observe mode and blocks nothing.
        why: A few sentences for people.
        suite: The suite that the gate speaks of; empty if it speaks of none.
        less_is_better: True if the estimate must not exceed the threshold, as with attacks that succeed.
        threshold: What the estimate is compared with; None where no number of trials can settle the gate.
        n_passed: Counted trials that passed.
        n_at_lower_level: Trials that do not count because the agent acted with less freedom than the gate guards.
    """

    gate: str
    level: str
    intent: IntentName
    finding: Finding
    estimate: float | None
    pass_1: float | None
    interval: Interval | None
    n_scenarios: int
    n_trials: int
    n_excluded: int
    method: str
    e_value: float | None
    alpha: float
    needed: Needed | None
    observed_only: bool
    why: str
    threshold: float | None = None
    suite: str = ""
    less_is_better: bool = False
    n_passed: int = 0
    n_at_lower_level: int = 0

    @property
    def settled_by_trials(self) -> bool:
        """Whether trials can settle the gate; live rates and attestations wait for something else."""
        return self.threshold is not None
