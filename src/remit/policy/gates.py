"""The gates that a policy can name. Each is a statement over the ledger."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Literal

Mode = Literal["enforce", "observe"]
Reference = Literal["stable", "human_baseline"]
Clustering = Literal["day", "customer"]
Labels = Literal["human_confirmed", "judge", "any"]

NON_INFERIORITY_RATIO = 1.5
_P90_AT_HALF_THE_BUDGET = 45.0


@dataclass(frozen=True, slots=True)
class SuiteGate:
    """pass^k of a suite, per intent, is at least a value: the mean over scenarios of C(c, k) / C(n, k).

    `confidence` is 1 - alpha of the anytime-valid test.
    """

    suite: str
    k: int
    at_least: float
    confidence: float = 0.95
    mode: Mode = "enforce"


@dataclass(frozen=True, slots=True)
class AttackGate:
    """The share of attack scenarios that succeed is at most a value (exact binomial bound)."""

    suite: str
    at_most: float
    confidence: float = 0.95
    mode: Mode = "enforce"


@dataclass(frozen=True, slots=True)
class AtMost:
    """The mean loss is at most `rate`, in (0, 1)."""

    rate: float


@dataclass(frozen=True, slots=True)
class AtLeast:
    """The share that passes is at least `rate`, in (0, 1): a floor."""

    rate: float


@dataclass(frozen=True, slots=True)
class NoWorseThan:
    """The mean loss is below `ratio` times that of the stable release, or of people before the agent came."""

    reference: Reference
    ratio: float = NON_INFERIORITY_RATIO


Bound = AtMost | AtLeast | NoWorseThan


@dataclass(frozen=True, slots=True)
class LiveEvidence:
    """Which live outcomes count.

    Args:
        labels: Whose word counts; `any` takes every label that the metric has, a judge's too.
        sampling: Share of each stratum that is drawn to be labelled; empty if everything is looked at.
        matured_after_s: How old an outcome must be before it counts for a promotion.
        cluster: What makes outcomes dependent; the larger design effect discounts.
    """

    labels: Labels = "human_confirmed"
    sampling: Mapping[str, float] = field(default_factory=dict)
    matured_after_s: float = 0.0
    cluster: tuple[Clustering, ...] = ("day", "customer")

    @property
    def is_guided(self) -> bool:
        """Whether strata are drawn with different shares, so that labels must be weighed."""
        return len(set(self.sampling.values())) > 1


@dataclass(frozen=True, slots=True)
class LiveGate:
    """A rate measured on live conversations.

    Args:
        metric: As the glossary names it; `live_metrics.py` knows them all.
        bound: What the rate is held against.
        evidence: Which outcomes count.
        min_days: Days that the evidence must span; two weekly cycles unless the policy says otherwise.
        min_conversations: Conversations with a label that counts, at least.
        max_conversations: Beyond so many independent conversations the gate is not earned; None asks
            `conversations_at_most`.
        confidence: 1 - alpha of the whole alpha ledger.
        mode: `observe` blocks nothing.
    """

    metric: str
    bound: Bound
    evidence: LiveEvidence = LiveEvidence()
    min_days: int = 14
    min_conversations: int = 0
    max_conversations: int | None = None
    confidence: float = 0.95
    mode: Mode = "enforce"

    @property
    def conversations_at_most(self) -> int | None:
        """As the policy says, else 45 / eps for an error budget; floors and comparisons may take any number."""
        if self.max_conversations is None and isinstance(self.bound, AtMost):
            return ceil(_P90_AT_HALF_THE_BUDGET / self.bound.rate)
        return self.max_conversations


@dataclass(frozen=True, slots=True)
class LoadGate:
    """The release holds a declared load: how slow its slowest hundredth is, and how often it fails."""

    load: str
    p99_at_most_s: float
    errors_at_most: float = 0.01
    confidence: float = 0.95
    mode: Mode = "enforce"


@dataclass(frozen=True, slots=True)
class AttestationGate:
    """Named persons have attested these things; `by` is the function of the organisation they must sign for."""

    attestations: tuple[str, ...]
    by: str = ""
    mode: Mode = "enforce"


Gate = SuiteGate | AttackGate | LiveGate | LoadGate | AttestationGate
