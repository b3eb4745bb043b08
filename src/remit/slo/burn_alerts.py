"""Multi-window burn alerts for technical indicators: the usual four, each only with enough events to mean it.

At conversation volumes such alerts fire on single failures or cannot fire at all; budgets of outcomes are judged by
evidence instead (`remit.slo.counting`). Turns are many and known within seconds: here the trade's alerts fit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from remit.evidence import Observation, Recorded, Strength
from remit.slo.actions import BudgetAction, BudgetActionKind
from remit.slo.counting import LIVE, Key, key_of
from remit.slo.objectives import Objective

_FINE_S, _COARSE_S = 300, 3600
_FINE_SPAN_S, _COARSE_SPAN_S = 6 * 3600, 72 * 3600
FAILURES_TO_MEAN_IT = 5
"""An alert needs as many events as make five failures at its burn rate."""


@dataclass(frozen=True, slots=True)
class BurnAlert:
    """Fires while both windows burn at least `factor` times as fast as the budget allows over the objective's window.

    Args:
        factor: Burn rate.
        long_s: The window that shows that it matters, seconds.
        short_s: The window that shows that it goes on, seconds.
        kind: Page or ticket.
    """

    factor: float
    long_s: int
    short_s: int
    kind: BudgetActionKind

    @property
    def name(self) -> str:
        """`14.4x`."""
        return f"{self.factor:g}x"

    def can_fire(self, eps: float) -> bool:
        """Whether the burn rate is possible at all: nothing burns faster than 1 / eps."""
        return self.factor * eps <= 1.0

    def n_events(self, eps: float, at_least: int) -> int:
        """Events in the long window from which on it may fire."""
        return max(at_least, ceil(FAILURES_TO_MEAN_IT / (self.factor * eps)))


BURN_ALERTS = (
    BurnAlert(14.4, 3600, 300, BudgetActionKind.PAGE),
    BurnAlert(6.0, 6 * 3600, 1800, BudgetActionKind.PAGE),
    BurnAlert(3.0, 24 * 3600, 2 * 3600, BudgetActionKind.TICKET),
    BurnAlert(1.0, 72 * 3600, 6 * 3600, BudgetActionKind.TICKET),
)

Buckets = Mapping[int, tuple[int, int]]
"""Events and failures, by the number of the interval since 1970."""


@dataclass(frozen=True, slots=True)
class BurnCounts:
    """The latest events: by five minutes for six hours, by the hour for three days; at most 146 pairs of counts."""

    fine: Buckets = field(default_factory=dict)
    coarse: Buckets = field(default_factory=dict)
    newest_s: int = 0

    def after(self, at_s: int, *, failed: bool) -> "BurnCounts":
        """One event more, at seconds since 1970; one that is older than the windows changes nothing."""
        newest = max(self.newest_s, at_s)
        return BurnCounts(
            _kept(self.fine, at_s, newest, _FINE_S, _FINE_SPAN_S, failed=failed),
            _kept(self.coarse, at_s, newest, _COARSE_S, _COARSE_SPAN_S, failed=failed),
            newest,
        )

    def within(self, window_s: int, now_s: int) -> tuple[int, int]:
        """Events and failures of the window that ends now; the oldest interval counts whole."""
        fine = window_s <= _FINE_SPAN_S
        width, buckets = (_FINE_S, self.fine) if fine else (_COARSE_S, self.coarse)
        first, last = (now_s - window_s) // width + 1, now_s // width
        chosen = [counts for number, counts in buckets.items() if first <= number <= last]
        return sum(n for n, _ in chosen), sum(n_failed for _, n_failed in chosen)


@dataclass(frozen=True, slots=True)
class BurnRate:
    """How one alert stands.

    Args:
        alert: Which.
        n: Events in the long window.
        n_failed: Failures in it.
        long_rate: Burn rate of the long window; None without events.
        short_rate: Of the short window.
        n_needed: Events that the long window needs.
        possible: Whether the alert can fire at this budget.
        fires: Whether it fires.
    """

    alert: BurnAlert
    n: int
    n_failed: int
    long_rate: float | None
    short_rate: float | None
    n_needed: int
    possible: bool
    fires: bool


def burn_rates(counts: BurnCounts, objective: Objective, now_s: int) -> tuple[BurnRate, ...]:
    """All alerts of the objective as they stand at `now_s`, seconds since 1970."""
    return tuple(_rate(counts, objective, alert, now_s) for alert in BURN_ALERTS)


def _rate(counts: BurnCounts, objective: Objective, alert: BurnAlert, now_s: int) -> BurnRate:
    eps = objective.eps
    n, n_failed = counts.within(alert.long_s, now_s)
    n_short, n_failed_short = counts.within(alert.short_s, now_s)
    long_rate = n_failed / n / eps if n else None
    short_rate = n_failed_short / n_short / eps if n_short else None
    needed = alert.n_events(eps, objective.min_evidence)
    burning = min(long_rate or 0.0, short_rate or 0.0) >= alert.factor
    possible = alert.can_fire(eps)
    return BurnRate(alert, n, n_failed, long_rate, short_rate, needed, possible, possible and burning and n >= needed)


class BurnCounting:
    """The reducer of `BurnCounts` for one technical objective."""

    def __init__(self, objective: Objective, *, least: Strength = Strength.PROOF_OF_VALUE) -> None:
        self.objective = objective
        self._least = least
        weaker = "" if least is Strength.PROOF_OF_VALUE else f"-from-{least.name.lower()}"
        self._name = f"burn-{objective.name}-{objective.digest}{weaker}"

    @property
    def name(self) -> str:
        """Another objective begins again."""
        return self._name

    def key_of(self, observation: Observation) -> str | None:
        """The state of the observation; None if it does not count here."""
        objective = self.objective
        if observation.metric != objective.metric or observation.source not in LIVE:
            return None
        if observation.strength < self._least or not observation.outcome.counts:
            return None
        if objective.intent and observation.intent != objective.intent:
            return None
        return str(key_of(objective, observation))

    def start(self, key: str) -> BurnCounts:
        """Nothing seen."""
        del key
        return BurnCounts()

    def add(self, state: BurnCounts, recorded: Recorded) -> BurnCounts:
        """One event more."""
        seen = recorded.observation
        return state.after(int(seen.at.timestamp()), failed=seen.outcome == "failed")

    def encode(self, state: BurnCounts) -> Any:
        """As JSON values."""
        out = [{str(number): list(counts) for number, counts in part.items()} for part in (state.fine, state.coarse)]
        return [*out, state.newest_s]

    def decode(self, document: Any) -> BurnCounts:
        """From JSON values."""
        fine, coarse = ({int(number): (n, n_failed) for number, (n, n_failed) in part.items()} for part in document[:2])
        return BurnCounts(fine, coarse, document[2])


class BurnMonitor(BurnCounting):
    """The same, asking to tell somebody when an alert begins to fire; each alert at most once a day."""

    def actions(self, key: str, before: BurnCounts, after: BurnCounts, recorded: Recorded) -> Mapping[str, Any]:
        """Pages and tickets that this event set off."""
        if recorded.observation.outcome != "failed":
            return {}
        now_s = int(recorded.observation.at.timestamp())
        was = {rate.alert for rate in burn_rates(before, self.objective, now_s) if rate.fires}
        asked = {}
        for rate in burn_rates(after, self.objective, now_s):
            if rate.fires and rate.alert not in was:
                action = self._action(Key.parse(key), rate, recorded)
                day = recorded.observation.at.date().isoformat()
                asked[f"slo:{self.objective.name}:{key}:{rate.alert.name}:{day}"] = action.as_document()
        return asked

    def _action(self, key: Key, rate: BurnRate, recorded: Recorded) -> BudgetAction:
        objective = self.objective
        why = (
            f"objective {objective.name}: the budget of {objective.eps:g} burns {rate.long_rate or 0.0:.1f} times too "
            f"fast over {rate.alert.long_s // 3600} h ({rate.n_failed} bad in {rate.n} {objective.indicator.per}s) and "
            f"{rate.short_rate or 0.0:.1f} times over the last {rate.alert.short_s // 60} min; line {rate.alert.name}"
        )
        return BudgetAction(
            rate.alert.kind, objective.name, key.agent, key.release, key.intent, key.level, why, recorded.position
        )


def _kept(buckets: Buckets, at_s: int, newest_s: int, width: int, span: int, *, failed: bool) -> Buckets:
    oldest = (newest_s - span) // width
    number = at_s // width
    kept = (
        buckets
        if not buckets or min(buckets) >= oldest
        else {one: counts for one, counts in buckets.items() if one >= oldest}
    )
    if number < oldest:
        return kept
    n, n_failed = kept.get(number, (0, 0))
    return {**kept, number: (n + 1, n_failed + failed)}
