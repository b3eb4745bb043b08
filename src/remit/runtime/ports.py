"""What a turn needs from outside. Every awaited port is one step that can be replayed from the journal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from remit.conversations import (
    AgentName,
    Conversation,
    ConversationId,
    CustomerId,
    HandedOff,
    IntentName,
    JsonObject,
    Message,
    ReleaseId,
    Turn,
    TurnId,
)
from remit.documents.values import quickly_made
from remit.policy.decisions import AskExpert, HandOff, RunTool, Send
from remit.policy.proposals import Proposal, ProposedAnswer, ProposedCall
from remit.policy.rules import IntentRule
from remit.tools import ToolCall, ToolName, ToolResult, ToolSpec


# ── the permit ────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Permit:
    """The grants of one agent, frozen for one turn.

    `epoch` grows with every change of grants; `stopped` is the kill switch.
    `max_steps` bounds the number of proposals in the turn. `arm` is `canary` or `stable` while a canary runs and the
    conversation takes part, drawn with the probability `canary_share` of the canary; else empty and 0.
    """

    agent: AgentName
    release: ReleaseId
    policy: str
    epoch: int
    rules: Mapping[IntentName, IntentRule]
    stopped: bool = False
    max_steps: int = 8
    approval_wait_s: float = 90.0
    arm: str = ""
    canary_share: float = 0.0


@quickly_made
@dataclass(frozen=True, slots=True)
class GrantState:
    """What is read again before every effect: it may only narrow what the permit allows."""

    epoch: int
    stopped: bool


class Grants(Protocol):
    """What has been earned."""

    async def permit(self, conversation: Conversation) -> Permit:
        """The permit for a turn that starts now."""
        ...

    async def state(self) -> GrantState:
        """Stop flag and epoch, now."""
        ...

    async def rules_now(self, permit: Permit) -> Mapping[IntentName, IntentRule]:
        """The permit's rules as they stand now; read only when the epoch has moved."""
        ...


# ── understanding ─────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class IntentGuess:
    """One intent and the calibrated probability that the customer wants it."""

    intent: IntentName
    probability: float


ASKS_FOR_PERSON = "asks_for_person"
"""Signal of an estimate: above 0 the customer wants people, whatever else, and gets them."""


@dataclass(frozen=True, slots=True)
class IntentEstimate:
    """What the customer seems to want.

    `guesses` are the intents that are in play, most probable first; empty means out of scope.
    `out_of_scope_probability` is calibrated. `margin` is the distance between the two best.
    `signals` may hold ASKS_FOR_PERSON.
    """

    guesses: tuple[IntentGuess, ...]
    out_of_scope_probability: float
    margin: float = 0.0
    signals: Mapping[str, float] = field(default_factory=dict)


class Intents(Protocol):
    """Knows what the customer wants."""

    async def estimate(self, window: Sequence[Message]) -> IntentEstimate:
        """Judge a window of the conversation (messages, oldest first), not one message."""
        ...


# ── the agent ─────────────────────────────────────────────────────────────────────────────────────
@quickly_made
@dataclass(frozen=True, slots=True)
class AgentView:
    """What the agent sees when it is asked for a proposal.

    `conversation.entries` ends with the customer's message and the tool exchanges of this turn.
    `tools` are the specs of the tools that the rule grants, no more. `deadline` is absolute, UTC.
    """

    turn: TurnId
    step: int
    conversation: Conversation
    intents: IntentEstimate
    tools: tuple[ToolSpec, ...]
    coaching: tuple[str, ...]
    deadline: datetime


@dataclass(frozen=True, slots=True)
class Usage:
    """What a proposal cost."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost_eur: float = 0.0


@quickly_made
@dataclass(frozen=True, slots=True)
class AgentReply:
    """A proposal, the agent's own state to be handed back, and what it cost."""

    proposal: Proposal
    memory: JsonObject = field(default_factory=dict)
    usage: Usage = Usage()


class Agent(Protocol):
    """Proposes; never acts."""

    async def propose(self, view: AgentView) -> AgentReply:
        """The next proposal. Raises a leaf of AgentError; nothing else may leave it."""
        ...


# ── confidence and guards ─────────────────────────────────────────────────────────────────────────
class Confidence(Protocol):
    """Turns signals into one calibrated number."""

    async def assess(self, proposal: ProposedAnswer | ProposedCall, view: AgentView) -> float:
        """Probability in [0, 1] that this proposal is right."""
        ...


@dataclass(frozen=True, slots=True)
class Clear:
    """Nothing was found."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A guard found something. `critical` stops the agent for this intent (see the policy's rollback rules)."""

    guard: str
    what: str
    critical: bool = False


GuardVerdict = Clear | Breach


class Guardrails(Protocol):
    """Screens what comes in and what would go out. An exception counts as a breach."""

    async def screen_message(self, message: Message, conversation: Conversation) -> GuardVerdict:
        """The customer's message."""
        ...

    async def screen_proposal(self, proposal: Proposal, view: AgentView) -> GuardVerdict:
        """What the agent wants to say or do."""
        ...

    async def screen_result(self, call: ToolCall, result: ToolResult) -> GuardVerdict:
        """What a tool brought back, before the agent sees it."""
        ...


# ── experts and the contact centre ────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class ApprovalRequest:
    """What an expert is asked. Bound to the digest of the proposal, the policy and an expiry; single-use."""

    turn: TurnId
    step: int
    conversation: ConversationId
    intent: IntentName
    proposal: ProposedAnswer | ProposedCall
    proposal_digest: str
    policy: str
    confidence: float
    why: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Approved:
    """An expert said yes to exactly this proposal."""

    expert: str


