"""What happened in a turn, for the page, the report and the evaluation."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from remit.conversations import Conversation, IntentName, ReleaseId, Turn, TurnId, TurnOutcome
from remit.documents.values import quickly_made
from remit.policy.decisions import Decision
from remit.policy.levels import AutonomyLevel
from remit.policy.proposals import Proposal
from remit.runtime.ports import ExpertVerdict, IntentEstimate, TurnRecord, Usage
from remit.tools import ToolResult


@quickly_made
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


@quickly_made
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


def report_from(turn: Turn, conversation: Conversation, records: Sequence[TurnRecord]) -> TurnReport:
    """The report of a turn that has ended, from its journal: a retried message gets the same one."""
    by_place: dict[tuple[int, str], Mapping[str, Any]] = {(r.step, r.kind): r.content for r in records}
    understood = by_place.get((0, "understood"), {})
    ended = by_place[0, "ended"]
    level = understood.get("level")
    return TurnReport(
        turn=turn.id,
        outcome=ended["outcome"],
        intents=tuple([IntentName(str(intent)) for intent in understood.get("intents", ())]),
        estimate=understood.get("estimate"),
        level=None if level is None else AutonomyLevel(level),
        release=ReleaseId(str(understood.get("release", ""))),
        policy=str(understood.get("policy", "")),
        steps=tuple(_steps(by_place)),
        conversation=conversation,
        latency_ms=ended["latency_ms"],
    )


_NOTHING: Mapping[str, Any] = {}


def _steps(by_place: Mapping[tuple[int, str], Mapping[str, Any]]) -> Iterator[StepReport]:
    for step in sorted([step for step, kind in by_place if kind == "decided"]):
        proposed = by_place.get((step, "proposed"), _NOTHING)
        yield StepReport(
            step=step,
            proposal=proposed.get("proposal"),
            confidence=proposed.get("confidence"),
            decision=by_place[step, "decided"]["decision"],
            expert=by_place.get((step, "asked"), _NOTHING).get("verdict"),
            result=by_place.get((step, "ran"), _NOTHING).get("result"),
            usage=proposed.get("usage") or Usage(),
        )
