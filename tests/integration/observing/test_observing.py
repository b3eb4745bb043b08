"""What live turns become in the ledger, whatever happens to the process that observes them."""

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from integration.observing.stage import DRAW, NO_DRAW, LivePath, live_path
from properties.turn_fakes import NOW, READ, REFUND, WRITE, ProcessDied, Stage, call
from remit.adapters.memory import FixedGrants
from remit.adapters.store import SqliteDatabase, SqliteLedger
from remit.conversations import AgentName, Conversation, HandoffReason, Message, ReleaseId
from remit.evidence import LabelSource, Ledger, Observation, Outcome, Selection, Strength
from remit.evidence.follow_up import share_set
from remit.evidence.live import Metric
from remit.policy.levels import AutonomyLevel
from remit.policy.proposals import Proposal, ProposedAnswer, ProposedHandoff
from remit.runtime.ports import AgentView, Breach, Clear, GuardVerdict, Permit, TurnPorts
from remit.tools import ToolCall, ToolFailed, ToolOutcomeUnknown, ToolResult

ANSWER = ProposedAnswer("It arrives today.")
Story = Callable[[LivePath], Coroutine[Any, Any, None]]


def play(folder: Path, story: Story, *, stage: Stage | None = None, uniform: Callable[[], float] = DRAW) -> None:
    async def run() -> None:
        async with live_path(folder, stage or Stage([ANSWER]), uniform=uniform) as path:
            await story(path)

    asyncio.run(run())


def of(seen: Sequence[Observation], metric: Metric) -> Observation:
    (one,) = [each for each in seen if each.metric == metric]
    return one


# ── turns and ends ────────────────────────────────────────────────────────────────────────────────
def test_a_contained_conversation_is_observed_from_its_start_to_its_draw(tmp_path: Path) -> None:
    async def story(path: LivePath) -> None:
        await path.begin("c1")
        await path.say("c1")
        path.later(minutes=5)
        await path.say("c1")
        observer = path.observer()
        assert await observer.catch_up() == 2
        assert await path.keys() == ["live:c1:started", "live:c1:turn:t1", "live:c1:turn:t2"]
        assert await observer.end_quiet() == 0
        path.later(minutes=30)
        assert await observer.end_quiet() == 1
        seen = await path.seen()
        containment = of(seen, Metric.CONTAINMENT)
        assert (containment.outcome, containment.at) == (Outcome.PASSED, NOW + timedelta(minutes=5))
        assert containment.details["n_turns"] == 2
        handling = of(seen, Metric.HANDLING_TIME)
        assert handling.outcome is Outcome.PASSED
        assert handling.loss == pytest.approx(300 / 900)
        draw = of(seen, Metric.SAMPLED)
        assert (draw.stratum, draw.sampling_probability, draw.details["drawn"]) == ("other", 0.6, True)
        for one in seen:
            assert (one.agent, one.release, one.intent) == ("shop", "r-1", REFUND)
            assert (one.level, one.policy, one.cluster) == ("autonomous", "p-1", "2026-11-01")
            assert (one.conversation, one.strength) == ("c1", Strength.LIVE)
            assert one.customer
            assert "customer-7" not in one.customer
        assert await observer.end_quiet() == 0
        assert await observer.catch_up() == 0

    play(tmp_path, story)


def test_a_handoff_ends_the_conversation_at_once_and_is_never_drawn(tmp_path: Path) -> None:
    async def story(path: LivePath) -> None:
        await path.begin("c1")
        await path.say("c1")
        await path.observer().catch_up()
        path.later(hours=2)
        await path.say("c1")  # people hold it: the message goes to them
        await path.observer().observe()
        seen = await path.seen()
        containment = of(seen, Metric.CONTAINMENT)
        assert containment.outcome is Outcome.FAILED
        assert containment.details["handoff"] == "low_confidence"
        assert not [one for one in seen if one.metric == Metric.SAMPLED]
        assert len([one for one in seen if one.metric == Metric.TURN]) == 2

    play(tmp_path, story, stage=Stage([ANSWER], confidence=0.1))


@pytest.mark.parametrize(
    ("stage", "more"),
    [
        (Stage([ANSWER], level=AutonomyLevel.SHADOW), {Metric.SAMPLED, Metric.PROPOSED}),
        (Stage([ANSWER], stopped=True), set()),
    ],
)
def test_where_people_answer_anyway_nothing_is_said_of_containment(
    tmp_path: Path, stage: Stage, more: set[Metric]
) -> None:
    async def story(path: LivePath) -> None:
        await path.begin("c1")
        await path.say("c1")
        path.later(hours=2)
        await path.observer().observe()
        assert {one.metric for one in await path.seen()} == {Metric.STARTED, Metric.TURN, *more}

    play(tmp_path, story, stage=stage)


