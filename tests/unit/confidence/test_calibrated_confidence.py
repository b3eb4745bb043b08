"""Calibrated where a certificate holds, uncalibrated elsewhere, and never sure after an unknown outcome."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from remit.adapters.confidence import CalibratedConfidence, SignalConfidence, signals_of, signals_of_step
from remit.calibration.model import CalibrationModel, Term
from remit.conversations import (
    Answered,
    Conversation,
    ConversationId,
    HandoffReason,
    IntentName,
    Message,
    ReleaseId,
    ToolExchange,
    TranscriptEntry,
    TurnId,
)
from remit.policy.decisions import RunTool
from remit.policy.proposals import ProposedAnswer, ProposedCall, ProposedHandoff
from remit.runtime.ports import AgentView, IntentEstimate, IntentGuess
from remit.runtime.report import StepReport, TurnReport
from remit.tools import ToolCall, ToolFailed, ToolName, ToolOutcomeUnknown, ToolResult, ToolSucceeded

NOW = datetime(2026, 1, 1, tzinfo=UTC)
A, B = IntentName("a"), IntentName("b")
CALL = ToolCall(ToolName("find_order"))
SURE = CalibrationModel(3.0, (), 100, 1.0)
BY_RECORD = CalibrationModel(0.0, (Term("track_record", "probability", -5.0, 5.0, 1.0, missing=-2.0),), 100, 1.0)
probabilities = st.floats(0.0, 1.0)


def view(*intents: tuple[IntentName, float], tools: tuple[ToolResult, ...] = ()) -> AgentView:
    exchanges = [ToolExchange(CALL, result, NOW) for result in tools]
    entries: tuple[TranscriptEntry, ...] = (Message("customer", "hello", NOW), *exchanges)
    guesses = tuple(IntentGuess(intent, probability) for intent, probability in intents)
    conversation = Conversation(ConversationId("c"), "chat", entries=entries)
    return AgentView(TurnId("t"), 1, conversation, IntentEstimate(guesses, 0.1, margin=0.4), (), (), NOW)


def assess(
    models: Mapping[IntentName, CalibrationModel],
    seen: AgentView,
    records: Mapping[IntentName, float] | None = None,
) -> float:
    confidence = CalibratedConfidence(lambda: models, lambda: records or {})
    return asyncio.run(confidence.assess(ProposedAnswer("x"), seen))


@given(probabilities, st.lists(st.sampled_from([ToolSucceeded({}), ToolFailed("no")]), max_size=3))
def test_without_a_model_it_is_the_uncalibrated_one(probability: float, tools: list[ToolResult]) -> None:
    seen = view((A, probability), tools=tuple(tools))
    assert assess({}, seen) == asyncio.run(SignalConfidence().assess(ProposedAnswer("x"), seen))


@given(probabilities)
def test_several_intents_are_as_sure_as_the_least_sure(probability: float) -> None:
    seen = view((A, 0.9), (B, probability))
    alone = asyncio.run(SignalConfidence().assess(ProposedAnswer("x"), seen))
    assert assess({A: SURE}, seen) == min(alone, SURE.probability({}))


def test_after_an_unknown_outcome_no_calibration_is_sure() -> None:
    assert assess({A: SURE}, view((A, 0.9), tools=(ToolOutcomeUnknown("?"),))) == 0.0


def test_out_of_scope_there_is_no_confidence() -> None:
    assert assess({A: SURE}, view()) == 0.0


def test_the_track_record_of_the_intent_is_a_signal() -> None:
    seen = view((A, 0.9))
    assert assess({A: BY_RECORD}, seen, records={A: 0.9}) > assess({A: BY_RECORD}, seen, records={A: 0.4})
    assert assess({A: BY_RECORD}, seen) == BY_RECORD.probability({})


def test_everything_that_is_known_becomes_a_signal() -> None:
    answer = ProposedAnswer(
        "x", stated_confidence=0.7, signals={"grounding": 0.6, "tokens": 3.0, "intent_probability": 1.0}
    )
    seen = view((A, 0.9), (B, 0.6), tools=(ToolSucceeded({}), ToolFailed("no")))
    assert signals_of(answer, seen).present() == {
        "intent_probability": 0.6,
        "intent_margin": 0.4,
        "out_of_scope_probability": 0.1,
        "grounding": 0.6,
        "tool_errors": 1.0,
        "tool_successes": 1.0,
        "stated_confidence": 0.7,
        "proposes_call": 0.0,
        "tokens": 3.0,
    }


def test_a_recorded_step_has_the_signals_that_it_was_decided_by() -> None:
    found, lost = ToolSucceeded({}), ToolFailed("no")
    answer = ProposedAnswer("x", signals={"grounding": 0.6})
    decision = RunTool(CALL, "a test")
    steps = (
        StepReport(1, ProposedCall(CALL), 0.9, decision, result=found),
        StepReport(2, ProposedCall(CALL), 0.9, decision, result=lost),
        StepReport(3, answer, 0.9, decision),
        StepReport(4, ProposedHandoff(HandoffReason.CUSTOMER_REQUEST), None, decision),
    )
    live = view((A, 0.9), tools=(found, lost))
    report = TurnReport(
        turn=live.turn,
        outcome=Answered("x"),
        intents=(A,),
        estimate=live.intents,
        level=None,
        release=ReleaseId("r"),
        policy="p",
        steps=steps,
        conversation=live.conversation,
        latency_ms=1.0,
    )
    assert signals_of_step(report, 3) == signals_of(answer, live)
    first = signals_of_step(report, 1)
    assert first is not None
    assert (first.tool_errors, first.tool_successes, first.proposes_call) == (0.0, 0.0, 1.0)
    assert signals_of_step(report, 4) is None
    assert signals_of_step(report, 5) is None
