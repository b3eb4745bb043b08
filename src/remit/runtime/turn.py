"""The life of one customer message, told from top to bottom.

`handle_turn` is the story; `understand`, `propose`, `narrow`, `ask_expert` and `run_tool` are its leaves, and they do
not call each other. The same function serves live traffic, shadow, replay and every trial, with other ports. It may be
run again after a crash: what the journal holds is replayed, what it lacks is done. Every turn ends in exactly one
answer or one handoff; whatever goes wrong on the way is a recorded handoff.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from remit.conversations import (
    Answered,
    Conversation,
    HandedOff,
    HandoffReason,
    Message,
    Speaker,
    ToolExchange,
    Turn,
    TurnOutcome,
)
from remit.errors import JournalConflict, StoreError
from remit.policy.decide import NO_FACTS, decide
from remit.policy.decisions import AskExpert, Decision, HandOff, RunTool, Send, Shadow
from remit.policy.levels import AutonomyLevel
from remit.policy.proposals import Proposal, ProposedAnswer, ProposedCall
from remit.runtime.approval import ask_expert
from remit.runtime.deadlines import Deadline
from remit.runtime.exposing import admit
from remit.runtime.facts import facts_for
from remit.runtime.journal import Journal
from remit.runtime.narrowing import Weighed, narrow, withdrawn_since
from remit.runtime.ports import AgentView, Approved, Breach, Denied, Edited, Permit, Silence, TurnPorts
from remit.runtime.proposing import Proposed, propose, screen_proposal
from remit.runtime.receiving import receive, receiving_s
from remit.runtime.report import TurnReport, report_from
from remit.runtime.running import run_tool
from remit.runtime.scene import Scene
from remit.runtime.understanding import understand
from remit.runtime.words import HANDOFF_TEXT, NOT_REACHED_TEXT


async def handle_turn(turn: Turn, ports: TurnPorts) -> TurnReport:
    """Carry one customer message to its end, and make that end durable before returning.

    Raises:
        TurnInProgress: Another process holds this very turn.
        StoreError: Nothing can be recorded; the caller tells the customer the truth.
        JournalConflict: The lease was lost to another process, which finishes the turn.
    """
    conversation, recorded = await ports.recorder.open(turn, ports.lease_s)
    journal = Journal(turn, recorded, ports.recorder, ports.clock)
    if journal.find(0, "ended") is None:
        outcome = await _carry_safely(turn, conversation, journal, ports)
        conversation = await _end_safely(turn, conversation, outcome, journal, ports)
    return report_from(turn, conversation, journal.records)


async def _carry_safely(turn: Turn, conversation: Conversation, journal: Journal, ports: TurnPorts) -> TurnOutcome:
    """Nothing leaves here but an outcome or the impossibility to record one."""
    remaining_s = (turn.deadline - journal.opened_at).total_seconds()
    try:
        with Deadline(remaining_s) as deadline:
            return _with_doubt(await _carry(turn, conversation, journal, ports), journal)
    except (StoreError, JournalConflict):
        raise
    except Exception as error:  # noqa: BLE001 - the border of the turn: an adapter's failure is a handoff, never silence
        # A time-out inside a port looks the same and is a failure of ours.
        if isinstance(error, TimeoutError) and deadline.expired():
            return _cut_short(journal, HandoffReason.DEADLINE, "the channel's deadline passed", error="")
        return _failed(journal, error)


def _hand_off(reason: HandoffReason, note: str) -> HandedOff:
    return HandedOff(reason, HANDOFF_TEXT, note)


def _failed(journal: Journal, error: Exception) -> HandedOff:
    failure = type(error).__name__
    return _cut_short(journal, HandoffReason.INTERNAL_ERROR, f"{failure}: {error}", error=failure)


def _with_doubt(outcome: TurnOutcome, journal: Journal) -> TurnOutcome:
    """Whatever else ended the turn: people must hear of a write that began before a crash."""
    if isinstance(outcome, HandedOff) and outcome.reason is not HandoffReason.OUTCOME_UNKNOWN:
        return _cut_short(journal, outcome.reason, outcome.note, error=outcome.error)
    return outcome


def _cut_short(journal: Journal, reason: HandoffReason, note: str, *, error: str) -> HandedOff:
    """A turn that broke off: if a write was under way, nobody knows whether it happened."""
    if journal.write_under_way:
        return HandedOff(HandoffReason.OUTCOME_UNKNOWN, HANDOFF_TEXT, f"{journal.write_under_way}: {note}", error)
    return HandedOff(reason, HANDOFF_TEXT, note, error)


async def _carry(turn: Turn, conversation: Conversation, journal: Journal, ports: TurnPorts) -> TurnOutcome:
    permit = await ports.grants.permit(conversation)
    if conversation.handed_off is not None and not _goes_on_being_shadowed(conversation, permit):
        return _hand_off(conversation.handed_off, "people hold this conversation; the message went to them")
    if permit.stopped:
        return _hand_off(HandoffReason.KILL_SWITCH, "the agent is stopped")
    breach = await _screen_message(turn, conversation, ports)
    if breach is not None:
        return _hand_off(HandoffReason.GUARDRAIL, f"{breach.guard}: {breach.what}")
    understood = await understand(turn, conversation, permit, journal, ports)
    if isinstance(understood, HandedOff):
        return understood
    scene = Scene(turn, conversation, permit, understood, await ports.toolbox.catalogue(), journal, ports)
    exchanges: list[ToolExchange] = []
    for step in range(1, permit.max_steps + 1):
        if ports.clock.now() >= turn.deadline:
            return _hand_off(HandoffReason.DEADLINE, "the channel's deadline passed")
        match await _step(scene, step, exchanges):
            case ToolExchange() as exchange:
                exchanges.append(exchange)
            case outcome:
                return outcome
    return _hand_off(HandoffReason.BUDGET_EXHAUSTED, f"no end after {permit.max_steps} steps, the policy's limit")


def _goes_on_being_shadowed(conversation: Conversation, permit: Permit) -> bool:
    """Where people answer every message of an agent that is shadowed, each of its proposals is to be compared."""
    shadowed = all(rule.level is AutonomyLevel.SHADOW for rule in permit.rules.values())
    return shadowed or conversation.handed_off is HandoffReason.SHADOW


async def _screen_message(turn: Turn, conversation: Conversation, ports: TurnPorts) -> Breach | None:
    try:
        verdict = await ports.guardrails.screen_message(turn.message, conversation)
    except Exception as error:  # noqa: BLE001 - a guard that fails has not cleared anything: fail closed
        return Breach("message guard", f"it failed ({type(error).__name__})")
    return verdict if isinstance(verdict, Breach) else None


async def _step(scene: Scene, step: int, exchanges: list[ToolExchange]) -> TurnOutcome | ToolExchange:
    """One proposal and what becomes of it."""
    view = scene.view(step, exchanges)
    proposed = await propose(scene, view)
    decision = await _decide(scene, step, proposed)
    match decision:
        case HandOff(reason, why):
            return _hand_off(reason, why)
        case Send(answer):
            return await _send(scene, answer)
        case RunTool():
            return await run_tool(scene, step, decision, by_expert=False)
        case AskExpert():
            return await _with_expert(scene, view, decision, proposed)
        case Shadow(why):
            return await _shadow(scene, step, proposed, why)


async def _decide(scene: Scene, step: int, proposed: Proposed) -> Decision:
    """The recorded decision, or a new one; either way narrowed by what holds now."""
    decision: Decision | None = scene.journal.recall(step, "decided", "decision")
    if decision is None and proposed.blocked is not None:
        decision = proposed.blocked
    weighed = Weighed(proposed.proposal, proposed.confidence or 0.0, _facts(scene, proposed.proposal))
    if decision is None:
        decision = _as_shadowed(scene, decide(scene.rule, weighed.confidence, weighed.proposal, facts=weighed.facts))
    decision = await narrow(scene, decision, weighed, resumed=scene.journal.inherited(step, "decided"))
    decision = await admit(scene, step, decision)
    if scene.journal.find(step, "decided") is None:
        proposal = proposed.proposal
        writes = isinstance(proposal, ProposedCall) and scene.writes(proposal.call.tool)
        scene.journal.note(step, "decided", {"decision": decision, "writes": writes})
    return decision


def _as_shadowed(scene: Scene, decision: Decision) -> Decision:
    """Where people have answered since an earlier turn, that is why, whatever the intent's own level is."""
    if isinstance(decision, Shadow) and scene.before.handed_off is HandoffReason.SHADOW:
        return Shadow("people answer this conversation, which began at level shadow: the proposal is only recorded")
    return decision


