"""Turns that hand off: customers hear the truth, a broken contact centre loses nobody, and no loop is endless."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from contracts.centres_elsewhere import KINDS, TOKEN, standing
from handoff_samples import MONDAY, turn_of
from integration.contact_centre.bench import ADDRESSING, Bench, bench, handed_off
from properties.turn_fakes import BLIND_WRITE, READ, ProcessDied, Stage, call
from remit.adapters.store import SqliteHandoffs, SqliteRecorder
from remit.app.handing_off import Books, HandingOff, Reachable
from remit.cli.status import around
from remit.control.grants import Remit
from remit.conversations import AgentName, Conversation, ConversationId, HandedOff, HandoffReason, Turn
from remit.conversations.handoff import ReasonCategory
from remit.errors import AgentRefused, HandoffRefused
from remit.policy.proposals import ProposedAnswer
from remit.runtime.ports import TurnPorts
from remit.runtime.report import TurnReport
from remit.runtime.turn import handle_turn
from remit.runtime.words import NOT_REACHED_TEXT
from remit.supervision.opening_hours import OpeningHours, Span
from remit.supervision.ports import HandoffDestination
from remit.tools import ToolOutcomeUnknown

Story = Callable[[Bench], Coroutine[Any, Any, None]]
OFFICE = OpeningHours(
    ZoneInfo("Europe/Berlin"),
    {day: (Span(time(9), time(18)),) for day in range(5)},
    frozenset({date(2026, 11, 24)}),
    "Europe/Berlin",
)


def play(story: Story, path: Path, **setting: Any) -> None:
    async def run() -> None:
        async with bench(path, **setting) as one:
            await story(one)

    asyncio.run(run())


# ── the truth ─────────────────────────────────────────────────────────────────────────────────────
def test_out_of_hours_the_customer_hears_when_people_are_back_and_a_ticket_is_opened(tmp_path: Path) -> None:
    async def story(one: Bench) -> None:
        one.later(9 * 3600)  # 20:00 in Berlin, and the next day is closed
        report = await one.say("c-1")
        outcome = handed_off(report)
        (kept,) = await one.handoffs.waiting()
        assert outcome.ticket
        assert "2026-11-25 09:00 (Europe/Berlin)" in outcome.text
        assert kept.envelope.id in outcome.text
        assert (kept.envelope.kind, kept.envelope.told) == ("ticket", outcome.text)
        assert report.conversation.messages()[-1].text == outcome.text, "the transcript says what was said"

    play(story, tmp_path, reachable=Reachable(ADDRESSING, OFFICE))


def test_in_hours_the_customer_hears_how_many_wait(tmp_path: Path) -> None:
    async def story(one: Bench) -> None:
        assert handed_off(await one.say("c-1")).text.endswith("what we have written so far.")
        second = handed_off(await one.say("c-2"))
        assert second.text.endswith("Waiting before you: 1.")
        assert not second.ticket

    play(story, tmp_path, reachable=Reachable(ADDRESSING, OFFICE))


def test_a_queue_that_is_full_takes_tickets(tmp_path: Path) -> None:
    async def story(one: Bench) -> None:
        outcomes = [handed_off(await one.say(f"c-{number}")) for number in range(3)]
        assert [outcome.ticket for outcome in outcomes] == [False, False, True]
        assert "too many customers are waiting" in outcomes[2].text
        (first, *_) = await one.handoffs.waiting()
        await one.handoffs.take(first.envelope.id, "dora")
        await one.centre.close((await one.handoffs.waiting())[2].envelope.id, "dora")
        assert not handed_off(await one.say("c-9")).ticket

    play(story, tmp_path, reachable=Reachable(ADDRESSING, queue_at_most=2))


def test_a_queue_that_cannot_be_counted_is_promised_to_nobody(tmp_path: Path) -> None:
    with standing(KINDS["chatwoot"].rule) as (url, elsewhere):

        async def story(one: Bench) -> None:
            elsewhere.waiting = 4
            assert "Waiting before you: 4." in handed_off(await one.say("chatwoot-42")).text
            elsewhere.down = True
            outcome = handed_off(await one.say("chatwoot-7"))
            assert "cannot say how soon" in outcome.text

        destination = KINDS["chatwoot"].adapter(url)
        play(story, tmp_path, destination=destination, reachable=Reachable(ADDRESSING, queue_at_most=9))


def test_a_further_message_is_said_to_be_with_the_people_who_have_it(tmp_path: Path) -> None:
    async def story(one: Bench) -> None:
        await one.say("c-1", 1)
        again = handed_off(await one.say("c-1", 2))
        assert again.text == "Your message is with my colleagues, who have our conversation."
        assert len(await one.handoffs.waiting()) == 1

    play(story, tmp_path)


def test_a_reception_that_breaks_promises_nothing_and_is_recorded(tmp_path: Path) -> None:
    class Broken:
        async def receive(self, turn: Turn, before: Conversation, outcome: HandedOff) -> HandedOff:
            raise OSError("no answer")

    async def story(one: Bench) -> None:
        outcome = handed_off(await _say_through("c-1", replace(one.ports(), reception=Broken())))
        assert (outcome.text, outcome.error) == (NOT_REACHED_TEXT, "OSError")
        assert len(await one.handoffs.waiting()) == 1, "it is handed off all the same"

    play(story, tmp_path)


# ── a contact centre that breaks ──────────────────────────────────────────────────────────────────
def test_a_centre_that_fails_is_recorded_told_and_tried_again(tmp_path: Path) -> None:
    with standing(KINDS["webhook"].rule) as (url, elsewhere):

        async def story(one: Bench) -> None:
            elsewhere.down = True
            first = handed_off(await one.say("c-1"))
            assert (first.text, first.error) == (NOT_REACHED_TEXT, "HandoffFailed")
            assert handed_off(await one.say("c-2")).text == NOT_REACHED_TEXT
            elsewhere.down = False
            one.later(5)
            assert await one.centre.carry_due() == 2
            assert sorted(elsewhere.taken) == ["c-1", "c-2"]
            assert elsewhere.requests[-1].json()["told"] == NOT_REACHED_TEXT
            third = handed_off(await one.say("c-3"))
            assert (third.error, third.ticket) == ("", False)
            assert elsewhere.taken[-1] == "c-3"

        play(story, tmp_path, destination=KINDS["webhook"].adapter(url))


def test_while_something_is_still_being_tried_again_nobody_is_promised_a_person(tmp_path: Path) -> None:
    with standing(KINDS["webhook"].rule) as (url, elsewhere):

        async def story(one: Bench) -> None:
            elsewhere.down = True
            await one.say("c-1")
            elsewhere.down = False
            second = handed_off(await one.say("c-2"))
            assert (second.ticket, second.error) == (True, "")
            assert "I cannot say how soon somebody can come" in second.text

        play(story, tmp_path, destination=KINDS["webhook"].adapter(url))


def test_it_is_tried_again_beside_the_turns(tmp_path: Path) -> None:
    with standing(KINDS["webhook"].rule) as (url, elsewhere):

        async def story(one: Bench) -> None:
            elsewhere.down = True
            await one.say("c-1")
            elsewhere.down = False
            one.later(5)
            async with one.centre.running(poll_s=0.01):
                for _ in range(500):
                    if elsewhere.taken:
                        break
                    await asyncio.sleep(0.01)
            assert elsewhere.taken == ["c-1"]

        play(story, tmp_path, destination=KINDS["webhook"].adapter(url))


class Dying:
    """The store of handoffs and the way to the destination, in a process that dies at one place."""

    def __init__(self, store: SqliteHandoffs, destination: HandoffDestination, place: str) -> None:
        self._store = store
        self._destination = destination
        self._place = place
        self.name = destination.name
        self.takes = destination.takes
        self.n_waiting = destination.n_waiting

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def put(self, *arguments: Any) -> Any:
        return await self._around("put", self._store.put(*arguments))

    async def carry(self, envelope: Any, *, again: bool) -> Any:
        return await self._around("carry", self._destination.carry(envelope, again=again))

    async def delivered(self, *arguments: Any) -> Any:
        return await self._around("delivered", self._store.delivered(*arguments))

    async def _around(self, name: str, work: Coroutine[Any, Any, Any]) -> Any:
        if self._place == f"before {name}":
            work.close()
            raise ProcessDied
        result = await work
        if self._place == f"after {name}":
            raise ProcessDied
        return result


class DyingRecorder(SqliteRecorder):
    """Dies before the turn's end is written."""

    async def close(self, *_: Any) -> None:
        raise ProcessDied


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize(
    "place", [*(f"{when} {what}" for what in ("put", "carry", "delivered") for when in ("before", "after")), "close"]
)
def test_a_process_that_dies_anywhere_hands_off_once(tmp_path: Path, place: str, kind: str) -> None:
    conversation = KINDS[kind].conversation
    with standing(KINDS[kind].rule) as (url, elsewhere):
        destination = KINDS[kind].adapter(url)

        async def story(one: Bench) -> None:
            dying: Any = Dying(one.handoffs, destination, place)
            books = Books(dying, dying, dying, one.handoffs.records_of)
            whole = one.centre
            one.centre = HandingOff(AgentName("shop"), books, dying, Reachable(ADDRESSING), one.clock)
            ports = one.ports()
            if place == "close":
                ports = replace(ports, recorder=DyingRecorder(one.database, one.clock))
            with pytest.raises(ProcessDied):
                await _say_through(conversation, ports)
            one.centre = whole
            one.later(61)
            report = await _say_through(conversation, one.ports())
            one.later(61)
            await one.centre.carry_due()
            assert handed_off(report).reason is HandoffReason.CUSTOMER_REQUEST
            assert elsewhere.taken == [conversation]
            assert len(elsewhere.notes) == 1
            (kept,) = await one.handoffs.waiting()
            assert kept.delivery.delivered_at is not None

        play(story, tmp_path, destination=destination)


