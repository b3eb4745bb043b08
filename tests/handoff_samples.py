"""Handoffs for tests: an envelope with everything in it, and what people hold it by."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from remit.conversations import (
    AgentName,
    Conversation,
    ConversationId,
    CustomerId,
    HandedOff,
    HandoffReason,
    IntentName,
    Message,
    ReleaseId,
    Turn,
    TurnId,
)
from remit.conversations.envelope import Envelope, PendingApproval, ToolRun, handoff_id, trace_id

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
REFUND = IntentName("refund")


def envelope(turn: str = "t-1", conversation: str = "c-1", **changed: Any) -> Envelope:
    whole = Envelope(
        id=handoff_id(TurnId(turn)),
        kind="live",
        turn=TurnId(turn),
        conversation=ConversationId(conversation),
        at=MONDAY,
        agent=AgentName("shop"),
        release=ReleaseId("r-7"),
        reason=HandoffReason.LOW_CONFIDENCE,
        channel="web",
        customer=CustomerId("k-9"),
        language="en",
        intents=(REFUND,),
        level="tools_with_approval",
        note="confidence 0.61 is under 0.80",
        summary='Wants: refund (0.97).\nBegan with: "I want my money back"',
        told="I am passing you on to a colleague.",
        transcript="https://remit.example/v1/conversations/c-1",
        tools_run=(ToolRun("find_order", {"order_id": "10423"}, "succeeded", '{"delivered": true}'),),
        pending_approvals=(PendingApproval(2, "issue_refund(amount=40)", "an expert must see it"),),
        suggested_reply="I can refund 40 euros.",
        queue="billing",
        priority="normal",
        trace_id=trace_id(TurnId(turn)),
        return_url=f"https://remit.example/v1/handoffs/{handoff_id(TurnId(turn))}/return",
    )
    return replace(whole, **changed)


def turn_of(number: int, conversation: str = "c-1", text: str = "I want my money back") -> Turn:
    message = Message("customer", text, MONDAY)
    return Turn(TurnId(f"{conversation}/t-{number}"), ConversationId(conversation), message, MONDAY.replace(hour=11))


def conversation_of(turn: Turn) -> Conversation:
    return Conversation(turn.conversation, channel="web", entries=(turn.message,))


def outcome(reason: HandoffReason = HandoffReason.CUSTOMER_REQUEST) -> HandedOff:
    return HandedOff(reason, "I am passing you on.", "the customer asks for a person")
