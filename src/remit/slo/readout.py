"""What a budget says now: a state, the counts of its window, and the budget that is left, if enough was seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from math import inf, log

from remit.slo.counting import BudgetCounts, Counts, Key, Strata, merged, total
from remit.slo.indicators import Use
from remit.slo.objectives import LONGEST_WINDOW_DAYS, Objective
from remit.statistics import Bounds, DesignEffect, confidence_sequence_of_counts, discounted_log_e, e_value


class BudgetState(StrEnum):
    """Where a budget stands."""

    INSUFFICIENT = "insufficient"
    WITHIN = "within"
    EARNED = "earned"
    BURNED = "burned"
    SHOWN = "shown"
    """The indicator has no verdict of its own: it is compared between releases, or alerts on its burn rate."""


@dataclass(frozen=True, slots=True)
class Window:
    """The days that a budget is read over, newest last.

    Args:
        n_days: Calendar days, 28 to 90.
        first_day: Oldest day.
        last_day: Newest day.
        strata: Counts of these days.
        n_without_draw: Labels in a stratum of which no draw is recorded; they count for nothing.
    """

    n_days: int
    first_day: str
    last_day: str
    strata: Strata
    n_without_draw: int = 0


@dataclass(frozen=True, slots=True)
class BudgetReadout:
    """One budget, read.

    Args:
        objective: Which.
        key: Of which agent, release, intent and level.
        state: Where it stands.
        window: The days and counts that it is read over; tests use the whole release.
        estimate: Share of bad ones in the window, weighted by stratum where experts saw a drawn part; None while a
            stratum has no label.
        interval: Bounds of the same, valid at every look; by stratum, the strata's alphas add up.
        budget_remaining: Part of the budget that is left, negative if overspent; None below `n_min` outcomes, for a
            floor and for what has no budget.
        e_promote: Evidence that the rate is below the budget, over the whole release; None where experts saw a drawn
            part, then the interval decides.
        e_rollback: Evidence that it is above.
        phi: Design effect by day that both are discounted by; inf before the second day.
        change_statistic: Of the change detector; None where there is none.
        change_threshold: What it must reach.
        half_burned: Whether the rollback evidence has reached 5.
        why: In words, with figures.
    """

    objective: Objective
    key: Key
    state: BudgetState
    window: Window
    estimate: float | None
    interval: Bounds
    budget_remaining: float | None
    e_promote: float | None
    e_rollback: float
    phi: float
    change_statistic: float | None
    change_threshold: float | None
    half_burned: bool
    why: str

    @property
    def counts(self) -> Counts:
        """Of the window, all strata together."""
        return total(self.window.strata)


def read_budget(objective: Objective, key: Key, counts: BudgetCounts, *, today: date) -> BudgetReadout:
    """Read one budget.

    `burned` is what was crossed while observations came, and stays until the next release. `earned` holds while the
    evidence for a rate below the budget reaches 1 / alpha: by the e-process over all matured outcomes, or, where
    experts saw a drawn part, by the upper bound of the interval. The readout of the budget that is left is no test:
    it is shown from ten budgeted errors on, and even then an agent at 80 % of its budget is now and then shown as
    exhausted (tests/statistical/test_error_budgets.py).
    """
    window = _window(objective, counts, today)
    effect = counts.effect()
    whole = _drawn(counts.whole)
    release = _interval(whole, objective.alpha, phi=effect.phi_upper)
    e_promote = None if _is_sampled(whole) else _log_e_promote(objective, total(whole), effect)
    earned = release.high < objective.eps if e_promote is None else e_promote >= log(1.0 / objective.alpha)
    state = _state(objective, counts, window, earned=earned)
    detector = counts.detector
    estimate = _estimate(window.strata)
    return BudgetReadout(
        objective=objective,
        key=key,
        state=state,
        window=window,
        estimate=estimate,
        interval=_interval(window.strata, objective.alpha),
        budget_remaining=_remaining(objective, window, estimate),
        e_promote=None if e_promote is None else e_value(e_promote),
        e_rollback=e_value(counts.log_e_rollback(objective.eps)),
        phi=effect.phi_upper,
        change_statistic=None if detector is None else detector.statistic,
        change_threshold=None if detector is None else counts.threshold(objective.days_between_false_alarms),
        half_burned=bool(counts.half_burned_at),
        why=_why(objective, key, counts, window, state),
    )


# ── the window ────────────────────────────────────────────────────────────────────────────────────
def _window(objective: Objective, counts: BudgetCounts, today: date) -> Window:
    """At least the objective's days, then as many more as `n_min` outcomes need, at most 90."""
    strata: Mapping[str, Counts] = {}
    first = today
    for back in range(LONGEST_WINDOW_DAYS):
        day = today - timedelta(days=back)
        if back >= objective.window_days and total(strata).n_matured >= objective.n_min:
            break
        first = day
        strata = merged(strata, counts.days.get(day.isoformat(), {}))
    drawn = _drawn(strata)
    n_without_draw = total(strata).n_matured - total(drawn).n_matured
    return Window((today - first).days + 1, first.isoformat(), today.isoformat(), drawn, n_without_draw)