async def _say_through(conversation: str, ports: TurnPorts) -> TurnReport:
    turn = turn_of(1, conversation)
    return await handle_turn(replace(turn, deadline=MONDAY + timedelta(hours=1)), ports)


def test_the_status_names_what_did_not_arrive(tmp_path: Path) -> None:
    with standing(lambda state, request: (404, None)) as (url, _):

        async def story(one: Bench) -> None:
            await one.say("c-1")
            (kept,) = await one.handoffs.waiting()
            shown = await around(one.database, Remit(AgentName("shop")), MONDAY)
            (line,) = [line for line in shown.lines() if "HANDOFF" in line]
            assert f"{kept.envelope.id} has not arrived at webhook" in line
            assert "it answered 404; given up" in line
            other = await around(one.database, Remit(AgentName("another")), MONDAY)
            assert other.document()["handoffs_not_arrived"] == []

        play(story, tmp_path, destination=KINDS["webhook"].adapter(url))


# ── loops ─────────────────────────────────────────────────────────────────────────────────────────
def test_a_conversation_is_passed_to_and_fro_at_most_so_often(tmp_path: Path) -> None:
    async def story(one: Bench) -> None:
        for number in (1, 2):
            await one.say("c-1", number)
            (kept,) = await one.handoffs.waiting()
            assert kept.envelope.n_before == number - 1
            await one.centre.hand_back(kept.envelope.id, "dora")
        report = await one.say("c-1", 3)
        assert report.steps == ()
        (kept,) = await one.handoffs.waiting()
        with pytest.raises(HandoffRefused, match="max_handoffs"):
            await one.centre.hand_back(kept.envelope.id, "dora")
        held = handed_off(await one.say("c-1", 4))
        assert held.note == "people hold this conversation; the message went to them"
        assert kept.envelope.priority == "high"

    play(story, tmp_path, reachable=Reachable(ADDRESSING, max_handoffs=3))


