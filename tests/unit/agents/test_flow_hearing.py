"""What a message is: yes, no, a value, a choice."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.adapters.agents.flow.hearing import (
    asks_something,
    choose,
    corrects,
    does_not_know,
    find_value,
    gives_up,
    yes_or_no,
)
from remit.adapters.agents.flow.model import Slot

ORDER = Slot("order", (), patterns=(re.compile(r"#?(\d{5}|\d{2}[ .]\d{3})"),), normalise="digits")


@pytest.mark.parametrize(
    "text", ["yes", "Yep!", "ok", "sure, go ahead", "please do", "Hi there! Yes, please", "that's right"]
)
def test_a_yes_is_a_yes(text: str) -> None:
    assert yes_or_no(text) == "yes"


@pytest.mark.parametrize(
    "text", ["no", "nope", "No, don\u2019t", "wait", "Hmm. No, leave it", "ok, no", "I've changed my mind"]
)
def test_a_no_anywhere_is_a_no(text: str) -> None:
    assert yes_or_no(text) == "no"


@pytest.mark.parametrize("text", ["yes, but to another address", "what does that cost", "10423", "perhaps", ""])
def test_anything_else_is_unclear(text: str) -> None:
    assert yes_or_no(text) == "unclear"


@pytest.mark.parametrize(
    "text", ["I don't know", "no idea", "can't find it", "I lost my receipt", "idk", "I threw the box away"]
)
def test_not_knowing_is_understood(text: str) -> None:
    assert does_not_know(text)


def test_a_story_of_something_thrown_is_no_not_knowing() -> None:
    assert not does_not_know("your driver threw the parcel over the fence")


@given(st.integers(10000, 99999), st.sampled_from(["{}", "#{}", "order {}", "it's {}, thanks", "No. {}!"]))
def test_a_number_is_found_however_it_is_written(number: int, phrase: str) -> None:
    assert find_value(ORDER, phrase.format(number), asked=True) == str(number)


def test_a_number_with_a_gap_is_normalised() -> None:
    assert find_value(ORDER, "10 423", asked=True) == "10423"


def test_a_value_that_is_not_valid_counts_as_not_understood() -> None:
    slot = Slot("order", (), patterns=(re.compile(r"\d+"),), valid=re.compile(r"\d{5}"))

    assert find_value(slot, "1042", asked=True) is None
    assert find_value(slot, "1042 no, 10423", asked=True) == "10423"


def test_a_free_slot_takes_the_message_only_when_asked() -> None:
    slot = Slot("problem", (), free=True)

    assert find_value(slot, "the driver was rude", asked=True) == "the driver was rude"
    assert find_value(slot, "the driver was rude", asked=False) is None
    assert find_value(slot, "no idea", asked=True) is None


ITEMS = [
    {"sku": "LAMP-1", "name": "Owl lamp"},
    {"sku": "LAMP-2", "name": "Oak lantern"},
    {"sku": "POT", "name": "Blue pot"},
]


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("LAMP-2", "LAMP-2"),
        ("the blue one", "POT"),
        ("the owl", "LAMP-1"),
        ("second one please", "LAMP-2"),
        ("the last", "POT"),
        ("the fifth", None),
        ("whatever", None),
    ],
)
def test_an_option_is_chosen(text: str, chosen: str | None) -> None:
    assert choose(ITEMS, "sku", text, asked=True) == chosen


def test_words_that_fit_two_options_choose_none() -> None:
    assert choose([{"k": 1, "n": "red pot"}, {"k": 2, "n": "blue pot"}], "k", "the pot", asked=True) is None


def test_a_place_counts_only_when_asked() -> None:
    assert choose(ITEMS, "sku", "first of all, hello", asked=False) is None


def test_the_latest_order_is_the_first_of_the_list() -> None:
    assert choose([{"k": "b"}, {"k": "a"}], "k", "cancel my last order", asked=False) == "b"


def test_corrections_questions_and_giving_up_are_told_apart() -> None:
    assert corrects("no, I meant 10424")
    assert not corrects("10424")
    assert asks_something("how much is shipping")
    assert not asks_something("14 Brook Street")
    assert gives_up("never mind")
    assert not gives_up("it never arrived")
