"""TF-IDF of word and character n-grams, with no per-call cost but the n-grams themselves."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Protocol

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
IndexArray = npt.NDArray[np.int32]

_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_DIGITS = re.compile(r"\d+")
_WORD = re.compile(r"[^\W_]+(?:'[^\W\d_]+)?|[#@]")
_CHAR_LENGTHS = (2, 3, 4, 5)
_REMEMBERED = 2000


def words_of(text: str) -> list[str]:
    """The words of a text in lower case.

    Every run of digits becomes `#` and every e-mail address `@`, so that no number and no person is learned.
    """
    flat = unicodedata.normalize("NFKC", text).lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return _WORD.findall(_DIGITS.sub("#", _ADDRESS.sub("@", flat)))


def word_grams(words: Sequence[str]) -> list[str]:
    """Single words and pairs of neighbours."""
    return [*words, *(f"{left} {right}" for left, right in pairwise(words))]


def char_grams(words: Iterable[str]) -> list[str]:
    """Runs of two to five characters inside each word, its two ends marked by a space."""
    grams: list[str] = []
    for word in words:
        padded = f" {word} "
        size = len(padded)
        for length in _CHAR_LENGTHS:
            if length >= size:
                grams.append(padded)
                break
            grams += [padded[start : start + length] for start in range(size - length + 1)]
    return grams


@dataclass(frozen=True, slots=True)
class SparseVector:
    """A text as features.

    Args:
        indices: shape (n_known,), int32; a mix of several texts may name a feature more than once.
        values: shape (n_known,), float32; each family of features has length 1, less where n-grams are unknown.
    """

    indices: IndexArray
    values: FloatArray


@dataclass(frozen=True, slots=True)
class _Block:
    """One family of n-grams with the weight of each; `unseen` is the weight of one that training never saw."""

    index: Mapping[str, int]
    idf: Sequence[float]
    unseen: float

    def weigh(self, grams: Sequence[str]) -> tuple[list[int], list[float]]:
        """Indices and weights of the known grams, scaled by the length over known and unknown ones."""
        indices: list[int] = []
        values: list[float] = []
        total = 0.0
        for gram, count in Counter(grams).items():
            position = self.index.get(gram)
            damped = 1.0 if count == 1 else 1.0 + math.log(count)
            if position is None:
                total += (damped * self.unseen) ** 2
                continue
            weight = damped * self.idf[position]
            total += weight * weight
            indices.append(position)
            values.append(weight)
        if total == 0.0:
            return [], []
        scale = 1.0 / math.sqrt(total)
        return indices, [value * scale for value in values]


def _block(rows: Sequence[Sequence[str]], *, min_rows: int) -> _Block:
    n_rows = Counter(gram for row in rows for gram in set(row))
    kept = sorted(gram for gram, count in n_rows.items() if count >= min_rows)
    size = len(rows) + 1
    return _Block(
        index={gram: position for position, gram in enumerate(kept)},
        idf=[math.log(size / (n_rows[gram] + 1)) + 1.0 for gram in kept],
        unseen=math.log(size) + 1.0,
    )


class Features(Protocol):
    """What training has seen: turns texts into vectors."""

    @property
    def n_features(self) -> int:
        """Length of the vectors."""
        ...

    @property
    def n_meaning(self) -> int:
        """How many of the features, the last ones, are an encoder's; 0 without one."""
        ...

    def vector(self, text: str) -> SparseVector:
        """The features of one text."""
        ...


@dataclass(frozen=True, slots=True)
class NgramFeatures:
    """What training has seen: turns texts into vectors. Threads may share it: equal words have equal vectors."""

    words: _Block
    chars: _Block
    _known: dict[tuple[str, ...], SparseVector] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, texts: Sequence[str], *, min_rows: int = 1) -> "NgramFeatures":
        """Learn the n-grams of these texts; those found in fewer than `min_rows` texts are left out."""
        tokens = [words_of(text) for text in texts]
        words = _block([word_grams(row) for row in tokens], min_rows=1)
        chars = _block([char_grams(row) for row in tokens], min_rows=min_rows)
        return cls(words, chars)

    @property
    def n_features(self) -> int:
        """Length of the vectors."""
        return len(self.words.idf) + len(self.chars.idf)

    @property
    def n_meaning(self) -> int:
        """N-grams only."""
        return 0

    def vector(self, text: str) -> SparseVector:
        """The features of one text; both families of n-grams weigh the same."""
        # Customers say the same with other numbers again and again; to the words all numbers are one.
        tokens = tuple(words_of(text))
        known = self._known.get(tokens)
        if known is None:
            known = self._weighed(tokens)
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[tokens] = known
        return known

    def _weighed(self, tokens: Sequence[str]) -> SparseVector:
        word_indices, word_values = self.words.weigh(word_grams(tokens))
        char_indices, char_values = self.chars.weigh(char_grams(tokens))
        offset = len(self.words.idf)
        indices = np.array(word_indices + [position + offset for position in char_indices], dtype=np.int32)
        values = np.array(word_values + char_values, dtype=np.float32)
        return SparseVector(indices, values)


class Encoder(Protocol):
    """A model of what sentences mean."""

    @property
    def n_dimensions(self) -> int:
        """Length of the vectors."""
        ...

    def encode(self, text: str) -> FloatArray:
        """Shape (n_dimensions,), float32, of length 1."""
        ...


_MEANING = 1.0  # as long as each family of n-grams


@dataclass(frozen=True, slots=True)
class MeaningFeatures:
    """N-grams, and beside them the vector of an encoder; one linear machine weighs both."""

    ngrams: NgramFeatures
    encoder: Encoder

    @property
    def n_features(self) -> int:
        """Length of the vectors."""
        return self.ngrams.n_features + self.encoder.n_dimensions

    @property
    def n_meaning(self) -> int:
        """Length of the encoder's vectors."""
        return self.encoder.n_dimensions

    def vector(self, text: str) -> SparseVector:
        """The features of one text."""
        seen = self.ngrams.vector(text)
        positions = np.arange(self.ngrams.n_features, self.n_features, dtype=np.int32)
        return SparseVector(
            np.concatenate([seen.indices, positions]),
            np.concatenate([seen.values, self.encoder.encode(text) * np.float32(_MEANING)]),
        )
