"""The envelope of a handoff: all that people need to go on, in words that no contact centre owns."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, NewType, TypeAlias

from remit.conversations.handoff import HandoffReason, Priority
from remit.conversations.model import AgentName, ConversationId, CustomerId, IntentName, ReleaseId, TurnId

HandoffId = NewType("HandoffId", str)

HandoffKind: TypeAlias = Literal["live", "ticket", "message"]
"""`live`: the customer waits for people now. `ticket`: they were told that people come later. `message`: a further
message of a customer whose conversation people hold already."""

MOST_RESULT_CHARS = 500
"""How much of a tool's result an envelope shows; the transcript has all of it."""


@dataclass(frozen=True, slots=True)
class ToolRun:
    """A tool that ran in the turn. `result` is JSON or the tool's own message, cut at MOST_RESULT_CHARS."""

    tool: str
    arguments: Mapping[str, Any]
    outcome: Literal["succeeded", "failed", "unknown"]
    result: str = ""


@dataclass(frozen=True, slots=True)
class PendingApproval:
    """A proposal that waited for an expert and had no verdict; `what` is the answer's text or the call."""

    step: int
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """One handoff, complete.

    Args:
        id: Made of the turn's id: the same turn hands off once.
        kind: See HandoffKind.
        turn: The turn that ended in it.
        conversation: Which conversation.
        at: When the turn handed off, UTC.
        agent: The agent that had it.
        release: Its release; empty if the turn was not understood.
        reason: Why.
        channel: Where the customer is.
        customer: Who, if that is proven.
        language: Of the conversation, BCP 47.
        intents: What the customer seems to want, most probable first.
        level: Name of the autonomy level that ruled; empty if no intent fits.
        note: For the expert, never shown to the customer.
        summary: Made of the journal by rule, without a model.
        told: What the customer was told.
        transcript: Address of the whole conversation; empty if none is set.
        tools_run: Of this turn, oldest first.
        pending_approvals: See PendingApproval.
        suggested_reply: What the agent would have said; empty if it said nothing, or must not be repeated.
        queue: Which people.
        priority: How soon.
        trace_id: 32 hex digits, as W3C trace context has them.
        return_url: Where the conversation is given back to the agent; empty if none is set.
        n_before: How often the conversation was handed off before.
        error: Type of what broke, if something of Remit's did.
    """

    id: HandoffId
    kind: HandoffKind
    turn: TurnId
    conversation: ConversationId
    at: datetime
    agent: AgentName
    release: ReleaseId
    reason: HandoffReason
    channel: str
    customer: CustomerId | None = None
    language: str = "en"
    intents: tuple[IntentName, ...] = ()
    level: str = ""
    note: str = ""
    summary: str = ""
    told: str = ""
    transcript: str = ""
    tools_run: tuple[ToolRun, ...] = ()
    pending_approvals: tuple[PendingApproval, ...] = ()
    suggested_reply: str = ""
    queue: str = ""
    priority: Priority = "normal"
    trace_id: str = ""
    return_url: str = ""
    n_before: int = 0
    error: str = ""

    def document(self) -> dict[str, Any]:
        """As a webhook gets it and the store keeps it; `category` stands beside the reason."""
        fields = asdict(self)
        fields["at"] = self.at.isoformat()
        fields["reason"] = self.reason.value
        fields["category"] = self.reason.category.value
        return fields


def envelope_from(document: Mapping[str, Any]) -> Envelope:
    """The envelope that `document` was made of."""
    fields = {name: value for name, value in document.items() if name != "category"}
    fields["at"] = datetime.fromisoformat(fields["at"])
    fields["reason"] = HandoffReason(fields["reason"])
    fields["intents"] = tuple(fields["intents"])
    fields["tools_run"] = tuple(ToolRun(**run) for run in fields["tools_run"])
    fields["pending_approvals"] = tuple(PendingApproval(**one) for one in fields["pending_approvals"])
    return Envelope(**fields)


def handoff_id(turn: TurnId) -> HandoffId:
    """The id of the turn's handoff, short enough to be read out to a customer."""
    return HandoffId(f"h-{_digest(turn)[:12]}")


def trace_id(turn: TurnId) -> str:
    """The turn's trace id: 32 hex digits, never all zero."""
    return _digest(turn)[:32]


def _digest(turn: TurnId) -> str:
    return hashlib.sha256(turn.encode()).hexdigest()