def _facts(scene: Scene, proposal: Proposal) -> Mapping[str, Any]:
    """What the conversation has shown so far about the records that a call names."""
    if not isinstance(proposal, ProposedCall):
        return NO_FACTS
    exchanges = (*scene.exchanges_before(), *scene.journal.exchanges())
    if not exchanges:
        return NO_FACTS
    return facts_for(proposal.call, exchanges, writes=scene.writes(proposal.call.tool))


async def _send(scene: Scene, answer: ProposedAnswer) -> TurnOutcome:
    """The last look at the stop flag: it is read after the decision and before the words leave."""
    stopped = await scene.stopped()
    if stopped is not None:
        return _hand_off(HandoffReason.KILL_SWITCH, stopped)
    return Answered(answer.text)


async def _with_expert(
    scene: Scene, view: AgentView, decision: AskExpert, proposed: Proposed
) -> TurnOutcome | ToolExchange:
    confidence = proposed.confidence or 0.0
    verdict = await ask_expert(scene, view.step, decision, confidence)
    match verdict:
        case Silence():
            return _hand_off(HandoffReason.DEADLINE, f"no expert answered in time; {decision.why}")
        case Denied(expert, reason):
            return _hand_off(HandoffReason.APPROVAL_DENIED, f"{expert}: {reason}")
        case Approved():
            agreed, by_expert = decision.proposal, False
        case Edited(_, proposal):
            agreed, by_expert = proposal, True
    stopped = await scene.stopped()
    if stopped is not None:
        return _hand_off(HandoffReason.KILL_SWITCH, stopped)
    # Somebody who changes a proposal stands for it; whether the level has such a thing at all is not theirs to say.
    weighed = Weighed(agreed, 1.0 if by_expert else confidence, _facts(scene, agreed))
    withdrawn = await withdrawn_since(scene, weighed, decided_anew=by_expert)
    if withdrawn is not None:
        return _hand_off(withdrawn.reason, withdrawn.why)
    breach = await screen_proposal(scene, view, agreed) if by_expert else None
    if breach is not None:
        return _hand_off(HandoffReason.GUARDRAIL, f"{breach.guard}: the expert's edit: {breach.what}")
    if isinstance(agreed, ProposedAnswer):
        return Answered(agreed.text, "expert" if by_expert else "agent")
    return await run_tool(scene, view.step, RunTool(agreed.call, "approved by an expert"), by_expert=by_expert)


