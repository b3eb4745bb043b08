"""The confidence sequence covers the mean at every look, however often one looks."""

from math import log

import numpy as np
import pytest

from remit.statistics import confidence_sequence
from remit.statistics.e_process import grid, mixture
from statistical.operating_characteristics import Boundaries, run

pytestmark = pytest.mark.statistical

ALPHA, N_MAX = 0.05, 2_000


@pytest.mark.parametrize("p", [0.02, 0.1, 0.3, 0.5, 0.8, 0.95])
def test_the_chance_ever_to_exclude_the_true_rate_is_at_most_alpha(p: float) -> None:
    """Exact for 0/1 losses, 2,000 looks: the staircase of streams whose interval excludes p, by dynamic programming."""
    outcome = run(_excluding(p), p)

    # The lower figures show that the rule does exclude: an interval that never moves would cover too.
    assert 0.002 < outcome.promoted_by[-1] <= ALPHA / 2
    assert 0.002 < outcome.rolled_back_by[-1] <= ALPHA / 2


@pytest.mark.parametrize(("n", "errors"), [(50, 0), (50, 3), (50, 25), (50, 49), (12, 12), (300, 6)])
def test_the_bounds_are_where_the_bets_run_out(n: int, errors: int) -> None:
    bounds = confidence_sequence([1.0] * errors + [0.0] * (n - errors), alpha=ALPHA)

    for inside in (bounds.low + 1e-4, bounds.high - 1e-4):
        assert not _excludes(inside, n, errors)
    if bounds.low > 1e-4:
        assert _excludes(bounds.low - 1e-4, n, errors)
    if bounds.high < 1 - 1e-4:
        assert _excludes(bounds.high + 1e-4, n, errors)


def test_graded_losses_are_covered_at_every_look() -> None:
    """120 streams of 120 graded losses, looked at 6 times each; at most what binomial noise allows at 1e-6."""
    from scipy.stats import binom

    seed = 7
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    values, weights = [0.0, 0.5, 0.75, 1.0], [0.6, 0.2, 0.1, 0.1]
    mean = float(np.dot(values, weights))
    missed = 0
    for _ in range(120):
        losses = rng.choice(values, size=120, p=weights).tolist()
        looks = (confidence_sequence(losses[:n], alpha=ALPHA) for n in range(20, 121, 20))
        missed += any(not bounds.low <= mean <= bounds.high for bounds in looks)

    assert missed <= int(binom.isf(1e-6, 120, ALPHA))


def _excluding(p: float) -> Boundaries:
    """At most promote[n] errors: p is above the interval; at least rollback[n]: below it."""
    promote = np.full(N_MAX + 1, -1, dtype=np.int64)
    rollback = np.full(N_MAX + 1, N_MAX + 1, dtype=np.int64)
    most, least = -1, 1
    for n in range(1, N_MAX + 1):
        while most + 1 < n * p and _upper(p, n, most + 1):
            most += 1
        while least <= n and not _lower(p, n, least):
            least += 1
        promote[n] = most
        rollback[n] = least if least <= n else N_MAX + 1
    return Boundaries(promote=promote, rollback=rollback)


def _excludes(mean: float, n: int, errors: int) -> bool:
    return _upper(mean, n, errors) or _lower(mean, n, errors)


def _upper(mean: float, n: int, errors: int) -> bool:
    return _log_e(mean, n, errors, promote=True) >= log(2 / ALPHA)


def _lower(mean: float, n: int, errors: int) -> bool:
    both = (_log_e(mean, n, errors, promote=False), _log_e(1 - mean, n, n - errors, promote=True))
    return mixture(both) >= log(2 / ALPHA)


def _log_e(mean: float, n: int, errors: int, *, promote: bool) -> float:
    bets = grid(mean, "promote" if promote else "rollback")
    return mixture(
        (errors * error if errors else 0.0) + (n - errors) * clean
        for error, clean in zip(bets.log_error, bets.log_clean, strict=True)
    )
