"""What is read off the answers: accuracy, coverage at a risk, honesty of the probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Judged:
    """One measured message: the classifier's best intent with its probability, and whether that is right.

    `right` is False for every out-of-scope message: to contain it is an error. `weight` restores the mix of traffic.
    """

    confidence: float
    right: bool
    in_scope: bool
    out_of_scope_probability: float
    weight: float = 1.0


def accuracy(judged: Sequence[Judged]) -> tuple[int, int]:
    """Right answers and messages in scope, whatever the confidence."""
    inside = [one for one in judged if one.in_scope]
    return sum(one.right for one in inside), len(inside)


def coverage_at_risk(judged: Sequence[Judged], risk: float) -> float:
    """The largest share of the traffic that some threshold contains with at most this share of errors in it.

    The best possible threshold, chosen on the measured messages themselves: an upper bound for any certified one.
    """
    ranked = sorted(judged, key=lambda one: -one.confidence)
    weights = np.array([one.weight for one in ranked])
    errors = np.array([one.weight * (not one.right) for one in ranked])
    confidence = np.array([one.confidence for one in ranked])
    contained, wrong = np.cumsum(weights), np.cumsum(errors)
    ends = np.append(confidence[1:] < confidence[:-1], True)  # a threshold cannot cut through equal confidences
    allowed = ends & (wrong <= risk * contained + 1e-12)
    return float(contained[allowed].max() / contained[-1]) if allowed.any() else 0.0


def calibration_error(judged: Sequence[Judged], *, n_bins: int = 10) -> float:
    """Mean distance between stated confidence and share right, over bins of equal width, weighted (ECE)."""
    weights = np.array([one.weight for one in judged])
    confidence = np.array([one.confidence for one in judged])
    right = np.array([float(one.right) for one in judged])
    bins = np.minimum((confidence * n_bins).astype(int), n_bins - 1)
    distance = 0.0
    for number in range(n_bins):
        chosen = bins == number
        if chosen.any():
            distance += abs(float((weights[chosen] * (confidence[chosen] - right[chosen])).sum()))
    return distance / float(weights.sum())


def sure_and_right(judged: Sequence[Judged], *, at_least: float) -> tuple[int, int]:
    """Right among the messages whose confidence is at least this; unweighted counts."""
    sure = [one for one in judged if one.confidence >= at_least]
    return sum(one.right for one in sure), len(sure)


def scope_ranking(judged: Sequence[Judged]) -> float | None:
    """Probability that an out-of-scope message is given a higher out-of-scope probability than one in scope (AUROC)."""
    outside = np.array([one.out_of_scope_probability for one in judged if not one.in_scope])
    inside = np.sort([one.out_of_scope_probability for one in judged if one.in_scope])
    if not len(outside) or not len(inside):
        return None
    below = np.searchsorted(inside, outside, side="left") + np.searchsorted(inside, outside, side="right")
    return float(below.mean() / 2.0 / len(inside))
