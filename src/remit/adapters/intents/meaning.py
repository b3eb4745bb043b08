"""A second opinion where there are embeddings: what the meaning of a text says without its words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from remit.adapters.intents.features import FloatArray, SparseVector
from remit.adapters.intents.logistic import Array
from remit.adapters.intents.separators import LabelArray

_C = 10.0
_TOLERANCE = 1e-3
_MAX_STEPS = 1000
_ABSENT = -1000.0


@dataclass(frozen=True, slots=True)
class Meaning:
    """A logistic regression on the vectors of an encoder alone; the last column is for messages of no intent.

    Args:
        first: Where the encoder's part of a text's features begins.
        weights: shape (n_dimensions, n_intents + 1), float32.
        offsets: shape (n_intents + 1,), float32.
    """

    first: int
    weights: FloatArray
    offsets: FloatArray

    @classmethod
    def fit(
        cls, rows: Sequence[SparseVector], labels: LabelArray, *, first: int, n_features: int, n_intents: int
    ) -> "Meaning":
        """Train on rows whose label is an intent's position, or NO_INTENT; what has no rows gets no share."""
        from sklearn.linear_model import LogisticRegression

        n_dimensions = n_features - first
        weights = np.zeros((n_dimensions, n_intents + 1), dtype=np.float32)
        offsets = np.full(n_intents + 1, _ABSENT, dtype=np.float32)
        kinds = np.unique(labels)  # NO_INTENT, which is -1, is the last column
        if len(kinds) == 1:
            offsets[kinds] = 0.0
            return cls(first, weights, offsets)
        meaning = np.stack([row.values[-n_dimensions:] for row in rows])
        machine = LogisticRegression(C=_C, tol=_TOLERANCE, max_iter=_MAX_STEPS).fit(meaning, labels)
        slopes, constants = machine.coef_, machine.intercept_
        if len(kinds) == 2:  # one regression for two classes
            slopes, constants = np.vstack([np.zeros_like(slopes), slopes]), np.append(0.0, constants)
        weights[:, kinds], offsets[kinds] = slopes.T, constants
        return cls(first, weights, offsets)

    def shares(self, row: SparseVector) -> Array:
        """Shape (n_intents,): probability of each intent; what they leave is that of no intent."""
        chosen = row.indices >= self.first
        scores = row.values[chosen] @ self.weights[row.indices[chosen] - self.first] + self.offsets
        powers = np.exp(scores.astype(np.float64) - scores.max())
        return np.asarray((powers / powers.sum())[:-1], dtype=np.float64)
