"""An interval for a mean in [0, 1] that stays valid however often it is looked at."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from math import inf, log, log1p, sqrt

from remit.errors import StatisticsError
from remit.statistics.e_process import HIGHEST_THETA, PROMOTE_RATIOS, ROLLBACK_RATIOS, Side, grid, mixture
from remit.statistics.intervals import Bounds

_CAPS = tuple(sorted(0.95 / ratio for ratio in ROLLBACK_RATIOS))
_EDGE = 1e-9
_PRECISION = 1e-7
_ZERO_ONE = frozenset({0.0, 1.0})
_RATIOS = {"promote": PROMOTE_RATIOS, "rollback": ROLLBACK_RATIOS}
_LOG_RATIOS = {side: tuple(log(one) if one else -inf for one in ratios) for side, ratios in _RATIOS.items()}


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
    threshold = log(2.0 / alpha)
    n = sum(counts.values())
    mean = sum([loss * times for loss, times in counts.items()]) / n
    # About as wide as the interval; where it is not, the search widens.
    width = sqrt(2.0 * threshold * mean * (1.0 - mean) / n) + threshold / n
    return Bounds(low=_lower_bound(counts, mean, width, threshold), high=_upper_bound(counts, mean, width, threshold))


def _lower_bound(counts: Mapping[float, int], mean: float, width: float, threshold: float) -> float:
    """Below the mean of the losses, against which no bet has gained anything."""
    mirrored = {1.0 - loss: n for loss, n in counts.items()}

    def short_of_excluded(tried: float) -> float:
        return threshold - mixture((_log_e(counts, tried, "rollback"), _log_e(mirrored, 1.0 - tried, "promote")))

    # Between two caps of the rollback grid the evidence only falls with the mean; at a cap it may jump
    # up, because a stake leaves. The first piece that keeps any mean holds the bound.
    start, end = _EDGE, min(mean, 1.0 - _EDGE)
    if end <= start:
        return 0.0
    for cap in _CAPS:
        if cap - _EDGE >= mean:
            break
        if short_of_excluded(cap - _EDGE) > 0.0:
            end = cap - _EDGE
            break
        start = cap
    low = max(start, end - width)
    while low > start and short_of_excluded(low) >= 0.0:
        width *= 2.0
        low = max(start, end - width)
    last_excluded = _last_below(short_of_excluded, low, end)
    return 0.0 if last_excluded <= _EDGE else last_excluded


def _upper_bound(counts: Mapping[float, int], mean: float, width: float, threshold: float) -> float:
    """Above the mean of the losses."""

    def beyond_kept(tried: float) -> float:
        return _log_e(counts, tried, "promote") - threshold

    top = 1.0 - _EDGE
    if mean >= top:
        return 1.0
    high = min(top, mean + width)
    while high < top and beyond_kept(high) < 0.0:
        width *= 2.0
        high = min(top, mean + width)
    if beyond_kept(high) < 0.0:
        return 1.0
    return min(1.0, _last_below(beyond_kept, max(_EDGE, mean), high) + _PRECISION)


def _last_below(rising: Callable[[float], float], low: float, high: float) -> float:
    """Where a function that crosses zero once, and has at `high`, is still below it, to within the precision.

    In turn it halves the interval and cuts it near where a straight line between its ends would cross.
    """
    below, above = rising(low), rising(high)
    if below >= 0.0:
        return low
    halve = True
    while high - low > _PRECISION:
        cut = middle = (low + high) / 2.0
        if not halve:
            cut = low - below * (high - low) / (above - below)
            # A little towards the farther end: where the line is right, nearly everything else is cut away.
            nudge = min(max(0.45 * _PRECISION, 0.5 * (high - low) ** 2), (high - low) / 4.0)
            cut += nudge if cut < middle else -nudge
        value = rising(cut)
        if value < 0.0:
            low, below = cut, value
        else:
            high, above = cut, value
        halve = not halve
    return low


def _log_e(counts: Mapping[float, int], eps: float, side: Side) -> float:
    if counts.keys() <= _ZERO_ONE:
        return _log_e_zero_one(counts.get(0.0, 0), counts.get(1.0, 0), eps, side)
    bets = grid(eps, side)
    held = [0.0] * len(bets.stakes)
    for loss, n in counts.items():
        for index, gain in enumerate(bets.log_factors(loss)):
            held[index] += n * gain
    return mixture(held)


def _log_e_zero_one(n_clean: int, n_errors: int, eps: float, side: Side) -> float:
    """As `log_e_value`; no grid is made and kept for a mean that is met once."""
    clean = log1p(-eps)
    return mixture(
        [
            (n_errors * error if n_errors else 0.0) + n_clean * (log1p(-ratio * eps) - clean)
            for ratio, error in zip(_RATIOS[side], _LOG_RATIOS[side], strict=True)
            if side == "promote" or ratio * eps < HIGHEST_THETA
        ]
    )
