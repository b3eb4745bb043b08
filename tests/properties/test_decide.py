"""Rules that hold for every decision, whatever the rule, the confidence and the proposal."""

import math
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from properties.policy_strategies import (
    any_number,
    at,
    autonomy_levels,
    probabilities,
    proposals,
    rules,
)
from remit.conversations import HandoffReason
from remit.policy.decide import decide, freedom, strictest
from remit.policy.decisions import AskExpert, Decision, HandOff, RunTool, Send, Shadow
from remit.policy.levels import AutonomyLevel
from remit.policy.proposals import Proposal, ProposedAnswer, ProposedCall, ProposedHandoff
from remit.policy.rules import IntentRule
from remit.tools import is_write


@given(rules(), any_number(), proposals())
def test_every_proposal_gets_one_decision_with_a_sentence(
    rule: IntentRule, confidence: float, proposal: Proposal
) -> None:
    decision = decide(rule, confidence, proposal)
    assert isinstance(decision, get_args(Decision))
    assert len(decision.why.split()) >= 4
    assert decide(rule, confidence, proposal) == decision


@given(rules(), any_number(), proposals())
def test_a_decision_speaks_of_exactly_the_proposal(rule: IntentRule, confidence: float, proposal: Proposal) -> None:
    match decide(rule, confidence, proposal):
        case Send(answer):
            assert answer is proposal
        case RunTool(call):
            assert isinstance(proposal, ProposedCall)
            assert call is proposal.call
        case AskExpert(asked):
            assert asked is proposal
        case HandOff() | Shadow():
            pass


@given(rules(), autonomy_levels(), any_number(), proposals())
def test_more_autonomy_never_means_less_freedom(
    rule: IntentRule, other_level: AutonomyLevel, confidence: float, proposal: Proposal
) -> None:
    low, high = sorted([rule.level, other_level])
    assert freedom(decide(at(rule, low), confidence, proposal)) <= freedom(decide(at(rule, high), confidence, proposal))


@given(rules(), probabilities(), probabilities(), proposals())
def test_more_confidence_never_means_less_freedom(
    rule: IntentRule, one: float, other: float, proposal: Proposal
) -> None:
    low, high = sorted([one, other])
    assert freedom(decide(rule, low, proposal)) <= freedom(decide(rule, high, proposal))


@given(rules(), any_number(), proposals())
def test_an_ungranted_tool_never_runs_and_is_never_offered_to_an_expert(
    rule: IntentRule, confidence: float, proposal: Proposal
) -> None:
    decision = decide(rule, confidence, proposal)
    if isinstance(proposal, ProposedCall) and proposal.call.tool not in rule.tools:
        assert isinstance(decision, HandOff | Shadow)
        if isinstance(decision, HandOff):
            assert decision.reason is HandoffReason.POLICY_RESTRICTION


@given(rules(), any_number(), proposals())
def test_nothing_runs_or_is_sent_under_the_threshold(rule: IntentRule, confidence: float, proposal: Proposal) -> None:
    if freedom(decide(rule, confidence, proposal)) == 3:
        assert 0.0 < confidence <= 1.0
        assert confidence >= rule.send_threshold
        assert rule.level > AutonomyLevel.SHADOW


@given(rules(), probabilities(), proposals())
def test_under_the_asking_threshold_people_take_over(rule: IntentRule, confidence: float, proposal: Proposal) -> None:
    if confidence < rule.ask_threshold and rule.level > AutonomyLevel.SHADOW:
        assert isinstance(decide(rule, confidence, proposal), HandOff)


@given(rules(), probabilities(), st.text(max_size=10))
def test_from_the_sending_threshold_on_an_answer_is_sent(rule: IntentRule, confidence: float, text: str) -> None:
    if rule.level > AutonomyLevel.SHADOW and confidence > 0.0 and confidence >= rule.send_threshold:
        assert isinstance(decide(rule, confidence, ProposedAnswer(text)), Send)


@given(rules(), proposals(), st.sampled_from([math.nan, math.inf, -math.inf, 1.0000001, -0.0000001]))
def test_a_confidence_that_is_no_probability_counts_as_zero(
    rule: IntentRule, proposal: Proposal, confidence: float
) -> None:
    assert decide(rule, confidence, proposal) == decide(rule, 0.0, proposal)


@given(rules(level=AutonomyLevel.SHADOW), any_number(), proposals())
def test_at_level_shadow_everything_is_only_recorded(rule: IntentRule, confidence: float, proposal: Proposal) -> None:
    assert isinstance(decide(rule, confidence, proposal), Shadow)


@given(rules(), any_number(), proposals())
def test_a_write_runs_alone_only_inside_declared_limits_or_at_autonomous(
    rule: IntentRule, confidence: float, proposal: Proposal
) -> None:
    decision = decide(rule, confidence, proposal)
    if isinstance(decision, RunTool):
        tool = rule.tools[decision.call.tool]
        assert tool.limits is None or tool.limits.allow({}, {})
        if is_write(tool.effect):
            assert rule.level >= AutonomyLevel.TOOLS_WITHIN_LIMITS
            assert tool.limits is not None or rule.level is AutonomyLevel.AUTONOMOUS


@given(rules(level=AutonomyLevel.SUPERVISED_ANSWERS), any_number(), proposals())
def test_at_supervised_answers_no_expert_is_even_asked_for_a_write(
    rule: IntentRule, confidence: float, proposal: Proposal
) -> None:
    if not isinstance(proposal, ProposedCall):
        return
    tool = rule.tools.get(proposal.call.tool)
    if tool is not None and is_write(tool.effect):
        assert isinstance(decide(rule, confidence, proposal), HandOff)


@given(rules(), any_number(), st.sampled_from(HandoffReason))
def test_a_proposed_handoff_is_granted_with_its_own_reason(
    rule: IntentRule, confidence: float, reason: HandoffReason
) -> None:
    decision = decide(rule, confidence, ProposedHandoff(reason))
    if rule.level is not AutonomyLevel.SHADOW:
        assert isinstance(decision, HandOff)
        assert decision.reason is reason


@given(st.lists(rules(), min_size=1, max_size=3), probabilities(), proposals())
def test_the_strictest_rule_is_never_freer_than_any_member(
    members: list[IntentRule], confidence: float, proposal: Proposal
) -> None:
    together = freedom(decide(strictest(members), confidence, proposal))
    assert together <= min(freedom(decide(member, confidence, proposal)) for member in members)


@given(rules(), any_number(), st.text(max_size=10))
def test_one_rule_is_its_own_strictest(rule: IntentRule, confidence: float, text: str) -> None:
    proposal = ProposedAnswer(text)
    assert decide(strictest([rule, rule]), confidence, proposal) == decide(rule, confidence, proposal)


@given(rules(), rules(), rules(), any_number(), proposals())
def test_the_strictest_rule_does_not_depend_on_how_intents_are_grouped(
    one: IntentRule, two: IntentRule, three: IntentRule, confidence: float, proposal: Proposal
) -> None:
    flat = decide(strictest([one, two, three]), confidence, proposal)
    nested = decide(strictest([one, strictest([two, three])]), confidence, proposal)
    assert freedom(flat) == freedom(nested)
