"""Bounds of a high percentile from the latencies of one load run, without assuming how latencies are distributed."""

from collections.abc import Sequence
from math import inf

from remit.statistics.binomial import binomial_weights


def percentile_bounds(
    latencies_ms: Sequence[float], *, share: float = 0.99, confidence: float = 0.95
) -> tuple[float, float]:
    """One-sided lower and upper bounds of the time within which `share` of all turns are answered.

    Each bound alone holds with the confidence, if turns are independent. They are order statistics: the number of
    turns below the true percentile is binomial. The upper one is infinite as long as there are too few turns: for
    the 99th percentile at 95 % it takes 299.

    Args:
        latencies_ms: Of every turn of the run, failed ones included, in any order.
        share: Which percentile, in (0, 1).
        confidence: Of each bound, in (0, 1).
    """
    ordered = sorted(latencies_ms)
    n = len(ordered)
    low, high, below = 0.0, inf, 0.0
    weights = binomial_weights(n, share)
    for rank in range(n):
        # P(fewer than rank + 1 turns lie below the percentile) = P(the turn at this rank is at or above it).
        below += float(weights[rank])
        if below <= 1.0 - confidence:
            low = ordered[rank]
        if below >= confidence:
            high = ordered[rank]
            break
    return low, high
