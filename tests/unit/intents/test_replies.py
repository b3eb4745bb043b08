import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.adapters.intents.courtesies import is_courtesy, stripped, without_courtesies
from remit.adapters.intents.replies import agrees, asks, is_bare, offer_in


@pytest.mark.parametrize(
    "text",
    [
        "Which item is it about?",
        "Could you give me your order number? It is the five-digit number in your confirmation e-mail, such as 10423.",
        "Please tell me your name.",
        "Your order is late. Shall I have a colleague search for it?",
    ],
)
def test_a_question_about_something_in_particular_asks_wherever_it_stands(text: str) -> None:
    assert asks(text)


@pytest.mark.parametrize(
    "text", ["Hello, what can I do for you?", "It ships tomorrow. Anything else?", "How can I help?", "Done.", ""]
)
def test_an_invitation_to_say_whatever_comes_asks_nothing(text: str) -> None:
    assert not asks(text)


@pytest.mark.parametrize(
    "text",
    ["yes", "Yes please, thank you very much", "no thanks", "10423", "it is R-5004", "ana@example.com",
         "Hi, quick question. 10415", "yes, that's right"],
)  # fmt: skip
def test_a_bare_reply_says_nothing_that_was_not_asked(text: str) -> None:
    assert is_bare(text)


@pytest.mark.parametrize("text", ["no, where is my other order", "cancel it", "and my refund?"])
def test_a_reply_with_words_of_its_own_is_not_bare(text: str) -> None:
    assert not is_bare(text)


def test_only_a_plain_yes_agrees() -> None:
    assert all(map(agrees, ["yes", "Yes please", "ok, go ahead", "sure, thanks"]))
    assert not any(map(agrees, ["no", "no thanks", "yes, but cancel it", "10423", "", "thanks"]))


def test_the_last_offer_of_a_message_is_what_a_yes_takes_up() -> None:
    text = "Your parcel comes today.\n\nYou also asked about something else. Shall I look into your refund now?"
    assert offer_in(text) == "Shall I look into your refund now?"
    assert offer_in("Which item is it about?") == ""


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Hi, where is my order?", "where is my order?"),
        ("Good morning! Could you cancel it? Thank you very much", "Could you cancel it?"),
        ("Thanks for the quick reply yesterday. What does shipping cost", "What does shipping cost"),
        ("Hello there, quick question, is it in stock? cheers", "is it in stock?"),
        ("where is my order", "where is my order"),
    ],
)
def test_courtesies_around_a_request_are_left_out(text: str, rest: str) -> None:
    assert without_courtesies(text) == rest


@pytest.mark.parametrize("text", ["hi", "thanks!", "ok, thank you", "good to know, thanks", "hello there", ""])
def test_a_message_of_courtesies_only_stays_whole(text: str) -> None:
    assert without_courtesies(text) == text


@given(st.text(max_size=60))
def test_what_is_left_was_there_before(text: str) -> None:
    assert stripped(text) in text


def test_a_word_that_begins_like_a_greeting_is_none() -> None:
    assert without_courtesies("hidden costs of shipping") == "hidden costs of shipping"
    assert is_courtesy("thanks for the reply")
    assert not is_courtesy("thankfully it arrived")


@pytest.mark.parametrize(
    "text", ["I don't know", "I can't tell you that, I don't know", "Sorry, no idea", "can't find it"]
)
def test_not_knowing_is_a_bare_reply(text: str) -> None:
    assert is_bare(text)


@pytest.mark.parametrize("text", ["I don't know where my parcel is", "can you find my parcel", "tell me about returns"])
def test_not_knowing_something_named_is_not(text: str) -> None:
    assert not is_bare(text)
