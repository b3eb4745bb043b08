"""What happens to a proposal: the one place where the policy's rule meets the agent's wish."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from remit.conversations import HandoffReason
from remit.policy.decisions import AskExpert, Decision, HandOff, RunTool, Send, Shadow
from remit.policy.levels import AutonomyLevel
from remit.policy.limits import AllLimits
from remit.policy.proposals import Proposal, ProposedAnswer, ProposedCall, ProposedHandoff
from remit.policy.rules import IntentRule, Limits, ToolRule
from remit.tools import Effect, ToolName, is_write

NO_FACTS: Mapping[str, Any] = {}


def decide(rule: IntentRule, confidence: float, proposal: Proposal, *, facts: Mapping[str, Any] = NO_FACTS) -> Decision:
    """What becomes of the proposal. Pure and total: it returns for every input and changes nothing.

    Args:
        rule: What the agent may do for the intent right now; `strictest` makes one of several.
        confidence: Calibrated probability that the proposal is right. NaN or a value outside
            [0, 1] counts as 0, and nothing is ever sent or run at 0.
        proposal: What the agent wants.
        facts: Named objects that reads of this conversation have shown, for the limits.

    Returns:
        A decision whose `why` is one sentence with the numbers, without customer text.
    """
    known_confidence = confidence if 0.0 <= confidence <= 1.0 else 0.0
    if rule.stopped:
        return HandOff(HandoffReason.KILL_SWITCH, f"intent {rule.intent!r} is stopped: {rule.stopped}")
    if rule.level is AutonomyLevel.SHADOW:
        return Shadow(f"intent {rule.intent!r} is at level shadow: people answer, the proposal is only recorded")
    match proposal:
        case ProposedHandoff():
            return HandOff(proposal.reason, f"the agent asked for a handoff: {proposal.reason.value}")
        case ProposedAnswer():
            return _decide_answer(rule, known_confidence, proposal)
        case ProposedCall():
            return _decide_call(rule, known_confidence, proposal, facts)


def strictest(rules: Sequence[IntentRule]) -> IntentRule:
    """A rule that is never freer than any of these (held by tests/properties).

    Lowest level, highest thresholds, only tools that all of them grant, each with its stricter effect
    and with the limits of all. It carries the intent of the first rule with the lowest level.

    Raises:
        ValueError: There is no rule.
    """
    if not rules:
        raise ValueError("strictest() needs at least one rule; without an intent the turn is out of scope")
    if len(rules) == 1:
        return rules[0]
    lowest = min(rules, key=lambda rule: rule.level)
    shared = [tool for tool in rules[0].tools if all(tool in rule.tools for rule in rules)]
    return IntentRule(
        intent=lowest.intent,
        level=lowest.level,
        send_threshold=max(rule.send_threshold for rule in rules),
        ask_threshold=max(rule.ask_threshold for rule in rules),
        tools={tool: _strictest_grant(tool, rules) for tool in shared},
        stopped=next((rule.stopped for rule in rules if rule.stopped), ""),
    )


def stricter_effect(one: Effect, other: Effect) -> Effect:
    """The effect that does more to the world: where two sources disagree, the worse one is believed."""
    return max(one, other, key=lambda effect: effect.severity)


def freedom(decision: Decision) -> int:
    """How much the decision lets the agent do: 0 nothing is done, 1 people take over, 2 an expert is asked, 3 alone."""
    match decision:
        case Shadow():
            return 0
        case HandOff():
            return 1
        case AskExpert():
            return 2
        case RunTool() | Send():
            return 3


def _decide_answer(rule: IntentRule, confidence: float, proposal: ProposedAnswer) -> Decision:
    if confidence < rule.ask_threshold:
        return _too_uncertain(rule, confidence)
    if _acts_alone(rule, confidence):
        return Send(proposal, _clears_sending(confidence, rule.send_threshold))
    return AskExpert(proposal, _below_sending(rule, confidence))


def _decide_call(rule: IntentRule, confidence: float, proposal: ProposedCall, facts: Mapping[str, Any]) -> Decision:
    tool = rule.tools.get(proposal.call.tool)
    if tool is None:
        return HandOff(
            HandoffReason.POLICY_RESTRICTION,
            f"tool {proposal.call.tool!r} is not granted for intent {rule.intent!r}",
        )
    if confidence < rule.ask_threshold:
        return _too_uncertain(rule, confidence)
    if is_write(tool.effect) and rule.level < AutonomyLevel.TOOLS_WITH_APPROVAL:
        return HandOff(
            HandoffReason.POLICY_RESTRICTION,
            f"tool {proposal.call.tool!r} is {_effect_words(tool)} and level {rule.level.label} only reads",
        )
    if not _acts_alone(rule, confidence):
        return AskExpert(proposal, _below_sending(rule, confidence))
    if is_write(tool.effect) and (wait := _write_waits(rule, tool, proposal)):
        return AskExpert(proposal, wait)
    if tool.limits is not None and not tool.limits.allow(proposal.call.arguments, facts):
        return AskExpert(
            proposal, f"the limits of tool {proposal.call.tool!r} do not hold here: `{tool.limits.expression}`"
        )
    limits = f"; its limits hold: `{tool.limits.expression}`" if tool.limits is not None else ""
    return RunTool(proposal.call, _clears_sending(confidence, rule.send_threshold) + limits)


def _write_waits(rule: IntentRule, tool: ToolRule, proposal: ProposedCall) -> str:
    """Why a write has to wait for an expert whatever its arguments are; empty if it has not."""
    if rule.level < AutonomyLevel.TOOLS_WITHIN_LIMITS:
        return f"tool {proposal.call.tool!r} is {_effect_words(tool)}; at level {rule.level.label} each write waits"
    if rule.level < AutonomyLevel.AUTONOMOUS and tool.limits is None:
        return (
            f"tool {proposal.call.tool!r} is {_effect_words(tool)} and the policy declares no limits for it; "
            f"at level {rule.level.label} a write runs alone only inside declared limits"
        )
    return ""


def _effect_words(tool: ToolRule) -> str:
    return "an " + tool.effect.value if tool.effect.value[0] in "aeiou" else "a " + tool.effect.value


def _acts_alone(rule: IntentRule, confidence: float) -> bool:
    # A confidence of 0 is either certainly wrong or no number at all: it clears no threshold, not even 0.
    return confidence > 0.0 and confidence >= rule.send_threshold


def _too_uncertain(rule: IntentRule, confidence: float) -> HandOff:
    return HandOff(
        HandoffReason.LOW_CONFIDENCE,
        f"confidence {_beside(confidence, rule.ask_threshold)} is below the asking threshold "
        f"{_beside(rule.ask_threshold, confidence)}",
    )


# The one sentence that ordinary traffic needs again and again.
@lru_cache(maxsize=4096)
def _clears_sending(confidence: float, threshold: float) -> str:
    return (
        f"confidence {_beside(confidence, threshold)} is at or above the sending threshold "
        f"{_beside(threshold, confidence)}"
    )


def _below_sending(rule: IntentRule, confidence: float) -> str:
    if confidence == 0.0 and rule.send_threshold <= 0.0:
        return "confidence 0.00 never acts alone"
    return (
        f"confidence {_beside(confidence, rule.send_threshold)} is below the sending threshold "
        f"{_beside(rule.send_threshold, confidence)}"
    )


def _beside(number: float, other: float) -> str:
    """The number with as many digits as it takes to tell it from the other one: 0.8996 and 0.9000, not 0.90 twice."""
    if number == other:
        return f"{number:.2f}" if round(number, 2) == number else repr(float(number))
    for digits in (2, 3, 4, 5, 6):
        told_apart = round(number, digits) != round(other, digits)
        if told_apart and not _rounds_to_certainty(number, digits):
            return f"{number:.{digits}f}"
    return repr(float(number))


def _rounds_to_certainty(number: float, digits: int) -> bool:
    """0.9991 is not 1.00, nor is 0.001 nothing."""
    return number not in (0.0, 1.0) and round(number, digits) in (0.0, 1.0)


def _strictest_grant(tool: ToolName, rules: Sequence[IntentRule]) -> ToolRule:
    grants = [rule.tools[tool] for rule in rules]
    effect = grants[0].effect
    for grant in grants[1:]:
        effect = stricter_effect(effect, grant.effect)
    # A write without declared limits waits for an expert below `autonomous`. The limits that another intent
    # declares for the same tool must not let it run, so the result has none either.
    waits = any(
        grant.limits is None and is_write(grant.effect) and rule.level < AutonomyLevel.AUTONOMOUS
        for grant, rule in zip(grants, rules, strict=True)
    )
    declared = _distinct([grant.limits for grant in grants if grant.limits is not None])
    if waits or not declared:
        return ToolRule(effect)
    return ToolRule(effect, declared[0] if len(declared) == 1 else AllLimits(declared))


def _distinct(limits: Sequence[Limits]) -> tuple[Limits, ...]:
    by_text = {limit.expression: limit for limit in limits}
    return tuple(by_text.values())