def test_what_is_given_back_is_the_agents_again(tmp_path: Path) -> None:
    async def story(one: Bench) -> None:
        await one.say("c-1", 1)
        (kept,) = await one.handoffs.waiting()
        one.stage.asks_for_person = False
        assert handed_off(await one.say("c-1", 2)).reason is HandoffReason.CUSTOMER_REQUEST
        await one.centre.hand_back(kept.envelope.id, "dora")
        assert (await one.say("c-1", 3)).outcome.text == "Anything else?"

    play(story, tmp_path)


def test_after_people_have_closed_it_a_new_message_is_a_new_handoff(tmp_path: Path) -> None:
    async def story(one: Bench) -> None:
        await one.say("c-1", 1)
        (first,) = await one.handoffs.waiting()
        await one.centre.close(first.envelope.id, "dora")
        await one.say("c-1", 2)
        (second,) = await one.handoffs.waiting()
        assert second.envelope.n_before == 1
        assert len(await one.handoffs.of_conversation(ConversationId("c-1"))) == 2

    play(story, tmp_path)


# ── the envelope ──────────────────────────────────────────────────────────────────────────────────
def test_the_envelope_says_what_the_agent_would_have_said(tmp_path: Path) -> None:
    async def story(one: Bench) -> None:
        await one.say("c-1")
        (kept,) = await one.handoffs.waiting("billing")
        envelope = kept.envelope
        assert envelope.suggested_reply == "You get 40 euros."
        assert [pending.what for pending in envelope.pending_approvals] == ["You get 40 euros."], "nobody answered"
        assert (envelope.intents, envelope.level, envelope.release) == (("refund",), "autonomous", "r-1")
        assert envelope.return_url == f"https://remit.example/v1/handoffs/{envelope.id}/return"
        assert 'Began with: "I want my money back, 1"' in envelope.summary

    play(story, tmp_path, stage=Stage((ProposedAnswer("You get 40 euros."),), confidence=0.7))


