"""What containment costs in errors: the curve, and what other error targets would leave."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from remit.statistics import Bounds, clopper_pearson
from remit.statistics.thresholds import Definition, SelectedThreshold, select_threshold

N_POINTS = 60


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """If everything from `threshold` on were contained.

    `interval` is exact for this point alone (95 %, Clopper-Pearson); choosing a point by it promises nothing.
    """

    threshold: float
    n_contained: int
    n_errors: int
    interval: Bounds


@dataclass(frozen=True, slots=True)
class OtherTarget:
    """What another error target would leave; `selected` is None where none can be shown."""

    error_at_most: float
    selected: SelectedThreshold | None


def risk_coverage(scores: NDArray[np.float64], wrong: NDArray[np.bool_]) -> tuple[CurvePoint, ...]:
    """About sixty points of the curve, from the surest down; the last contains everything.

    Args:
        scores: shape (n,); equal scores are one point.
        wrong: shape (n,).
    """
    order = np.argsort(-scores, kind="stable")
    ranked, errors = scores[order], np.cumsum(wrong[order])
    borders = np.flatnonzero(np.append(ranked[1:] < ranked[:-1], [True])) + 1 if len(ranked) else np.zeros(0, int)
    chosen = borders[np.unique(np.linspace(0, len(borders) - 1, min(N_POINTS, len(borders))).astype(int))]
    return tuple(
        CurvePoint(
            float(ranked[n - 1]), int(n), int(errors[n - 1]), clopper_pearson(int(errors[n - 1]), int(n), delta=0.05)
        )
        for n in chosen
    )


def other_targets(
    scores: NDArray[np.float64],
    wrong: NDArray[np.bool_],
    *,
    targets: Sequence[float],
    delta: float,
    definition: Definition,
) -> tuple[OtherTarget, ...]:
    """What each target would leave by itself. Taking the best of several after looking is no certificate."""
    found = []
    for target in targets:
        result = select_threshold(scores, wrong, error_at_most=target, delta=delta, definition=definition)
        found.append(OtherTarget(target, result if isinstance(result, SelectedThreshold) else None))
    return tuple(found)


def naive_threshold(scores: NDArray[np.float64], wrong: NDArray[np.bool_], *, error_at_most: float) -> float | None:
    """What everybody does: the lowest threshold whose error rate *on these labels* is within the target.

    It is here to be compared with; it misses the target about every second time. None if no threshold is within.
    """
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    rates = np.cumsum(wrong[order]) / np.arange(1, len(ranked) + 1)
    ends_run = np.append(ranked[1:] < ranked[:-1], [True])
    within = np.flatnonzero((rates <= error_at_most) & ends_run)
    return float(ranked[within[-1]]) if len(within) else None


def labels_for_threshold(curve: Sequence[CurvePoint], *, error_at_most: float, delta: float) -> int | None:
    """About how many labels would show the target for the surest quarter, if its error rate stays what it is here.

    Returns:
        Labels in all, those that are there included; None if the surest quarter errs more than the target, so that
        more labels alone will not do.
    """
    from scipy.special import bdtr

    if not curve:
        return None
    n = curve[-1].n_contained
    first = next((point for point in curve if point.n_contained >= n // 4), curve[-1])
    for factor in (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 64.0):
        if bdtr(float(round(first.n_errors * factor)), round(first.n_contained * factor), error_at_most) <= delta:
            return round(n * factor)
    return None
