"""One contract for every contact centre: a handoff arrives once, whatever breaks on the way, and none is forgotten."""

import asyncio
import json
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from contracts.centres_elsewhere import KINDS, TOKEN, Elsewhere, Kind, standing
from handoff_samples import MONDAY, REFUND, conversation_of, envelope, outcome, turn_of
from remit.adapters.contact_centre import HandoffWebhook
from remit.adapters.contact_centre.zendesk import metadata_of
from remit.adapters.memory import FixedClock, MemoryContactCentre, MemoryHandoffs
from remit.app.handing_off import Books, HandingOff, Reachable
from remit.conversations import AgentName, ConversationId, HandoffReason, TurnId
from remit.conversations.envelope import Envelope
from remit.errors import HandoffFailed
from remit.runtime.enveloping import Addressing
from remit.runtime.ports import ContactCentre, TurnRecord
from remit.supervision.ports import HandoffDestination


class Place:
    """A contact centre elsewhere, its adapter, and Remit's own desk in front of it."""

    def __init__(self, kind: Kind, url: str, elsewhere: Elsewhere) -> None:
        self.elsewhere = elsewhere
        self.destination = kind.adapter(url)
        self.conversation = kind.conversation
        self.clock = FixedClock(MONDAY)
        self.handoffs = MemoryHandoffs()
        self.centre = handing_off(self.handoffs, self.destination, self.clock)

    def later(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))


def handing_off(handoffs: MemoryHandoffs, destination: HandoffDestination | None, clock: FixedClock) -> HandingOff:
    books = Books(handoffs, handoffs, handoffs, nothing_recorded)
    reachable = Reachable(Addressing({REFUND: "billing"}, "billing"))
    return HandingOff(AgentName("shop"), books, destination, reachable, clock)


async def nothing_recorded(_: TurnId) -> Sequence[TurnRecord]:
    return ()


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(story)


@pytest.fixture(params=sorted(KINDS))
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    kind = KINDS[request.param]
    with standing(kind.rule) as (url, elsewhere):
        yield Place(kind, url, elsewhere)
    assert elsewhere.refusals == [], "the request is not as the interface is documented"


@pytest.fixture(params=["memory", "own desk", *sorted(KINDS)])
def centre(request: pytest.FixtureRequest) -> Iterator[tuple[ContactCentre, str]]:
    if request.param == "memory":
        yield MemoryContactCentre(), "c-1"
    elif request.param == "own desk":
        yield handing_off(MemoryHandoffs(), None, FixedClock(MONDAY)), "c-1"
    else:
        kind = KINDS[request.param]
        with standing(kind.rule) as (url, _):
            yield Place(kind, url, Elsewhere()).centre, kind.conversation


def test_the_same_turn_is_handed_off_once(centre: tuple[ContactCentre, str]) -> None:
    async def story() -> None:
        where, conversation = centre
        turn = turn_of(1, conversation)
        first = await where.hand_off(turn, conversation_of(turn), outcome())
        assert first
        assert await where.hand_off(turn, conversation_of(turn), outcome()) == first

    run(story())


def test_a_handoff_arrives_with_its_summary_and_is_not_repeated(place: Place) -> None:
    async def story() -> None:
        turn = turn_of(1, place.conversation)
        await place.centre.hand_off(turn, conversation_of(turn), outcome())
        n_requests = len(place.elsewhere.requests)
        await place.centre.hand_off(turn, conversation_of(turn), outcome())
        assert len(place.elsewhere.requests) == n_requests
        assert place.elsewhere.taken == [place.conversation]
        assert "I want my money back" in place.elsewhere.notes[0].replace("&quot;", '"')

    run(story())


def test_where_nobody_can_come_it_arrives_as_a_ticket(place: Place) -> None:
    async def story() -> None:
        turn = turn_of(1, place.conversation)
        await place.centre.hand_off(turn, conversation_of(turn), replace(outcome(), ticket=True))
        if place.destination.name == "chatwoot":  # it has no tickets: the open conversation is one
            assert place.elsewhere.notes[0].startswith("Ticket: the customer was told that people come later.")
        else:
            assert place.elsewhere.tickets == [place.conversation]

    run(story())


def test_a_centre_that_is_down_is_a_recorded_failure_and_gets_it_when_it_is_up_again(place: Place) -> None:
    async def story() -> None:
        turn = turn_of(1, place.conversation)
        place.elsewhere.down = True
        with pytest.raises(HandoffFailed, match="it answered 503"):
            await place.centre.hand_off(turn, conversation_of(turn), outcome())
        (kept,) = await place.handoffs.waiting()
        assert kept.delivery.problem
        assert not kept.delivery.given_up
        place.elsewhere.down = False
        assert await place.centre.carry_due() == 0, "not before its time"
        place.later(3)
        assert await place.centre.carry_due() == 1
        place.later(3600)
        assert await place.centre.carry_due() == 0
        (kept,) = await place.handoffs.waiting()
        assert kept.delivery.delivered_at is not None
        assert kept.delivery.problem == ""
        assert place.elsewhere.taken == [place.conversation]
        assert len(place.elsewhere.notes) == 1

    run(story())


