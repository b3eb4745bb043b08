"""Linear support vector machines, one intent against the rest.

Two ways to the same separators (squared hinge, C = 1, tests hold them together): Newton's method on the
Gram matrix for the few hundred examples of a policy, because importing scikit-learn alone takes longer
than that whole training; scikit-learn's liblinear for everything larger.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from remit.adapters.intents.features import FloatArray, SparseVector

LabelArray = npt.NDArray[np.int32]
MaskArray = npt.NDArray[np.bool_]
Array = npt.NDArray[np.float64]

NO_INTENT = -1
FEW_ROWS = 1000
_ABSENT = -2.0  # below every margin that a trained separator gives to a text it knows nothing of
_C = 1.0
_MAX_STEPS = 40
_TOLERANCE = 1e-6
_SMALLEST_STEP = 1e-6


@dataclass(frozen=True, slots=True)
class Separators:
    """Hyperplanes, one a column.

    Args:
        weights: shape (n_features, n_intents), float32, C order: a text touches a few rows only.
        offsets: shape (n_intents,), float32.
    """

    weights: FloatArray
    offsets: FloatArray


@dataclass(frozen=True, slots=True)
class FewRows:
    """What the fits of many subsets of the same few rows share.

    Args:
        products: shape (n_rows, n_rows), inner products of the rows.
        inside: shape (n_rows, n_intents), bool, which rows lie inside the margin of the machines
            trained on all rows: a first guess for the other fits.
    """

    products: Array
    inside: MaskArray

    @classmethod
    def of(cls, rows: Sequence[SparseVector], labels: LabelArray, *, n_features: int, n_intents: int) -> "FewRows":
        """Take all products and train on all rows."""
        dense = np.zeros((len(rows), n_features), dtype=np.float32)
        for position, row in enumerate(rows):
            dense[position, row.indices] = row.values
        products = (dense @ dense.T).astype(np.float64)
        signs = np.where(labels[:, None] == np.arange(n_intents)[None, :], 1.0, -1.0)
        # With every row inside every margin there is one system for all machines.
        start = (products + 1.0) @ np.linalg.solve(products + 1.0 + np.eye(len(rows)) / (2.0 * _C), signs)
        duals = _newton(products, signs, signs * start < 1.0)
        return cls(products, signs * ((products + 1.0) @ duals) < 1.0)

    def only(self, chosen: LabelArray) -> "FewRows":
        """The same for a subset of the rows."""
        return FewRows(self.products[np.ix_(chosen, chosen)], self.inside[chosen])


def separate(
    rows: Sequence[SparseVector],
    labels: LabelArray,
    *,
    n_features: int,
    n_intents: int,
    seed: int,
    few: FewRows | None = None,
) -> Separators:
    """One-against-rest separators; an intent without rows gets one that never wins.

    Args:
        rows: The texts.
        labels: shape (n_rows,): the position of an intent, or NO_INTENT.
        n_features: Length of the vectors.
        n_intents: Number of separators.
        seed: For liblinear's order of coordinates; the optimum does not depend on it.
        few: What is known of these rows already; taken here if they are few.
    """
    weights = np.zeros((n_features, n_intents), dtype=np.float32)
    offsets = np.full(n_intents, _ABSENT, dtype=np.float32)
    kinds = np.unique(labels)
    present = kinds[kinds != NO_INTENT]
    if len(kinds) == 1:
        offsets[present] = 1.0  # nothing to separate from: closeness alone tells what is out of scope
    elif len(rows) <= FEW_ROWS:
        known = few or FewRows.of(rows, labels, n_features=n_features, n_intents=n_intents)
        signs = np.where(labels[:, None] == present[None, :], 1.0, -1.0)
        duals = _newton(known.products, signs, known.inside[:, present])
        for row, dual in zip(rows, duals, strict=True):
            weights[row.indices[:, None], present] += np.outer(row.values, dual).astype(np.float32)
        offsets[present] = duals.sum(axis=0)
    else:
        weights[:, present], offsets[present] = _liblinear(rows, labels, present, n_features=n_features, seed=seed)
    return Separators(weights, offsets)


def _newton(products: Array, signs: Array, inside: MaskArray) -> Array:
    """Shape (n_rows, n_machines): dual weights that minimise |w|^2 / 2 + C sum max(0, 1 - sign x margin)^2.

    Given which rows lie inside the margin the optimum is a linear system; the set settles in a few steps.

    Args:
        products: shape (n_rows, n_rows), inner products of the rows.
        signs: shape (n_rows, n_machines), 1 for the rows of the intent, -1 for the rest.
        inside: shape (n_rows, n_machines), bool, a guess; a good one saves steps.

    Source:
        Chapelle (2007), Training a support vector machine in the primal, Neural Computation 19(5).
    """
    kernel = products + 1.0  # the offset is one more weight on a constant, as liblinear has it
    return np.stack([_settle(kernel, sign, guess) for sign, guess in zip(signs.T, inside.T, strict=True)], axis=1)


def _settle(kernel: Array, sign: Array, guess: MaskArray) -> Array:
    dual, margins, cost = np.zeros(len(sign)), np.zeros(len(sign)), _C * len(sign)
    inside = np.flatnonzero(guess)
    for _ in range(_MAX_STEPS):
        target = np.zeros(len(sign))
        system = kernel[np.ix_(inside, inside)] + np.eye(len(inside)) / (2.0 * _C)
        target[inside] = np.linalg.solve(system, sign[inside])
        new_margins = kernel @ target
        step, new_cost = 1.0, _cost(target, new_margins, sign)
        while new_cost > cost and step > _SMALLEST_STEP:
            step /= 2.0
            new_cost = _cost(dual + step * (target - dual), margins + step * (new_margins - margins), sign)
        gain = cost - new_cost
        dual, margins, cost = dual + step * (target - dual), margins + step * (new_margins - margins), new_cost
        now_inside = np.flatnonzero(sign * margins < 1.0)
        if np.array_equal(now_inside, inside) or 0.0 <= gain <= _TOLERANCE * cost:
            break
        inside = now_inside
    return dual


def _cost(dual: Array, margins: Array, sign: Array) -> float:
    return float(dual @ margins / 2.0 + _C * np.square(np.maximum(0.0, 1.0 - sign * margins)).sum())


def _liblinear(
    rows: Sequence[SparseVector], labels: LabelArray, present: LabelArray, *, n_features: int, seed: int
) -> tuple[FloatArray, FloatArray]:
    """Shapes (n_features, n_present) and (n_present,)."""
    from scipy.sparse import csr_array
    from sklearn.svm import LinearSVC

    ends = np.cumsum([len(row.indices) for row in rows])
    matrix = csr_array(
        (
            np.concatenate([row.values for row in rows]).astype(np.float64),
            np.concatenate([row.indices for row in rows]),
            np.concatenate([[0], ends]).astype(np.int32),  # liblinear takes 32-bit indices only
        ),
        shape=(len(rows), n_features),
    )
    machine = LinearSVC(C=_C, random_state=seed).fit(matrix, labels)
    weights, offsets = machine.coef_, machine.intercept_
    if len(machine.classes_) == 2:  # one separator for two classes
        weights, offsets = np.vstack([-weights, weights]), np.concatenate([-offsets, offsets])
    columns = np.searchsorted(machine.classes_, present)
    return weights[columns].T.astype(np.float32), offsets[columns].astype(np.float32)
