"""One gate, one intent, one look at the ledger's running counts: supported, refuted or undecided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from remit.conversations import IntentName
from remit.evidence import Aggregate
from remit.evidence.verdicts import Needed
from remit.policy.levels import AutonomyLevel
from remit.statistics import ScenarioCounts

MAX_EXCLUDED_FRACTION = 0.20


@dataclass(frozen=True, slots=True)
class Tally:
    """What the ledger holds for one gate and one intent.

    Args:
        scenarios: Counted trials of each scenario that has any, by scenario id.
        n_excluded: Trials that do not count: customer, scenario and infrastructure errors.
        n_at_lower_level: Counted trials in which the agent acted at a lower level than the gate guards.
    """

    scenarios: Mapping[str, ScenarioCounts]
    n_excluded: int
    n_at_lower_level: int

    @property
    def n_counted(self) -> int:
        """Trials that say something about the agent at this level."""
        return sum(one.n_trials for one in self.scenarios.values())

    @property
    def too_many_excluded(self) -> bool:
        """Whether so much is missing that what is left may be a selection."""
        return self.n_excluded > MAX_EXCLUDED_FRACTION * (self.n_counted + self.n_excluded)


def tally(aggregates: Sequence[Aggregate], *, metric: str, intent: IntentName | None, level: AutonomyLevel) -> Tally:
    """Add up what counts for a gate that guards `level`; of all intents together if `intent` is None.

    Evidence counts for a level if the agent acted with at least that much freedom: a trial in which
    experts had to approve says nothing about acting alone.
    """
    relevant = [one for one in aggregates if one.metric == metric and intent in (None, one.intent)]
    counted = [one for one in relevant if _acted_at(one) >= level]
    scenarios: dict[str, ScenarioCounts] = {}
    for one in counted:
        n_trials = one.n_passed + one.n_failed
        if n_trials:
            held = scenarios.get(one.cluster, ScenarioCounts(0, 0))
            scenarios[one.cluster] = ScenarioCounts(held.n_passed + one.n_passed, held.n_trials + n_trials)
    return Tally(
        scenarios=scenarios,
        n_excluded=sum(one.n_not_counted for one in counted),
        n_at_lower_level=sum(one.n_passed + one.n_failed for one in relevant if _acted_at(one) < level),
    )


def too_many_excluded_sentence(seen: Tally) -> str:
    """Why a tally with too many exclusions decides nothing, and what to do."""
    return (
        f"{seen.n_excluded} of {seen.n_counted + seen.n_excluded} trials do not count, more than "
        f"{MAX_EXCLUDED_FRACTION * 100:g} %: what is left may be a selection, so nothing is decided. "
        "Mend their causes and run them again."
    )


def lower_level_sentence(seen: Tally) -> str:
    """What was left out because the agent acted with less freedom; empty if nothing was."""
    if not seen.n_at_lower_level:
        return ""
    return f" {seen.n_at_lower_level} trials at a lower level do not count for this one."


def excluded_again(seen: Tally) -> Needed:
    """What a tally with too many exclusions needs before anything else."""
    return Needed(scenarios=0, trials=seen.n_excluded, assuming="the excluded trials are run again and count")


def _acted_at(aggregate: Aggregate) -> AutonomyLevel:
    # A label that the ladder does not have cannot be shown to mean any freedom.
    try:
        return AutonomyLevel.named(aggregate.level)
    except KeyError:
        return AutonomyLevel.SHADOW
