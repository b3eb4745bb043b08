"""What one writes with scikit-learn alone; it knows no windows, no courtesies and no second intent in a message.

svc: TF-IDF of words and characters, linear support vector machines. mix: the same, its probabilities averaged with
those of a logistic regression on sentence embeddings.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from benchmarks.intents import data
from benchmarks.intents.systems import Answer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_union
from sklearn.svm import LinearSVC

from remit.adapters.intents.features import Encoder

Array = npt.NDArray[np.float64]
_SHARPNESS = np.geomspace(0.5, 20.0, 40)
_SHARES_OF_THE_SVC = np.linspace(0.1, 0.9, 9)


@dataclass(frozen=True, slots=True)
class Plain:
    """The machines of scikit-learn; out-of-scope rows, where there are any, are one more class.

    Args:
        ngrams: Fitted vectoriser.
        machine: One support vector machine a class.
        sharpness: Inverse temperature that turns its margins into probabilities.
        regression: On sentence embeddings; None in `svc`.
        encoder: Makes the embeddings.
        share_of_svc: Weight of the machine's probabilities in the average.
    """

    ngrams: Any
    machine: LinearSVC
    sharpness: float
    regression: LogisticRegression | None
    encoder: Encoder | None
    share_of_svc: float

    @classmethod
    def trained(cls, rows: Sequence[data.Labelled], encoder: Encoder | None) -> "Plain":
        """Fit on four fifths to choose sharpness and weight on the rest by likelihood, then fit on everything."""
        texts = [row.text for row in rows]
        labels = np.array([row.intent for row in rows])
        meaning = np.array([encoder.encode(text) for text in texts]) if encoder else None
        ngrams = _vectoriser().fit(texts)
        seen = ngrams.transform(texts)
        learn, check = train_test_split(np.arange(len(rows)), test_size=0.2, random_state=0, stratify=labels)
        right = np.searchsorted(np.unique(labels), labels[check])
        margins = _margins(LinearSVC().fit(seen[learn], labels[learn]), seen[check])
        sharpness = min(_SHARPNESS, key=lambda one: _cost(_softmax(margins * one), right))
        regression, share = None, 1.0
        if meaning is not None:
            other = _regression().fit(meaning[learn], labels[learn]).predict_proba(meaning[check])
            machine = _softmax(margins * sharpness)
            share = min(_SHARES_OF_THE_SVC, key=lambda one: _cost(one * machine + (1.0 - one) * other, right))
            regression = _regression().fit(meaning, labels)
        return cls(ngrams, LinearSVC().fit(seen, labels), float(sharpness), regression, encoder, float(share))

    def judge(self, text: str) -> Answer:
        """Judge one text alone."""
        probabilities = _softmax(_margins(self.machine, self.ngrams.transform([text])) * self.sharpness)[0]
        if self.regression is not None and self.encoder is not None:
            other = self.regression.predict_proba(self.encoder.encode(text)[None, :])[0]
            probabilities = self.share_of_svc * probabilities + (1.0 - self.share_of_svc) * other
        kinds = self.machine.classes_
        outside = float(probabilities[kinds == data.OUT_OF_SCOPE].sum())
        best = int(np.where(kinds == data.OUT_OF_SCOPE, -1.0, probabilities).argmax())
        probability = float(probabilities[best])
        return Answer(str(kinds[best]), probability, outside or 1.0 - probability)


def _vectoriser() -> Any:
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    return make_union(words, TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True))


def _regression() -> LogisticRegression:
    return LogisticRegression(C=10.0, max_iter=300)


def _margins(machine: LinearSVC, rows: Any) -> Array:
    return np.asarray(machine.decision_function(rows), dtype=np.float64)


def _softmax(scaled: Array) -> Array:
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float64)


def _cost(probabilities: Array, right: "npt.NDArray[np.int_]") -> float:
    return -float(np.log(np.maximum(probabilities[np.arange(len(right)), right], 1e-12)).sum())
