"""What a successor inherits: its predecessor's grant wherever the change cannot reach, a guarded canary elsewhere."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from remit.conversations import IntentName, ReleaseId
from remit.policy.levels import AutonomyLevel
from remit.releases.demands import minimum_exposure
from remit.releases.diff import ReleaseDiff
from remit.releases.stages import CanaryStep

REVIEW_FACTOR = 2.0
"""A provisional certificate has experts look at so many times as much, at most at everything."""
EXPOSURE_FACTOR = 2
"""A canary step carries at most so many times the conversations that it needs, until somebody decides."""

USUAL_BUDGET = 0.05
"""Acceptable error rate where the policy names none."""


@dataclass(frozen=True, slots=True)
class HeldGrant:
    """What the predecessor holds for one intent.

    Args:
        intent: For what.
        level: How far.
        release: Which release holds it.
        review: Share of the contained conversations that experts look at.
        budget: Acceptable error rate at the level.
    """

    intent: IntentName
    level: AutonomyLevel
    release: ReleaseId
    review: float = 0.1
    budget: float = USUAL_BUDGET


@dataclass(frozen=True, slots=True)
class Keeps:
    """The change cannot reach the intent: the grant goes over as it is, and so does the evidence."""

    intent: IntentName
    level: AutonomyLevel


@dataclass(frozen=True, slots=True)
class Guarded:
    """The change reaches the intent: paired regression, then a canary under a provisional certificate.

    Args:
        intent: For what.
        level: The stable release's; never above it.
        why: Which changes reach it, one clause each.
        review: Share that experts look at while the certificate is provisional.
        exposure_at_most: Conversations at each canary step, after which it waits for a decision.
    """

    intent: IntentName
    level: AutonomyLevel
    why: tuple[str, ...]
    review: float
    exposure_at_most: Mapping[CanaryStep, int]


@dataclass(frozen=True, slots=True)
class Begins:
    """The predecessor had earned nothing here: there is nothing to inherit."""

    intent: IntentName


Inheritance = Keeps | Guarded | Begins


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of every intent when `diff.new` follows `diff.old`."""

    diff: ReleaseDiff
    entries: tuple[Inheritance, ...]

    @property
    def kept(self) -> tuple[Keeps, ...]:
        """Intents whose grants go over at once."""
        return tuple(one for one in self.entries if isinstance(one, Keeps))

    @property
    def guarded(self) -> tuple[Guarded, ...]:
        """Intents that need a regression run and a canary."""
        return tuple(one for one in self.entries if isinstance(one, Guarded))


def inherit(grants: Iterable[HeldGrant], diff: ReleaseDiff, *, drift_suspected: bool = False) -> Plan:
    """The plan for a successor, intent by intent, in the order of the grants.

    A grant that another release than `diff.old` holds is nothing that this diff can speak of: it counts as reached.
    While drift is suspected an opaque agent's diff says nothing, so that every intent counts as reached.
    """
    return Plan(diff, tuple(_inherited(grant, diff, blind=drift_suspected and diff.opaque) for grant in grants))


def most_exposed(share: float, budget: float) -> int:
    """Conversations that a guarded canary carries at the step of this share; then it waits for a decision."""
    step = next(step for step in CanaryStep if step.share >= share)
    return EXPOSURE_FACTOR * minimum_exposure(step, budget)


def review_of(share: float) -> float:
    """What experts look at of a guarded canary, where they look at this share of everything else."""
    return min(1.0, REVIEW_FACTOR * share)


def _inherited(grant: HeldGrant, diff: ReleaseDiff, *, blind: bool) -> Inheritance:
    if grant.level is AutonomyLevel.SHADOW:
        return Begins(grant.intent)
    why = [f"{change.kind.value} {change.name!r} {change.change.value}" for change in diff.on(grant.intent)]
    if grant.release != diff.old:
        why.append(f"the grant is held by {grant.release}, not by {diff.old}")
    if blind:
        why.append("the agent runs elsewhere and drift is suspected")
    if not why:
        return Keeps(grant.intent, grant.level)
    return Guarded(
        intent=grant.intent,
        level=grant.level,
        why=tuple(why),
        review=review_of(grant.review),
        exposure_at_most={step: most_exposed(step.share, grant.budget) for step in CanaryStep},
    )
