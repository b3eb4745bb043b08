"""Two releases on the same scenarios: paired, with the least difference that could be shown said before the run.

Every trial of both releases that the ledger holds takes part: there is no choosing of the better run.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from math import log

from remit.conversations import IntentName, ReleaseId
from remit.evidence import Observation, Outcome
from remit.statistics import (
    AlphaLedger,
    PairedCounts,
    Wealth,
    mcnemar_p_value,
    minimum_detectable_difference,
    paired_loss,
)

POWER = 0.8
DIFFERING = 0.2
"""Share of scenarios that is expected to differ between two releases, where nobody knows better."""


class Advice(StrEnum):
    """What a comparison says."""

    PROMOTE = "promote"
    ROLL_BACK = "roll back"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Pair:
    """One scenario that both releases played: trials passed of trials counted, each release."""

    scenario: str
    intent: IntentName
    old_passed: int
    old_trials: int
    new_passed: int
    new_trials: int

    @property
    def old_rate(self) -> float:
        """Pass rate of the old release."""
        return self.old_passed / self.old_trials

    @property
    def new_rate(self) -> float:
        """Pass rate of the new release."""
        return self.new_passed / self.new_trials


@dataclass(frozen=True, slots=True)
class BeforeTheRun:
    """What a comparison on so many scenarios can show; said before it is made.

    `difference` is the least gain in pass rate that is shown with probability `power`, None if none would be.
    """

    n_scenarios: int
    differing: float
    alpha: float
    power: float
    difference: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the pairs say.

    Args:
        old: The stable release.
        new: The candidate.
        pairs: The scenarios that both played.
        counts: Scenarios on which the new one did better, worse, alike.
        log_e_better: Evidence that the new one is better; may be looked at after every scenario.
        log_e_worse: Evidence that it is worse.
        p_value: Exact McNemar, two-sided, for ONE look.
        alpha: Error level that this comparison may use.
        n_earlier: Candidates that played these scenarios before this one and did not become stable.
        before: What could be shown.
        n_unpaired: Scenarios that only one of the two has played.
    """

    old: ReleaseId
    new: ReleaseId
    pairs: tuple[Pair, ...]
    counts: PairedCounts
    log_e_better: float
    log_e_worse: float
    p_value: float
    alpha: float
    n_earlier: int
    before: BeforeTheRun
    n_unpaired: int = 0

    @property
    def advice(self) -> Advice:
        """Promote if the new one is shown to be better, roll back if worse; no evidence is undecided."""
        if self.log_e_better >= log(1.0 / self.alpha):
            return Advice.PROMOTE
        if self.log_e_worse >= log(1.0 / self.alpha):
            return Advice.ROLL_BACK
        return Advice.UNDECIDED


def pairs_of(old: Iterable[Observation], new: Iterable[Observation]) -> tuple[tuple[Pair, ...], int]:
    """The scenarios that both played, and how many only one played.

    Trials are paired by scenario and, where they say one, by seed: a seed that only one release has played is left
    out, so that neither has the easier customers. Trials that do not count are left out with their pair.
    """
    before, after = _outcomes(old), _outcomes(new)
    pairs = []
    for scenario in sorted(before.keys() & after.keys()):
        olds, news = before[scenario], after[scenario]
        seeds = olds.keys() & news.keys()
        if seeds:
            was, now = [olds[seed] for seed in seeds], [news[seed] for seed in seeds]
            n_old, n_new = sum(map(len, was)), sum(map(len, now))
            passed = (sum(map(sum, was)), sum(map(sum, now)))
            pairs.append(Pair(scenario[0], IntentName(scenario[1]), passed[0], n_old, passed[1], n_new))
    return tuple(pairs), len(before.keys() | after.keys()) - len(pairs)


def compare(
    old: ReleaseId,
    new: ReleaseId,
    pairs: Sequence[Pair],
    *,
    alpha: float = 0.05,
    n_earlier: int = 0,
    n_unpaired: int = 0,
    differing: float = DIFFERING,
) -> Comparison:
    """Look at the pairs.

    Candidate number j on the same scenarios gets the alpha ledger's share for attempt j, so that the best of many
    candidates is not taken for a good one. Held by tests/statistical/test_comparing_releases.py.

    Args:
        old: The stable release.
        new: The candidate.
        pairs: The scenarios that both played.
        alpha: Allowance over all candidates.
        n_earlier: Candidates before this one that did not become stable.
        n_unpaired: For the report.
        differing: Share of scenarios expected to differ, for what could be shown before the run.
    """
    share = AlphaLedger(alpha, n_earlier).share
    better = sum(pair.new_rate > pair.old_rate for pair in pairs)
    worse = sum(pair.new_rate < pair.old_rate for pair in pairs)
    counts = PairedCounts(better, worse, len(pairs) - better - worse)
    return Comparison(
        old=old,
        new=new,
        pairs=tuple(pairs),
        counts=counts,
        log_e_better=_log_e((pair.new_rate, pair.old_rate) for pair in pairs),
        log_e_worse=_log_e((pair.old_rate, pair.new_rate) for pair in pairs),
        p_value=mcnemar_p_value(counts),
        alpha=share,
        n_earlier=n_earlier,
        before=before_the_run(len(pairs), alpha=share, differing=differing),
        n_unpaired=n_unpaired,
    )


@lru_cache(maxsize=1024)
def before_the_run(n_scenarios: int, *, alpha: float, differing: float = DIFFERING) -> BeforeTheRun:
    """The least gain that a comparison on so many scenarios would probably show, looked at after each."""
    found = None
    if n_scenarios:
        found = minimum_detectable_difference(
            n_scenarios, differing=differing, alpha=alpha, power=POWER, form="anytime"
        )
    return BeforeTheRun(n_scenarios, differing, alpha, POWER, found)


def earlier_candidates(
    observations: Iterable[Observation], *, old: ReleaseId, new: ReleaseId, proven: Sequence[ReleaseId]
) -> int:
    """How many other releases played the candidate's scenarios before it did.

    Args:
        observations: Trials of every release of the agent, oldest first.
        old: The release that is compared with.
        new: The candidate.
        proven: Releases that became stable: they did not fail.
    """
    first: dict[ReleaseId, set[str]] = defaultdict(set)
    for one in observations:
        first[one.release].add(one.cluster)
    releases = list(first)
    ahead = releases[: releases.index(new)] if new in first else releases
    mine = first.get(new, set())
    return sum(1 for one in ahead if one not in (old, new, *proven) and (not mine or first[one] & mine))


def _outcomes(observations: Iterable[Observation]) -> Mapping[tuple[str, str], Mapping[object, list[bool]]]:
    """By (scenario, intent), then by seed: passed or not, of trials that count."""
    found: dict[tuple[str, str], dict[object, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for one in observations:
        if one.outcome.counts:
            seed = one.details.get("seed")
            found[(one.cluster, one.intent)][seed].append(one.outcome is Outcome.PASSED)
    return found


def _log_e(rates: Iterable[tuple[float, float]]) -> float:
    """Log of the evidence that the first of each two pass rates is the higher one; alike ones stake nothing."""
    losses = [paired_loss(new_pass_rate=one, old_pass_rate=other) for one, other in rates]
    return Wealth.at_start(eps=0.5, side="promote").after(losses).log_e
