"""A wish for a person is heard whatever else the message says; talk about people is not one."""

from datetime import UTC, datetime

import pytest

from remit.adapters.intents import LocalIntents
from remit.adapters.intents.people import asks_for_person
from remit.conversations import IntentName, Message
from remit.runtime.ports import ASKS_FOR_PERSON

THEN = datetime(2026, 1, 1, tzinfo=UTC)
INTENTS = LocalIntents.train(
    {
        IntentName("refund"): ("where is my refund", "I want my money back", "refund please"),
        IntentName("order_status"): ("where is my order", "has my parcel been sent", "track my order"),
    }
)


@pytest.mark.parametrize(
    "text",
    [
        "Can I talk to a human",
        "I\N{RIGHT SINGLE QUOTATION MARK}d rather talk to a real person",
        "can you connect me to a human please",
        "let me speak to a colleague of yours",
        "This is useless. Get me a manager!",
        "put me through to someone",
        "Live agent",
        "I need to contact a damn agent",
        "transfer to an agent",
        "what do I have to do to chat with an agent",
        "I need help chatting  with an operator",
        "is there somebody I can talk to",
        "I don't want to talk to a bot",
        "direct me to an assistant",
        "can I get a human",
        "how do I contact a person",
    ],
)
def test_a_wish_for_a_person_is_heard_and_signalled(text: str) -> None:
    assert asks_for_person(text)
    window = [Message("customer", "where is my order", THEN), Message("customer", text, THEN)]
    assert INTENTS.judge(window).signals == {ASKS_FOR_PERSON: 1.0}


@pytest.mark.parametrize(
    "text",
    [
        "I don't want to talk to a person",
        "am I talking to a real person",
        "I spoke to a manager yesterday",
        "I was told to speak to someone",
        "can I transfer the order to another person",
        "do I need to speak to a representative to change my pin?",
        "I have already talked to your team",
        "I just had a chat with one of your agents",
        "I can talk to the bot, no problem",
        "where is my order",
    ],
)
def test_talk_about_people_is_no_wish_for_one(text: str) -> None:
    assert not asks_for_person(text)
    assert INTENTS.judge([Message("customer", text, THEN)]).signals == {}


def test_only_the_newest_message_counts() -> None:
    window = [Message("customer", "human please", THEN), Message("customer", "where is my order", THEN)]
    assert INTENTS.judge(window).signals == {}
