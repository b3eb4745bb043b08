"""Leaf of a turn: grants are read again before every effect, and they may only narrow."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from remit.conversations import HandoffReason, IntentName
from remit.documents.values import quickly_made
from remit.policy.decide import decide, freedom, strictest
from remit.policy.decisions import AskExpert, Decision, HandOff, RunTool, Send, Shadow
from remit.policy.proposals import Proposal
from remit.policy.rules import IntentRule
from remit.runtime.scene import Scene


@quickly_made
@dataclass(frozen=True, slots=True)
class Weighed:
    """What a decision was made of."""

    proposal: Proposal
    confidence: float
    facts: Mapping[str, Any]


async def narrow(scene: Scene, decision: Decision, weighed: Weighed, *, resumed: bool) -> Decision:
    """The decision, or a less free one if the agent was stopped or a grant was taken in the meantime.

    `resumed` says that the decision comes from an earlier run of this turn, whose permit is gone.
    """
    if isinstance(decision, HandOff):
        return decision
    try:
        state = await scene.ports.grants.state()
        moved = resumed or state.epoch != scene.permit.epoch
        rules = await scene.ports.grants.rules_now(scene.permit) if moved else scene.permit.rules
    except Exception as error:  # noqa: BLE001 - a process that cannot confirm the stop flag hands off
        return HandOff(HandoffReason.KILL_SWITCH, f"the stop flag could not be read ({type(error).__name__})")
    if state.stopped:
        return HandOff(HandoffReason.KILL_SWITCH, "the agent was stopped while the turn was under way")
    if not moved:
        return decision
    if any(intent not in rules for intent in scene.understood.intents):
        return HandOff(HandoffReason.POLICY_RESTRICTION, "the grant was withdrawn while the turn was under way")
    again = _decide_now(scene, rules, weighed)
    return again if freedom(again) < freedom(decision) else decision


async def withdrawn_since(scene: Scene, weighed: Weighed, *, decided_anew: bool) -> HandOff | None:
    """Why what an expert agreed to may not happen any more, or None; read after the wait and before the effect.

    Args:
        scene: The turn.
        weighed: What the expert agreed to.
        decided_anew: The expert changed the proposal, so that nothing has been decided about it yet.
    """
    try:
        state = await scene.ports.grants.state()
        moved = state.epoch != scene.permit.epoch
        rules = await scene.ports.grants.rules_now(scene.permit) if moved else scene.permit.rules
    except Exception as error:  # noqa: BLE001 - a process that cannot confirm the grants hands off
        return HandOff(HandoffReason.KILL_SWITCH, f"the grants could not be read ({type(error).__name__})")
    if not moved and not decided_anew:
        return None
    if any(intent not in rules for intent in scene.understood.intents):
        return HandOff(HandoffReason.POLICY_RESTRICTION, "the grant was withdrawn while an expert was asked")
    match _decide_now(scene, rules, weighed):
        case HandOff() as refused:
            return refused
        case Shadow(why):
            return HandOff(HandoffReason.POLICY_RESTRICTION, why)
        case Send() | RunTool() | AskExpert():
            return None


def _decide_now(scene: Scene, rules: Mapping[IntentName, IntentRule], weighed: Weighed) -> Decision:
    """The decision under the turn's rule and today's, whichever is stricter."""
    rule_now = strictest([scene.rule, *(rules[intent] for intent in scene.understood.intents)])
    return decide(rule_now, weighed.confidence, weighed.proposal, facts=weighed.facts)
