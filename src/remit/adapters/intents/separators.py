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
Array = npt.NDArray[np.float64]

NO_INTENT = -1
FEW_ROWS = 1000
_ABSENT = -2.0  # below every margin that a trained separator gives to a text it knows nothing of
_C = 1.0
_MAX_STEPS = 40


@dataclass(frozen=True, slots=True)
class Separators:
    """Hyperplanes, one a column.

    Args:
        weights: shape (n_features, n_intents), float32, C order: a text touches a few rows only.
        offsets: shape (n_intents,), float32.
    """

    weights: FloatArray
    offsets: FloatArray


def separate(
    rows: Sequence[SparseVector],
    labels: LabelArray,
    *,
    n_features: int,
    n_intents: int,
    seed: int,
    products: Array | None = None,
) -> Separators:
    """One-against-rest separators; an intent without rows gets one that never wins.

    Args:
        rows: The texts.
        labels: shape (n_rows,): the position of an intent, or NO_INTENT.
        n_features: Length of the vectors.
        n_intents: Number of separators.
        seed: For liblinear's order of coordinates; the optimum does not depend on it.
        products: `inner_products` of the rows if the caller has them already.
    """
    weights = np.zeros((n_features, n_intents), dtype=np.float32)
    offsets = np.full(n_intents, _ABSENT, dtype=np.float32)
    kinds = np.unique(labels)
    present = kinds[kinds != NO_INTENT]
    if len(kinds) == 1:
        offsets[present] = 1.0  # nothing to separate from: closeness alone tells what is out of scope
    elif len(rows) <= FEW_ROWS:
        duals = _newton(
            inner_products(rows, n_features) if products is None else products,
            np.where(labels[:, None] == present[None, :], 1.0, -1.0),
        )
        for row, dual in zip(rows, duals, strict=True):
            weights[row.indices[:, None], present] += np.outer(row.values, dual).astype(np.float32)
        offsets[present] = duals.sum(axis=0)
    else:
        weights[:, present], offsets[present] = _liblinear(rows, labels, present, n_features=n_features, seed=seed)
    return Separators(weights, offsets)


def inner_products(rows: Sequence[SparseVector], n_features: int) -> Array:
    """Shape (n_rows, n_rows): inner products of all pairs."""
    row_of = np.repeat(np.arange(len(rows)), [len(row.indices) for row in rows])
    indices = np.concatenate([row.indices for row in rows])
    values = np.concatenate([row.values for row in rows])
    products = np.zeros((len(rows), len(rows)))
    dense = np.zeros(n_features, dtype=np.float32)
    for position, row in enumerate(rows):
        dense[row.indices] = row.values
        products[position] = np.bincount(row_of, weights=values * dense[indices], minlength=len(rows))
        dense[row.indices] = 0.0
    return products


def _newton(products: Array, signs: Array) -> Array:
    """Shape (n_rows, n_machines): dual weights that minimise |w|^2 / 2 + C sum max(0, 1 - sign x margin)^2.

    Given which rows lie inside the margin the optimum is a linear system; the set settles in a few steps.

    Args:
        products: shape (n_rows, n_rows), inner products of the rows.
        signs: shape (n_rows, n_machines), 1 for the rows of the intent, -1 for the rest.

    Source:
        Chapelle (2007), Training a support vector machine in the primal, Neural Computation 19(5).
    """
    kernel = products + 1.0  # the offset is one more weight on a constant, as liblinear has it
    # At the start all rows lie inside the margin of every machine: one system for all of them.
    start = np.linalg.solve(kernel + np.eye(len(kernel)) / (2.0 * _C), signs)
    return np.stack([_settle(kernel, sign, dual) for sign, dual in zip(signs.T, start.T, strict=True)], axis=1)


def _settle(kernel: Array, sign: Array, dual: Array) -> Array:
    margins = kernel @ dual
    cost = _cost(dual, margins, sign)
    for _ in range(_MAX_STEPS):
        inside = np.flatnonzero(sign * margins < 1.0)
        target = np.zeros(len(sign))
        system = kernel[np.ix_(inside, inside)] + np.eye(len(inside)) / (2.0 * _C)
        target[inside] = np.linalg.solve(system, sign[inside])
        step, new_cost = 1.0, np.inf
        while new_cost > cost and step > 1e-6:
            new_dual = dual + step * (target - dual)
            new_margins = kernel @ new_dual
            new_cost = _cost(new_dual, new_margins, sign)
            step /= 2.0
        if new_cost >= cost * (1.0 - 1e-9):
            break
        dual, margins, cost = new_dual, new_margins, new_cost
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