@pytest.mark.parametrize("nth", [1, 2, 3, 4])
def test_an_answer_that_got_lost_brings_no_second_note_and_no_second_ticket(place: Place, nth: int) -> None:
    async def story() -> None:
        turn = turn_of(1, place.conversation)
        place.elsewhere.deaf = nth
        try:
            await place.centre.hand_off(turn, conversation_of(turn), replace(outcome(), ticket=True))
        except HandoffFailed:
            place.later(3)
            assert await place.centre.carry_due() == 1
        assert len(place.elsewhere.notes) == 1
        assert len(place.elsewhere.tickets) <= 1
        assert place.elsewhere.taken == [place.conversation]

    run(story())


def test_a_refusal_that_no_repetition_mends_is_given_up_and_stays_at_the_desk() -> None:
    async def story() -> None:
        with standing(lambda state, _: (404, None)) as (url, _):
            handoffs, clock = MemoryHandoffs(), FixedClock(MONDAY)
            where = handing_off(handoffs, HandoffWebhook(f"{url}/?token=hidden", TOKEN), clock)
            turn = turn_of(1)
            with pytest.raises(HandoffFailed, match="it answered 404") as failed:
                await where.hand_off(turn, conversation_of(turn), outcome())
            assert "hidden" not in str(failed.value)
            assert TOKEN not in str(failed.value)
            (kept,) = await handoffs.waiting()
            assert kept.delivery.given_up
            assert [one.envelope.id for one in await handoffs.stuck()] == [kept.envelope.id]
            clock.advance(timedelta(days=2))
            assert await where.carry_due() == 0

    run(story())


def test_attempts_end_with_the_deadline(place: Place) -> None:
    async def story() -> None:
        turn = turn_of(1, place.conversation)
        place.elsewhere.down = True
        with pytest.raises(HandoffFailed):
            await place.centre.hand_off(turn, conversation_of(turn), outcome())
        for _ in range(60):
            place.later(16 * 60)
            await place.centre.carry_due()
        (kept,) = await place.handoffs.waiting()
        assert kept.delivery.given_up
        assert kept.delivery.n_attempts <= 40

    # Forty attempts against a server of this machine.
    run(story())


def test_a_conversation_that_did_not_come_from_there_stays_at_the_own_desk(place: Place) -> None:
    async def story() -> None:
        if place.destination.name == "webhook":
            assert place.destination.takes(ConversationId("c-1")), "the envelope has everything in it"
            return
        turn = turn_of(1, "c-other")
        await place.centre.hand_off(turn, conversation_of(turn), outcome())
        (kept,) = await place.handoffs.waiting()
        assert kept.delivery.to == ""
        assert place.elsewhere.requests == []

    run(story())


def test_a_message_while_people_have_the_conversation_is_no_second_handoff(place: Place) -> None:
    async def story() -> None:
        for number in (1, 2):
            turn = turn_of(number, place.conversation)
            await place.centre.hand_off(turn, conversation_of(turn), outcome())
        assert len(await place.handoffs.waiting()) == 1
        kinds = [request.json().get("kind") for request in place.elsewhere.requests if request.body]
        if place.destination.name == "webhook":
            assert kinds == ["live", "message"]
        else:
            assert len(place.elsewhere.notes) == 1, "the customer's message is there already"

    run(story())


def test_nothing_that_is_shown_holds_a_secret(place: Place) -> None:
    shown = repr(vars(place.destination)) if place.destination.name != "webhook" else repr(place.destination)
    assert TOKEN not in shown


# ── single places ─────────────────────────────────────────────────────────────────────────────────
def test_the_webhook_says_all_that_the_envelope_has() -> None:
    with standing(KINDS["webhook"].rule) as (url, elsewhere):
        reference = asyncio.run(KINDS["webhook"].adapter(url).carry(envelope(), again=False))
    document = elsewhere.requests[0].json()
    assert reference == "W-1"
    assert document["event"] == "handoff"
    assert (document["reason"], document["category"]) == ("low_confidence", "confidence")
    assert document["tools_run"][0]["tool"] == "find_order"
    assert document["pending_approvals"][0]["what"].startswith("issue_refund")
    assert set(envelope().document()) <= set(document)


