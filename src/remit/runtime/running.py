"""Leaf of a turn: a tool runs, after its decision is durable and never twice blindly."""

from remit.conversations import HandedOff, HandoffReason, ToolExchange
from remit.policy.decisions import AskExpert, RunTool
from remit.runtime.facts import facts_for
from remit.runtime.ports import Breach, StepKey
from remit.runtime.scene import Scene
from remit.runtime.words import HANDOFF_TEXT
from remit.tools import ToolCall, ToolOutcomeUnknown, ToolResult


async def run_tool(scene: Scene, step: int, decision: RunTool, *, by_expert: bool) -> ToolExchange | HandedOff:
    """Run the decided call and screen what it brings back.

    A call that an earlier run of this turn may have begun is tried again only if it reads, or if the tool itself
    promises that the same key does nothing twice; otherwise people look.
    """
    call = decision.call
    result: ToolResult | None = scene.journal.recall(step, "ran", "result")
    if result is None:
        refusal = _refuse(scene, call, edited=by_expert) or _refuse_blind_repeat(scene, step, call)
        if refusal is not None:
            return refusal
        await scene.journal.flush()
        result = await _run(scene, step, call)
        scene.journal.note(step, "ran", {"call": call, "result": result})
        if scene.writes(call.tool):
            await scene.journal.flush()
            scene.journal.write_under_way = ""
    if isinstance(result, ToolOutcomeUnknown):
        return HandedOff(HandoffReason.OUTCOME_UNKNOWN, HANDOFF_TEXT, f"{call.tool}: {result.message}")
    breach = await _screen_result(scene, call, result)
    if breach is not None:
        return HandedOff(HandoffReason.GUARDRAIL, HANDOFF_TEXT, f"{breach.guard}: {breach.what}")
    return scene.journal.exchange(step)


def _refuse(scene: Scene, call: ToolCall, *, edited: bool) -> HandedOff | None:
    """What no decision may run: a tool that is not granted, or an expert's edit that leaves the declared limits."""
    granted = scene.rule.tools.get(call.tool)
    if granted is None or call.tool not in scene.catalogue:
        return HandedOff(HandoffReason.POLICY_RESTRICTION, HANDOFF_TEXT, f"tool {call.tool!r} is not granted here")
    if edited and granted.limits is not None:
        exchanges = (*scene.exchanges_before(), *scene.journal.exchanges())
        facts = facts_for(call, exchanges, writes=scene.writes(call.tool))
        if not granted.limits.allow(call.arguments, facts):
            note = f"the edited call leaves the limit `{granted.limits.expression}`"
            return HandedOff(HandoffReason.POLICY_RESTRICTION, HANDOFF_TEXT, note)
    return None


def _refuse_blind_repeat(scene: Scene, step: int, call: ToolCall) -> HandedOff | None:
    waited = isinstance(scene.journal.recall(step, "decided", "decision"), AskExpert)
    # A write that waited for an expert begins only once the verdict is durable.
    begun = scene.journal.inherited(step, "asked" if waited else "decided")
    if not begun or not scene.writes(call.tool) or scene.catalogue[call.tool].takes_idempotency_key:
        return None
    note = f"{call.tool}: the turn broke off after this write was decided; nobody knows whether it happened"
    return HandedOff(HandoffReason.OUTCOME_UNKNOWN, HANDOFF_TEXT, note)


async def _run(scene: Scene, step: int, call: ToolCall) -> ToolResult:
    if scene.writes(call.tool):
        scene.journal.write_under_way = call.tool
    return await scene.ports.toolbox.run(call, StepKey(scene.turn.id, step))


async def _screen_result(scene: Scene, call: ToolCall, result: ToolResult) -> Breach | None:
    try:
        verdict = await scene.ports.guardrails.screen_result(call, result)
    except Exception as error:  # noqa: BLE001 - a guard that fails has not cleared anything: fail closed
        return Breach("result guard", f"it failed ({type(error).__name__})")
    return verdict if isinstance(verdict, Breach) else None
