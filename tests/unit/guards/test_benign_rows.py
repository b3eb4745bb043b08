import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from remit.adapters.guards.injection import order_in_data, order_in_message

SHARED = Path(__file__).parents[3].parent / "shared" / "data"


def rows(*names: str) -> Iterator[dict[str, object]]:
    for name in names:
        path = SHARED / name
        if not path.exists():
            pytest.skip(f"the data set {name} is not beside the checkout")
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            yield from (json.loads(line) for line in lines)


@pytest.mark.shared
def test_no_benign_row_of_the_adversarial_set_is_taken_for_an_attack() -> None:
    benign = [str(row["text"]) for row in rows("adversarial/prompts.jsonl.gz") if row["label"] == 0]
    assert len(benign) > 300
    assert [text for text in benign if order_in_message(text) or order_in_data(text)] == []


@pytest.mark.shared
def test_no_message_of_real_customers_is_taken_for_an_attack() -> None:
    names = [f"hint3/{bot}_test.jsonl.gz" for bot in ("curekart", "sofmattress")]
    messages = [str(row["text"]) for row in rows("banking77/train.jsonl.gz", *names)]
    assert len(messages) > 10_000
    assert [text for text in messages if order_in_message(text)] == []


@pytest.mark.shared
def test_the_known_wordings_are_still_recognised() -> None:
    """A floor, not a promise: 191 of 331 collected templates when the patterns were written."""
    source = "in-the-wild"
    found = [
        order_in_message(str(row["text"])) is not None
        for row in rows("adversarial/prompts.jsonl.gz")
        if row["label"] == 1 and str(row["source"]).startswith(source)
    ]
    assert sum(found) >= len(found) / 2