@dataclass(frozen=True, slots=True)
class Edited:
    """An expert changed the proposal; the changed one is decided again and runs in the expert's name."""

    expert: str
    proposal: ProposedAnswer | ProposedCall


@dataclass(frozen=True, slots=True)
class Denied:
    """An expert said no."""

    expert: str
    reason: str


@dataclass(frozen=True, slots=True)
class Silence:
    """Nobody answered before the expiry."""


ExpertVerdict = Approved | Edited | Denied | Silence


class Desk(Protocol):
    """Where experts see what waits for them."""

    async def ask(self, request: ApprovalRequest) -> ExpertVerdict:
        """Wait for a verdict until the request expires; asking again for the same step joins the first."""
        ...


class ContactCentre(Protocol):
    """Where people take over."""

    async def hand_off(self, turn: Turn, conversation: Conversation, outcome: HandedOff) -> str:
        """Pass the conversation on; returns the contact centre's reference. Idempotent by turn."""
        ...


class Reception(Protocol):
    """Knows whether people can come, before a customer is told that they do."""

    async def receive(self, turn: Turn, before: Conversation, outcome: HandedOff) -> HandedOff:
        """The handoff with what the customer is told, and whether it is a ticket; the same again for the same turn."""
        ...


# ── tools ─────────────────────────────────────────────────────────────────────────────────────────
@quickly_made
@dataclass(frozen=True, slots=True)
class StepKey:
    """Names one step of one turn: the idempotency key of everything that happens in it."""

    turn: TurnId
    step: int

    def __str__(self) -> str:
        return f"{self.turn}/{self.step}"


class Toolbox(Protocol):
    """Runs tools, after a decision and never before."""

    async def catalogue(self) -> Mapping[ToolName, ToolSpec]:
        """Every tool that exists here."""
        ...

    async def run(self, call: ToolCall, key: StepKey) -> ToolResult:
        """Run it. Never raises: an error before the effect is ToolFailed, a doubt is ToolOutcomeUnknown."""
        ...


# ── the journal ───────────────────────────────────────────────────────────────────────────────────
RecordKind = Literal["understood", "proposed", "decided", "asked", "ran", "ended"]


@quickly_made
@dataclass(frozen=True, slots=True)
class TurnRecord:
    """One line of a turn's journal, complete enough to go on from.

    `content` holds JSON values and the values that `runtime.codec` knows.
    """

    step: int
    kind: RecordKind
    content: Mapping[str, Any]
    at: datetime


class Recorder(Protocol):
    """The leased journal of turns, keyed (turn, step, kind)."""

    @property
    def waits(self) -> bool:
        """Whether `record` may wait, for a disk say; if it never does, no deadline can reach into it."""
        ...

    async def open(self, turn: Turn, lease_s: float) -> tuple[Conversation, Sequence[TurnRecord]]:
        """Take the lease; returns the conversation as it was before the turn and what is recorded of the turn.

        Raises TurnInProgress while another process holds this turn or another one of the conversation.
        """
        ...

    async def record(self, turn: Turn, records: Sequence[TurnRecord]) -> None:
        """Make these durable, all or none, before returning. Raises JournalConflict if the lease is lost."""
        ...

    async def close(self, turn: Turn, conversation: Conversation, records: Sequence[TurnRecord]) -> None:
        """Make the end and the conversation as it is now durable in one step, and give the lease back."""
        ...


@dataclass(frozen=True, slots=True)
class ClosedTurn:
    """A turn that has ended, and its place in the order of ends; places only grow.

    `customer` is who was verified, None if nobody was.
    """

    position: int
    turn: Turn
    customer: CustomerId | None
    closed_at: datetime
    records: tuple[TurnRecord, ...]


class ClosedTurns(Protocol):
    """Turns in the order in which they ended, for those who look at them afterwards."""

    async def after(self, position: int, *, at_most: int = 100) -> Sequence[ClosedTurn]:
        """The next turns behind `position` (0 is the beginning), oldest end first; empty when caught up."""
        ...


class Clock(Protocol):
    """Time as a port."""

    def now(self) -> datetime:
        """The present, timezone-aware UTC."""
        ...


class Exposure(Protocol):
    """What the agent may do on its own in a day, over all intents."""

    async def admit(
        self, agent: AgentName, conversation: ConversationId, decision: Send | RunTool, key: StepKey
    ) -> Send | RunTool | AskExpert | HandOff:
        """Count what is about to happen: the decision, or a less free one if a cap would be passed. Same key, once."""
        ...


HAND_OFF_WITHIN_S = 10.0
"""How long a turn waits for the contact centre, if nothing else is said."""
RECEIVE_WITHIN_S = 2.0
"""How long it waits to hear whether people can come."""


@quickly_made
@dataclass(frozen=True, slots=True)
class TurnPorts:
    """Everything a turn needs from outside.

    `hand_off_within_s` bounds the wait for the contact centre; `lease_s` is how long a process may hold a turn
    without finishing it before another may take it over. `exposure` is None where the policy bounds no day,
    `reception` where every customer is told the same.
    """

    grants: Grants
    intents: Intents
    agent: Agent
    confidence: Confidence
    guardrails: Guardrails
    desk: Desk
    toolbox: Toolbox
    contact_centre: ContactCentre
    recorder: Recorder
    clock: Clock
    hand_off_within_s: float = HAND_OFF_WITHIN_S
    lease_s: float = 60.0
    exposure: Exposure | None = None
    reception: Reception | None = None
