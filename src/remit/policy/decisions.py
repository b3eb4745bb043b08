"""What Remit decides about a proposal."""

from dataclasses import dataclass

from remit.conversations import HandoffReason
from remit.policy.proposals import ProposedAnswer, ProposedCall
from remit.tools import ToolCall


@dataclass(frozen=True, slots=True)
class Send:
    """The answer goes to the customer as it is."""

    answer: ProposedAnswer
    why: str


@dataclass(frozen=True, slots=True)
class RunTool:
    """The tool may run now."""

    call: ToolCall
    why: str


@dataclass(frozen=True, slots=True)
class AskExpert:
    """An expert must approve before anything happens."""

    proposal: ProposedAnswer | ProposedCall
    why: str


@dataclass(frozen=True, slots=True)
class HandOff:
    """People take the conversation."""

    reason: HandoffReason
    why: str


@dataclass(frozen=True, slots=True)
class Shadow:
    """The proposal is only recorded; people answer. A proposed call runs virtually at most."""

    why: str


Decision = Send | RunTool | AskExpert | HandOff | Shadow
