"""Train and calibrate: separators from all rows, probabilities only from rows held out of training."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from remit.adapters.intents.background import BACKGROUND
from remit.adapters.intents.calibration import Calibration, fit_calibration
from remit.adapters.intents.features import Features, SparseVector
from remit.adapters.intents.linear import Evidence, LinearModel
from remit.adapters.intents.separators import FEW_ROWS, NO_INTENT, FewRows, LabelArray

_MANY_ROWS = 3000
_N_FOLDS = 5
_N_GROUPS = 4


@dataclass(frozen=True, slots=True)
class TrainingRows:
    """Feature rows, each with the position of its intent or NO_INTENT.

    `few` is what all fits share where the rows are few enough; the last `n_meaning` features are an encoder's.
    """

    rows: tuple[SparseVector, ...]
    labels: LabelArray
    n_features: int
    n_intents: int
    seed: int
    few: FewRows | None
    n_meaning: int = 0

    def fit(self, chosen: LabelArray) -> LinearModel:
        """Train on the rows at these positions."""
        return LinearModel.fit(
            [self.rows[position] for position in chosen],
            self.labels[chosen],
            n_features=self.n_features,
            n_intents=self.n_intents,
            seed=self.seed,
            few=self.few.only(chosen) if self.few else None,
            n_meaning=self.n_meaning,
        )


def rows_of(
    vectors: Sequence[SparseVector], labels: Sequence[int], *, features: Features, n_intents: int, seed: int
) -> TrainingRows:
    """The rows with the background added as messages of no intent."""
    rows = (*vectors, *(features.vector(text) for text in BACKGROUND))
    marked = np.array([*labels, *[NO_INTENT] * len(BACKGROUND)], dtype=np.int32)
    few = (
        FewRows.of(rows, marked, n_features=features.n_features, n_intents=n_intents) if len(rows) <= FEW_ROWS else None
    )
    return TrainingRows(rows, marked, features.n_features, n_intents, seed, few, features.n_meaning)


def calibrate(data: TrainingRows, *, out_of_scope_share: float) -> Calibration:
    """Fit the probabilities on rows that the separators of their fold never saw.

    Many rows are calibrated on one fold and one group of intents: that is enough of them, and each fit is slow.
    """
    inside, labels, outside = _unseen_messages(data)
    outside += _unseen_intents(data)
    return fit_calibration(inside, labels, outside, out_of_scope_share=out_of_scope_share)


def _unseen_messages(data: TrainingRows) -> tuple[list[Evidence], list[int], list[Evidence]]:
    """Evidence on rows held out at random: those of intents, their labels, and those of none."""
    fold_of = _stratified_folds(data.labels, seed=data.seed)
    inside: list[Evidence] = []
    labels: list[int] = []
    outside: list[Evidence] = []
    for fold in range(1 if len(data.rows) > _MANY_ROWS else _N_FOLDS):
        model = data.fit(_positions(fold_of != fold))
        for position in _positions(fold_of == fold):
            evidence = model.weigh(data.rows[position])
            label = int(data.labels[position])
            if label == NO_INTENT:
                outside.append(evidence)
            else:
                inside.append(evidence)
                labels.append(label)
    return inside, labels, outside


def _unseen_intents(data: TrainingRows) -> list[Evidence]:
    """Evidence on the rows of whole intents held out: requests that the rest of the policy does not know."""
    if data.n_intents < 3:
        return []
    order = list(range(data.n_intents))
    random.Random(data.seed).shuffle(order)  # noqa: S311 - folds, not secrets
    n_groups = min(_N_GROUPS, data.n_intents)
    outside: list[Evidence] = []
    for group in range(1 if len(data.rows) > _MANY_ROWS else n_groups):
        held_out = np.isin(data.labels, order[group::n_groups])
        model = data.fit(_positions(~held_out))
        outside += [model.weigh(data.rows[position]) for position in _positions(held_out)]
    return outside


def _stratified_folds(labels: LabelArray, *, seed: int) -> LabelArray:
    """Shape (n_rows,): a fold for each row, the rows of an intent spread evenly."""
    chance = random.Random(seed)  # noqa: S311 - folds, not secrets
    folds = np.zeros(len(labels), dtype=np.int32)
    for label in np.unique(labels):
        members = _positions(labels == label).tolist()
        chance.shuffle(members)
        start = chance.randrange(_N_FOLDS)
        folds[members] = (np.arange(len(members)) + start) % _N_FOLDS
    return folds


def _positions(mask: "np.typing.NDArray[np.bool_]") -> LabelArray:
    return np.flatnonzero(mask).astype(np.int32)
