"""Rows of the store, to and from our nouns."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from remit.conversations import (
    Conversation,
    ConversationId,
    CustomerId,
    HandoffReason,
    Message,
    ReleaseId,
    ToolExchange,
    TranscriptEntry,
)
from remit.runtime.codec import decode, decode_content, encode
from remit.runtime.ports import TurnRecord


def entry_row(entry: TranscriptEntry) -> tuple[str, str, str]:
    """(kind, content, at) of a transcript entry."""
    match entry:
        case Message(speaker, text, at):
            return "message", json.dumps({"speaker": speaker, "text": text}), at.isoformat()
        case ToolExchange(call, result, at):
            return "exchange", json.dumps({"call": encode(call), "result": encode(result)}), at.isoformat()


def entry_from(row: Sequence[Any]) -> TranscriptEntry:
    """The transcript entry of (kind, content, at)."""
    kind, content, at = row[0], json.loads(row[1]), datetime.fromisoformat(row[2])
    if kind == "message":
        return Message(content["speaker"], content["text"], at)
    return ToolExchange(decode(content["call"]), decode(content["result"]), at)


def conversation_from(
    conversation: ConversationId, row: Sequence[Any], entries: tuple[TranscriptEntry, ...]
) -> Conversation:
    """The conversation of (channel, customer, language, release, handed_off, agent_memory, ...)."""
    channel, customer, language, release, handed_off, memory = row[:6]
    return Conversation(
        id=conversation,
        channel=channel,
        customer=None if customer is None else CustomerId(customer),
        language=language,
        entries=entries,
        agent_memory=json.loads(memory),
        release=None if release is None else ReleaseId(release),
        handed_off=None if handed_off is None else HandoffReason(handed_off),
    )


def record_from(row: Sequence[Any]) -> TurnRecord:
    """The journal record of (step, kind, content, at)."""
    return TurnRecord(row[0], row[1], decode_content(json.loads(row[2])), datetime.fromisoformat(row[3]))
