import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.adapters.confidence import SignalConfidence
from remit.conversations import Conversation, ConversationId, IntentName, Message, ToolExchange, TranscriptEntry, TurnId
from remit.policy.proposals import ProposedAnswer, ProposedCall
from remit.runtime.ports import AgentView, IntentEstimate, IntentGuess
from remit.tools import ToolCall, ToolFailed, ToolName, ToolOutcomeUnknown, ToolResult, ToolSucceeded

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CALL = ToolCall(ToolName("find_order"))
probabilities = st.floats(0.0, 1.0)
any_floats = st.floats(allow_nan=True, allow_infinity=True)
signals = st.dictionaries(st.sampled_from(["retrieval_score", "grounding", "deterministic", "other"]), any_floats)
results = st.lists(st.sampled_from([ToolSucceeded({}), ToolFailed("no"), ToolOutcomeUnknown("who knows")]), max_size=4)


def view(*intents: float, out_of_scope: float = 0.0, tools: list[ToolResult] | None = None) -> AgentView:
    guesses = tuple(IntentGuess(IntentName(f"intent_{n}"), p) for n, p in enumerate(intents))
    entries: tuple[TranscriptEntry, ...] = (
        ToolExchange(CALL, ToolOutcomeUnknown("of an earlier turn"), NOW),
        Message("customer", "where is it", NOW),
        *(ToolExchange(CALL, result, NOW) for result in tools or []),
    )
    conversation = Conversation(ConversationId("c1"), "chat", entries=entries)
    return AgentView(TurnId("t1"), 0, conversation, IntentEstimate(guesses, out_of_scope), (), (), NOW)


def assess(proposal: ProposedAnswer | ProposedCall, seen: AgentView) -> float:
    return asyncio.run(SignalConfidence().assess(proposal, seen))


@given(probabilities, probabilities, st.none() | any_floats, signals, results)
def test_confidence_is_a_probability_and_never_above_that_of_the_intent(
    intent: float, outside: float, stated: float | None, reported: dict[str, float], tools: list[ToolResult]
) -> None:
    answer = ProposedAnswer("x", stated_confidence=stated, signals=reported)
    confidence = assess(answer, view(intent, out_of_scope=outside, tools=tools))
    assert 0.0 <= confidence <= min(intent, 1.0 - outside)


@given(probabilities, any_floats, signals, results)
def test_the_agents_own_claim_may_only_lower_it(
    intent: float, stated: float, reported: dict[str, float], tools: list[ToolResult]
) -> None:
    silent = ProposedAnswer("x", signals=reported)
    seen = view(intent, tools=tools)
    assert assess(replace(silent, stated_confidence=stated), seen) <= assess(silent, seen)


@given(probabilities, results)
def test_a_deterministic_answer_is_limited_by_the_intent_alone(intent: float, tools: list[ToolResult]) -> None:
    answer = ProposedAnswer("x", signals={"deterministic": 1.0})
    assert assess(answer, view(intent, tools=tools)) == intent


@given(probabilities, probabilities, probabilities)
def test_better_retrieval_never_lowers_it(intent: float, first: float, second: float) -> None:
    worse, better = sorted([first, second])
    assert assess(ProposedAnswer("x", signals={"retrieval_score": worse}), view(intent)) <= assess(
        ProposedAnswer("x", signals={"retrieval_score": better}), view(intent)
    )


def test_a_passage_with_few_of_the_words_supports_less_than_no_report_at_all() -> None:
    scores = [assess(ProposedAnswer("x", signals={"retrieval_score": score}), view(1.0)) for score in (0.1, 0.5, 0.7)]
    assert scores == [pytest.approx(0.224, abs=0.001), pytest.approx(0.917, abs=0.001), pytest.approx(0.985, abs=0.001)]
    assert scores[0] < assess(ProposedAnswer("x"), view(1.0)) < scores[1]


def test_several_intents_are_as_sure_as_the_least_certain() -> None:
    assert assess(ProposedCall(CALL), view(0.9, 0.6)) == 0.6


def test_out_of_scope_there_is_no_confidence() -> None:
    assert assess(ProposedAnswer("x", signals={"deterministic": 1.0}), view()) == 0.0


def test_an_answer_that_reports_no_support_counts_as_half_supported() -> None:
    assert assess(ProposedAnswer("x"), view(0.8)) == pytest.approx(0.6)


def test_each_failed_tool_of_this_turn_lowers_it_and_an_unknown_outcome_ends_it() -> None:
    call = ProposedCall(CALL)
    assert assess(call, view(1.0)) == 1.0
    assert assess(call, view(1.0, tools=[ToolFailed("no")])) == pytest.approx(0.7)
    assert assess(call, view(1.0, tools=[ToolFailed("no"), ToolFailed("no")])) == pytest.approx(0.49)
    assert assess(call, view(1.0, tools=[ToolOutcomeUnknown("?")])) == 0.0


def test_a_tool_that_answered_supports_what_is_said() -> None:
    assert assess(ProposedAnswer("x"), view(1.0, tools=[ToolSucceeded({})])) == pytest.approx(0.95)
