"""Messages, conversations and turns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NewType, TypeAlias

from remit.conversations.handoff import HandoffReason
from remit.documents.values import quickly_made
from remit.tools import ToolCall, ToolResult

AgentName = NewType("AgentName", str)
ConversationId = NewType("ConversationId", str)
CustomerId = NewType("CustomerId", str)
IntentName = NewType("IntentName", str)
ReleaseId = NewType("ReleaseId", str)
TurnId = NewType("TurnId", str)

JsonValue: TypeAlias = bool | int | float | str | Sequence["JsonValue"] | Mapping[str, "JsonValue"] | None
JsonObject: TypeAlias = Mapping[str, JsonValue]

Speaker = Literal["customer", "agent", "expert"]


@quickly_made
@dataclass(frozen=True, slots=True)
class Message:
    """One thing that somebody said. `at` is timezone-aware UTC."""

    speaker: Speaker
    text: str
    at: datetime


@quickly_made
@dataclass(frozen=True, slots=True)
class ToolExchange:
    """A tool call that ran (or was refused) and what came back."""

    call: ToolCall
    result: ToolResult
    at: datetime


TranscriptEntry = Message | ToolExchange


@quickly_made
@dataclass(frozen=True, slots=True)
class Conversation:
    """A whole contact so far, oldest entry first.

    `agent_memory` is the agent's own state as it returned it with its last proposal; Remit keeps it
    and hands it back, and never reads it. `handed_off` says why people hold the conversation, None if they do not.
    """

    id: ConversationId
    channel: str
    customer: CustomerId | None = None
    language: str = "en"
    entries: tuple[TranscriptEntry, ...] = ()
    agent_memory: JsonObject = field(default_factory=dict)
    release: ReleaseId | None = None
    handed_off: HandoffReason | None = None

    def messages(self) -> tuple[Message, ...]:
        """What was said, without tool exchanges, oldest first."""
        return tuple([entry for entry in self.entries if isinstance(entry, Message)])

    def continued(
        self,
        entries: tuple[TranscriptEntry, ...],
        agent_memory: JsonObject | None,
        *,
        handed_off: HandoffReason | None,
    ) -> "Conversation":
        """The contact with these entries behind it; a memory of None leaves the agent's as it was."""
        # Written out because each step of a turn needs it and `replace` takes several times as long.
        return Conversation(
            id=self.id,
            channel=self.channel,
            customer=self.customer,
            language=self.language,
            entries=(*self.entries, *entries),
            agent_memory=self.agent_memory if agent_memory is None else agent_memory,
            release=self.release,
            handed_off=handed_off,
        )


@quickly_made
@dataclass(frozen=True, slots=True)
class Turn:
    """One customer message on its way to an answer or a handoff.

    `deadline` is when the channel stops waiting; past it the turn hands off.
    The id is a digest of conversation, position and message, so that a retried message is the same turn.
    """

    id: TurnId
    conversation: ConversationId
    message: Message
    deadline: datetime
