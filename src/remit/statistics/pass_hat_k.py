"""pass^k: the probability that all of k trials of one scenario pass."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import comb

from remit.errors import StatisticsError


@dataclass(frozen=True, slots=True)
class ScenarioCounts:
    """Counted trials of one scenario."""

    n_passed: int
    n_trials: int


@dataclass(frozen=True, slots=True)
class PassHatK:
    """pass^k over scenarios; each scenario weighs the same, however many trials it had.

    Args:
        estimate: Mean of the scenarios' values; None if no scenario has k trials.
        n_scenarios: Scenarios with at least k trials: only these count.
        n_trials: Their trials.
        n_incomplete: Scenarios with fewer than k trials.
        n_missing_trials: Trials that would complete those.
    """

    k: int
    estimate: float | None
    n_scenarios: int
    n_trials: int
    n_incomplete: int
    n_missing_trials: int


def pass_hat_k(n_passed: int, n_trials: int, *, k: int) -> float:
    """Unbiased estimate of the probability that k fresh trials of this scenario all pass.

    It is C(n_passed, k) / C(n_trials, k): the share of the k-subsets of the trials seen in which all
    passed. Unbiased for exchangeable trials (tests/statistical/test_pass_hat_k.py); n_passed / n_trials
    raised to the power k is not, it is too high for k > 1.

    Args:
        n_passed: Trials that passed, 0 <= n_passed <= n_trials.
        n_trials: Counted trials, at least k.
        k: At least 1.

    Raises:
        StatisticsError: The counts are impossible, k < 1, or fewer than k trials were seen.
    """
    if k < 1:
        raise StatisticsError(f"pass^k needs k of at least 1, not {k}.")
    if not 0 <= n_passed <= n_trials:
        raise StatisticsError(f"{n_passed} passed of {n_trials} trials is not possible.")
    if n_trials < k:
        raise StatisticsError(f"pass^{k} needs at least {k} trials of a scenario; there are {n_trials}.")
    return comb(n_passed, k) / comb(n_trials, k)


def mean_pass_hat_k(scenarios: Iterable[ScenarioCounts], *, k: int) -> PassHatK:
    """pass^k clustered by scenario: the mean of the scenarios' unbiased values.

    Trials of one scenario resemble each other, so the scenario is the unit: intervals and tests take
    these values, never single trials. Uneven trial counts are allowed; scenarios with fewer than k
    trials do not count and are reported as incomplete.
    """
    counts = list(scenarios)
    complete = [one for one in counts if one.n_trials >= k]
    incomplete = [one for one in counts if one.n_trials < k]
    values = [pass_hat_k(one.n_passed, one.n_trials, k=k) for one in complete]
    return PassHatK(
        k=k,
        estimate=sum(values) / len(values) if values else None,
        n_scenarios=len(complete),
        n_trials=sum(one.n_trials for one in complete),
        n_incomplete=len(incomplete),
        n_missing_trials=sum(k - one.n_trials for one in incomplete),
    )
