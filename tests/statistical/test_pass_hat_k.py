"""pass^k is estimated without bias, whatever the number of trials."""

import pytest
from scipy.stats import binom

from remit.statistics import pass_hat_k

pytestmark = pytest.mark.statistical


@pytest.mark.parametrize("n", [4, 5, 9])
@pytest.mark.parametrize("p", [0.0, 0.3, 0.9, 1.0])
@pytest.mark.parametrize("k", [1, 2, 4])
def test_the_expected_estimate_is_the_probability_that_k_trials_pass(n: int, p: float, k: int) -> None:
    """Exact: the expectation over all numbers of passed trials."""
    expected = sum(float(binom.pmf(passed, n, p)) * pass_hat_k(passed, n, k=k) for passed in range(n + 1))

    assert expected == pytest.approx(p**k, abs=1e-12)


def test_the_plug_in_estimate_would_be_too_high() -> None:
    plugged_in = sum(float(binom.pmf(passed, 4, 0.8)) * (passed / 4) ** 4 for passed in range(5))

    assert plugged_in > 0.8**4 + 0.05
