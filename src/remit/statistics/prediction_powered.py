"""A common rate from few labels and many verdicts of a judge: for dashboards, never for gates."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, sqrt
from statistics import NormalDist

from remit.errors import StatisticsError
from remit.statistics.intervals import Bounds

LEAST_OF_EACH = 30
"""So many labels of either kind are the least: with rare outcomes the normal interval is far too short."""


@dataclass(frozen=True, slots=True)
class PredictionPowered:
    """A rate with its interval.

    Args:
        estimate: Of the mean, in [0, 1].
        bounds: Normal interval, cut to [0, 1].
        weight: How much of the judge was used, 0 for none; it adapts, so that a useless judge does little harm.
        n_labels: Labelled.
        n_verdicts: Not labelled, with a verdict of the judge.
    """

    estimate: float
    bounds: Bounds
    weight: float
    n_labels: int
    n_verdicts: int


def prediction_powered_mean(
    labels: Sequence[float], verdicts: Sequence[float], others: Sequence[float], *, alpha: float
) -> PredictionPowered | None:
    """The mean of what experts would say of all, from what they said of some and a judge of everything (PPI++).

    Assumption: the labelled ones were drawn at random from all, with equal chance, and one looks once; the interval is
    asymptotic. Coverage for common rates is held by tests/statistical/test_prediction_powered.py. For rare errors it
    certifies two to three times as often as it may, so that gates do not use it.

    Args:
        labels: In [0, 1], by experts.
        verdicts: The judge's, in [0, 1], of the same ones in the same order.
        others: The judge's verdicts of the rest.
        alpha: Allowed miscoverage in (0, 1).

    Returns:
        None where the labels hold fewer than 30 of either kind (summed, if graded): the rate is not common.

    Raises:
        StatisticsError: The lengths differ, a value is outside [0, 1], or alpha is outside (0, 1).

    Source:
        Angelopoulos, Duchi & Zrnic (2023), arXiv 2311.01453, with the weight of least variance.
    """
    _expect(labels, verdicts, others, alpha)
    n, n_others = len(labels), len(others)
    total = fsum(labels)
    if min(total, n - total) < LEAST_OF_EACH:
        return None
    mean, mean_verdict = total / n, fsum(verdicts) / n
    products = ((one - mean) * (verdict - mean_verdict) for one, verdict in zip(labels, verdicts, strict=True))
    covariance = fsum(products) / (n - 1)
    spread = _variance([*verdicts, *others])
    weight = 0.0
    if n_others and spread > 0.0:
        weight = min(1.0, max(0.0, covariance / ((1.0 + n / n_others) * spread)))
    rest = fsum(others) / n_others if n_others else mean_verdict
    estimate = mean + weight * (rest - mean_verdict)
    errors = _variance([one - weight * verdict for one, verdict in zip(labels, verdicts, strict=True)])
    variance = errors / n + (weight**2 * spread / n_others if n_others else 0.0)
    half = NormalDist().inv_cdf(1.0 - alpha / 2.0) * sqrt(variance)
    bounds = Bounds(max(0.0, estimate - half), min(1.0, estimate + half))
    return PredictionPowered(min(1.0, max(0.0, estimate)), bounds, weight, n, n_others)


def _variance(values: Sequence[float]) -> float:
    mean = fsum(values) / len(values)
    return fsum((one - mean) ** 2 for one in values) / max(1, len(values) - 1)


def _expect(labels: Sequence[float], verdicts: Sequence[float], others: Sequence[float], alpha: float) -> None:
    if not 0.0 < alpha < 1.0:
        raise StatisticsError(f"alpha is {alpha!r}; it must lie strictly between 0 and 1.")
    if len(labels) != len(verdicts):
        raise StatisticsError(f"{len(labels)} labels and {len(verdicts)} verdicts: each label needs its verdict.")
    if any(not 0.0 <= one <= 1.0 for values in (labels, verdicts, others) for one in values):
        raise StatisticsError("a label or a verdict is outside [0, 1].")
