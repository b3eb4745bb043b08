"""Train and calibrate: separators from all rows, probabilities only from rows held out of training."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from remit.adapters.intents.background import BACKGROUND
from remit.adapters.intents.calibration import Calibration, fit_scope, fit_sharpness
from remit.adapters.intents.features import NgramFeatures, SparseVector
from remit.adapters.intents.linear import Evidence, LabelArray, LinearModel

NO_INTENT = -1
_MANY_ROWS = 3000


@dataclass(frozen=True, slots=True)
class TrainingRows:
    """Feature rows, each with the position of its intent or NO_INTENT."""

    rows: tuple[SparseVector, ...]
    labels: LabelArray
    n_features: int
    n_intents: int
    seed: int

    def fit(self, chosen: Sequence[int]) -> LinearModel:
        """Train on some of the rows."""
        return LinearModel.fit(
            [self.rows[position] for position in chosen],
            self.labels[list(chosen)],
            n_features=self.n_features,
            n_intents=self.n_intents,
            seed=self.seed,
        )


def calibrate(data: TrainingRows, *, out_of_scope_share: float) -> Calibration:
    """Fit the probabilities on rows that the separators of their fold never saw."""
    inside, labels, outside = _unseen_messages(data)
    outside += _unseen_intents(data)
    return Calibration(
        sharpness=fit_sharpness(inside, labels),
        scope=fit_scope(inside, outside, out_of_scope_share=out_of_scope_share),
    )


def _unseen_messages(data: TrainingRows) -> tuple[list[Evidence], list[int], list[Evidence]]:
    """Evidence on rows held out at random: those of intents, their labels, and those of none."""
    n_folds = 5 if len(data.rows) <= _MANY_ROWS else 3
    fold_of = _stratified_folds(data.labels, n_folds=n_folds, seed=data.seed)
    inside: list[Evidence] = []
    labels: list[int] = []
    outside: list[Evidence] = []
    for fold in range(n_folds):
        model = data.fit([int(position) for position in np.flatnonzero(fold_of != fold)])
        for position in np.flatnonzero(fold_of == fold):
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
    n_groups = min(4, data.n_intents)
    if data.n_intents < 3:
        return []
    order = list(range(data.n_intents))
    random.Random(data.seed).shuffle(order)  # noqa: S311 - folds, not secrets
    outside: list[Evidence] = []
    for group in range(n_groups):
        held_out = np.isin(data.labels, order[group::n_groups])
        model = data.fit([int(position) for position in np.flatnonzero(~held_out)])
        outside += [model.weigh(data.rows[position]) for position in np.flatnonzero(held_out)]
    return outside


def _stratified_folds(labels: LabelArray, *, n_folds: int, seed: int) -> LabelArray:
    """Shape (n_rows,): a fold for each row, the rows of an intent spread evenly."""
    chance = random.Random(seed)  # noqa: S311 - folds, not secrets
    folds = np.zeros(len(labels), dtype=np.int32)
    for label in Counter(labels.tolist()):
        members = [int(position) for position in np.flatnonzero(labels == label)]
        chance.shuffle(members)
        start = chance.randrange(n_folds)
        for rank, position in enumerate(members):
            folds[position] = (rank + start) % n_folds
    return folds


def rows_of(
    vectors: Sequence[SparseVector], labels: Sequence[int], *, features: NgramFeatures, n_intents: int, seed: int
) -> TrainingRows:
    """The rows with the background added as messages of no intent."""
    background = [features.vector(text) for text in BACKGROUND]
    return TrainingRows(
        rows=(*vectors, *background),
        labels=np.array([*labels, *[NO_INTENT] * len(background)], dtype=np.int32),
        n_features=features.n_features,
        n_intents=n_intents,
        seed=seed,
    )
