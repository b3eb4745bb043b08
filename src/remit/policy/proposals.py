"""What an agent wants to do. It proposes; it never acts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from remit.conversations import HandoffReason
from remit.documents.values import quickly_made
from remit.tools import ToolCall


@quickly_made
@dataclass(frozen=True, slots=True)
class ProposedAnswer:
    """Words for the customer.

    `sources` are ids of knowledge articles or tool calls that support the text. `stated_confidence`
    is the agent's own claim in [0, 1]: an input to calibration, never trusted raw. `signals` are
    further numbers for calibration, such as `retrieval_score`.
    `expects_reply` is true when the answer is a question back to the customer.
    """

    text: str
    sources: tuple[str, ...] = ()
    stated_confidence: float | None = None
    signals: Mapping[str, float] = field(default_factory=dict)
    expects_reply: bool = False


@quickly_made
@dataclass(frozen=True, slots=True)
class ProposedCall:
    """A tool to run."""

    call: ToolCall
    stated_confidence: float | None = None
    signals: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProposedHandoff:
    """The agent wants people to take over; `note` is for them."""

    reason: HandoffReason
    note: str = ""


Proposal = ProposedAnswer | ProposedCall | ProposedHandoff
