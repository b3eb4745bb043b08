"""Exact operating characteristics of a sequential rule on 0/1 losses, by dynamic programming over (n, errors)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from remit.statistics import log_e_value
from remit.statistics.e_process import Side


@dataclass(frozen=True)
class Boundaries:
    """After n losses: decide "promote" with at most promote[n] errors, "rollback" with at least rollback[n].

    promote: shape (n_max + 1,), int, -1 where no number of errors promotes.
    rollback: shape (n_max + 1,), int, n_max + 1 where none rolls back.
    """

    promote: NDArray[np.int64]
    rollback: NDArray[np.int64]


@dataclass(frozen=True)
class Outcome:
    """Probability that the rule has promoted (rolled back) by n, for each n up to the horizon."""

    promoted_by: NDArray[np.float64]
    rolled_back_by: NDArray[np.float64]

    def median(self, curve: NDArray[np.float64]) -> int | None:
        """First n by which half of all streams have crossed; None if they never do."""
        return int(np.argmax(curve >= 0.5)) if curve[-1] >= 0.5 else None


def first_n_that_promotes(eps: float, n_errors: int, *, threshold: float, limit: int = 100_000) -> int | None:
    """Smallest n at which this many errors support a budget of eps."""
    return _first(lambda n: log_e_value(n, n_errors, eps=eps, side="promote") >= threshold, n_errors, limit)


def last_n_that_rolls_back(eps: float, n_errors: int, *, threshold: float) -> int | None:
    """Largest n at which this many errors burn a budget of eps; the evidence only falls with n."""
    after = _first(lambda n: log_e_value(n, n_errors, eps=eps, side="rollback") < threshold, n_errors, 100_000)
    return None if after is None or after <= n_errors else after - 1


def boundaries(eps: float, n_max: int, *, threshold: float) -> Boundaries:
    """The e-process rule as two staircases."""
    promote = np.full(n_max + 1, -1, dtype=np.int64)
    rollback = np.full(n_max + 1, n_max + 1, dtype=np.int64)
    errors, side_promote = 0, _first_n(eps, 0, "promote", threshold, n_max)
    while side_promote is not None:
        promote[side_promote:] = errors
        errors += 1
        side_promote = _first_n(eps, errors, "promote", threshold, n_max, start=side_promote)
    needed = 1
    for n in range(1, n_max + 1):
        # The least number of errors that burns never falls when n grows.
        while needed <= n and log_e_value(n, needed, eps=eps, side="rollback") < threshold:
            needed += 1
        if needed <= n:
            rollback[n] = needed
        else:
            needed = min(needed, n + 1)
    return Boundaries(promote=promote, rollback=rollback)


def run(rule: Boundaries, p: float, horizons: Sequence[int] = ()) -> Outcome:
    """Follow the distribution of the number of errors of streams that are still undecided."""
    n_max = len(rule.promote) - 1
    alive = np.zeros(n_max + 2)
    alive[0] = 1.0
    low, high = 0, 0
    promoted, rolled_back = np.zeros(n_max + 1), np.zeros(n_max + 1)
    for n in range(1, n_max + 1):
        window = alive[low : high + 2]
        moved = window * (1.0 - p)
        moved[1:] += window[:-1] * p
        alive[low : high + 2] = moved
        high += 1
        ends_low, ends_high = int(rule.promote[n]), int(rule.rollback[n])
        if ends_low >= low:
            promoted[n] = alive[low : ends_low + 1].sum()
            alive[low : ends_low + 1] = 0.0
            low = ends_low + 1
        if ends_high <= high:
            rolled_back[n] = alive[ends_high : high + 1].sum()
            alive[ends_high : high + 1] = 0.0
            high = ends_high - 1
    return Outcome(promoted_by=np.cumsum(promoted), rolled_back_by=np.cumsum(rolled_back))


def _first_n(eps: float, n_errors: int, side: Side, threshold: float, n_max: int, *, start: int = 0) -> int | None:
    def crossed(n: int) -> bool:
        return log_e_value(n, n_errors, eps=eps, side=side) >= threshold

    return _first(crossed, max(start, n_errors), n_max)


def _first(holds: Callable[[int], bool], low: int, high: int) -> int | None:
    """Smallest n in [low, high] from which a monotone predicate holds; None if it does not at `high`."""
    if not holds(high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low
