"""One linear separator for each intent, trained by scikit-learn and applied without it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from remit.adapters.intents.features import FloatArray, SparseVector

if TYPE_CHECKING:
    from scipy.sparse import csr_array

LabelArray = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the separators say of one text.

    Args:
        margins: shape (n_intents,), float32; positive = this side of the separator.
        closeness: Cosine in [0, 1] to the nearest intent's mean example.
    """

    margins: FloatArray
    closeness: float


@dataclass(frozen=True, slots=True)
class LinearModel:
    """Separators and mean examples of the intents.

    Args:
        weights: shape (n_features, n_intents), float32, C order: a text touches a few rows only.
        offsets: shape (n_intents,), float32.
        means: shape (n_features, n_intents), float32, columns of length 1.
    """

    weights: FloatArray
    offsets: FloatArray
    means: FloatArray

    @classmethod
    def fit(
        cls, rows: Sequence[SparseVector], labels: LabelArray, *, n_features: int, n_intents: int, seed: int
    ) -> "LinearModel":
        """Train on rows whose label is an intent's position, or -1 for a message that belongs to none."""
        from scipy.sparse import csr_array

        lengths = [len(row.indices) for row in rows]
        matrix = csr_array(
            (
                np.concatenate([row.values for row in rows]).astype(np.float64),
                np.concatenate([row.indices for row in rows]),
                np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32),  # liblinear takes 32-bit indices only
            ),
            shape=(len(rows), n_features),
        )
        weights, offsets = _separators(matrix, labels, n_intents=n_intents, seed=seed)
        members = (labels[None, :] == np.arange(n_intents)[:, None]).astype(np.float64)
        sums = np.asarray((matrix.T @ members.T), dtype=np.float64)
        lengths_of_means = np.maximum(np.linalg.norm(sums, axis=0), 1e-12)
        means = np.ascontiguousarray((sums / lengths_of_means).astype(np.float32))
        return cls(weights, offsets, means)

    def weigh(self, row: SparseVector) -> Evidence:
        """Margins and closeness of one text; a text without a known n-gram is close to nothing."""
        if not len(row.indices):
            return Evidence(self.offsets, 0.0)
        margins = row.values @ self.weights[row.indices] + self.offsets
        closeness = float((row.values @ self.means[row.indices]).max())
        return Evidence(margins, min(max(closeness, 0.0), 1.0))


_ABSENT = -2.0  # below every margin that a trained separator gives to a text it knows nothing of


def _separators(matrix: "csr_array", labels: LabelArray, *, n_intents: int, seed: int) -> tuple[FloatArray, FloatArray]:
    """One-against-rest separators; an intent without rows gets one that never wins."""
    weights = np.zeros((matrix.shape[1], n_intents), dtype=np.float32)
    offsets = np.full(n_intents, _ABSENT, dtype=np.float32)
    present = np.unique(labels)
    if len(present) == 1:
        # Nothing to separate from: closeness alone must tell what is out of scope.
        offsets[present[present >= 0]] = 1.0
        return weights, offsets
    from sklearn.svm import LinearSVC

    machine = LinearSVC(C=1.0, random_state=seed).fit(matrix, labels)
    coefficients, intercepts = machine.coef_, machine.intercept_
    if len(present) == 2:
        coefficients, intercepts = np.vstack([-coefficients, coefficients]), np.concatenate([-intercepts, intercepts])
    for row, label in enumerate(machine.classes_):
        if label >= 0:
            weights[:, label] = coefficients[row]
            offsets[label] = intercepts[row]
    return weights, offsets
