"""Handoffs: nothing is promised that is not known, no chain of hand-backs is endless, and what is passed on fits."""

import json
from datetime import UTC, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from handoff_samples import MONDAY, envelope
from remit.adapters.contact_centre.zendesk import FACTS, MOST_BYTES, metadata_of
from remit.conversations import HandoffReason
from remit.conversations.envelope import Envelope, envelope_from, handoff_id
from remit.conversations.handoff import PRIORITIES
from remit.errors import HandoffRefused
from remit.supervision.availability import Closed, Full, PeopleCome, ReceptionWords, Unknown, availability
from remit.supervision.handoffs import Delivery, Handoff, close, delivery_of, hand_back, leased, next_attempt, take
from remit.supervision.opening_hours import OpeningHours

TEXTS = st.text(max_size=3000)


@st.composite
def envelopes(draw: st.DrawFn) -> Envelope:
    return envelope(
        reason=draw(st.sampled_from(HandoffReason)),
        priority=draw(st.sampled_from(PRIORITIES)),
        kind=draw(st.sampled_from(["live", "ticket", "message"])),
        summary=draw(TEXTS),
        suggested_reply=draw(TEXTS),
        note=draw(TEXTS),
        queue=draw(st.text(max_size=60)),
        n_before=draw(st.integers(0, 9)),
        return_url=draw(st.sampled_from(["", "https://remit.example/v1/handoffs/h/return"])),
    )


@given(envelopes())
def test_an_envelope_survives_its_document(one: Envelope) -> None:
    assert envelope_from(json.loads(json.dumps(one.document()))) == one


@given(envelopes(), st.dictionaries(st.sampled_from(FACTS), st.from_regex(r"[0-9]{6,15}", fullmatch=True)))
def test_zendesk_metadata_are_flat_fit_and_name_the_reason(one: Envelope, fields: dict[str, str]) -> None:
    metadata = metadata_of(one, fields)
    assert all(isinstance(value, str | int | bool) for value in metadata.values())
    assert len(json.dumps(metadata, ensure_ascii=False).encode("utf-8", "surrogatepass")) <= MOST_BYTES
    assert metadata["remit_reason"] == one.reason.value
    assert metadata["remit_handoff"] == one.id


@given(st.booleans(), st.none() | st.integers(0, 50), st.none() | st.integers(1, 50), st.booleans())
def test_people_are_promised_only_where_everything_says_so(
    always_closed: bool, n_before: int | None, at_most: int | None, arriving: bool
) -> None:
    hours = OpeningHours(UTC, {}) if always_closed else None
    found = availability(hours, MONDAY, n_before=n_before, at_most=at_most, arriving=arriving)
    bounded = at_most is not None and (n_before is None or n_before >= at_most)
    assert isinstance(found, PeopleCome) == (not always_closed and arriving and not bounded)


@given(st.sampled_from([Closed(None), Closed(MONDAY, "UTC"), Full(3), Unknown()]), st.text(min_size=1))
def test_who_gets_no_person_gets_the_ticket_to_refer_to(found: Any, turn: str) -> None:
    ticket = envelope(turn).id
    assert ticket in ReceptionWords().for_customer(found, ticket)


@given(st.integers(1, 6), st.integers(0, 12))
def test_giving_back_ends_at_the_bound(most: int, n_before: int) -> None:
    entry = Handoff(envelope(n_before=n_before), delivery_of("", MONDAY))
    try:
        given_back = hand_back(entry, "dora", MONDAY, most=most).state == "returned"
    except HandoffRefused:
        given_back = False
    assert given_back == (n_before + 1 < most)


@given(st.lists(st.tuples(st.sampled_from(["take", "close", "back"]), st.sampled_from(["dora", "emil"])), max_size=8))
def test_a_handoff_that_has_ended_stays_ended(moves: list[tuple[str, str]]) -> None:
    entry = Handoff(envelope(), delivery_of("", MONDAY))
    ended: Handoff | None = None
    for move, by in moves:
        try:
            match move:
                case "take":
                    entry = take(entry, by)
                case "close":
                    entry = close(entry, by, MONDAY)
                case _:
                    entry = hand_back(entry, by, MONDAY, most=3)
        except HandoffRefused:
            continue
        assert ended is None or entry == ended
        ended = entry if not entry.open else None


@given(st.integers(0, 60), st.timedeltas(timedelta(0), timedelta(hours=30)))
def test_attempts_come_later_and_never_after_the_deadline(n_attempts: int, passed: timedelta) -> None:
    now = MONDAY + passed
    delivery = Delivery("webhook", MONDAY + timedelta(hours=24), n_attempts)
    again = next_attempt(delivery, now)
    assert again is None or now < again < delivery.deadline
    assert leased(delivery, now).n_attempts == n_attempts + 1


def test_ids_are_told_apart() -> None:
    ids = {handoff_id(envelope(f"t-{number}").turn) for number in range(10_000)}
    assert len(ids) == 10_000
