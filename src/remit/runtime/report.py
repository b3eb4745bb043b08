"""What happened in a turn, for the page, the report and the evaluation."""

from dataclasses import dataclass

from remit.conversations import Conversation, IntentName, ReleaseId, TurnId, TurnOutcome
from remit.policy.decisions import Decision
from remit.policy.levels import AutonomyLevel
from remit.policy.proposals import Proposal
from remit.runtime.ports import ExpertVerdict, IntentEstimate, Usage
from remit.tools import ToolResult


@dataclass(frozen=True, slots=True)
class StepReport:
    """One proposal and what became of it.

    `confidence` is None where none was assessed (a proposed handoff, a failed agent).
    `proposal` is None if the turn ended before the agent proposed anything.
    """

    step: int
    proposal: Proposal | None
    confidence: float | None
    decision: Decision
    expert: ExpertVerdict | None = None
    result: ToolResult | None = None
    usage: Usage = Usage()


@dataclass(frozen=True, slots=True)
class TurnReport:
    """One turn, whole. `intents` are those the rule was made of; `level` is the strictest of their levels."""

    turn: TurnId
    outcome: TurnOutcome
    intents: tuple[IntentName, ...]
    estimate: IntentEstimate | None
    level: AutonomyLevel | None
    release: ReleaseId
    policy: str
    steps: tuple[StepReport, ...]
    conversation: Conversation
    latency_ms: float
