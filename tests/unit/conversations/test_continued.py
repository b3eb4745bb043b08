from dataclasses import fields, replace
from datetime import UTC, datetime

from remit.conversations import Conversation, ConversationId, CustomerId, HandoffReason, Message, ReleaseId

SAID = Message("customer", "Where is it?", datetime(2026, 11, 1, 9, 0, tzinfo=UTC))
BEFORE = Conversation(
    ConversationId("c"),
    channel="web",
    customer=CustomerId("ana"),
    language="de",
    entries=(SAID,),
    agent_memory={"asked": 1},
    release=ReleaseId("r-2"),
)


def test_a_continued_conversation_keeps_everything_that_is_not_said_anew() -> None:
    after = BEFORE.continued((SAID,), {"asked": 2}, handed_off=HandoffReason.SHADOW)
    assert after == replace(BEFORE, entries=(SAID, SAID), agent_memory={"asked": 2}, handed_off=HandoffReason.SHADOW)
    # The comparison says something of a field only if it does not have its default.
    assert all(getattr(after, each.name) != each.default for each in fields(Conversation))


def test_without_a_new_memory_the_agent_keeps_its_own() -> None:
    assert BEFORE.continued((), None, handed_off=None) == BEFORE
