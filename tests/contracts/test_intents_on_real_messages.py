"""The probabilities are honest on messages of real people, and quick to compute."""

import gzip
import json
import random
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from scipy.stats import binom

from remit.adapters.intents import LocalIntents
from remit.conversations import IntentName, Message

CLINC = Path(__file__).parents[2].parent / "shared" / "data" / "clinc150"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
SEED = 3


def messages(part: str) -> dict[str, list[str]]:
    path = CLINC / f"{part}.jsonl.gz"
    if not path.exists():
        pytest.skip("the CLINC150 data set is not beside the checkout")
    found: dict[str, list[str]] = {}
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            found.setdefault(row["intent"], []).append(row["text"])
    return found


@pytest.fixture(scope="module")
def train() -> dict[str, list[str]]:
    return messages("train")


@pytest.fixture(scope="module")
def intents(train: dict[str, list[str]]) -> LocalIntents:
    chance = random.Random(SEED)
    chosen = chance.sample(sorted(set(train) - {"oos"}), 15)
    return LocalIntents.train({IntentName(name): chance.sample(train[name], 20) for name in chosen})


def best(intents: LocalIntents, text: str) -> tuple[str, float]:
    return next(iter(intents.probabilities([Message("customer", text, NOW)]).items()))


@pytest.mark.shared
def test_messages_that_are_nine_tenths_sure_are_right_that_often(intents: LocalIntents) -> None:
    validation = messages("val")
    judged = [(name, *best(intents, text)) for name in (*intents.intents, "oos") for text in validation[name]]
    sure = [name == found for name, found, probability in judged if probability >= 0.9]
    n_wrong = len(sure) - sum(sure)
    print(f"seed {SEED}: {n_wrong} wrong of {len(sure)} sure messages, {len(judged)} judged")
    assert len(sure) > 200
    # Fails only if so many errors would be a one-in-a-million accident at the stated nine tenths.
    assert binom.sf(n_wrong - 1, len(sure), 0.1) > 1e-6


@pytest.mark.shared
def test_most_messages_out_of_scope_are_known_as_such_without_any_example_of_them(intents: LocalIntents) -> None:
    outside = messages("val")["oos"]
    contained = sum(best(intents, text)[1] >= 0.9 for text in outside)
    assert contained <= len(outside) / 20


@pytest.mark.shared
def test_a_message_costs_little_more_than_a_millisecond(intents: LocalIntents) -> None:
    texts = [text for rows in list(messages("val").values())[:10] for text in rows]
    started = time.process_time()
    for text in texts:
        intents.judge([Message("customer", text, NOW)])
    # Three times the aim: the aim itself is measured by the benchmark, on a machine that does nothing else.
    assert (time.process_time() - started) / len(texts) < 0.0045
