"""Turns whose ports fail oddly: late, with values that cannot be written down, or with grants taken in the meantime."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from properties.turn_fakes import BLIND_WRITE, READ, WRITE, CrashingRecorder, ProcessDied, Stage, call
from remit.adapters.memory import FixedClock
from remit.conversations import Answered, Conversation, HandedOff, HandoffReason, Message, Turn
from remit.policy.levels import AutonomyLevel
from remit.policy.proposals import Proposal, ProposedAnswer
from remit.policy.rules import ToolRule
from remit.runtime.codec import encode_content
from remit.runtime.ports import (
    AgentReply,
    AgentView,
    ApprovalRequest,
    Approved,
    Edited,
    ExpertVerdict,
    IntentEstimate,
    TurnRecord,
)
from remit.runtime.report import TurnReport
from remit.runtime.turn import handle_turn
from remit.tools import Effect, ToolSucceeded


def carry(stage: Stage, **other: Any) -> TurnReport:
    return asyncio.run(handle_turn(stage.turn(), replace(stage.ports(), **other)))


def handed_off(report: TurnReport) -> HandedOff:
    assert isinstance(report.outcome, HandedOff)
    return report.outcome


class ForgetfulAgent:
    """Keeps something in its memory that is no JSON."""

    def __init__(self, proposal: Proposal) -> None:
        self.proposal = proposal

    async def propose(self, view: AgentView) -> AgentReply:
        return AgentReply(self.proposal, {"socket": object()})  # type: ignore[dict-item]


class PlainRecorder(CrashingRecorder):
    """Takes only what can be written down, as a store does."""

    async def record(self, turn: Turn, records: Sequence[TurnRecord]) -> None:
        _write_down(records)
        await super().record(turn, records)

    async def close(self, turn: Turn, conversation: Conversation, records: Sequence[TurnRecord]) -> None:
        _write_down(records)
        await super().close(turn, conversation, records)


def _write_down(records: Sequence[TurnRecord]) -> None:
    for record in records:
        json.dumps(encode_content(record.content))


@pytest.mark.parametrize("proposal", [ProposedAnswer("Hello"), call(WRITE), call(READ)])
def test_what_cannot_be_written_down_ends_in_a_handoff_not_in_silence(proposal: Proposal) -> None:
    stage = Stage([])
    stage.recorder = PlainRecorder(stage.clock)
    outcome = handed_off(carry(stage, agent=ForgetfulAgent(proposal)))
    assert (outcome.reason, outcome.error) == (HandoffReason.INTERNAL_ERROR, "TypeError")
    assert [tool for tool, _ in stage.toolbox.effects if tool == WRITE] == []


def test_a_write_whose_result_cannot_be_written_down_goes_to_people() -> None:
    stage = Stage([call(BLIND_WRITE)], results={BLIND_WRITE: ToolSucceeded({"at": object()})})
    stage.recorder = PlainRecorder(stage.clock)
    assert handed_off(carry(stage)).reason is HandoffReason.OUTCOME_UNKNOWN
    assert len(stage.toolbox.effects) == 1


def test_a_time_out_inside_a_port_of_ours_is_not_the_channels_deadline() -> None:
    class LateIntents:
        async def estimate(self, window: Sequence[Message]) -> IntentEstimate:
            raise TimeoutError

    outcome = handed_off(carry(Stage([]), intents=LateIntents()))
    assert (outcome.reason, outcome.error) == (HandoffReason.INTERNAL_ERROR, "TimeoutError")


def test_a_deadline_that_passes_while_the_disk_is_written_still_ends_the_turn() -> None:
    class SlowRecorder(CrashingRecorder):
        """Like a writer thread: what has been handed to it is written even if nobody waits any more."""

        waits = True

        async def record(self, turn: Turn, records: Sequence[TurnRecord]) -> None:
            await super().record(turn, records)
            await asyncio.sleep(0.1)

    stage = Stage([call(BLIND_WRITE)])
    stage.recorder = SlowRecorder(stage.clock)
    hurried = replace(stage.turn(), deadline=stage.clock.now() + timedelta(milliseconds=30))
    outcome = handed_off(asyncio.run(handle_turn(hurried, stage.ports())))
    assert outcome.reason is HandoffReason.DEADLINE
    assert stage.toolbox.effects == []


def test_a_contact_centre_that_never_answers_does_not_keep_the_customer_waiting() -> None:
    class SilentCentre:
        async def hand_off(self, turn: Turn, conversation: Conversation, outcome: HandedOff) -> str:
            await asyncio.Event().wait()
            return "never"

    stage = Stage([call(READ)], confidence=0.1)
    outcome = handed_off(carry(stage, contact_centre=SilentCentre(), hand_off_within_s=0.02))
    assert outcome.error == "TimeoutError"


# ── what an expert agreed to ──────────────────────────────────────────────────────────────────────
class DemotingDesk:
    """Says yes after the grant was taken."""

    def __init__(self, stage: Stage, level: AutonomyLevel, verdict: ExpertVerdict) -> None:
        self.stage, self.level, self.verdict = stage, level, verdict

    async def ask(self, request: ApprovalRequest) -> ExpertVerdict:
        rule = replace(self.stage.rule(), level=self.level)
        self.stage.grants.replace_rules({rule.intent: rule})
        return self.verdict


@pytest.mark.parametrize("level", [AutonomyLevel.SHADOW, AutonomyLevel.SUPERVISED_ANSWERS])
def test_an_approved_write_does_not_run_if_its_grant_was_taken_while_the_expert_thought(level: AutonomyLevel) -> None:
    stage = Stage([call(WRITE)], level=AutonomyLevel.TOOLS_WITH_APPROVAL)
    report = carry(stage, desk=DemotingDesk(stage, level, Approved("ana")))
    assert stage.toolbox.effects == []
    assert handed_off(report).reason is HandoffReason.POLICY_RESTRICTION


def test_an_approved_call_runs_if_what_changed_does_not_touch_it() -> None:
    stage = Stage([call(WRITE)], level=AutonomyLevel.TOOLS_WITH_APPROVAL)
    report = carry(stage, desk=DemotingDesk(stage, AutonomyLevel.TOOLS_WITH_APPROVAL, Approved("ana")))
    assert isinstance(report.outcome, HandedOff | Answered)
    assert [tool for tool, _ in stage.toolbox.effects] == [WRITE]


def test_an_experts_edit_cannot_make_a_write_of_a_level_that_only_reads() -> None:
    stage = Stage(
        [call(READ)], level=AutonomyLevel.SUPERVISED_ANSWERS, confidence=0.7, verdict=Edited("ana", call(WRITE))
    )
    report = carry(stage)
    assert stage.toolbox.effects == []
    assert handed_off(report).reason is HandoffReason.POLICY_RESTRICTION


def test_a_yes_that_comes_after_its_expiry_is_silence() -> None:
    class LateDesk:
        async def ask(self, request: ApprovalRequest) -> ExpertVerdict:
            clock.advance(request.expires_at - clock.now() + timedelta(seconds=1))
            return Approved("ana")

    stage = Stage([call(WRITE)], level=AutonomyLevel.TOOLS_WITH_APPROVAL)
    clock: FixedClock = stage.clock
    assert handed_off(carry(stage, desk=LateDesk())).reason is HandoffReason.DEADLINE
    assert stage.toolbox.effects == []


def test_a_process_that_dies_while_an_expert_thinks_has_not_begun_the_write() -> None:
    class DyingDesk:
        async def ask(self, request: ApprovalRequest) -> ExpertVerdict:
            raise ProcessDied

    stage = Stage([call(BLIND_WRITE)], level=AutonomyLevel.TOOLS_WITH_APPROVAL, verdict=Approved("ana"))
    with pytest.raises(ProcessDied):
        carry(stage, desk=DyingDesk())
    stage.clock.advance(timedelta(seconds=61))
    late = replace(stage.turn(), deadline=stage.clock.now() + timedelta(seconds=30))
    asyncio.run(handle_turn(late, stage.ports()))
    assert [tool for tool, _ in stage.toolbox.effects] == [BLIND_WRITE]


def test_in_shadow_a_tool_that_its_catalogue_calls_a_write_does_not_run_whatever_the_grant_says() -> None:
    stage = Stage([call(BLIND_WRITE)], level=AutonomyLevel.SHADOW)
    rule = replace(stage.rule(), tools={BLIND_WRITE: ToolRule(Effect.READ)})
    stage.grants.replace_rules({rule.intent: rule})
    carry(stage)
    assert stage.toolbox.attempts == []


@pytest.mark.parametrize("meanwhile", ["the deadline passed", "the agent was stopped", "the grant was taken"])
def test_people_hear_of_a_write_that_a_crash_left_in_doubt_whatever_ends_the_turn(meanwhile: str) -> None:
    stage = Stage([call(BLIND_WRITE)])
    stage.toolbox.dies_after = 1
    with pytest.raises(ProcessDied):
        carry(stage)
    stage.clock.advance(timedelta(seconds=61))
    again = stage.turn()
    if meanwhile != "the deadline passed":
        again = replace(again, deadline=stage.clock.now() + timedelta(seconds=30))
    if meanwhile == "the agent was stopped":
        stage.grants.stop()
    if meanwhile == "the grant was taken":
        rule = replace(stage.rule(), level=AutonomyLevel.SHADOW)
        stage.grants.replace_rules({rule.intent: rule})
    outcome = handed_off(asyncio.run(handle_turn(again, stage.ports())))
    assert outcome.reason is HandoffReason.OUTCOME_UNKNOWN
    assert BLIND_WRITE in outcome.note
    assert len(stage.toolbox.effects) == 1