def _drawn(strata: Strata) -> Strata:
    """Without strata of which no draw is recorded: nobody knows which part of the conversations their labels are."""
    return {name: counts for name, counts in strata.items() if counts.n_begun or not name}


# ── the state ─────────────────────────────────────────────────────────────────────────────────────
def _state(objective: Objective, counts: BudgetCounts, window: Window, *, earned: bool) -> BudgetState:
    n = total(window.strata).n_matured
    if objective.indicator.use in (Use.COMPARED, Use.BURN_RATE):
        return BudgetState.SHOWN if n >= objective.n_min else BudgetState.INSUFFICIENT
    against = objective.indicator.use is Use.FLOOR and counts.log_e_rollback(objective.eps) >= log(1 / objective.alpha)
    if counts.burned_at or against:
        return BudgetState.BURNED
    if earned:
        return BudgetState.EARNED
    return BudgetState.WITHIN if n >= objective.n_min else BudgetState.INSUFFICIENT


def _log_e_promote(objective: Objective, seen: Counts, effect: DesignEffect) -> float:
    return discounted_log_e(seen.n_matured, seen.n_errors_matured, eps=objective.eps, side="promote", effect=effect)


# ── the rate ──────────────────────────────────────────────────────────────────────────────────────
def _is_sampled(strata: Strata) -> bool:
    return any(name for name in strata)


def _estimate(strata: Strata) -> float | None:
    """Rates of the strata, weighted with their shares of conversations; None while one of them has no label."""
    n = sum(counts.n_begun for counts in strata.values())
    if not n or any(counts.n_begun and not counts.n_matured for counts in strata.values()):
        return None
    return sum(
        counts.n_begun / n * counts.n_errors_matured / counts.n_matured for counts in strata.values() if counts.n_begun
    )


def _interval(strata: Strata, alpha: float, *, phi: float = 1.0) -> Bounds:
    """Confidence sequences of the strata at equal parts of alpha, weighted with their shares.

    Discounted counts are rounded against the claim that is made with them: fewer outcomes, more errors.
    """
    n = sum(counts.n_begun for counts in strata.values())
    if not n or phi == inf:
        return Bounds(0.0, 1.0)
    low = high = 0.0
    for counts in strata.values():
        matured = int(counts.n_matured / phi)
        errors = min(matured, -int(-counts.n_errors_matured // phi))
        bounds = confidence_sequence_of_counts(matured, errors, alpha=alpha / len(strata))
        low += counts.n_begun / n * bounds.low
        high += counts.n_begun / n * bounds.high
    return Bounds(low, min(1.0, high))


def _remaining(objective: Objective, window: Window, estimate: float | None) -> float | None:
    has_budget = objective.indicator.use in (Use.BUDGET, Use.BURN_RATE)
    if not has_budget or estimate is None or total(window.strata).n_matured < objective.n_min:
        return None
    return 1.0 - estimate / objective.eps


# ── in words ──────────────────────────────────────────────────────────────────────────────────────
def _why(objective: Objective, key: Key, counts: BudgetCounts, window: Window, state: BudgetState) -> str:
    seen = total(window.strata)
    what = (
        f"{seen.n_errors_matured} bad in {seen.n_matured} {objective.indicator.per}s that matured in "
        f"{window.n_days} days under release {key.release[:12]}"
    )
    waiting = seen.n_errors - seen.n_errors_matured
    late = f"; {waiting} more bad so far, not matured" if waiting > 0 else ""
    if window.n_without_draw:
        late += f"; {window.n_without_draw} labels without a recorded draw do not count"
    match state:
        case BudgetState.INSUFFICIENT:
            follows = f"not enough evidence: a budget of {objective.eps:g} is read from {objective.n_min} on"
        case BudgetState.WITHIN:
            follows = f"neither earned nor burned (budget {objective.eps:g})"
        case BudgetState.EARNED:
            follows = f"evidence for at most {objective.eps:g} over the whole release"
        case BudgetState.BURNED:
            by = "a change for the worse was detected" if counts.burned_by == "change" else "evidence for more than"
            follows = by if counts.burned_by == "change" else f"{by} {objective.eps:g} over the whole release"
        case BudgetState.SHOWN:
            follows = "shown, no verdict of its own"
    return f"{what}{late}: {follows}"