def test_a_failure_of_ours_does_not_count_against_the_agent(tmp_path: Path) -> None:
    async def story(path: LivePath) -> None:
        await path.begin("c1")
        await path.say("c1")
        await path.observer().catch_up()
        seen = await path.seen()
        assert of(seen, Metric.CONTAINMENT).outcome is Outcome.INFRASTRUCTURE_ERROR
        turn = of(seen, Metric.TURN)
        assert (turn.outcome, turn.details["fault"]) == (Outcome.FAILED, "internal_error")

    play(tmp_path, story, stage=Stage([RuntimeError("no such table")]))


def test_a_decided_handoff_is_no_technical_fault(tmp_path: Path) -> None:
    async def story(path: LivePath) -> None:
        await path.begin("c1")
        await path.say("c1")
        await path.observer().catch_up()
        assert of(await path.seen(), Metric.TURN).outcome is Outcome.PASSED

    play(tmp_path, story, stage=Stage([ProposedHandoff(HandoffReason.CUSTOMER_REQUEST, "asked for a person")]))


# ── governed writes and breaches ──────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (None, Outcome.PASSED),
        (ToolOutcomeUnknown("no answer"), Outcome.INFRASTRUCTURE_ERROR),
        (ToolFailed("closed"), None),
    ],
)
def test_a_write_is_observed_by_what_is_known_of_it(tmp_path: Path, result: Any, outcome: Outcome | None) -> None:
    async def story(path: LivePath) -> None:
        await path.begin("c1")
        await path.say("c1")
        await path.observer().catch_up()
        actions = await path.seen(Metric.CRITICAL_ACTION)
        if outcome is None:
            assert actions == []
            return
        (action,) = actions
        assert (action.outcome, action.label) == (outcome, LabelSource.EVENT)
        assert (action.key, action.details["tool"]) == ("live:c1:critical_action:t1/2", WRITE)

    results = {} if result is None else {WRITE: result}
    script: list[Proposal | Exception] = [call(READ, order_id="1"), call(WRITE, order_id="1"), ANSWER]
    play(tmp_path, story, stage=Stage(script, results=results))


class BreachingGuards:
    """Find something critical in everything that would go out."""

    async def screen_message(self, message: Message, conversation: Conversation) -> GuardVerdict:
        return Clear()

    async def screen_proposal(self, proposal: Proposal, view: AgentView) -> GuardVerdict:
        return Breach("secret", "the answer contains 4111 1111", critical=True)

    async def screen_result(self, call: ToolCall, result: ToolResult) -> GuardVerdict:
        return Clear()


class GuardedStage(Stage):
    def ports(self) -> TurnPorts:
        return replace(super().ports(), guardrails=BreachingGuards())


def test_a_critical_breach_is_an_observation_without_the_customers_words(tmp_path: Path) -> None:
    async def story(path: LivePath) -> None:
        await path.begin("c1")
        await path.say("c1")
        await path.observer().catch_up()
        breach = of(await path.seen(), Metric.GUARDRAIL_BREACH)
        assert breach.details == {"guard": "secret", "critical": True}
        assert breach.outcome is Outcome.FAILED

    play(tmp_path, story, stage=GuardedStage([ANSWER]))


def test_a_conversation_in_which_a_tool_failed_is_flagged(tmp_path: Path) -> None:
    async def story(path: LivePath) -> None:
        await path.begin("c1")
        await path.say("c1")
        await path.observer().catch_up()
        path.later(hours=1)
        await path.observer().end_quiet()
        draw = of(await path.seen(), Metric.SAMPLED)
        assert (draw.stratum, draw.sampling_probability) == ("flagged", 1.0)

    script: list[Proposal | Exception] = [call(READ, order_id="1"), ANSWER]
    play(tmp_path, story, stage=Stage(script, results={READ: ToolFailed("closed")}))


# ── sampling ──────────────────────────────────────────────────────────────────────────────────────
def test_a_draw_that_does_not_fall_is_recorded_too(tmp_path: Path) -> None:
    async def story(path: LivePath) -> None:
        await path.begin("c1")
        await path.say("c1")
        await path.observer().catch_up()
        path.later(hours=1)
        await path.observer().end_quiet()
        draw = of(await path.seen(), Metric.SAMPLED)
        assert (draw.sampling_probability, draw.details["drawn"], draw.details["n_experts"]) == (0.6, False, 0)

    play(tmp_path, story, uniform=NO_DRAW)


