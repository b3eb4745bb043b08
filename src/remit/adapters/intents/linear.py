"""A trained classifier's numbers, and what they say of one text."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from remit.adapters.intents.features import FloatArray, SparseVector
from remit.adapters.intents.logistic import Array
from remit.adapters.intents.meaning import Meaning
from remit.adapters.intents.separators import FewRows, LabelArray, Separators, separate


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the separators say of one text.

    Args:
        margins: shape (n_intents,), float32; positive = this side of the separator.
        closeness: Cosine in [0, 1] to the nearest intent's mean example.
        meaning: shape (n_intents,), probability of each intent by the meaning alone; None without embeddings.
    """

    margins: FloatArray
    closeness: float
    meaning: Array | None = None


@dataclass(frozen=True, slots=True)
class LinearModel:
    """Separators and mean examples of the intents.

    Args:
        separators: One for each intent.
        means: shape (n_features, n_intents), float32, columns of length 1 (0 for an intent without rows).
        meaning: The second opinion; None without embeddings.
    """

    separators: Separators
    means: FloatArray
    meaning: Meaning | None = None

    @classmethod
    def fit(
        cls,
        rows: Sequence[SparseVector],
        labels: LabelArray,
        *,
        n_features: int,
        n_intents: int,
        seed: int,
        few: FewRows | None = None,
        n_meaning: int = 0,
    ) -> "LinearModel":
        """Train on rows whose label is an intent's position, or NO_INTENT.

        Args:
            rows: The texts.
            labels: shape (n_rows,).
            n_features: Length of the vectors.
            n_intents: Number of separators.
            seed: As in `separate`.
            few: As in `separate`.
            n_meaning: How many of the features, the last ones, are an encoder's.
        """
        separators = separate(rows, labels, n_features=n_features, n_intents=n_intents, seed=seed, few=few)
        means = np.zeros((n_features, n_intents), dtype=np.float32)
        for row, label in zip(rows, labels, strict=True):
            if label >= 0:
                means[row.indices, label] += row.values
        means /= np.maximum(np.linalg.norm(means, axis=0), 1e-12)
        if not n_meaning:
            return cls(separators, means)
        first = n_features - n_meaning
        return cls(
            separators, means, Meaning.fit(rows, labels, first=first, n_features=n_features, n_intents=n_intents)
        )

    def weigh(self, row: SparseVector) -> Evidence:
        """Margins and closeness of one text; a text without a known n-gram is close to nothing."""
        if not len(row.indices):
            return Evidence(self.separators.offsets, 0.0)
        margins = row.values @ self.separators.weights[row.indices] + self.separators.offsets
        closeness = float((row.values @ self.means[row.indices]).max())
        meaning = self.meaning.shares(row) if self.meaning else None
        return Evidence(margins, min(max(closeness, 0.0), 1.0), meaning)
