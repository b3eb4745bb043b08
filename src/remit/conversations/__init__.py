"""The shared nouns of a contact: customers, messages, conversations, turns, and how a turn ends."""

from remit.conversations.handoff import HandoffReason
from remit.conversations.model import (
    AgentName,
    Conversation,
    ConversationId,
    CustomerId,
    IntentName,
    JsonObject,
    JsonValue,
    Message,
    ReleaseId,
    Speaker,
    ToolExchange,
    TranscriptEntry,
    Turn,
    TurnId,
)
from remit.conversations.outcomes import Answered, HandedOff, TurnOutcome

__all__ = [
    "AgentName",
    "Answered",
    "Conversation",
    "ConversationId",
    "CustomerId",
    "HandedOff",
    "HandoffReason",
    "IntentName",
    "JsonObject",
    "JsonValue",
    "Message",
    "ReleaseId",
    "Speaker",
    "ToolExchange",
    "TranscriptEntry",
    "Turn",
    "TurnId",
    "TurnOutcome",
]