async def _shadow(scene: Scene, step: int, proposed: Proposed, why: str) -> TurnOutcome | ToolExchange:
    """Granted reads run so that the agent can finish its thought; everything else is only recorded."""
    proposal = proposed.proposal
    if isinstance(proposal, ProposedCall) and not scene.writes(proposal.call.tool) and await scene.stopped() is None:
        return await run_tool(scene, step, RunTool(proposal.call, why), by_expert=False)
    return _hand_off(HandoffReason.SHADOW, why)


async def _end_safely(
    turn: Turn, before: Conversation, outcome: TurnOutcome, journal: Journal, ports: TurnPorts
) -> Conversation:
    """An end that cannot be written down (an agent's memory that is no JSON, say) becomes a handoff that can."""
    try:
        return await _end(turn, before, outcome, journal, ports)
    except (StoreError, JournalConflict):
        raise
    except Exception as error:  # noqa: BLE001 - the border of the turn, as above
        await journal.keep_what_can_be_kept()
        if not isinstance(outcome, HandedOff):
            outcome = _failed(journal, error)
        return await _end(turn, before, outcome, journal, ports)


async def _end(
    turn: Turn, before: Conversation, outcome: TurnOutcome, journal: Journal, ports: TurnPorts
) -> Conversation:
    """Hand off if people must take over, then make the end durable.

    In this order, so that no crash loses a customer: a handoff that is repeated is recognised by its turn.
    """
    ended_at = ports.clock.now()
    reference = ""
    if isinstance(outcome, HandedOff):
        await journal.flush()
        outcome = await receive(turn, before, outcome, ports)
    after = _continued(turn, before, outcome, journal, ended_at)
    if isinstance(outcome, HandedOff):
        try:
            with Deadline(ports.hand_off_within_s - receiving_s(ports)):
                reference = await ports.contact_centre.hand_off(turn, after, outcome)
        except Exception as error:  # noqa: BLE001 - the handoff itself failed: it is recorded and shown at the desk
            outcome = replace(outcome, error=type(error).__name__, text=NOT_REACHED_TEXT)
            after = _continued(turn, before, outcome, journal, ended_at)
        ended_at = ports.clock.now()
    latency_ms = (ended_at - journal.opened_at).total_seconds() * 1000
    journal.note(0, "ended", {"outcome": outcome, "reference": reference, "latency_ms": latency_ms}, at=ended_at)
    await journal.close(after)
    return after


def _continued(
    turn: Turn, before: Conversation, outcome: TurnOutcome, journal: Journal, ended_at: datetime
) -> Conversation:
    return before.continued(
        (turn.message, *journal.exchanges(), Message(_speaker(outcome), outcome.text, ended_at)),
        journal.last_memory(),
        handed_off=_why_people_hold(before, outcome),
    )


def _why_people_hold(before: Conversation, outcome: TurnOutcome) -> HandoffReason | None:
    """Whatever ends a later turn of a shadowed conversation, it stays one."""
    if before.handed_off is HandoffReason.SHADOW or not isinstance(outcome, HandedOff):
        return before.handed_off
    return outcome.reason


def _speaker(outcome: TurnOutcome) -> Speaker:
    return outcome.by if isinstance(outcome, Answered) else "agent"
