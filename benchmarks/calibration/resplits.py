"""How often a guarantee is broken: thresholds chosen on many draws of labels, judged on the whole pool."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from benchmarks.calibration.data import Pool
from numpy.typing import NDArray

from remit.calibration.certifying import FITTING_SHARE
from remit.calibration.fitting import Columns, fit, score
from remit.calibration.risk_coverage import naive_threshold
from remit.statistics.thresholds import SelectedThreshold, select_threshold

DELTA = 0.05
N_RESPLITS = 300


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one way to choose thresholds.

    Args:
        n_draws: Draws of labels.
        n_none: Draws without a threshold.
        n_violated: Draws whose threshold errs more than the target on the whole pool.
        containment: Mean share of the pool that is contained, draws without a threshold as 0.
        errors: Mean error rate on the whole pool of the draws with a threshold; NaN without any.
    """

    n_draws: int
    n_none: int
    n_violated: int
    containment: float
    errors: float

    def __str__(self) -> str:
        return (
            f"{self.n_violated} of {self.n_draws} violate, {self.n_none} without a threshold, "
            f"containment {self.containment:.3f}, error {self.errors:.4f}"
        )


@dataclass(frozen=True, slots=True)
class Compared:
    """The same draws by three ways: the score as it is, a calibration fitted on a third, and the naive rule."""

    target: float
    raw: Outcome
    fitted: Outcome | None
    naive: Outcome


def compare(
    pool: Pool, targets: Sequence[float], *, n_labels: int, seed: int, with_fit: bool, n_draws: int = N_RESPLITS
) -> list[Compared]:
    """Draw labels without replacement, choose, and judge on the whole pool.

    Args:
        pool: Every message with its signals and label.
        targets: Error rates to keep.
        n_labels: Labels in a draw.
        seed: Of the draws.
        with_fit: Also fit a calibration on a third of each draw and certify on the rest.
        n_draws: How many.
    """
    rng = np.random.default_rng(seed)
    scores, wrong, columns = pool.scores, pool.wrong, Columns.of(pool.labels)
    found: dict[tuple[str, float], list[tuple[float, float] | None]] = {}
    for _ in range(n_draws):
        drawn = rng.permutation(len(wrong))[:n_labels]
        fitted = _fitted(columns, wrong, drawn) if with_fit else None
        for target in targets:
            found.setdefault(("raw", target), []).append(_judged(scores, wrong, _select(scores, wrong, drawn, target)))
            naive = naive_threshold(scores[drawn], wrong[drawn], error_at_most=target)
            found.setdefault(("naive", target), []).append(_judged(scores, wrong, naive))
            if fitted is not None:
                own, certifying = fitted
                threshold = _select(own, wrong, certifying, target)
                found.setdefault(("fitted", target), []).append(_judged(own, wrong, threshold))
    return [
        Compared(
            target,
            _outcome(found["raw", target], target),
            _outcome(found["fitted", target], target) if with_fit else None,
            _outcome(found["naive", target], target),
        )
        for target in targets
    ]


def _fitted(
    columns: Columns, wrong: NDArray[np.bool_], drawn: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    n_fit = round(len(drawn) * FITTING_SHARE)
    learned = fit(columns.at(drawn[:n_fit]), wrong[drawn[:n_fit]])
    return score(learned.model, columns), drawn[n_fit:]


def _select(
    scores: NDArray[np.float64], wrong: NDArray[np.bool_], rows: NDArray[np.int64], target: float
) -> float | None:
    result = select_threshold(scores[rows], wrong[rows], error_at_most=target, delta=DELTA)
    return result.threshold if isinstance(result, SelectedThreshold) else None


def _judged(
    scores: NDArray[np.float64], wrong: NDArray[np.bool_], threshold: float | None
) -> tuple[float, float] | None:
    """(containment, error rate) on the whole pool."""
    if threshold is None:
        return None
    contained = scores >= threshold
    return float(contained.mean()), float(wrong[contained].mean())


def _outcome(draws: Sequence[tuple[float, float] | None], target: float) -> Outcome:
    known = [each for each in draws if each is not None]
    return Outcome(
        n_draws=len(draws),
        n_none=len(draws) - len(known),
        n_violated=sum(error > target for _, error in known),
        containment=sum(containment for containment, _ in known) / len(draws),
        errors=float(np.mean([error for _, error in known])) if known else float("nan"),
    )
