"""An interval for a mean in [0, 1] that stays valid however often it is looked at."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from math import log

from remit.errors import StatisticsError
from remit.statistics.e_process import ROLLBACK_RATIOS, Side, grid, mixture
from remit.statistics.intervals import Bounds

_CAPS = tuple(sorted(0.95 / ratio for ratio in ROLLBACK_RATIOS))
_EDGE = 1e-9
_PRECISION = 1e-7


def confidence_sequence(losses: Iterable[float], *, alpha: float) -> Bounds:
    """Interval for the mean of losses in [0, 1], by inverting the grid-mixture e-process.

    A mean m stays in the interval as long as the bets against "mean >= m" and against "mean <= m" hold
    less than 2/alpha. Assumption: each loss has the same conditional mean given the past (scenarios
    drawn at random from those that matter); stopping may depend on everything seen. Held by
    tests/statistical/test_confidence_sequence.py.

    Against "mean <= m" half of the stake is on the rollback grid (sharp for rare losses) and half on the
    promote grid of the passes (sharp for common ones, where the rollback grid runs out of stakes).

    Args:
        losses: In any order; none gives [0, 1].
        alpha: Probability in (0, 1) that the interval ever misses the mean.

    Raises:
        StatisticsError: A loss is outside [0, 1], or alpha outside (0, 1).
    """
    if not 0.0 < alpha < 1.0:
        raise StatisticsError(f"alpha is {alpha!r}; it must lie strictly between 0 and 1.")
    counts = Counter(losses)
    if any(not 0.0 <= loss <= 1.0 for loss in counts):
        raise StatisticsError("a loss is outside [0, 1].")
    if not counts:
        return Bounds(0.0, 1.0)
    return _bounds(counts, alpha)


def confidence_sequence_of_counts(n: int, n_errors: int, *, alpha: float) -> Bounds:
    """The same interval for losses of 0 or 1 from their two counts: the cost does not grow with n.

    Args:
        n: Losses seen; none gives [0, 1].
        n_errors: How many of them were 1, 0 <= n_errors <= n.
        alpha: Probability in (0, 1) that the interval ever misses the rate.

    Raises:
        StatisticsError: The counts are impossible, or alpha is outside (0, 1).
    """
    if not 0.0 < alpha < 1.0:
        raise StatisticsError(f"alpha is {alpha!r}; it must lie strictly between 0 and 1.")
    if not 0 <= n_errors <= n:
        raise StatisticsError(f"{n_errors} errors among {n} is not possible.")
    counts = {loss: times for loss, times in ((0.0, n - n_errors), (1.0, n_errors)) if times}
    return _bounds(counts, alpha) if counts else Bounds(0.0, 1.0)


def _bounds(counts: Mapping[float, int], alpha: float) -> Bounds:
    mirrored = {1.0 - loss: n for loss, n in counts.items()}
    threshold = log(2.0 / alpha)
    return Bounds(low=_lower_bound(counts, mirrored, threshold), high=min(1.0, _upper_bound(counts, threshold)))


def _lower_bound(counts: Mapping[float, int], mirrored: Mapping[float, int], threshold: float) -> float:
    def kept(mean: float) -> bool:
        both = (_log_e(counts, mean, "rollback"), _log_e(mirrored, 1.0 - mean, "promote"))
        return mixture(both) < threshold

    # Between two caps of the rollback grid the evidence only falls with the mean; at a cap it may jump
    # up, because a stake leaves. The first piece that keeps any mean holds the bound.
    start = _EDGE
    for end in (*_CAPS, 1.0):
        last = end - _EDGE
        if kept(last):
            first_kept = _last_false(kept, start, last)
            return 0.0 if first_kept <= _EDGE else first_kept
        start = end
    return 1.0


def _upper_bound(counts: Mapping[float, int], threshold: float) -> float:
    def excluded(mean: float) -> bool:
        return _log_e(counts, mean, "promote") >= threshold

    top = 1.0 - _EDGE
    return _last_false(excluded, _EDGE, top) + _PRECISION if excluded(top) else 1.0


def _last_false(holds: Callable[[float], bool], low: float, high: float) -> float:
    """Where a predicate that turns true once, and is true at `high`, is still false, to within the precision."""
    if holds(low):
        return low
    while high - low > _PRECISION:
        middle = (low + high) / 2.0
        low, high = (low, middle) if holds(middle) else (middle, high)
    return low


def _log_e(counts: Mapping[float, int], eps: float, side: Side) -> float:
    bets = grid(eps, side)
    held = [0.0] * len(bets.stakes)
    for loss, n in counts.items():
        for index, gain in enumerate(bets.log_factors(loss)):
            held[index] += n * gain
    return mixture(held)