def test_chatwoot_opens_assigns_prioritises_and_notes_in_this_order() -> None:
    with standing(KINDS["chatwoot"].rule) as (url, elsewhere):
        urgent = envelope(conversation="chatwoot-42", reason=HandoffReason.OUTCOME_UNKNOWN, priority="urgent")
        assert asyncio.run(KINDS["chatwoot"].adapter(url).carry(urgent, again=False)) == "42"
    asked = [request.path.rsplit("/", 1)[-1] for request in elsewhere.requests]
    assert asked == ["toggle_status", "assignments", "toggle_priority", "messages"]
    assert elsewhere.facts == {"status": "open", "team": 5, "priority": "urgent"}


def test_chatwoot_says_how_many_wait_for_the_team() -> None:
    with standing(KINDS["chatwoot"].rule) as (url, elsewhere):
        elsewhere.waiting = 6
        assert asyncio.run(KINDS["chatwoot"].adapter(url).n_waiting("billing")) == 6
    assert str(elsewhere.facts["asked"]).endswith("&team_id=5")


def test_zendesk_gets_what_is_needed_first_where_not_everything_fits() -> None:
    long = envelope(summary="ä" * 3000, suggested_reply="€" * 3000)
    metadata = metadata_of(long, {"reason": "360023540498", "summary": "1"})
    assert len(json.dumps(metadata, ensure_ascii=False).encode()) <= 4096
    assert metadata["remit_reason"] == "low_confidence"
    assert metadata["dataCapture.ticketField.360023540498"] == "low_confidence"
    assert str(metadata["remit_summary"]).endswith("…")
    assert metadata["dataCapture.systemField.tags"] == "remit,remit_low_confidence,remit_normal,remit_live"


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_half_a_character_of_a_customer_stops_nothing(kind: str) -> None:
    with standing(KINDS[kind].rule) as (url, elsewhere):
        odd = envelope(conversation=KINDS[kind].conversation, summary="half \ud83d", suggested_reply="\udc00")
        asyncio.run(KINDS[kind].adapter(url).carry(odd, again=False))
    assert "half ?" in elsewhere.notes[0]


class Breaking:
    """Breaks at one turn in a way that nobody foresaw."""

    name = "webhook"

    def __init__(self) -> None:
        self.arrived: list[str] = []

    def takes(self, conversation: ConversationId) -> bool:
        return True

    async def carry(self, one: Envelope, *, again: bool) -> str:
        if one.turn.endswith("t-1") or not again:
            raise KeyError("surprise")
        self.arrived.append(one.conversation)
        return "there"

    async def n_waiting(self, queue: str) -> int | None:
        return None


def test_a_handoff_that_breaks_its_adapter_ends_no_other() -> None:
    async def story() -> None:
        destination, handoffs, clock = Breaking(), MemoryHandoffs(), FixedClock(MONDAY)
        where = handing_off(handoffs, destination, clock)
        for number in (1, 2):
            turn = turn_of(number, f"c-{number}")
            with pytest.raises(KeyError):
                await where.hand_off(turn, conversation_of(turn), outcome())
        clock.advance(timedelta(seconds=61))
        assert await where.carry_due() == 1
        assert destination.arrived == ["c-2"]
        (stuck,) = await handoffs.stuck()
        assert stuck.delivery.problem == "carrying it broke (KeyError)"

    run(story())


class Hanging(Breaking):
    """Never answers."""

    async def carry(self, one: Envelope, *, again: bool) -> str:
        await asyncio.Event().wait()
        return "never"


def test_a_centre_that_hangs_is_noted_as_one_and_nobody_else_is_promised_a_person() -> None:
    async def story() -> None:
        handoffs, clock = MemoryHandoffs(), FixedClock(MONDAY)
        books = Books(handoffs, handoffs, handoffs, nothing_recorded)
        where = HandingOff(AgentName("shop"), books, Hanging(), Reachable(), clock, carry_within_s=0.02)
        turn = turn_of(1)
        with pytest.raises(HandoffFailed, match=r"no answer within 0\.02 s"):
            await where.hand_off(turn, conversation_of(turn), outcome())
        other = turn_of(1, "c-2")
        received = await where.receive(other, conversation_of(other), outcome())
        assert received.ticket

    run(story())


def test_intercom_shows_customers_words_as_words() -> None:
    with standing(KINDS["intercom"].rule) as (url, elsewhere):
        hostile = envelope(conversation="intercom-1295", summary="<img src=x onerror=alert(1)>")
        asyncio.run(KINDS["intercom"].adapter(url).carry(hostile, again=False))
    assert "<img" not in elsewhere.notes[0]
    assert elsewhere.facts["assignee"] == "814860"
