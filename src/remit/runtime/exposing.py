"""Leaf of a turn: the last question before the agent acts alone: is the day's exposure used up?"""

from remit.conversations import HandoffReason
from remit.policy.decisions import Decision, HandOff, RunTool, Send
from remit.runtime.ports import StepKey
from remit.runtime.scene import Scene


async def admit(scene: Scene, step: int, decision: Decision) -> Decision:
    """The decision, or a less free one where a cap of the policy is reached or cannot be confirmed.

    Asking again for the same step answers the same: a resumed turn counts once.
    """
    exposure = scene.ports.exposure
    if exposure is None or not isinstance(decision, Send | RunTool):
        return decision
    try:
        return await exposure.admit(scene.permit.agent, scene.turn.conversation, decision, StepKey(scene.turn.id, step))
    except Exception as error:  # noqa: BLE001 - what cannot be confirmed is not allowed
        why = f"what the agent has done today could not be confirmed ({type(error).__name__})"
        return HandOff(HandoffReason.BUDGET_EXHAUSTED, why)
