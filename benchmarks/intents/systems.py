"""What is compared on the same split: Remit's two classifiers, and the two of `plain.py`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from benchmarks.intents import data

from remit.adapters.intents import LocalIntents
from remit.adapters.intents.embeddings import MiniLmEncoder
from remit.adapters.intents.features import Encoder, FloatArray
from remit.conversations import IntentName, Message

SystemName = Literal["svc", "default", "mix", "embeddings"]
SYSTEMS: tuple[SystemName, ...] = ("svc", "default", "mix", "embeddings")


@dataclass(frozen=True, slots=True)
class Answer:
    """The most probable intent with its probability, and how probably the message means none of them."""

    intent: str
    probability: float
    out_of_scope_probability: float


Judge = Callable[[str], Answer]


@dataclass(slots=True)
class KeptVectors:
    """An encoder that looks up what it has encoded before; `known` is emptied before anything is measured."""

    encoder: Encoder
    known: dict[str, FloatArray]

    @property
    def n_dimensions(self) -> int:
        """Length of the vectors."""
        return self.encoder.n_dimensions

    def encode(self, text: str) -> FloatArray:
        """As the encoder."""
        return self.known[text] if text in self.known else self.encoder.encode(text)


def trained(system: SystemName, rows: Sequence[data.Labelled], *, vectors: Path | None) -> Judge:
    """Learn from these rows; a system loads only what it needs itself, so that its memory is its own.

    Args:
        system: Which.
        rows: What it learns from.
        vectors: Where the embeddings of texts learned from are kept between measurements; None keeps nothing.
    """
    kept = _kept(rows, vectors) if system in {"mix", "embeddings"} else None
    if system in {"default", "embeddings"}:
        judge = _remit(rows, kept)
    else:
        from benchmarks.intents.plain import Plain

        judge = Plain.trained(rows, kept).judge
    if kept:
        kept.known = {}
    return judge


def _kept(rows: Sequence[data.Labelled], vectors: Path | None) -> KeptVectors:
    encoder = MiniLmEncoder.installed()
    known: dict[str, FloatArray] = {}
    if vectors and vectors.exists():
        with np.load(vectors) as stored:
            known = dict(zip(stored["texts"].tolist(), stored["vectors"], strict=True))
    missing = sorted({row.text for row in rows} - known.keys())
    known.update((text, encoder.encode(text)) for text in missing)
    if vectors and missing:
        np.savez(vectors, texts=np.array(list(known)), vectors=np.array(list(known.values())))
    return KeptVectors(encoder, known)


def local_intents(rows: Sequence[data.Labelled], encoder: Encoder | None) -> LocalIntents:
    """Remit's classifier with its default settings."""
    examples: dict[IntentName, list[str]] = {}
    for row in rows:
        if row.intent != data.OUT_OF_SCOPE:
            examples.setdefault(IntentName(row.intent), []).append(row.text)
    outside = [row.text for row in rows if row.intent == data.OUT_OF_SCOPE]
    return LocalIntents.train(examples, out_of_scope=outside, encoder=encoder)


def _remit(rows: Sequence[data.Labelled], encoder: Encoder | None) -> Judge:
    intents = local_intents(rows, encoder)

    def judge(text: str) -> Answer:
        window = [Message("customer", text, data.THEN)]
        intent, probability = next(iter(intents.probabilities(window).items()))
        return Answer(intent, probability, intents.judge(window).out_of_scope_probability)

    return judge
