"""Whether stated probabilities come true: counts by bin with exact intervals, and the calibration error."""

from dataclasses import dataclass
from math import pi

import numpy as np
from numpy.typing import NDArray

from remit.statistics import Bounds, clopper_pearson

N_BINS = 10


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Proposals with about the same probability; `interval` is exact (Clopper-Pearson) at 95 %."""

    n: int
    n_right: int
    mean_probability: float
    interval: Bounds

    @property
    def share_right(self) -> float:
        """What came true."""
        return self.n_right / self.n


@dataclass(frozen=True, slots=True)
class Reliability:
    """The reliability diagram.

    Args:
        bins: At most ten, of about equal size, by rising probability.
        calibration_error: Mean distance between promised and true, weighted by size (ECE), in [0, 1].
        by_chance: What chance alone would give on average if every promise were exact: an error below says nothing.
        brier: Mean squared distance between the probability and what happened.
        n: Labels.
    """

    bins: tuple[ReliabilityBin, ...]
    calibration_error: float
    by_chance: float
    brier: float
    n: int


def reliability(probability: NDArray[np.float64], wrong: NDArray[np.bool_]) -> Reliability:
    """Compare promises with labels that the promises did not come from.

    Args:
        probability: shape (n,), n >= 1, that the proposal is right.
        wrong: shape (n,).
    """
    order = np.argsort(probability, kind="stable")
    bins = []
    for rows in np.array_split(order, N_BINS):
        if len(rows):
            n, n_right = len(rows), int((~wrong[rows]).sum())
            mean = float(probability[rows].mean())
            bins.append(ReliabilityBin(n, n_right, mean, clopper_pearson(n_right, n, delta=0.05)))
    n = len(order)
    error = sum(each.n * abs(each.share_right - each.mean_probability) for each in bins) / n
    # The mean distance of a normal variable from its mean is sqrt(2 / pi) standard deviations.
    noise = sum((2.0 / pi * each.n * each.mean_probability * (1.0 - each.mean_probability)) ** 0.5 for each in bins) / n
    brier = float(np.mean((probability - (~wrong)) ** 2))
    return Reliability(tuple(bins), error, noise, brier, n)
