"""Choose a confidence threshold with a guarantee on errors: Learn-then-Test and its joint relative."""

from dataclasses import dataclass
from math import ceil, log
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from remit.errors import StatisticsError

Definition = Literal["error_per_contained", "error_per_conversation"]
Reason = Literal["too_few_labels", "error_too_high"]


@dataclass(frozen=True, slots=True)
class SelectedThreshold:
    """Contain what scores at least `threshold`.

    Args:
        threshold: The lowest score that is contained.
        definition: Which error rate is kept.
        error_at_most: The target for it.
        delta: Probability that the target is missed, over the draw of the labelled sample.
        n: Labelled conversations.
        n_contained: Those that score at least the threshold.
        n_errors: Errors among these.
        p_value: Of the last test passed, at most delta.
    """

    threshold: float
    definition: Definition
    error_at_most: float
    delta: float
    n: int
    n_contained: int
    n_errors: int
    p_value: float

    @property
    def containment(self) -> float:
        """Share of the labelled conversations that would have been contained."""
        return self.n_contained / self.n


@dataclass(frozen=True, slots=True)
class NoThreshold:
    """A valid result: no threshold is shown to keep the target; contain nothing.

    Args:
        reason: `too_few_labels` if even a sample without an error could not have shown it.
        n: Labelled conversations.
        n_first: Conversations in the first test; with fewer labels than this no test was made.
        n_errors_first: Errors among them.
    """

    reason: Reason
    n: int
    n_first: int
    n_errors_first: int


def least_labels(*, error_at_most: float, delta: float) -> int:
    """Smallest number of labels, all without an error, that can show the target: 59 for 5 %, 149 for 2 % at delta 0.05.

    Raises:
        StatisticsError: A number is outside (0, 1).
    """
    _refuse_impossible(error_at_most, delta)
    return ceil(log(delta) / log(1.0 - error_at_most))


def select_threshold(
    scores: ArrayLike,
    wrong: ArrayLike,
    *,
    error_at_most: float,
    delta: float = 0.05,
    definition: Definition = "error_per_contained",
) -> SelectedThreshold | NoThreshold:
    """The lowest threshold whose error rate is shown to be at most the target: the most containment.

    `error_per_contained` (selective): P(wrong | contained). Not monotone in the threshold, so thresholds are
    tested in a fixed order, from the k0 best scores downwards, k0 = max(least_labels, n // 4), with exact
    binomial p-values, and the first that fails ends it (Learn-then-Test, fixed sequence).
    `error_per_conversation` (joint): P(wrong and contained). Monotone, so the lowest threshold before the
    first that fails is taken with no correction (risk-controlling prediction sets); cheaper, and a laxer
    promise: with little containment the contained ones may be mostly wrong.

    Guarantee: the rate on new conversations exceeds the target with probability at most delta, if labelled
    ones are an exchangeable draw of the same traffic, the score was fixed without these labels, and labels
    are right. It ends with any change of release, policy, judge or traffic mix. As in the published method
    the k best are treated as a draw of all that score above the border, though one of them sets it: measured,
    not exact to the last conversation. Held by tests/statistical/test_thresholds.py.

    Args:
        scores: shape (n,), float; higher is surer. Equal scores are never separated.
        wrong: shape (n,), 0 or 1 (or bool); 1 = the proposal was wrong.
        error_at_most: Target in (0, 1).
        delta: Allowed probability of a miss in (0, 1).
        definition: Which error rate the policy keeps.

    Raises:
        StatisticsError: Shapes differ, a score is NaN, a label is not 0 or 1, or a rate is outside (0, 1).

    Source:
        Angelopoulos et al. (2021), arXiv 2110.01052; Bates et al. (2021), arXiv 2101.02703.
    """
    ranked, n_errors = _ranked(scores, wrong)
    n, n_least = len(ranked), least_labels(error_at_most=error_at_most, delta=delta)
    selective = definition == "error_per_contained"
    n_first = max(n_least, n // 4) if selective else 1
    borders = _borders(ranked, n_first)
    if n < n_least or not len(borders):
        return NoThreshold(reason="too_few_labels", n=n, n_first=n_least, n_errors_first=int(n_errors[-1]) if n else 0)
    p_values = _binomial_cdf(n_errors[borders - 1], borders if selective else np.full_like(borders, n), error_at_most)
    failed = np.flatnonzero(p_values > delta)
    n_passed = int(failed[0]) if len(failed) else len(borders)
    if n_passed == 0:
        first = int(borders[0])
        return NoThreshold(reason="error_too_high", n=n, n_first=first, n_errors_first=int(n_errors[first - 1]))
    n_contained = int(borders[n_passed - 1])
    return SelectedThreshold(
        threshold=float(ranked[n_contained - 1]),
        definition=definition,
        error_at_most=error_at_most,
        delta=delta,
        n=n,
        n_contained=n_contained,
        n_errors=int(n_errors[n_contained - 1]),
        p_value=float(p_values[n_passed - 1]),
    )


def _ranked(scores: ArrayLike, wrong: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Scores from the surest down, and the errors among the first 1, 2, ... of them."""
    score = np.asarray(scores, dtype=np.float64)
    label = np.asarray(wrong, dtype=np.float64)
    if score.ndim != 1 or score.shape != label.shape:
        raise StatisticsError(f"scores {score.shape} and labels {label.shape} must be two lists of the same length.")
    if np.isnan(score).any():
        raise StatisticsError(
            f"{int(np.isnan(score).sum())} scores are missing (NaN); give them a score or leave them out."
        )
    if not np.isin(label, (0.0, 1.0)).all():
        raise StatisticsError("a label is neither 0 (right) nor 1 (wrong); settle contradicting labels first.")
    order = np.argsort(-score, kind="stable")
    return score[order], np.cumsum(label[order]).astype(np.int64)


def _borders(ranked: NDArray[np.float64], n_first: int) -> NDArray[np.int64]:
    """Numbers of conversations, from n_first on, that a threshold can contain: between equal scores there is none."""
    n = len(ranked)
    if n < n_first:
        return np.zeros(0, dtype=np.int64)
    ends_run = np.append(ranked[1:] < ranked[:-1], [True])
    sizes = np.flatnonzero(ends_run) + 1
    return sizes[sizes >= n_first].astype(np.int64)


def _binomial_cdf(n_errors: NDArray[np.int64], n_trials: NDArray[np.int64], probability: float) -> NDArray[np.float64]:
    from scipy.special import bdtr

    return np.asarray(bdtr(n_errors.astype(np.float64), n_trials, probability), dtype=np.float64)


def _refuse_impossible(error_at_most: float, delta: float) -> None:
    if not (0.0 < error_at_most < 1.0 and 0.0 < delta < 1.0):
        raise StatisticsError(f"error_at_most {error_at_most!r} and delta {delta!r} must lie strictly between 0 and 1.")
