"""Leaf of a turn: the agent's proposal, screened and weighed."""

from dataclasses import dataclass

from remit.conversations import HandoffReason
from remit.documents.values import quickly_made
from remit.errors import AgentError, AgentTimeout
from remit.policy.decisions import HandOff
from remit.policy.proposals import Proposal, ProposedHandoff
from remit.runtime.ports import AgentReply, AgentView, Breach, GuardVerdict
from remit.runtime.scene import Scene


@quickly_made
@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal with its confidence; `blocked` is the decision where nothing is left to decide."""

    proposal: Proposal
    confidence: float | None
    blocked: HandOff | None = None


async def propose(scene: Scene, view: AgentView) -> Proposed:
    """Replay or ask for the proposal of this step; an agent that fails has proposed a handoff."""
    recorded = scene.journal.find(view.step, "proposed")
    if recorded is not None:
        return Proposed(
            scene.journal.recall(view.step, "proposed", "proposal"),
            scene.journal.recall(view.step, "proposed", "confidence"),
            scene.journal.recall(view.step, "proposed", "blocked"),
        )
    reply, failure = await _ask_agent(scene, view)
    breach = None if failure else await screen_proposal(scene, view, reply.proposal)
    blocked = failure if breach is None else HandOff(HandoffReason.GUARDRAIL, f"{breach.guard}: {breach.what}")
    confidence = None
    if blocked is None and not isinstance(reply.proposal, ProposedHandoff):
        confidence = await scene.ports.confidence.assess(reply.proposal, view)
    scene.journal.note(
        view.step,
        "proposed",
        {
            "proposal": reply.proposal,
            "confidence": confidence,
            "memory": reply.memory,
            "usage": reply.usage,
            "blocked": blocked,
            "critical": breach is not None and breach.critical,
        },
    )
    return Proposed(reply.proposal, confidence, blocked)


async def _ask_agent(scene: Scene, view: AgentView) -> tuple[AgentReply, HandOff | None]:
    try:
        return await scene.ports.agent.propose(view), None
    except AgentError as error:
        reason = HandoffReason.DEADLINE if isinstance(error, AgentTimeout) else HandoffReason.AGENT_ERROR
        proposal = ProposedHandoff(reason, str(error))
        return AgentReply(proposal, view.conversation.agent_memory), HandOff(reason, str(error))


async def screen_proposal(scene: Scene, view: AgentView, proposal: Proposal) -> Breach | None:
    """What a guard has against these words or this call, whoever they come from."""
    try:
        verdict: GuardVerdict = await scene.ports.guardrails.screen_proposal(proposal, view)
    except Exception as error:  # noqa: BLE001 - a guard that fails has not cleared anything: fail closed
        return Breach("proposal guard", f"it failed ({type(error).__name__})")
    return verdict if isinstance(verdict, Breach) else None
