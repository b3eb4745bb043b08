"""Examples that explain the decision."""

from dataclasses import replace

import pytest

from remit.conversations import HandoffReason, IntentName
from remit.policy.decide import decide, strictest
from remit.policy.decisions import AskExpert, HandOff, RunTool, Send, Shadow
from remit.policy.levels import AutonomyLevel
from remit.policy.limits import compile_limits
from remit.policy.proposals import ProposedAnswer, ProposedCall
from remit.policy.rules import IntentRule, ToolRule
from remit.tools import Effect, ToolCall, ToolName

READ, REFUND = ToolName("find_order"), ToolName("issue_refund")
ANSWER = ProposedAnswer("It arrives on Monday.")
RULE = IntentRule(
    intent=IntentName("refund"),
    level=AutonomyLevel.SUPERVISED_ANSWERS,
    send_threshold=0.9,
    ask_threshold=0.5,
    tools={READ: ToolRule(Effect.READ), REFUND: ToolRule(Effect.IRREVERSIBLE_WRITE)},
)


def test_the_reason_names_both_numbers() -> None:
    decision = decide(RULE, 0.93, ANSWER)
    assert isinstance(decision, Send)
    assert decision.why == "confidence 0.93 is at or above the sending threshold 0.90"


def test_the_reason_shows_enough_digits_to_see_the_difference() -> None:
    decision = decide(RULE, 0.8996, ANSWER)
    assert isinstance(decision, AskExpert)
    assert decision.why == "confidence 0.8996 is below the sending threshold 0.9000"


def test_below_the_asking_threshold_people_take_over() -> None:
    decision = decide(RULE, 0.2, ANSWER)
    assert decision == HandOff(HandoffReason.LOW_CONFIDENCE, "confidence 0.20 is below the asking threshold 0.50")


def test_exactly_at_the_sending_threshold_the_answer_is_sent() -> None:
    assert isinstance(decide(RULE, 0.9, ANSWER), Send)


def test_no_confidence_at_all_is_not_sent_even_by_a_rule_that_asks_for_none() -> None:
    decision = decide(replace(RULE, send_threshold=0.0, ask_threshold=0.0), float("nan"), ANSWER)
    assert isinstance(decision, AskExpert)


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (AutonomyLevel.SHADOW, Shadow),
        (AutonomyLevel.SUPERVISED_ANSWERS, HandOff),
        (AutonomyLevel.TOOLS_WITH_APPROVAL, AskExpert),
        (AutonomyLevel.TOOLS_WITHIN_LIMITS, AskExpert),
        (AutonomyLevel.AUTONOMOUS, RunTool),
    ],
)
def test_a_certain_write_without_limits_climbs_the_ladder(level: AutonomyLevel, expected: type) -> None:
    assert isinstance(decide(replace(RULE, level=level), 1.0, ProposedCall(ToolCall(REFUND))), expected)


def test_limits_do_not_spare_a_write_its_approval() -> None:
    limited = ToolRule(Effect.REVERSIBLE_WRITE, compile_limits("true"))
    rule = replace(RULE, level=AutonomyLevel.TOOLS_WITH_APPROVAL, tools={REFUND: limited})
    decision = decide(rule, 1.0, ProposedCall(ToolCall(REFUND)))
    assert isinstance(decision, AskExpert)
    assert decision.why.endswith("at level tools_with_approval each write waits")


def test_an_uncertain_call_is_not_even_offered_to_an_expert() -> None:
    decision = decide(replace(RULE, level=AutonomyLevel.AUTONOMOUS), 0.4, ProposedCall(ToolCall(REFUND)))
    assert decision == HandOff(HandoffReason.LOW_CONFIDENCE, "confidence 0.40 is below the asking threshold 0.50")


def test_a_read_stays_inside_its_limits_too() -> None:
    limited = ToolRule(Effect.READ, compile_limits("size(order_id) == 5"))
    rule = replace(RULE, tools={READ: limited})
    inside, outside = (decide(rule, 1.0, ProposedCall(ToolCall(READ, {"order_id": it}))) for it in ("10423", "*"))
    assert isinstance(inside, RunTool)
    assert outside.why == "the limits of tool 'find_order' do not hold here: `size(order_id) == 5`"


def test_a_tool_of_only_one_intent_is_not_granted_for_both() -> None:
    other = replace(RULE, intent=IntentName("order_status"), tools={READ: ToolRule(Effect.READ)})
    both = strictest([replace(RULE, level=AutonomyLevel.AUTONOMOUS), other])
    assert set(both.tools) == {READ}
    assert both.intent == "order_status"
    assert both.level is AutonomyLevel.SUPERVISED_ANSWERS


def test_the_worse_effect_counts_where_two_intents_disagree() -> None:
    mild = replace(RULE, tools={REFUND: ToolRule(Effect.REVERSIBLE_WRITE)})
    assert strictest([mild, RULE]).tools[REFUND].effect is Effect.IRREVERSIBLE_WRITE


def test_no_rule_at_all_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="at least one rule"):
        strictest([])


def test_nearly_certain_is_never_told_as_certain() -> None:
    sent = decide(RULE, 0.9997, ProposedAnswer("yes"))

    assert isinstance(sent, Send)
    assert "1.00" not in sent.why
    assert "0.9997" in sent.why
