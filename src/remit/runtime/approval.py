"""Leaf of a turn: an expert is asked, once, about exactly this proposal."""

from datetime import timedelta

from remit.documents import digest_of
from remit.policy.decisions import AskExpert
from remit.policy.proposals import ProposedAnswer, ProposedCall
from remit.runtime.codec import encode
from remit.runtime.ports import ApprovalRequest, ExpertVerdict, Silence
from remit.runtime.scene import Scene


def proposal_digest(proposal: ProposedAnswer | ProposedCall) -> str:
    """SHA-256 of the proposal's canonical JSON: what an approval is bound to."""
    return digest_of(encode(proposal))


async def ask_expert(scene: Scene, step: int, decision: AskExpert, confidence: float) -> ExpertVerdict:
    """The expert's verdict; silence until the expiry is one of them. The question is durable before it is asked."""
    verdict: ExpertVerdict | None = scene.journal.recall(step, "asked", "verdict")
    if verdict is not None:
        return verdict
    await scene.journal.flush()
    expires_at = scene.ports.clock.now() + timedelta(seconds=scene.permit.approval_wait_s)
    request = ApprovalRequest(
        turn=scene.turn.id,
        step=step,
        conversation=scene.turn.conversation,
        intent=scene.rule.intent,
        proposal=decision.proposal,
        proposal_digest=proposal_digest(decision.proposal),
        policy=scene.permit.policy,
        confidence=confidence,
        why=decision.why,
        expires_at=min(expires_at, scene.turn.deadline),
    )
    verdict = await scene.ports.desk.ask(request)
    if scene.ports.clock.now() > request.expires_at:
        verdict = Silence()
    scene.journal.note(step, "asked", {"verdict": verdict})
    return verdict
