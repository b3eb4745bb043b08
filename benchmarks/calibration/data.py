"""Pools of labelled scores from the real data beside the checkout; nothing of it is kept here."""

import gzip
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from remit.adapters.intents.local import LocalIntents
from remit.calibration.labels import LabelledProposal
from remit.calibration.signals import Signals
from remit.conversations import IntentName, Message

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
OUT_OF_SCOPE = "oos"
THEN = datetime(2026, 1, 1, tzinfo=UTC)
VENDORS = ("dialogflow", "luis", "rasa", "haptik", "bert")
BOTS = ("curekart", "sofmattress")
PER_INTENT = 20
"""Examples that the classifier learns from: what a policy has. All other messages are the pool."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Messages that the classifier has not seen, judged right or wrong by the publishers' labels."""

    name: str
    labels: tuple[LabelledProposal, ...]

    @property
    def scores(self) -> NDArray[np.float64]:
        """The uncalibrated score: the intent's probability."""
        return np.array([each.signals.intent_probability or 0.0 for each in self.labels])

    @property
    def wrong(self) -> NDArray[np.bool_]:
        return np.array([each.wrong for each in self.labels])


def rows(name: str) -> Iterator[dict[str, Any]]:
    """The rows of one file of the shared data."""
    with gzip.open(SHARED / name, "rt", encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines)


def banking77(seed: int) -> Pool:
    """20 examples an intent teach; the other 8,463 messages are the pool."""
    taught, rest = _taught(list(rows("banking77/train.jsonl.gz")), seed)
    return _pool("banking77", taught, rest)


def clinc150(seed: int) -> Pool:
    """20 examples an intent teach; of the rest 3 % are out of scope, as in the publishers' validation part."""
    everything = [*rows("clinc150/train.jsonl.gz"), *rows("clinc150/val.jsonl.gz")]
    outside = [row for row in everything if row["intent"] == OUT_OF_SCOPE]
    taught, rest = _taught([row for row in everything if row["intent"] != OUT_OF_SCOPE], seed)
    random.Random(seed).shuffle(rest)
    return _pool("clinc150", taught, [*rest[: len(outside) * 30], *outside])


def hint3(seed: int) -> Pool:
    """The builders' phrases teach, what live customers of both bots wrote is the pool; 36 to 54 % is out of scope."""
    del seed
    labels: list[LabelledProposal] = []
    for bot in BOTS:
        taught: dict[str, list[str]] = {}
        for row in rows(f"hint3/{bot}_train.jsonl.gz"):
            taught.setdefault(row["intent"], []).append(row["text"])
        labels += _pool(bot, taught, list(rows(f"hint3/{bot}_test.jsonl.gz"))).labels
    return Pool("hint3", tuple(labels))


def vendor(name: str) -> Pool:
    """What a vendor's bot said of live messages of both bots. Saying that nothing fits is a handoff: score 0."""
    labels = []
    for bot in BOTS:
        for number, row in enumerate(rows(f"hint3/{bot}_test.jsonl.gz")):
            predicted, confidence = row["vendors"][name]
            score = 0.0 if predicted == OUT_OF_SCOPE else float(confidence)
            labels.append(_label(f"{bot}-{number}", row["intent"], predicted, Signals(intent_probability=score)))
    return Pool(f"hint3 {name}", tuple(labels))


def _taught(everything: Sequence[dict[str, Any]], seed: int) -> tuple[dict[str, list[str]], list[dict[str, Any]]]:
    chance = random.Random(seed)
    shuffled = list(everything)
    chance.shuffle(shuffled)
    taught: dict[str, list[str]] = {}
    rest = []
    for row in shuffled:
        own = taught.setdefault(row["intent"], [])
        if len(own) < PER_INTENT:
            own.append(row["text"])
        else:
            rest.append(row)
    return taught, rest


def _pool(name: str, taught: dict[str, list[str]], unseen: Sequence[dict[str, Any]]) -> Pool:
    intents = LocalIntents.train({IntentName(intent): texts for intent, texts in sorted(taught.items())})
    labels = []
    for number, row in enumerate(unseen):
        estimate = intents.judge([Message("customer", row["text"], THEN)])
        best = estimate.guesses[0] if estimate.guesses else None
        signals = Signals(
            intent_probability=best.probability if best else 0.0,
            intent_margin=estimate.margin,
            out_of_scope_probability=estimate.out_of_scope_probability,
            others=dict(estimate.signals),
        )
        predicted = best.intent if best else OUT_OF_SCOPE
        labels.append(_label(f"{name}-{number}", row["intent"], predicted, signals))
    return Pool(name, tuple(labels))


def _label(key: str, intent: str, predicted: str, signals: Signals) -> LabelledProposal:
    # A message that nothing fits has no right proposal; neither has a bot that proposes nothing.
    wrong = predicted != intent or intent == OUT_OF_SCOPE
    outside = intent == OUT_OF_SCOPE
    return LabelledProposal(key, IntentName(predicted), signals, wrong, out_of_scope=outside)
