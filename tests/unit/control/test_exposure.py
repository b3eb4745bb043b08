"""Exposure caps hold over intents, conversations and processes, and fail closed."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from control_samples import SHOP
from people import NOON
from properties.turn_fakes import WRITE, Stage, call
from remit.adapters.memory import MemoryExposure
from remit.adapters.store import SqliteDatabase, SqliteExposure
from remit.control.exposure import ExposureCaps
from remit.control.ports import ExposureCounters
from remit.conversations import AgentName, Answered, Conversation, ConversationId, HandedOff, HandoffReason, TurnId
from remit.errors import StoreUnavailable
from remit.policy.decisions import AskExpert, HandOff, RunTool, Send
from remit.policy.operating import Exposure, MoneyCap
from remit.policy.proposals import ProposedAnswer
from remit.runtime.ports import StepKey
from remit.runtime.turn import handle_turn
from remit.tools import ToolCall, ToolName

ANSWER = Send(ProposedAnswer("It is on its way."), "sure")
CAPS = Exposure(2, MoneyCap(100.0, {ToolName("issue_refund"): "amount"}))


@dataclass
class Watch:
    """A clock that the test moves."""

    time: datetime = NOON

    def now(self) -> datetime:
        return self.time


class Gone(MemoryExposure):
    """A store that is not there."""

    async def reserve(self, agent: AgentName, day: str, what: str, amount: float, *, cap: float, key: str) -> bool:
        raise StoreUnavailable("remit.db", "disk full")


def refund(amount: Any) -> RunTool:
    return RunTool(ToolCall(ToolName("issue_refund"), {"amount": amount}), "sure")


def admit(
    caps: ExposureCaps, decision: Send | RunTool, conversation: str = "c-1", step: int = 1
) -> Send | RunTool | AskExpert | HandOff:
    key = StepKey(TurnId(f"{conversation}-t"), step)
    return asyncio.run(caps.admit(SHOP, ConversationId(conversation), decision, key))


def caps(
    counters: ExposureCounters | None = None, clock: Watch | None = None, exposure: Exposure = CAPS
) -> ExposureCaps:
    return ExposureCaps(exposure, counters or MemoryExposure(), clock or Watch())


def test_a_day_takes_as_many_conversations_as_the_policy_says_and_the_next_goes_to_people() -> None:
    day = caps()
    assert admit(day, ANSWER, "c-1") == admit(day, ANSWER, "c-2") == ANSWER
    refused = admit(day, ANSWER, "c-3")
    assert isinstance(refused, HandOff)
    assert refused.reason is HandoffReason.BUDGET_EXHAUSTED
    assert "in 2 conversations today, the policy's cap over all intents" in refused.why


def test_a_conversation_that_was_let_in_goes_on_and_the_next_day_begins_again() -> None:
    clock = Watch()
    day = caps(clock=clock)
    for conversation in ("c-1", "c-2", "c-3"):
        admit(day, ANSWER, conversation)
    assert admit(day, ANSWER, "c-1", step=2) == ANSWER
    clock.time += timedelta(days=1)
    assert admit(day, ANSWER, "c-3") == ANSWER


def test_money_beyond_the_day_is_for_an_expert() -> None:
    day = caps()
    assert isinstance(admit(day, refund(60.0)), RunTool)
    refused = admit(day, refund(60.0), step=2)
    assert isinstance(refused, AskExpert)
    assert "more than the 100 of a day" in refused.why
    assert isinstance(admit(day, refund(40.0), step=3), RunTool), "what still fits may go on"


@pytest.mark.parametrize("amount", ["sixty", None, True, float("inf"), float("nan")])
def test_an_amount_that_cannot_be_counted_is_for_an_expert(amount: Any) -> None:
    assert isinstance(admit(caps(), refund(amount)), AskExpert)


def test_a_refund_with_a_sign_does_not_make_room() -> None:
    day = caps()
    assert isinstance(admit(day, refund(-60.0)), RunTool)
    assert isinstance(admit(day, refund(60.0), step=2), AskExpert)


def test_asking_again_for_the_same_step_counts_once() -> None:
    day = caps()
    assert [isinstance(admit(day, refund(60.0)), RunTool) for _ in range(3)] == [True] * 3


def test_a_store_that_does_not_answer_hands_off() -> None:
    refused = admit(caps(Gone()), ANSWER)
    assert isinstance(refused, HandOff)
    assert "could not be confirmed (StoreUnavailable)" in refused.why


@given(
    cap=st.floats(0.01, 500),
    amounts=st.lists(st.floats(0, 200, allow_nan=False), max_size=30),
)
def test_whatever_is_asked_for_the_day_never_moves_more_than_its_cap(cap: float, amounts: list[float]) -> None:
    day = caps(exposure=Exposure(None, MoneyCap(cap, CAPS.money.arguments if CAPS.money else {})))
    let_through = [
        amount for n, amount in enumerate(amounts) if isinstance(admit(day, refund(amount), step=n), RunTool)
    ]
    assert sum(let_through) <= cap + 1e-6


def test_several_processes_share_one_day(tmp_path: Path) -> None:
    async def story() -> list[bool]:
        path = tmp_path / "remit.db"
        async with SqliteDatabase(path) as here, SqliteDatabase(path) as there:
            processes = [ExposureCaps(CAPS, SqliteExposure(one), Watch()) for one in (here, there)]
            asked = [
                processes[n % 2].admit(SHOP, ConversationId(f"c-{n}"), ANSWER, StepKey(TurnId(f"t-{n}"), 1))
                for n in range(20)
            ]
            admitted = [isinstance(one, Send) for one in await asyncio.gather(*asked)]
            assert await SqliteExposure(here).spent(SHOP, NOON.date().isoformat(), "conversations") == 2.0
            return admitted

    assert sum(asyncio.run(story())) == 2


def test_a_turn_asks_before_it_acts_and_says_why_not() -> None:
    day = caps(exposure=Exposure(1, None))
    outcomes = []
    for conversation in ("c1", "c2"):
        stage = Stage([ProposedAnswer("It is on its way.")])
        turn = replace(stage.turn(), conversation=ConversationId(conversation))
        stage.recorder.begin(Conversation(turn.conversation, channel="test"))
        outcomes.append(asyncio.run(handle_turn(turn, replace(stage.ports(), exposure=day))).outcome)
    assert isinstance(outcomes[0], Answered)
    assert isinstance(outcomes[1], HandedOff)
    assert outcomes[1].reason is HandoffReason.BUDGET_EXHAUSTED
    assert "cap over all intents" in outcomes[1].note


def test_a_turn_that_is_carried_again_after_a_crash_counts_its_money_once() -> None:
    counters = MemoryExposure()
    exposure = Exposure(None, MoneyCap(100.0, {WRITE: "amount"}))
    stage = Stage([call(WRITE, amount=60.0), ProposedAnswer("Done.")])
    ports = replace(stage.ports(), exposure=caps(counters, exposure=exposure))
    for _ in range(2):
        asyncio.run(handle_turn(stage.turn(), ports))
    assert asyncio.run(counters.spent(SHOP, NOON.date().isoformat(), "money")) == 60.0
