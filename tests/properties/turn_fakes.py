"""Ports for turns, steered by hypothesis: an agent that follows a script, tools that count, a recorder that crashes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from remit.adapters.memory import FixedClock, FixedGrants, MemoryContactCentre, MemoryRecorder, ScriptedDesk
from remit.conversations import (
    AgentName,
    Conversation,
    ConversationId,
    IntentName,
    Message,
    ReleaseId,
    Turn,
    TurnId,
)
from remit.policy.levels import AutonomyLevel
from remit.policy.proposals import Proposal, ProposedAnswer, ProposedCall
from remit.policy.rules import IntentRule, ToolRule
from remit.runtime.ports import (
    ASKS_FOR_PERSON,
    AgentReply,
    AgentView,
    ApprovalRequest,
    Breach,
    Clear,
    ExpertVerdict,
    GuardVerdict,
    IntentEstimate,
    IntentGuess,
    Permit,
    Silence,
    StepKey,
    TurnPorts,
    TurnRecord,
)
from remit.tools import Effect, ToolCall, ToolFailed, ToolName, ToolResult, ToolSpec, ToolSucceeded

NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
REFUND = IntentName("refund")
READ, WRITE, BLIND_WRITE, UNGRANTED = (
    ToolName("find_order"),
    ToolName("open_ticket"),
    ToolName("issue_refund"),
    ToolName("delete_customer"),
)
EFFECTS = {
    READ: Effect.READ,
    WRITE: Effect.REVERSIBLE_WRITE,
    BLIND_WRITE: Effect.IRREVERSIBLE_WRITE,
    UNGRANTED: Effect.IRREVERSIBLE_WRITE,
}


class ProcessDied(BaseException):
    """Stands for `kill -9`: nothing catches it."""


@dataclass
class CountingToolbox:
    """Runs nothing, remembers everything. Writes that take a key do their work once a key."""

    results: Mapping[ToolName, ToolResult] = field(default_factory=dict)
    attempts: list[tuple[ToolName, str]] = field(default_factory=list)
    effects: list[tuple[ToolName, str]] = field(default_factory=list)
    dies_after: int | None = None

    async def catalogue(self) -> Mapping[ToolName, ToolSpec]:
        return {
            name: ToolSpec(name, "", {"type": "object"}, effect, takes_idempotency_key=name == WRITE)
            for name, effect in EFFECTS.items()
        }

    async def run(self, call: ToolCall, key: StepKey) -> ToolResult:
        self.attempts.append((call.tool, str(key)))
        repeated = call.tool == WRITE and (call.tool, str(key)) in self.effects
        result = self.results.get(call.tool, ToolSucceeded({"order": {"order_id": "1", "delivered": True}}))
        if not repeated and not isinstance(result, ToolFailed):
            self.effects.append((call.tool, str(key)))
        if self.dies_after is not None and len(self.attempts) == self.dies_after:
            raise ProcessDied
        return result


@dataclass
class ScriptedAgent:
    """Proposes the script, one proposal a step; then an answer. Counts on the exchanges, not on its own memory."""

    script: Sequence[Proposal | Exception]

    async def propose(self, view: AgentView) -> AgentReply:
        proposal = self.script[view.step - 1] if view.step <= len(self.script) else ProposedAnswer("Anything else?")
        if isinstance(proposal, Exception):
            raise proposal
        return AgentReply(proposal, {"step": view.step})


@dataclass(frozen=True)
class SteadyIntents:
    estimate_of: IntentEstimate = IntentEstimate((IntentGuess(REFUND, 0.97),), 0.01)

    async def estimate(self, window: Sequence[Message]) -> IntentEstimate:
        return self.estimate_of


@dataclass(frozen=True)
class SteadyConfidence:
    value: float

    async def assess(self, proposal: ProposedAnswer | ProposedCall, view: AgentView) -> float:
        return self.value


@dataclass(frozen=True)
class WordGuard:
    """Finds nothing but one word in what would go out; the empty word is never found."""

    word: str = ""

    async def screen_message(self, message: Message, conversation: Conversation) -> GuardVerdict:
        return Clear()

    async def screen_proposal(self, proposal: Proposal, view: AgentView) -> GuardVerdict:
        found = bool(self.word) and isinstance(proposal, ProposedAnswer) and self.word in proposal.text
        return Breach("words", "it says what nobody may say") if found else Clear()

    async def screen_result(self, call: ToolCall, result: ToolResult) -> GuardVerdict:
        return Clear()


class CrashingRecorder(MemoryRecorder):
    """Dies before or after the n-th write reaches the disk."""

    def __init__(self, clock: FixedClock) -> None:
        super().__init__(clock)
        self.dies_at: int | None = None
        self.before_writing = True
        self._n_writes = 0

    async def record(self, turn: Turn, records: Sequence[TurnRecord]) -> None:
        self._maybe_die(before=True)
        await super().record(turn, records)
        self._maybe_die(before=False)

    async def close(self, turn: Turn, conversation: Conversation, records: Sequence[TurnRecord]) -> None:
        self._maybe_die(before=True)
        await super().close(turn, conversation, records)
        self._maybe_die(before=False)

    def _maybe_die(self, *, before: bool) -> None:
        if before:
            self._n_writes += 1
        if self.dies_at == self._n_writes and before == self.before_writing:
            self.dies_at = None
            raise ProcessDied


@dataclass
class Stage:
    """Everything around one turn, kept across crashes."""

    script: Sequence[Proposal | Exception]
    level: AutonomyLevel = AutonomyLevel.AUTONOMOUS
    confidence: float = 0.99
    verdict: ExpertVerdict = field(default_factory=Silence)
    results: Mapping[ToolName, ToolResult] = field(default_factory=dict)
    stopped: bool = False
    max_steps: int = 6
    asks_for_person: bool = False
    forbidden: str = ""
    """Words that no guard lets out."""

    def __post_init__(self) -> None:
        self.clock = FixedClock(NOW)
        self.recorder = CrashingRecorder(self.clock)
        self.toolbox = CountingToolbox(self.results)
        self.contact_centre = MemoryContactCentre()
        self.grants = FixedGrants(
            Permit(
                agent=AgentName("shop"),
                release=ReleaseId("r-1"),
                policy="p-1",
                epoch=1,
                rules={REFUND: self.rule()},
                stopped=self.stopped,
                max_steps=self.max_steps,
            )
        )

    def rule(self) -> IntentRule:
        tools = {name: ToolRule(EFFECTS[name]) for name in (READ, WRITE, BLIND_WRITE)}
        return IntentRule(REFUND, self.level, send_threshold=0.9, ask_threshold=0.6, tools=tools)

    def ports(self) -> TurnPorts:
        return TurnPorts(
            grants=self.grants,
            intents=SteadyIntents(self.estimate()),
            agent=ScriptedAgent(self.script),
            confidence=SteadyConfidence(self.confidence),
            guardrails=WordGuard(self.forbidden),
            desk=ScriptedDesk(self.answer),
            toolbox=self.toolbox,
            contact_centre=self.contact_centre,
            recorder=self.recorder,
            clock=self.clock,
        )

    def estimate(self) -> IntentEstimate:
        signals = {ASKS_FOR_PERSON: 1.0} if self.asks_for_person else {}
        return IntentEstimate((IntentGuess(REFUND, 0.97),), 0.01, signals=signals)

    def answer(self, request: ApprovalRequest) -> ExpertVerdict:
        return self.verdict

    def turn(self, number: int = 1) -> Turn:
        message = Message("customer", "I want my money back", NOW)
        return Turn(TurnId(f"t{number}"), ConversationId("c1"), message, NOW + timedelta(seconds=30))


def call(tool: ToolName, **arguments: Any) -> ProposedCall:
    return ProposedCall(ToolCall(tool, arguments))
