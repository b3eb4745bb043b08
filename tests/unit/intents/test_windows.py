from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.adapters.intents.model import Said, said_by_customer
from remit.adapters.intents.windows import carried_weights, looks_new, standing_alone
from remit.conversations import Message, Speaker

unit = st.floats(0.0, 1.0)


def unasked(text: str) -> Said:
    return Said(text)


@given(st.lists(unit, min_size=1, max_size=8))
def test_every_message_weighs_something_between_nothing_and_all(standing: list[float]) -> None:
    weights = carried_weights(standing)
    assert len(weights) == len(standing)
    assert all(0.0 <= weight <= 1.0 for weight in weights)
    assert weights[-1] > 0.0


@given(st.lists(unit, max_size=5))
def test_a_message_that_stands_alone_covers_all_before_it(before: list[float]) -> None:
    assert carried_weights([*before, 1.0]) == [0.0] * len(before) + [1.0]


@given(unit)
def test_a_reply_leaves_what_was_asked_in_force(first: float) -> None:
    assert carried_weights([1.0, 0.0]) == [1.0, 0.3]
    assert carried_weights([first, 0.0])[0] >= first


@pytest.mark.parametrize(
    "reply", ["yes please", "it is 10423", "10423", "the blue one", "thanks, that is right", "", "\u2026"]
)
def test_replies_are_no_new_requests(reply: str) -> None:
    assert looks_new(unasked(reply)) == 0.0


def test_a_request_is_more_likely_new_than_a_statement_and_that_more_than_a_reply() -> None:
    request, statement = unasked("can you write my homework essay"), unasked("my dog ate a big shoe")
    assert 1.0 > looks_new(request) > looks_new(statement) > looks_new(unasked("yes please"))


def test_what_answers_a_question_is_less_likely_new() -> None:
    text = "can you write my homework essay"
    assert looks_new(Said(text, "Which one?")) < looks_new(unasked(text))


@given(unit, unit, st.text(max_size=40), st.booleans())
def test_a_clearer_message_stands_more_alone(first: float, second: float, text: str, to_question: bool) -> None:
    vague, clear = sorted([first, second])
    said = Said(text, "Which one?" if to_question else "")
    assert 0.0 <= standing_alone(vague, said) <= standing_alone(clear, said) <= 1.0


def test_a_message_answers_a_question_only_if_one_stands_right_before_it() -> None:
    said: list[tuple[Speaker, str]] = [
        ("customer", "hello"), ("agent", "Which order? "), ("customer", "the blue one"), ("customer", "and the red"),
        ("expert", "I see."), ("customer", "thanks"),
    ]  # fmt: skip
    messages = [Message(speaker, text, datetime(2026, 1, 1, tzinfo=UTC)) for speaker, text in said]
    assert [one.to_question for one in said_by_customer(messages)] == [False, True, False, False]
