"""How a turn ends: exactly one answer or one handoff."""

from dataclasses import dataclass
from typing import Literal

from remit.conversations.handoff import HandoffReason


@dataclass(frozen=True, slots=True)
class Answered:
    """The customer got an answer; `by` says whose words these are."""

    text: str
    by: Literal["agent", "expert"] = "agent"


@dataclass(frozen=True, slots=True)
class HandedOff:
    """People hold the conversation now.

    `text` is what the customer is told; `note` is for the expert and never shown to the customer.
    `error` names the type of failure when something of ours broke: such a turn says nothing about the agent.
    `ticket` is true where nobody can come now: the customer was told so, and people answer later.
    """

    reason: HandoffReason
    text: str
    note: str = ""
    error: str = ""
    ticket: bool = False


TurnOutcome = Answered | HandedOff
