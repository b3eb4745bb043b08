"""Signals and labels to a frozen calibration: a penalised logistic line with bends, its penalty by cross-validation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from remit.calibration.labels import LabelledProposal
from remit.calibration.model import DIGITS, NEAREST_TO_CERTAIN, CalibrationModel, Term
from remit.calibration.signals import kind_of
from remit.errors import StatisticsError

Array = NDArray[np.float64]

_SURELY = 1e-4
N_FOLDS = 5
RIDGES = (0.3, 3.0, 30.0, 300.0)
_BENDS_AT = (0.2, 0.5, 0.8)
_ROWS_TO_BEND = 300
_VALUES_TO_BEND = 20
_ROWS_FOR_RIDGE = 3_000
_MAX_STEPS = 40
_SETTLED = 1e-7


@dataclass(frozen=True, slots=True)
class Columns:
    """Signals by name, each shape (n,), float64, NaN = missing; all of equal length."""

    values: Mapping[str, Array]
    n: int

    @classmethod
    def of(cls, labels: Sequence[LabelledProposal]) -> "Columns":
        """The signals of labelled proposals, in their order."""
        present = [each.signals.present() for each in labels]
        names = sorted({name for each in present for name in each})
        return cls({name: np.array([each.get(name, np.nan) for each in present]) for name in names}, len(labels))

    def at(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "Columns":
        """Some of the rows."""
        kept = {name: values[rows] for name, values in self.values.items()}
        n = int(rows.sum()) if rows.dtype == np.bool_ else len(rows)
        return Columns(kept, n)


@dataclass(frozen=True, slots=True)
class Fitted:
    """A calibration and how it does on labels that it was not fitted on.

    Args:
        model: Fitted on all the labels given.
        out_of_fold: shape (n,), float64 in (0, 1): for each label the probability that a fit without its fold gives.
        log_loss: Mean of -log of what those give to what happened, in nats.
    """

    model: CalibrationModel
    out_of_fold: Array
    log_loss: float


def fit(columns: Columns, wrong: NDArray[np.bool_], *, ridges: Sequence[float] = RIDGES) -> Fitted:
    """Fit a calibration; rows must come in an order that says nothing about their labels (`counted` sees to it).

    Args:
        columns: Signals.
        wrong: shape (n,).
        ridges: Penalties to choose from by cross-validated log loss.

    Raises:
        StatisticsError: There are fewer than 10 labels, or no signal at all.
    """
    if columns.n < 2 * N_FOLDS or not columns.values:
        raise StatisticsError(
            f"{columns.n} labels with {len(columns.values)} signals cannot be fitted; 10 labels and one signal can."
        )
    right = 1.0 - wrong.astype(np.float64)
    folds = np.arange(columns.n) % N_FOLDS
    # With many labels the penalty hardly matters: it is chosen on the first few thousand.
    few = slice(0, _ROWS_FOR_RIDGE)
    # Small systems are solved faster by one thread than by threads that wait for each other.
    with threadpool_limits(limits=1, user_api="blas"):
        losses = [_log_loss(right[few], _out_of_fold(columns, right, folds, ridge, few)) for ridge in ridges]
        ridge = ridges[int(np.argmin(losses))]
        out_of_fold = _out_of_fold(columns, right, folds, ridge, slice(None))
        model = _fit_once(columns, right, ridge)
    return Fitted(model, out_of_fold, _log_loss(right, out_of_fold))


def score(model: CalibrationModel, columns: Columns) -> Array:
    """What `model.probability` gives for each row, at once; equal to it in every digit it keeps."""
    odds = np.full(columns.n, model.intercept)
    for term in model.terms:
        value = columns.values.get(term.signal)
        if value is None:
            odds += term.missing
            continue
        at = np.clip(_scaled(value, term.signal), term.low, term.high)
        part = term.offset + term.slope * at
        for where, change in term.bends:
            part = part + change * np.maximum(at - where, 0.0)
        odds += np.where(np.isnan(value), term.missing, part)
    probability = 1.0 / (1.0 + np.exp(-np.clip(odds, -30.0, 30.0)))
    return np.asarray(np.round(np.clip(probability, NEAREST_TO_CERTAIN, 1.0 - NEAREST_TO_CERTAIN), DIGITS))


def _out_of_fold(columns: Columns, right: Array, folds: NDArray[np.int64], ridge: float, rows: slice) -> Array:
    all_rows = np.arange(columns.n)[rows]
    found = np.empty(len(all_rows))
    for fold in range(N_FOLDS):
        held = folds[rows] == fold
        learned = all_rows[~held]
        model = _fit_once(columns.at(learned), right[learned], ridge)
        found[held] = score(model, columns.at(all_rows[held]))
    return found


def _log_loss(right: Array, probability: Array) -> float:
    given = np.where(right > 0.5, probability, 1.0 - probability)
    return float(-np.log(given).mean())


# ── one fit ───────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class _Shape:
    """How one signal becomes columns of the design: the line, its bends, and whether it is missing."""

    signal: str
    low: float
    high: float
    center: float
    width: float
    bends: tuple[float, ...]
    has_missing: bool

    def design(self, value: Array) -> Array:
        """Shape (n, 1 + bends + has_missing); a row where the signal is missing has only its last column."""
        missing = np.isnan(value)
        at = np.clip(_scaled(value, self.signal), self.low, self.high)
        parts = [(at - self.center) / self.width, *(np.maximum(at - bend, 0.0) / self.width for bend in self.bends)]
        columns = [np.where(missing, 0.0, part) for part in parts]
        return np.column_stack([*columns, missing.astype(np.float64)] if self.has_missing else columns)

    def term(self, weights: Array) -> Term:
        slopes = weights[: 1 + len(self.bends)] / self.width
        return Term(
            signal=self.signal,
            kind=kind_of(self.signal),
            low=self.low,
            high=self.high,
            slope=float(slopes[0]),
            bends=tuple((bend, float(by)) for bend, by in zip(self.bends, slopes[1:], strict=True)),
            offset=float(-slopes[0] * self.center),
            missing=float(weights[-1]) if self.has_missing else 0.0,
        )


def _fit_once(columns: Columns, right: Array, ridge: float) -> CalibrationModel:
    shapes = [shape for name in sorted(columns.values) if (shape := _shape(name, columns.values[name])) is not None]
    blocks = [shape.design(columns.values[shape.signal]) for shape in shapes]
    weights = _solve(np.column_stack([np.ones(columns.n), *blocks]), right, ridge)
    terms, start = [], 1
    for shape, block in zip(shapes, blocks, strict=True):
        terms.append(shape.term(weights[start : start + block.shape[1]]))
        start += block.shape[1]
    return CalibrationModel(float(weights[0]), tuple(terms), columns.n, ridge)


def _shape(name: str, value: Array) -> _Shape | None:
    """None for a signal that says nothing: present nowhere, or everywhere with the same value."""
    missing = np.isnan(value)
    known = _scaled(value[~missing], name)
    if not len(known):
        return None
    low, high, width = float(known.min()), float(known.max()), float(known.std())
    if width < _SETTLED and not missing.any():
        return None
    bends: tuple[float, ...] = ()
    if len(known) >= _ROWS_TO_BEND and len(np.unique(known)) >= _VALUES_TO_BEND:
        inside = (float(one) for one in np.quantile(known, _BENDS_AT))
        bends = tuple(dict.fromkeys(one for one in inside if low < one < high))
    return _Shape(name, low, high, float(known.mean()), max(width, 1e-3), bends, bool(missing.any()))


def _solve(design: Array, right: Array, ridge: float) -> Array:
    """Newton's method with halved steps; the intercept is not penalised. The optimum is unique."""
    penalty = np.full(design.shape[1], ridge)
    penalty[0] = 1e-6
    rate = (right.sum() + 0.5) / (len(right) + 1.0)
    weights = np.zeros(design.shape[1])
    weights[0] = np.log(rate / (1.0 - rate))
    objective = _objective(design, right, weights, penalty)
    for _ in range(_MAX_STEPS):
        probability = 1.0 / (1.0 + np.exp(-np.clip(design @ weights, -30.0, 30.0)))
        gradient = design.T @ (probability - right) + penalty * weights
        spread = probability * (1.0 - probability)
        curvature = (design * spread[:, None]).T @ design + np.diag(penalty)
        step = np.linalg.solve(curvature, gradient)
        size = 1.0
        while size > _SETTLED:
            candidate = weights - size * step
            reached = _objective(design, right, candidate, penalty)
            if reached <= objective:
                break
            size /= 2.0
        else:
            break
        settled = objective - reached <= _SETTLED * (1.0 + abs(objective))
        weights, objective = candidate, reached
        if settled:
            break
    return weights


def _objective(design: Array, right: Array, weights: Array, penalty: Array) -> float:
    odds = design @ weights
    return float(np.logaddexp(0.0, np.where(right > 0.5, -odds, odds)).sum() + 0.5 * (penalty * weights**2).sum())


def _scaled(value: Array, name: str) -> Array:
    """`model.scaled` of each value; NaN stays."""
    match kind_of(name):
        case "probability":
            inside = np.clip(value, _SURELY, 1.0 - _SURELY)
            return np.asarray(np.log(inside / (1.0 - inside)))
        case "count":
            return np.asarray(np.log1p(np.maximum(value, 0.0)))
        case "number":
            return value
