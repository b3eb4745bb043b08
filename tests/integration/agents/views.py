"""What an agent is shown, made short for tests."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from remit.conversations import (
    Conversation,
    ConversationId,
    IntentName,
    JsonObject,
    Message,
    ToolExchange,
    TranscriptEntry,
    TurnId,
)
from remit.runtime.ports import AgentView, IntentEstimate, IntentGuess
from remit.tools import Effect, ToolCall, ToolName, ToolResult, ToolSpec, ToolSucceeded

FIND_ORDER = ToolSpec(
    name=ToolName("find_order"),
    description="Looks an order up.",
    parameters={
        "type": "object",
        "properties": {"order_id": {"type": "string"}},
        "required": ["order_id"],
        "additionalProperties": False,
    },
    effect=Effect.READ,
)
CANCEL_ORDER = ToolSpec(
    name=ToolName("cancel_order"),
    description="Cancels an order.",
    parameters={"type": "object", "properties": {"order_id": {"type": "string"}}, "required": ["order_id"]},
    effect=Effect.IRREVERSIBLE_WRITE,
)


def said(text: str) -> Message:
    """A customer's message."""
    return Message("customer", text, datetime.now(UTC))


def exchanged(
    tool: str, arguments: dict[str, object], result: ToolResult | None = None, *, call_id: str = ""
) -> ToolExchange:
    """A tool call that ran."""
    return ToolExchange(
        ToolCall(ToolName(tool), arguments, call_id), result or ToolSucceeded({"ok": True}), datetime.now(UTC)
    )


def view(
    *entries: TranscriptEntry,
    tools: Sequence[ToolSpec] = (FIND_ORDER,),
    coaching: Sequence[str] = (),
    memory: "JsonObject | None" = None,
    left_s: float = 5.0,
) -> AgentView:
    """The view of one step; the conversation is `entries`, or one question."""
    return AgentView(
        turn=TurnId("t-1"),
        step=0,
        conversation=Conversation(
            id=ConversationId("c-1"),
            channel="chat",
            entries=entries or (said("Where is my order A-1?"),),
            agent_memory=memory or {},
        ),
        intents=IntentEstimate((IntentGuess(IntentName("order_status"), 0.97),), 0.01),
        tools=tuple(tools),
        coaching=tuple(coaching),
        deadline=datetime.now(UTC) + timedelta(seconds=left_s),
    )
