"""The numbers of a report: how many trials counted, who failed, and how the agent compares with doing nothing."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from remit.conversations import IntentName
from remit.evaluation.model import Baseline, Run, Trial
from remit.evidence import Outcome
from remit.scenarios.model import ScenarioId
from remit.statistics import ScenarioCounts, clopper_pearson, confidence_sequence, mean_pass_hat_k

Attribution = Literal["agent", "customer", "scenario", "infrastructure"]
ATTRIBUTIONS: Mapping[Attribution, str] = {
    "agent": "agent",
    "customer": "simulated customer",
    "scenario": "scenario",
    "infrastructure": "infrastructure",
}
_ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate with everything that a reader needs to weigh it.

    `value` is a mean over scenarios; it is numerator / denominator where each has as many counted trials.
    """

    name: str
    value: float
    numerator: int
    denominator: int
    unit: str
    low: float
    high: float
    method: str


@dataclass(frozen=True, slots=True)
class Accounting:
    """Where the planned trials went; planned = evaluated + excluded + not run."""

    planned: int
    run: int
    excluded: int
    evaluated: int

    @property
    def not_run(self) -> int:
        """Planned trials that never happened."""
        return max(0, self.planned - self.run)


def account(run: Run) -> Accounting:
    """Count the trials of a run."""
    evaluated = sum(trial.outcome.counts for trial in run.trials)
    return Accounting(
        planned=run.planned, run=len(run.trials), excluded=len(run.trials) - evaluated, evaluated=evaluated
    )


def attribute_failures(trials: Sequence[Trial]) -> Mapping[str, int]:
    """How many trials did not pass because of whom; every name of ATTRIBUTIONS is there."""
    counted = Counter(trial.attributed_to for trial in trials if trial.attributed_to is not None)
    return {label: counted[attribution] for attribution, label in ATTRIBUTIONS.items()}


def by_scenario(trials: Sequence[Trial]) -> Mapping[ScenarioId, tuple[Trial, ...]]:
    """The trials of each scenario, in their order."""
    grouped: dict[ScenarioId, list[Trial]] = defaultdict(list)
    for trial in trials:
        grouped[trial.scenario].append(trial)
    return {scenario: tuple(own) for scenario, own in grouped.items()}


def score(run: Run) -> Rate | None:
    """pass^1 of the whole run, clustered by scenario; None without a counted trial."""
    counts = [_counts(trials) for trials in by_scenario(run.trials).values()]
    counts = [one for one in counts if one.n_trials]
    estimate = mean_pass_hat_k(counts, k=1).estimate
    if estimate is None:
        return None
    bounds = confidence_sequence((1.0 - one.n_passed / one.n_trials for one in counts), alpha=_ALPHA).mirrored()
    return Rate(
        name=f"{run.agent} {run.release}",
        value=estimate,
        numerator=sum(one.n_passed for one in counts),
        denominator=sum(one.n_trials for one in counts),
        unit="trials",
        low=bounds.low,
        high=bounds.high,
        method="95 % confidence sequence over scenarios",
    )


def baseline_rate(baseline: Baseline, intent: IntentName | None = None) -> Rate | None:
    """What the baseline passes, of all scenarios or of one intent; None where it met none."""
    n_passed, n = (
        (baseline.n_passed, baseline.n_scenarios) if intent is None else baseline.by_intent.get(intent, (0, 0))
    )
    if not n:
        return None
    bounds = clopper_pearson(n_passed, n, delta=_ALPHA)
    return Rate(
        name={"do_nothing": "do nothing", "always_hand_off": "always hand off"}[baseline.name],
        value=n_passed / n,
        numerator=n_passed,
        denominator=n,
        unit="scenarios",
        low=bounds.low,
        high=bounds.high,
        method="95 % interval, Clopper-Pearson",
    )


def _counts(trials: Sequence[Trial]) -> ScenarioCounts:
    counted = [trial for trial in trials if trial.outcome.counts]
    return ScenarioCounts(n_passed=sum(trial.outcome is Outcome.PASSED for trial in counted), n_trials=len(counted))


def not_rounded_to_certainty(probability: float) -> str:
    """Two decimals, three above 0.99: 0.9997 is 0.999 and never 1.00."""
    if 0.99 < probability < 1.0:
        return f"{min(probability, 0.999):.3f}"
    return f"{probability:.2f}"
