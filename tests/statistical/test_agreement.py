"""Cohen's kappa equals the reference, and its interval covers as it says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from remit.statistics import cohen_kappa
from statistical.simulation import seeded

pytestmark = pytest.mark.statistical


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=80))
def test_kappa_is_that_of_the_reference(rated: list[tuple[int, int]]) -> None:
    table = [[rated.count((i, j)) for j in range(3)] for i in range(3)]
    kappa = cohen_kappa(table)

    if kappa.estimate is None:
        assert len(set(rated)) == 1
    else:
        first, second = zip(*rated, strict=True)
        assert kappa.estimate == pytest.approx(float(cohen_kappa_score(first, second)), abs=1e-9)
        assert -1.0 <= kappa.low <= kappa.estimate <= kappa.high <= 1.0


def kappa_of(shares: np.ndarray) -> float:
    by_chance = float(shares.sum(axis=1) @ shares.sum(axis=0))
    return (float(np.trace(shares)) - by_chance) / (1 - by_chance)


@given(st.lists(st.integers(1, 60), min_size=9, max_size=9))
def test_the_interval_is_that_of_the_delta_method(cells: list[int]) -> None:
    """The gradient of kappa taken by differences, and the covariance of a multinomial sample."""
    table = np.array(cells).reshape(3, 3)
    n, step = int(table.sum()), 1e-6
    shares = table / n
    nudges = np.eye(9).reshape(9, 3, 3) * step
    gradient = np.array([(kappa_of(shares + nudge) - kappa_of(shares - nudge)) / (2 * step) for nudge in nudges])
    flat = shares.ravel()
    error = ((gradient**2 @ flat - (gradient @ flat) ** 2) / n) ** 0.5
    kappa = cohen_kappa(table.tolist())

    assert kappa.estimate is not None
    assert kappa.low == pytest.approx(max(-1.0, kappa.estimate - 1.959964 * error), abs=1e-5)
    assert kappa.high == pytest.approx(min(1.0, kappa.estimate + 1.959964 * error), abs=1e-5)


def test_the_interval_covers_in_nineteen_of_twenty_samples() -> None:
    """2,000 samples of 200 items; true kappa 0.6; large-sample interval, so within 1.5 points of 95 %."""
    rng = seeded(20261161)
    shares = np.array([[0.22, 0.05], [0.09, 0.64]])
    true, covered = kappa_of(shares), 0
    for sample in rng.multinomial(200, shares.ravel(), size=2000):
        kappa = cohen_kappa(sample.reshape(2, 2).tolist())
        covered += kappa.low <= true <= kappa.high

    assert covered / 2000 == pytest.approx(0.95, abs=0.015)