def test_a_share_that_was_raised_holds_for_the_next_draw(tmp_path: Path) -> None:
    async def story(path: LivePath) -> None:
        await path.begin("c1")
        await path.say("c1")
        await path.observer().catch_up()
        about = (AgentName("shop"), ReleaseId("r-1"), REFUND)
        raised = share_set(*about, stratum="other", share=0.8, why="half burned", key="a1", at=NOW)
        await path.ledger.append([raised])
        path.later(hours=1)
        await path.observer().end_quiet()
        assert of(await path.seen(), Metric.SAMPLED).sampling_probability == 0.8

    play(tmp_path, story)


@pytest.mark.parametrize(("arm", "share"), [("canary", 1.0), ("stable", 0.6), ("", 0.6)])
def test_experts_look_at_twice_as_much_of_a_canary(tmp_path: Path, arm: str, share: float) -> None:
    stage = Stage([ANSWER])
    drawn = Permit(AgentName("shop"), ReleaseId("r-1"), "p-1", 1, {REFUND: stage.rule()}, arm=arm, canary_share=0.05)
    stage.grants = FixedGrants(drawn)

    async def story(path: LivePath) -> None:
        await path.begin("c1")
        await path.say("c1")
        path.later(hours=2)
        await path.observer().observe()
        assert of(await path.seen(), Metric.SAMPLED).sampling_probability == share

    play(tmp_path, story, stage=stage)


# ── crashes and several processes ─────────────────────────────────────────────────────────────────
class DyingLedger:
    """Dies at the n-th append, before or after it reached the disk."""

    def __init__(self, ledger: Ledger, dies_at: int, *, before: bool) -> None:
        self._ledger, self._dies_at, self._before = ledger, dies_at, before
        self.select, self.aggregates, self.after = ledger.select, ledger.aggregates, ledger.after

    async def append(self, observations: Sequence[Observation]) -> int:
        self._dies_at -= 1
        if self._dies_at == 0 and self._before:
            raise ProcessDied
        n_new = await self._ledger.append(observations)
        if self._dies_at == 0:
            raise ProcessDied
        return n_new


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("dies_at", [1, 2, 3])
def test_a_crash_while_observing_loses_and_repeats_nothing(tmp_path: Path, dies_at: int, *, before: bool) -> None:
    async def all_of_it(path: LivePath, observers: Sequence[Any]) -> None:
        await path.begin("c1")
        await path.begin("c2")
        await path.say("c1")
        for observer in observers:
            await outliving(observer.catch_up)
        await path.say("c2", Stage([ANSWER], confidence=0.1))
        path.later(hours=1)
        for observer in observers:
            await outliving(observer.catch_up)
            await outliving(observer.end_quiet)

    async def undisturbed(path: LivePath) -> None:
        await all_of_it(path, [path.observer()])
        expected.extend(await path.seen())

    async def disturbed(path: LivePath) -> None:
        dying = DyingLedger(path.ledger, dies_at, before=before)
        # Whoever comes after the crash draws other numbers: a draw that was made must stand.
        await all_of_it(path, [path.observer(ledger=dying), path.observer(uniform=NO_DRAW)])
        seen = await path.seen()
        if dies_at == 3 and before:  # died before the draw was kept: the next process made it
            assert of(seen, Metric.SAMPLED).details["drawn"] is False
            assert sorted(one.key for one in seen) == sorted(one.key for one in expected)
        elif dies_at == 2 and before:  # as above, for the proposal of the one that was handed off
            (own,) = [one for one in seen if one.key == "live:c2:proposed"]
            assert own.details["drawn"] is False
            assert sorted(one.key for one in seen) == sorted(one.key for one in expected)
        else:
            assert {one.key: one for one in seen} == {one.key: one for one in expected}

    expected: list[Observation] = []
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    play(tmp_path / "a", undisturbed)
    play(tmp_path / "b", disturbed)


async def outliving(work: Callable[[], Coroutine[Any, Any, int]]) -> None:
    try:
        await work()
    except ProcessDied:
        return


def test_processes_that_observe_at_once_keep_each_observation_once(tmp_path: Path) -> None:
    async def story(path: LivePath) -> None:
        for number in range(8):
            await path.begin(f"c{number}")
            await path.say(f"c{number}")
        observers = [path.observer(uniform=DRAW), path.observer(uniform=NO_DRAW), path.observer()]
        n_observed = await asyncio.gather(*(one.catch_up() for one in observers))
        assert sum(n_observed) == 8
        path.later(hours=1)
        await asyncio.gather(*(one.end_quiet() for one in observers))
        await asyncio.gather(*(one.observe() for one in observers))
        seen = await path.seen()
        for metric in (Metric.STARTED, Metric.TURN, Metric.CONTAINMENT, Metric.SAMPLED):
            assert len([one for one in seen if one.metric == metric]) == 8
        assert await path.states.pending_actions("live_turns") == {}

    play(tmp_path, story)


