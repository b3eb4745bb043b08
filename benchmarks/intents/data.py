"""Real messages beside the checkout, split by ourselves; only the parts meant for training are there."""

import gzip
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from remit.adapters.intents import LabelledWindow
from remit.conversations import IntentName, Message, Speaker

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
OUT_OF_SCOPE = "oos"
THEN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A message and its intent; "oos" = none of them."""

    text: str
    intent: str


@dataclass(frozen=True, slots=True)
class Split:
    """What is trained on and what is measured on.

    `out_of_scope_share` is the share of traffic that the measured rows are weighted to; None = as they come.
    """

    name: str
    train: tuple[Labelled, ...]
    test: tuple[Labelled, ...]
    out_of_scope_share: float | None = None


def rows(name: str) -> Iterator[dict[str, Any]]:
    """The rows of one file of the shared data."""
    with gzip.open(SHARED / name, "rt", encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines)


def banking77(seed: int) -> Split:
    """Four fifths of the train part to learn from, one fifth to measure on."""
    train, test = _cut([Labelled(row["text"], row["intent"]) for row in rows("banking77/train.jsonl.gz")], seed)
    return Split("banking77", train, test)


def clinc150(seed: int) -> Split:
    """As banking77, plus the out-of-scope messages of the validation part; weighted to the publisher's 18.2 %."""
    everything = [Labelled(row["text"], row["intent"]) for row in rows("clinc150/train.jsonl.gz")]
    train, test = _cut([row for row in everything if row.intent != OUT_OF_SCOPE], seed)
    outside = tuple(row for row in everything if row.intent == OUT_OF_SCOPE)
    unseen = (Labelled(row["text"], row["intent"]) for row in rows("clinc150/val.jsonl.gz"))
    unseen_outside = tuple(row for row in unseen if row.intent == OUT_OF_SCOPE)
    return Split("clinc150", (*train, *outside), (*test, *unseen_outside), 1000 / 5500)


def policy_sized(seed: int) -> Split:
    """Fifteen intents of CLINC150 with twenty examples each and no out-of-scope example: what a policy has."""
    chance = random.Random(seed)
    whole = clinc150(seed)
    intents = set(chance.sample(sorted({row.intent for row in whole.train} - {OUT_OF_SCOPE}), 15))
    train: list[Labelled] = []
    for intent in sorted(intents):
        train += chance.sample([row for row in whole.train if row.intent == intent], 20)
    test = tuple(row for row in whole.test if row.intent in intents or row.intent == OUT_OF_SCOPE)
    return Split("clinc150, 15 intents x 20", tuple(train), test, 0.2)


def hint3(bot: str, seed: int) -> Split:
    """The builders' phrases to learn from, what live customers wrote to measure on; there is one split only."""
    del seed
    train = tuple(Labelled(row["text"], row["intent"]) for row in rows(f"hint3/{bot}_train.jsonl.gz"))
    test = tuple(Labelled(row["text"], row["intent"]) for row in rows(f"hint3/{bot}_test.jsonl.gz"))
    return Split(f"hint3 {bot}", train, test)


@dataclass(frozen=True, slots=True)
class Chats:
    """Labelled windows to learn from, and whole chats with their one intent to measure on."""

    train: tuple[LabelledWindow, ...]
    test: tuple[LabelledWindow, ...]


def star(seed: int, *, n_train: int = 900, n_test: int = 500) -> Chats:
    """Chats about one task each: the windows after the first and after the second customer message, and whole chats."""
    chats = [
        LabelledWindow(messages, (IntentName(row["tasks"][0]),))
        for row in rows("star/dialogues.jsonl.gz")
        if len(row["tasks"]) == 1 and (messages := tuple(_messages(row["turns"]))) and _n_customer(messages) > 1
    ]
    random.Random(seed).shuffle(chats)
    train = [
        LabelledWindow(until(chat.messages, n), chat.intents)
        for chat in chats[n_test : n_test + n_train]
        for n in (1, 2)
    ]
    return Chats(tuple(train), tuple(chats[:n_test]))


def until(messages: Sequence[Message], n_customer: int) -> tuple[Message, ...]:
    """The chat up to and with its n-th customer message; the whole chat if it has fewer."""
    seen = 0
    for position, message in enumerate(messages):
        seen += message.speaker == "customer"
        if seen == n_customer:
            return tuple(messages[: position + 1])
    return tuple(messages)


def _messages(turns: Sequence[dict[str, Any]]) -> Iterator[Message]:
    for turn in turns:
        speaker: Speaker | None = {"customer": "customer", "agent": "agent"}.get(turn["actor"])  # type: ignore[assignment]
        if speaker and turn.get("text") and turn["action"] in {"utter", "pick_suggestion"}:
            yield Message(speaker, turn["text"], THEN)


def _n_customer(messages: Sequence[Message]) -> int:
    return sum(message.speaker == "customer" for message in messages)


def _cut(everything: Sequence[Labelled], seed: int) -> tuple[tuple[Labelled, ...], tuple[Labelled, ...]]:
    shuffled = list(everything)
    random.Random(seed).shuffle(shuffled)
    cut = len(shuffled) * 4 // 5
    return tuple(shuffled[:cut]), tuple(shuffled[cut:])
