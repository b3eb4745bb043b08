"""The rules of a turn (docs/design, section 3), held for arbitrary agents, levels, confidences, experts and crashes."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from properties.turn_fakes import (
    BLIND_WRITE,
    EFFECTS,
    READ,
    UNGRANTED,
    WRITE,
    ProcessDied,
    Stage,
    SteadyIntents,
    call,
)
from remit.conversations import Answered, HandedOff, HandoffReason
from remit.errors import AgentProtocolError, AgentTimeout
from remit.policy.levels import AutonomyLevel
from remit.policy.proposals import Proposal, ProposedAnswer, ProposedCall, ProposedHandoff
from remit.runtime.ports import Approved, Denied, Edited, ExpertVerdict, Silence
from remit.runtime.report import TurnReport
from remit.runtime.turn import handle_turn
from remit.tools import ToolFailed, ToolName, ToolOutcomeUnknown, ToolResult, ToolSucceeded, is_write

calls = st.sampled_from([READ, WRITE, BLIND_WRITE, UNGRANTED]).map(call)
proposals = st.one_of(
    st.text(min_size=1, max_size=20).map(ProposedAnswer),
    calls,
    st.sampled_from(HandoffReason).map(ProposedHandoff),
    st.just(AgentProtocolError("shop", "it answered with half a sentence")),
    st.just(AgentTimeout("shop", "it did not answer in time")),
    st.just(RuntimeError("a bug in an adapter")),
)
scripts: st.SearchStrategy[Sequence[Proposal | Exception]] = st.lists(proposals, min_size=1, max_size=5)
levels = st.sampled_from(AutonomyLevel)
confidences = st.floats(0, 1)
verdicts: st.SearchStrategy[ExpertVerdict] = st.one_of(
    st.just(Approved("ana")),
    st.just(Denied("ana", "not this one")),
    st.just(Silence()),
    st.one_of(st.just(ProposedAnswer("better words")), calls).map(lambda proposal: Edited("ana", proposal)),
)
results: st.SearchStrategy[Mapping[ToolName, ToolResult]] = st.fixed_dictionaries(
    {},
    optional={
        tool: st.sampled_from([ToolSucceeded({}), ToolFailed("no such order"), ToolOutcomeUnknown("the line broke")])
        for tool in EFFECTS
    },
)


@st.composite
def stages(draw: st.DrawFn) -> Stage:
    return Stage(
        script=draw(scripts),
        level=draw(levels),
        confidence=draw(confidences),
        verdict=draw(verdicts),
        results=draw(results),
        max_steps=draw(st.integers(1, 6)),
    )


def carry(stage: Stage) -> TurnReport:
    return asyncio.run(handle_turn(stage.turn(), stage.ports()))


@given(stages())
def test_every_turn_ends_in_exactly_one_answer_or_one_handoff(stage: Stage) -> None:
    report = carry(stage)
    said_last = report.conversation.messages()[-1]
    assert said_last.text == report.outcome.text
    match report.outcome:
        case Answered():
            assert stage.contact_centre.taken == {}
            assert report.conversation.handed_off is None
        case HandedOff(reason):
            assert list(stage.contact_centre.taken) == [stage.turn().id]
            assert report.conversation.handed_off is reason


@given(stages())
def test_an_ungranted_tool_never_runs(stage: Stage) -> None:
    carry(stage)
    assert all(tool != UNGRANTED for tool, _ in stage.toolbox.attempts)


@given(stages())
def test_nothing_runs_or_is_sent_when_the_agent_is_stopped(stage: Stage) -> None:
    stage.grants.stop()
    report = carry(stage)
    assert stage.toolbox.attempts == []
    assert isinstance(report.outcome, HandedOff)
    assert report.outcome.reason is HandoffReason.KILL_SWITCH


@given(stages())
def test_without_an_expert_nothing_happens_below_the_threshold(stage: Stage) -> None:
    stage.verdict = Silence()
    stage.confidence = min(stage.confidence, 0.899)
    report = carry(stage)
    assert isinstance(report.outcome, HandedOff)
    if stage.level is not AutonomyLevel.SHADOW:
        assert stage.toolbox.attempts == []


@given(stages())
def test_in_shadow_people_answer_and_nothing_is_written(stage: Stage) -> None:
    stage = replace(stage, level=AutonomyLevel.SHADOW)
    report = carry(stage)
    assert isinstance(report.outcome, HandedOff)
    assert all(not is_write(EFFECTS[tool]) for tool, _ in stage.toolbox.attempts)


@given(stages(), st.booleans())
def test_a_customer_who_asks_for_a_person_always_gets_one(stage: Stage, stopped: bool) -> None:
    stage = replace(stage, asks_for_person=True, stopped=stopped)
    report = carry(stage)
    assert isinstance(report.outcome, HandedOff)
    assert list(stage.contact_centre.taken) == [stage.turn().id]
    if stopped:
        assert report.outcome.reason is HandoffReason.KILL_SWITCH
    elif stage.level is not AutonomyLevel.SHADOW:
        assert report.outcome.reason is HandoffReason.CUSTOMER_REQUEST
        assert report.steps == ()
        assert stage.toolbox.attempts == []


def test_a_wish_for_a_person_counts_where_no_intent_of_the_policy_fits() -> None:
    stage = Stage([ProposedAnswer("Hello")], asks_for_person=True)
    unknown = replace(stage.estimate(), guesses=(), out_of_scope_probability=0.9)
    report = asyncio.run(handle_turn(stage.turn(), replace(stage.ports(), intents=SteadyIntents(unknown))))
    assert isinstance(report.outcome, HandedOff)
    assert report.outcome.reason is HandoffReason.CUSTOMER_REQUEST


@given(stages(), st.integers(2, 4), st.booleans())
def test_in_shadow_every_message_of_a_conversation_is_proposed_for_and_people_answer(
    stage: Stage,
    n_turns: int,
    asks_for_person: bool,
) -> None:
    stage = replace(stage, level=AutonomyLevel.SHADOW, asks_for_person=asks_for_person)
    reports = [asyncio.run(handle_turn(stage.turn(number), stage.ports())) for number in range(1, n_turns + 1)]
    assert all(isinstance(report.outcome, HandedOff) for report in reports)
    assert len({_reason(report) for report in reports}) == 1
    # An adapter that breaks ends the first step before there is a proposal, in each turn alike.
    assert len({tuple(type(step.proposal) for step in report.steps) for report in reports}) == 1
    assert all(not is_write(EFFECTS[tool]) for tool, _ in stage.toolbox.attempts)


def _reason(report: TurnReport) -> HandoffReason | None:
    return report.outcome.reason if isinstance(report.outcome, HandedOff) else None


def test_a_conversation_that_people_began_in_shadow_stays_theirs_when_the_agent_is_promoted() -> None:
    stage = Stage([call(WRITE)], level=AutonomyLevel.SHADOW)
    carry(stage)
    rule = replace(stage.rule(), level=AutonomyLevel.AUTONOMOUS)
    stage.grants.replace_rules({rule.intent: rule})

    report = asyncio.run(handle_turn(stage.turn(2), stage.ports()))

    assert isinstance(report.outcome, HandedOff)
    assert report.outcome.reason is HandoffReason.SHADOW
    assert "began at level shadow" in report.outcome.note
    assert isinstance(report.steps[0].proposal, ProposedCall)
    assert stage.toolbox.attempts == []


def test_people_keep_a_conversation_that_was_handed_to_them() -> None:
    stage = Stage([ProposedHandoff(HandoffReason.MISSING_KNOWLEDGE)])
    carry(stage)
    report = asyncio.run(handle_turn(stage.turn(2), stage.ports()))
    assert isinstance(report.outcome, HandedOff)
    assert report.outcome.reason is HandoffReason.MISSING_KNOWLEDGE
    assert report.steps == ()


def freedom_of(report: TurnReport, stage: Stage) -> tuple[int, int]:
    """How far a turn came on its own: an answer beats a handoff, and more writes are more freedom."""
    writes = sum(is_write(EFFECTS[tool]) for tool, _ in stage.toolbox.effects)
    return int(isinstance(report.outcome, Answered)), writes


@given(stages(), levels)
def test_more_autonomy_never_means_less_freedom(stage: Stage, other: AutonomyLevel) -> None:
    stage.verdict = Silence()
    low, high = sorted([stage.level, other])
    less, more = replace(stage, level=low), replace(stage, level=high)
    assert freedom_of(carry(less), less) <= freedom_of(carry(more), more)


@given(stages(), confidences)
def test_more_confidence_never_means_less_freedom(stage: Stage, other: float) -> None:
    stage.verdict = Silence()
    low, high = sorted([stage.confidence, other])
    less, more = replace(stage, confidence=low), replace(stage, confidence=high)
    assert freedom_of(carry(less), less) <= freedom_of(carry(more), more)


@given(stages())
def test_a_retried_message_never_acts_twice_and_gets_the_same_words(stage: Stage) -> None:
    first = carry(stage)
    attempts = list(stage.toolbox.attempts)
    again = carry(stage)
    assert again.outcome == first.outcome
    assert again.steps == first.steps
    assert stage.toolbox.attempts == attempts
    assert len(stage.contact_centre.taken) <= 1


@given(stages())
def test_a_write_happens_at_most_once_a_step(stage: Stage) -> None:
    carry(stage)
    writes = [(tool, key) for tool, key in stage.toolbox.effects if is_write(EFFECTS[tool])]
    assert len(writes) == len(set(writes))


@settings(max_examples=300)
@given(stages(), st.integers(1, 12), st.booleans())
def test_a_turn_that_died_at_any_write_ends_the_same_way(stage: Stage, dies_at: int, before_writing: bool) -> None:
    untouched = replace(stage)
    expected = carry(untouched)
    stage.recorder.dies_at, stage.recorder.before_writing = dies_at, before_writing
    report = carry_after_crash(stage)
    assert_same_end(report, expected, stage)


@settings(max_examples=200)
@given(stages(), st.integers(1, 5))
def test_a_turn_that_died_inside_a_tool_ends_the_same_way_or_people_look(stage: Stage, dies_after: int) -> None:
    untouched = replace(stage)
    expected = carry(untouched)
    stage.toolbox.dies_after = dies_after
    report = carry_after_crash(stage)
    assert_same_end(report, expected, stage)


def carry_after_crash(stage: Stage) -> TurnReport:
    try:
        return carry(stage)
    except ProcessDied:
        stage.clock.advance(timedelta(seconds=61))
        late = replace(stage.turn(), deadline=stage.clock.now() + timedelta(seconds=30))
        return asyncio.run(handle_turn(late, stage.ports()))


def assert_same_end(report: TurnReport, expected: TurnReport, stage: Stage) -> None:
    unknown = isinstance(report.outcome, HandedOff) and report.outcome.reason is HandoffReason.OUTCOME_UNKNOWN
    if not unknown:
        assert report.outcome == expected.outcome
    writes = [(tool, key) for tool, key in stage.toolbox.effects if is_write(EFFECTS[tool])]
    assert len(writes) == len(set(writes))
    assert len(stage.contact_centre.taken) <= 1


def test_a_blind_write_under_way_at_the_crash_goes_to_people_and_is_not_repeated() -> None:
    stage = Stage([call(BLIND_WRITE)], confidence=0.99)
    stage.toolbox.dies_after = 1
    report = carry_after_crash(stage)
    assert isinstance(report.outcome, HandedOff)
    assert report.outcome.reason is HandoffReason.OUTCOME_UNKNOWN
    assert [tool for tool, _ in stage.toolbox.attempts] == [BLIND_WRITE]


def test_a_write_that_takes_a_key_is_tried_again_with_the_same_key_and_happens_once() -> None:
    stage = Stage([call(WRITE)], confidence=0.99)
    stage.toolbox.dies_after = 1
    report = carry_after_crash(stage)
    assert isinstance(report.outcome, Answered)
    assert [tool for tool, _ in stage.toolbox.attempts] == [WRITE, WRITE]
    assert len(stage.toolbox.effects) == 1


@pytest.mark.parametrize("moment", ["before the proposal", "while an expert thinks"])
def test_a_stop_while_the_turn_is_under_way_reaches_it_before_its_next_effect(moment: str) -> None:
    level = AutonomyLevel.AUTONOMOUS if moment == "before the proposal" else AutonomyLevel.TOOLS_WITH_APPROVAL
    stage = Stage([call(READ), call(WRITE)], level=level)
    ports = stage.ports()

    class StoppingDesk:
        async def ask(self, request: object) -> ExpertVerdict:
            stage.grants.stop()
            return Approved("ana")

    class StoppingAgent:
        async def propose(self, view):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            if view.step == 2 and moment == "before the proposal":
                stage.grants.stop()
            return await ports.agent.propose(view)

    report = asyncio.run(handle_turn(stage.turn(), replace(ports, desk=StoppingDesk(), agent=StoppingAgent())))
    assert isinstance(report.outcome, HandedOff)
    assert report.outcome.reason is HandoffReason.KILL_SWITCH
    assert [tool for tool, _ in stage.toolbox.effects] == [READ]


def test_a_grant_that_was_taken_in_the_meantime_narrows_the_turn() -> None:
    stage = Stage([call(READ), call(WRITE)])
    ports = stage.ports()

    class DemotingAgent:
        async def propose(self, view):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            if view.step == 2:
                rule = replace(stage.rule(), level=AutonomyLevel.SUPERVISED_ANSWERS)
                stage.grants.replace_rules({rule.intent: rule})
            return await ports.agent.propose(view)

    report = asyncio.run(handle_turn(stage.turn(), replace(ports, agent=DemotingAgent())))
    assert isinstance(report.outcome, HandedOff)
    assert report.outcome.reason is HandoffReason.POLICY_RESTRICTION
    assert [tool for tool, _ in stage.toolbox.effects] == [READ]


def test_an_agent_that_never_ends_is_ended_by_the_policys_number_of_steps() -> None:
    stage = Stage([call(READ)] * 10, max_steps=3)
    report = carry(stage)
    assert isinstance(report.outcome, HandedOff)
    assert report.outcome.reason is HandoffReason.BUDGET_EXHAUSTED
    assert len(stage.toolbox.attempts) == 3


def test_a_turn_past_its_channels_deadline_hands_off() -> None:
    stage = Stage([ProposedAnswer("too late")])
    ports = stage.ports()

    class SlowAgent:
        async def propose(self, view):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            await asyncio.sleep(5)
            return await ports.agent.propose(view)

    hurried = replace(stage.turn(), deadline=stage.clock.now() + timedelta(milliseconds=20))
    report = asyncio.run(handle_turn(hurried, replace(ports, agent=SlowAgent())))
    assert isinstance(report.outcome, HandedOff)
    assert report.outcome.reason is HandoffReason.DEADLINE


def test_a_failure_of_our_own_is_told_apart_from_the_agents() -> None:
    ours = carry(Stage([RuntimeError("a bug in an adapter")]))
    theirs = carry(Stage([AgentProtocolError("shop", "half a sentence")]))
    assert isinstance(ours.outcome, HandedOff)
    assert isinstance(theirs.outcome, HandedOff)
    assert (ours.outcome.reason, ours.outcome.error) == (HandoffReason.INTERNAL_ERROR, "RuntimeError")
    assert (theirs.outcome.reason, theirs.outcome.error) == (HandoffReason.AGENT_ERROR, "")


def test_an_experts_edit_speaks_in_the_experts_name() -> None:
    stage = Stage([ProposedAnswer("so so")], confidence=0.7, verdict=Edited("ana", ProposedAnswer("better")))
    assert carry(stage).outcome == Answered("better", by="expert")


def test_an_experts_edit_passes_the_same_guards_as_the_agents_words() -> None:
    edit = Edited("ana", ProposedAnswer("the password is swordfish"))
    stage = Stage([ProposedAnswer("so so")], confidence=0.7, verdict=edit, forbidden="swordfish")
    report = carry(stage)
    assert isinstance(report.outcome, HandedOff)
    assert report.outcome.reason is HandoffReason.GUARDRAIL
    assert report.outcome.note == "words: the expert's edit: it says what nobody may say"


def test_an_approved_call_is_a_step_of_the_turn_like_any_other() -> None:
    stage = Stage([call(WRITE)], level=AutonomyLevel.TOOLS_WITH_APPROVAL, verdict=Approved("ana"))
    report = carry(stage)
    assert isinstance(report.outcome, Answered)
    assert [step.expert for step in report.steps] == [Approved("ana"), None]
    assert isinstance(report.steps[0].proposal, ProposedCall)