def test_what_was_observed_under_other_settings_stays(tmp_path: Path) -> None:
    async def story(path: LivePath) -> None:
        await path.begin("c1")
        await path.say("c1")
        renamed = path.observer(ledger=DyingLedger(path.ledger, 1, before=False))
        await outliving(renamed.catch_up)  # observed, and the position not kept
        observer = path.observer()
        observer.agent = AgentName("renamed")
        assert await observer.catch_up() == 1
        assert {one.agent for one in await path.seen()} == {"shop"}

    play(tmp_path, story)


def test_many_turns_are_observed_in_batches(tmp_path: Path) -> None:
    async def story(path: LivePath) -> None:
        for number in range(230):
            await path.say(f"c{number}")
        assert await path.observer().catch_up() == 230
        assert len(await path.seen(Metric.STARTED)) == 230

    play(tmp_path, story)


# ── what comes later ──────────────────────────────────────────────────────────────────────────────
def test_a_customer_who_comes_back_in_time_is_counted_when_the_window_closes(tmp_path: Path) -> None:
    async def story(path: LivePath) -> None:
        await contain(path, "c1")
        path.later(days=2)
        await contain(path, "c2")
        await path.observer().settle()
        back = of(await path.seen(), Metric.RECONTACT)
        assert (back.key, back.outcome, back.matured) == ("live:c1:recontact", Outcome.FAILED, False)
        path.later(days=30)
        assert await path.observer().settle() == 2
        assert await path.observer().settle() == 0
        known = [(one.key, one.outcome, one.matured) for one in await path.seen(Metric.RECONTACT)]
        assert sorted(known) == [
            ("live:c1:recontact", Outcome.FAILED, False),
            ("live:c1:recontact:matured", Outcome.FAILED, True),
            ("live:c2:recontact", Outcome.PASSED, True),
        ]

    play(tmp_path, story)


async def contain(path: LivePath, conversation: str, customer: str | None = "customer-7") -> None:
    await path.begin(conversation, customer)
    await path.say(conversation)
    await path.observer().catch_up()
    path.later(hours=1)
    await path.observer().end_quiet()


def test_customers_who_come_late_or_cannot_be_recognised_have_not_come_back(tmp_path: Path) -> None:
    async def story(path: LivePath) -> None:
        await contain(path, "c1")
        await contain(path, "anonymous", customer=None)
        await contain(path, "other", customer="customer-8")
        path.later(days=7, hours=1)
        await contain(path, "c2")
        await contain(path, "again", customer=None)
        await path.observer().settle()
        known = [(one.conversation, one.outcome) for one in await path.seen(Metric.RECONTACT)]
        assert known == [("c1", Outcome.PASSED), ("other", Outcome.PASSED)]

    play(tmp_path, story)


def test_a_clock_that_goes_backwards_settles_nothing_and_is_said(tmp_path: Path) -> None:
    async def story(path: LivePath) -> None:
        await path.begin("c1")
        await path.say("c1")
        await path.observer().catch_up()
        path.later(days=-3)
        await path.say("c1")
        observer = path.observer()
        observed = await observer.observe()
        assert (observed.n_turns, observed.n_ended, observed.n_settled) == (1, 0, 0)
        path.later(days=3, hours=1)
        assert (await observer.observe()).n_ended == 1
        assert of(await path.seen(), Metric.CONTAINMENT).at == NOW  # not before its beginning

    play(tmp_path, story)


def test_the_ledger_of_a_store_is_read_by_conversation(tmp_path: Path) -> None:
    async def story(path: LivePath) -> None:
        await contain(path, "c1")
        await contain(path, "c2")
        asked: list[str] = []
        reader = path.database.read_now  # on this thread, so that the statement can be seen
        reader(lambda connection: connection.set_trace_callback(asked.append))
        ledger = SqliteLedger(ReadingHere(path.database))  # type: ignore[arg-type]
        seen = [one async for one in ledger.select(Selection(conversation="c2"))]
        assert {one.conversation for one in seen} == {"c2"}
        plan = reader(lambda connection: connection.execute(f"explain query plan {asked[0]}").fetchall())
        assert "ix_observations_conversation (conversation=? AND rowid>?)" in str(plan)

    play(tmp_path, story)


class ReadingHere:
    """The same database, read on the test's own thread."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    async def read(self, work: Callable[[sqlite3.Connection], Any]) -> Any:
        return self._database.read_now(work)
