"""What a turn that has ended shows: pure, from its journal alone, so that it can be derived again after a crash."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from remit.conversations import AgentName, HandedOff, HandoffReason, IntentName, ReleaseId
from remit.evidence import LabelSource, Observation, Outcome, Strength
from remit.evidence.live import NO_INTENT, Detail, Subject, critical_action, guardrail_breach, turn
from remit.policy.decisions import AskExpert
from remit.policy.levels import AutonomyLevel
from remit.runtime.ports import ClosedTurn
from remit.tools import ToolFailed, ToolOutcomeUnknown, ToolResult, ToolSucceeded

NO_LEVEL = "none"
TECHNICAL = frozenset(
    {
        HandoffReason.DEADLINE,
        HandoffReason.AGENT_ERROR,
        HandoffReason.TOOL_FAILURE,
        HandoffReason.OUTCOME_UNKNOWN,
        HandoffReason.INTERNAL_ERROR,
    }
)
"""Handoffs that are technical faults of a turn; the others were decided."""
NOT_ABOUT_THE_AGENT = frozenset({HandoffReason.SHADOW, HandoffReason.KILL_SWITCH})
"""Handoffs that would have happened whatever the agent proposed: no containment is observed."""


@dataclass(frozen=True, slots=True)
class TurnFacts:
    """What the rest of observing needs of one ended turn.

    Args:
        intent: The most probable intent of the policy, or `none`.
        level: Name of the level at which it was carried, or `none`.
        release: The release that acted; empty if none was asked.
        policy: Digest of the policy; empty as above.
        arm: `stable` or `canary` if the permit said so, else empty.
        canary_share: The probability of the canary arm, 0 without one.
        handoff: The reason if people took over, else empty.
        fault_of_ours: The handoff came from a failure of Remit's own.
        flagged: Something happened that makes experts look more often: an expert was asked, a tool failed.
        latency_ms: How long the turn took.
    """

    intent: IntentName
    level: str
    release: ReleaseId
    policy: str
    arm: str
    canary_share: float
    handoff: str
    fault_of_ours: bool
    flagged: bool
    latency_ms: float


def facts_of(closed: ClosedTurn) -> TurnFacts:
    """The facts of one ended turn."""
    by_place = _by_place(closed)
    understood, ended = by_place.get((0, "understood"), {}), by_place[0, "ended"]
    level, intents, outcome = understood.get("level"), understood.get("intents") or (), ended["outcome"]
    handed_off = outcome if isinstance(outcome, HandedOff) else None
    return TurnFacts(
        intent=IntentName(str(intents[0])) if intents and level is not None else NO_INTENT,
        level=NO_LEVEL if level is None else AutonomyLevel(level).label,
        release=ReleaseId(str(understood.get("release", ""))),
        policy=str(understood.get("policy", "")),
        arm=str(understood.get("arm", "")),
        canary_share=float(understood.get("canary_share", 0.0)),
        handoff="" if handed_off is None else handed_off.reason.value,
        fault_of_ours=handed_off is not None and _is_ours(handed_off),
        flagged=any(_flags(kind, content) for (_, kind), content in by_place.items()),
        latency_ms=float(ended["latency_ms"]),
    )


def subject_of_turn(
    closed: ClosedTurn, facts: TurnFacts, *, agent: AgentName, customer: str, strength: Strength
) -> Subject:
    """The conversation's subject, from its first turn."""
    return Subject(
        conversation=closed.turn.conversation,
        agent=agent,
        release=facts.release,
        intent=facts.intent,
        level=facts.level,
        policy=facts.policy,
        started_at=closed.turn.message.at,
        customer=customer,
        arm=facts.arm,
        canary_share=facts.canary_share,
        strength=strength,
    )


def observations_of(
    closed: ClosedTurn, facts: TurnFacts, subject: Subject, known: Mapping[str, Detail] | None = None
) -> list[Observation]:
    """The turn itself with what is `known` of its proposal, each governed write, and a breach if a guard ended it."""
    technical = facts.fault_of_ours or facts.handoff in TECHNICAL
    seen = [
        turn(
            subject,
            turn_id=closed.turn.id,
            at=closed.closed_at,
            latency_ms=facts.latency_ms,
            fault=facts.handoff if technical else "",
            more=known,
        )
    ]
    return [*seen, *_writes(closed, facts, subject), *_breaches(closed, facts, subject)]


def _by_place(closed: ClosedTurn) -> dict[tuple[int, str], Mapping[str, Any]]:
    return {(record.step, record.kind): record.content for record in closed.records}


def _is_ours(handed_off: HandedOff) -> bool:
    return bool(handed_off.error) or handed_off.reason is HandoffReason.INTERNAL_ERROR


def _flags(kind: str, content: Mapping[str, Any]) -> bool:
    if kind == "decided":
        return isinstance(content["decision"], AskExpert)
    return kind == "ran" and not isinstance(content["result"], ToolSucceeded)


# ── governed writes ───────────────────────────────────────────────────────────────────────────────
def _writes(closed: ClosedTurn, facts: TurnFacts, subject: Subject) -> Iterator[Observation]:
    """Writes that ran, by the tool's own word: whether the state is right, only a state check can say."""
    by_place = _by_place(closed)
    steps = sorted(
        step for step, kind in by_place if kind == "ran" and by_place.get((step, "decided"), {}).get("writes")
    )
    breached = steps[-1] if steps and facts.handoff == HandoffReason.GUARDRAIL and _is_last(by_place, steps[-1]) else 0
    for step in steps:
        call, result = by_place[step, "ran"]["call"], by_place[step, "ran"]["result"]
        outcome = Outcome.FAILED if step == breached else _outcome(result)
        if outcome is None:
            continue
        yield critical_action(
            subject,
            step=f"{closed.turn.id}/{step}",
            at=_at(closed, step),
            tool=call.tool,
            outcome=outcome,
            intent=facts.intent,
            level=facts.level,
            label=LabelSource.EVENT,
            why=_why(outcome, breached=step == breached),
        )


def _is_last(by_place: Mapping[tuple[int, str], Mapping[str, Any]], step: int) -> bool:
    return step == max(each for each, kind in by_place if kind == "decided")


def _outcome(result: ToolResult) -> Outcome | None:
    """None where nothing was written."""
    match result:
        case ToolSucceeded():
            return Outcome.PASSED
        case ToolOutcomeUnknown():
            return Outcome.INFRASTRUCTURE_ERROR
        case ToolFailed():
            return None


def _why(outcome: Outcome, *, breached: bool) -> str:
    if breached:
        return "a guard found a breach in what the write brought back"
    return "" if outcome is Outcome.PASSED else "nobody knows whether the write happened"


def _at(closed: ClosedTurn, step: int) -> datetime:
    return next(record.at for record in closed.records if record.step == step and record.kind == "ran")


# ── breaches ──────────────────────────────────────────────────────────────────────────────────────
def _breaches(closed: ClosedTurn, facts: TurnFacts, subject: Subject) -> Iterator[Observation]:
    by_place = _by_place(closed)
    outcome = by_place[0, "ended"]["outcome"]
    if not isinstance(outcome, HandedOff) or outcome.reason is not HandoffReason.GUARDRAIL:
        return
    critical = any(content.get("critical") for (_, kind), content in by_place.items() if kind == "proposed")
    yield guardrail_breach(
        subject,
        step=closed.turn.id,
        at=closed.closed_at,
        # What the guard found stays in the journal: it may quote the customer.
        guard=outcome.note.partition(":")[0],
        intent=facts.intent,
        level=facts.level,
        critical=critical,
    )
