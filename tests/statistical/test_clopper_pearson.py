"""The exact interval covers, for every true rate, and agrees with SciPy's."""

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from remit.statistics import clopper_pearson

pytestmark = pytest.mark.statistical


@pytest.mark.parametrize("n", [1, 7, 40, 200])
@pytest.mark.parametrize("delta", [0.05, 0.2])
def test_coverage_is_at_least_nominal_for_every_rate(n: int, delta: float) -> None:
    """Exact: summed over all outcomes, not simulated."""
    bounds = [clopper_pearson(errors, n, delta=delta) for errors in range(n + 1)]
    low, high = np.array([one.low for one in bounds]), np.array([one.high for one in bounds])
    for p in np.linspace(0.001, 0.999, 199):
        covered = binom.pmf(np.arange(n + 1), n, p)[(low <= p) & (p <= high)].sum()
        assert covered >= 1 - delta - 1e-9


@pytest.mark.parametrize(("errors", "n"), [(0, 1), (2, 300), (150, 300), (300, 300), (0, 2995), (17, 20)])
def test_it_is_the_interval_that_scipy_gives(errors: int, n: int) -> None:
    expected = binomtest(errors, n).proportion_ci(confidence_level=0.95, method="exact")

    bounds = clopper_pearson(errors, n, delta=0.05)

    assert bounds.low == pytest.approx(expected.low, abs=1e-10)
    assert bounds.high == pytest.approx(expected.high, abs=1e-10)
