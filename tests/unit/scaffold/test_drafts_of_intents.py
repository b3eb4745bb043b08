"""A history becomes drafts of intents: the same ones each time, labelled, without e-mail addresses and long numbers."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from remit.adapters.scaffold import DraftIntent, draft_intents, intent_named
from remit.errors import ImportFormatError, SettingsError

ORDERS = [f"where is my order {word}" for word in ("now", "today", "please", "again", "yet", "then", "sir", "hm")]
REFUNDS = [f"I want a refund {word}" for word in ("now", "today", "please", "again", "at once", "then", "madam", "ok")]
PASSWORDS = [f"cannot log in, password forgotten {word}" for word in ("help", "today", "again", "sorry", "why", "oh")]


def history(path: Path, openings: Iterable[str]) -> Path:
    lines = [
        {"messages": [{"speaker": "agent", "text": "Hi!"}, {"speaker": "customer", "text": text}]} for text in openings
    ]
    path.write_text("\n".join(map(json.dumps, lines)) + "\n\n")
    return path


def test_openings_that_share_words_become_an_intent_each(tmp_path: Path) -> None:
    drafts = draft_intents(history(tmp_path / "h.jsonl", ORDERS + REFUNDS + PASSWORDS))

    assert sorted(sorted(draft.examples) for draft in drafts) == sorted(map(sorted, (ORDERS, REFUNDS, PASSWORDS)))
    assert [draft.origin for draft in drafts] == [
        f"{n} of 22 opening messages, grouped by the words they share" for n in (8, 8, 6)
    ]
    assert any("refund" in draft.name for draft in drafts)


def test_labels_of_the_history_are_taken_before_any_grouping(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    rows = [("order_status", text) for text in ORDERS * 2] + [("refund", text) for text in REFUNDS]
    rows += [("out_of_scope", text) for text in PASSWORDS]
    lines = [{"intent": label, "messages": [{"speaker": "customer", "text": text}]} for label, text in rows]
    path.write_text("\n".join(map(json.dumps, lines)))

    drafts = draft_intents(path)

    assert [(draft.name, set(draft.examples)) for draft in drafts] == [
        ("order_status", set(ORDERS)),
        ("refund", set(REFUNDS)),
    ]
    assert drafts[0].origin == "16 of 30 opening messages, labelled so in the history"


def test_the_same_history_gives_the_same_drafts(tmp_path: Path) -> None:
    path = history(tmp_path / "h.jsonl", ORDERS + REFUNDS + PASSWORDS)

    assert draft_intents(path) == draft_intents(path)


def test_role_and_content_are_read_too(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    lines = [{"messages": [{"role": "user", "content": text}]} for text in ORDERS + REFUNDS + PASSWORDS]
    path.write_text("\n".join(map(json.dumps, lines)))

    assert len(draft_intents(path)) == 3


def test_addresses_and_long_numbers_do_not_get_into_the_policy(tmp_path: Path) -> None:
    private = [f"my mail is anna{n}@mail.example and my card 4111 1111 1111 {n:04} order" for n in range(12)]
    drafts = draft_intents(history(tmp_path / "h.jsonl", private + ORDERS + REFUNDS))

    examples = " ".join(text for draft in drafts for text in draft.examples)
    assert "anna" not in examples
    assert "4111" not in examples


@pytest.mark.parametrize(
    "openings",
    [
        [f"{n}" for n in range(30)],
        [f"где мой заказ номер {word}" for word in "абвгдежзиклмнопрстуфхцч"],
        [f"{'the and or of ' * 3}{n}" for n in range(30)],
    ],
)
def test_any_words_give_names_that_a_policy_can_have(tmp_path: Path, openings: list[str]) -> None:
    drafts = draft_intents(history(tmp_path / "h.jsonl", openings))

    assert drafts
    assert all(draft.name.isascii() and draft.name.isidentifier() for draft in drafts)


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        ("", None, "0 conversations"),
        ('{"messages": [{"speaker": "customer", "text": "hi"}]}\n' * 30, None, "1 different openings are too few"),
        ('{"messages": []}', 1, "no message of the customer"),
        ('{"messages": [{"speaker": "agent", "text": "hi"}]}', 1, "no message of the customer"),
        ('{"messages": [7]}', 1, "no message of the customer"),
        ("[]", 1, "no list `messages`"),
        ('\n{"messages": [', 2, "not JSON"),
    ],
)
def test_what_is_no_history_is_refused_with_its_line(tmp_path: Path, content: str, line: int | None, says: str) -> None:
    path = tmp_path / "h.jsonl"
    path.write_text(content)

    with pytest.raises(ImportFormatError, match=says) as caught:
        draft_intents(path)
    assert caught.value.line == line


def test_a_missing_history_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImportFormatError, match="no such file"):
        draft_intents(tmp_path / "nothing.jsonl")


@pytest.mark.parametrize(
    ("given", "name"), [("Order status", "order_status"), (" refund! ", "refund"), ("2nd line", "intent_2nd_line")]
)
def test_an_intent_gets_a_name_that_a_policy_can_have(given: str, name: str) -> None:
    draft: DraftIntent = intent_named(given)

    assert draft.name == name
    assert len(draft.examples) == len(set(draft.examples)) >= 10


def test_an_intent_without_letters_is_refused() -> None:
    with pytest.raises(SettingsError, match="cannot name an intent"):
        intent_named("?!")
