import gzip
import json
from pathlib import Path

import pytest

from remit.adapters.guards.numbers import has_card_number, has_iban
from remit.adapters.guards.secrets import secret_in

SHARED = Path(__file__).parents[3].parent / "shared" / "data"


@pytest.mark.shared
def test_numbers_are_found_in_marked_sentences_and_nowhere_else() -> None:
    """A floor for cards, because some of the generated numbers belong to no issuer."""
    path = SHARED / "pii" / "presidio_synth_v2.jsonl.gz"
    if not path.exists():
        pytest.skip("the marked sentences are not beside the checkout")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    marked = [({span["type"] for span in row["spans"]}, row["text"]) for row in rows]
    cards = [has_card_number(text) for types, text in marked if "CREDIT_CARD" in types]
    assert sum(cards) >= 0.8 * len(cards) > 50
    assert all(has_iban(text) for types, text in marked if "IBAN_CODE" in types)
    assert [text for types, text in marked if "CREDIT_CARD" not in types and has_card_number(text)] == []
    assert [text for types, text in marked if "IBAN_CODE" not in types and has_iban(text)] == []
    assert [text for _, text in marked if secret_in(text)] == []