def test_the_envelope_says_what_was_done(tmp_path: Path) -> None:
    failing = Stage((call(READ, order_id="1"), AgentRefused("shop", "it answered 500")))

    async def story(one: Bench) -> None:
        await one.say("c-1")
        (kept,) = await one.handoffs.waiting()
        (run,) = kept.envelope.tools_run
        assert (run.tool, run.outcome, run.arguments) == (READ, "succeeded", {"order_id": "1"})
        assert '"delivered": true' in run.result
        assert 'Done now: find_order(order_id="1") succeeded.' in kept.envelope.summary
        assert kept.envelope.reason.category is ReasonCategory.FAILURE

    play(story, tmp_path, stage=failing)


def test_a_write_of_unknown_outcome_is_urgent_and_says_what_to_look_at(tmp_path: Path) -> None:
    doubtful = Stage((call(BLIND_WRITE, amount=40),), results={BLIND_WRITE: ToolOutcomeUnknown("no answer")})

    async def story(one: Bench) -> None:
        await one.say("c-1")
        (kept,) = await one.handoffs.waiting()
        assert (kept.envelope.reason, kept.envelope.priority) == (HandoffReason.OUTCOME_UNKNOWN, "urgent")
        assert "issue_refund(amount=40) has an unknown outcome" in kept.envelope.summary
        assert "look before you do it again" in kept.envelope.summary

    play(story, tmp_path, stage=doubtful)


def test_words_that_a_guard_refused_are_no_suggestion(tmp_path: Path) -> None:
    leaking = Stage((ProposedAnswer("the secret is 42"),), forbidden="secret")

    async def story(one: Bench) -> None:
        assert handed_off(await one.say("c-1")).reason is HandoffReason.GUARDRAIL
        (kept,) = await one.handoffs.waiting()
        assert kept.envelope.suggested_reply == ""
        assert "42" not in kept.envelope.summary

    play(story, tmp_path, stage=leaking)


def test_the_store_holds_no_secret(tmp_path: Path) -> None:
    with standing(KINDS["webhook"].rule) as (url, elsewhere):

        async def story(one: Bench) -> None:
            elsewhere.down = True
            await one.say("c-1")

        play(story, tmp_path, destination=KINDS["webhook"].adapter(f"{url}/?key=hidden"))
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"hidden" not in kept
    assert TOKEN.encode() not in kept
