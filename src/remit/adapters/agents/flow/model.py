"""A flow agent as its document declares it, compiled: slots, and for each intent a flat list of instructions.

Nested steps become jumps, so that a position is one number and the agent's memory stays small.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from remit.adapters.agents.flow.expressions import Expression, Text
from remit.adapters.agents.knowledge import Knowledge
from remit.conversations import HandoffReason, IntentName
from remit.tools import ToolName

NO_ANSWER = frozenset({HandoffReason.MISSING_KNOWLEDGE, HandoffReason.OUT_OF_SCOPE, HandoffReason.UNSUPPORTED_REQUEST})
"""Handoffs that say that nothing here answers; any other one stands, whatever else could be asked."""

Normalisation = Literal["none", "digits", "lower", "upper", "title"]


@dataclass(frozen=True, slots=True)
class Slot:
    """Something that a flow needs from the customer.

    Args:
        name: Its name among the flow's values.
        questions: First asking, second asking, ...; the last one is used from there on.
        patterns: Regular expressions over the message; group 1 if there is one.
        choices: Value -> words that stand for it.
        free: Whatever is said when asked is the value.
        normalise: What is done to the found text.
        valid: What a normalised value must look like; a value that fails it counts as not understood.
        remember: Whether later flows of the conversation may use it without asking.
        ask_at_most: Questions before people are asked to take over.
    """

    name: str
    questions: tuple[Text, ...]
    patterns: tuple[re.Pattern[str], ...] = ()
    choices: Mapping[str, tuple[re.Pattern[str], ...]] = field(default_factory=dict)
    free: bool = False
    normalise: Normalisation = "none"
    valid: re.Pattern[str] | None = None
    remember: bool = False
    ask_at_most: int = 3


# ── instructions: `line` is where the document says so ────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Ask:
    """Fill a slot; `options` is a list to choose from, `by` the key of the chosen entry that becomes the value.

    `match` names the keys whose words mean an entry ("the blue one"); none means all.
    """

    line: int
    slot: str
    question: Text | None = None
    options: Expression | None = None
    by: str = ""
    match: tuple[str, ...] = ()
    unknown: int | None = None
    """Where to go when the customer does not know; None: the question is asked again."""


@dataclass(frozen=True, slots=True)
class Call:
    """Propose a tool call and keep what it brings under `save`; `failed` is where to go when the tool refuses."""

    line: int
    tool: ToolName
    arguments: Mapping[str, Expression]
    save: str
    failed: int | None = None


@dataclass(frozen=True, slots=True)
class JumpUnless:
    """Go on if the condition holds, else at `target`."""

    line: int
    condition: Expression
    target: int


@dataclass(frozen=True, slots=True)
class Jump:
    """Go on at `target`."""

    line: int
    target: int


@dataclass(frozen=True, slots=True)
class Confirm:
    """Ask yes or no; `no` is where a no goes on."""

    line: int
    question: Text
    no: int


@dataclass(frozen=True, slots=True)
class Say:
    """Words that come before the next thing said."""

    line: int
    text: Text


@dataclass(frozen=True, slots=True)
class Article:
    """Answer from knowledge: the best passage for `query`, or for the customer's message if there is none."""

    line: int
    query: Text | None


@dataclass(frozen=True, slots=True)
class Assign:
    """Give names values."""

    line: int
    values: Mapping[str, Expression]


@dataclass(frozen=True, slots=True)
class PassOn:
    """Hand off."""

    line: int
    reason: HandoffReason
    note: Text | None


@dataclass(frozen=True, slots=True)
class End:
    """The flow is done."""

    line: int


Jumping = JumpUnless | Jump
Acting = Ask | Call | Confirm | Say | Article | Assign | PassOn | End
Instruction = Jumping | Acting


@dataclass(frozen=True, slots=True)
class Flow:
    """What happens for one intent.

    `offer` names it in an offer, such as `send the invoice`. As the second of two intents in one message it is
    offered only if the message matches one of `second_if`; without any it always is.
    """

    intent: IntentName
    offer: str
    instructions: tuple[Instruction, ...]
    slots: tuple[str, ...]
    second_if: tuple[re.Pattern[str], ...] = ()
    blocks: frozenset[str] = frozenset()

    def may_lack_an_answer(self) -> bool:
        """Whether the flow can end in a handoff because nothing answers: then a generating agent may be asked."""
        return any(
            isinstance(step, Article) or (isinstance(step, PassOn) and step.reason in NO_ANSWER)
            for step in self.instructions
        )


@dataclass(frozen=True, slots=True)
class SmallTalk:
    """A courtesy that needs no flow."""

    patterns: tuple[re.Pattern[str], ...]
    answer: Text


@dataclass(frozen=True, slots=True)
class FlowDocument:
    """A whole flow agent.

    `digest` changes whenever the document does, so that a memory of another document is never continued.
    `retrieval_at_least` is the score in [0, 1] from which a passage counts as an answer.
    """

    name: str
    path: str
    digest: str
    slots: Mapping[str, Slot]
    flows: Mapping[IntentName, Flow]
    constants: Mapping[str, Any]
    small_talk: tuple[SmallTalk, ...]
    wants_people: tuple[re.Pattern[str], ...]
    knowledge: Knowledge | None
    retrieval_at_least: float

    def never_lacking_an_answer(self) -> frozenset[IntentName]:
        """The intents whose flow always says something itself, or hands off for a reason that stands."""
        return frozenset(flow.intent for flow in self.flows.values() if not flow.may_lack_an_answer())
