"""Exact bounds for one look at independent trials with two outcomes."""

from typing import TYPE_CHECKING

from remit.errors import StatisticsError
from remit.statistics.intervals import Bounds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def clopper_pearson(n_errors: int, n_trials: int, *, delta: float) -> Bounds:
    """Exact two-sided interval for an error probability.

    Valid for ONE look at trials that are independent with the same error probability; looking again
    after every trial needs `confidence_sequence` instead. Held by tests/statistical/test_clopper_pearson.py.

    Args:
        n_errors: Errors seen, 0 <= n_errors <= n_trials.
        n_trials: Independent trials; 0 gives the whole interval [0, 1].
        delta: Allowed miscoverage in (0, 1), half of it on each side; 0.05 gives a 95 % interval.
            The low or the high bound alone misses with probability at most delta / 2.

    Returns:
        Bounds in [0, 1], conservative: coverage is at least 1 - delta for every n.

    Raises:
        StatisticsError: A count is negative, n_errors > n_trials, or delta is outside (0, 1).

    Source:
        Clopper & Pearson (1934), Biometrika 26(4):404-413.
    """
    if not 0 <= n_errors <= n_trials:
        raise StatisticsError(f"{n_errors} errors in {n_trials} trials is not possible: need 0 <= errors <= trials.")
    if not 0.0 < delta < 1.0:
        raise StatisticsError(f"delta is {delta!r}; an interval needs a miscoverage strictly between 0 and 1.")
    # SciPy takes a tenth of a second to import, and the live path never needs a beta quantile.
    from scipy.special import betaincinv

    low = 0.0 if n_errors == 0 else float(betaincinv(n_errors, n_trials - n_errors + 1, delta / 2))
    high = 1.0 if n_errors == n_trials else float(betaincinv(n_errors + 1, n_trials - n_errors, 1 - delta / 2))
    return Bounds(low=low, high=high)


def trials_without_error(at_most: float, *, delta: float) -> int:
    """The smallest number of trials, none with an error, after which the rate is at most `at_most`.

    One-sided at confidence 1 - delta: 59 trials for 5 %, 299 for 1 %, 2,995 for 0.1 % at delta 0.05.

    Raises:
        StatisticsError: A number is outside (0, 1).
    """
    if not (0.0 < at_most < 1.0 and 0.0 < delta < 1.0):
        raise StatisticsError(f"at_most {at_most!r} and delta {delta!r} must lie strictly between 0 and 1.")
    n = 1
    low, high = 0, 1
    while (1.0 - at_most) ** high > delta:
        low, high = high, high * 2
    while high - low > 1:
        n = (low + high) // 2
        low, high = (n, high) if (1.0 - at_most) ** n > delta else (low, n)
    return high


def binomial_weights(n: int, probability: float) -> "NDArray[np.float64]":
    """P(0), P(1), ..., P(n) errors in n independent trials; shape (n + 1,). For planning, off the live path.

    Raises:
        StatisticsError: n is negative or the probability outside [0, 1].
    """
    if n < 0 or not 0.0 <= probability <= 1.0:
        raise StatisticsError(f"{n} trials with an error probability of {probability!r} are not possible.")
    import numpy as np

    # scipy.special, not scipy.stats: the latter takes seconds to import on a busy machine.
    from scipy.special import gammaln, xlog1py, xlogy

    errors = np.arange(n + 1)
    ways = gammaln(n + 1) - gammaln(errors + 1) - gammaln(n - errors + 1)
    logs = ways + xlogy(errors, probability) + xlog1py(n - errors, -probability)
    return np.asarray(np.exp(logs), dtype=np.float64)
