"""Handoffs as people see them: a queue entry that is taken and ends, and the parcel that carries it elsewhere."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from remit.conversations.envelope import Envelope, HandoffKind
from remit.errors import HandoffRefused

HandoffState = Literal["waiting", "taken", "returned", "closed"]
"""`returned`: the agent has the conversation again. `closed`: people have ended it."""

OWN_DESK = ""
"""The destination of what stays at Remit's own desk: nothing has to be carried."""

DEADLINE = timedelta(hours=24)
"""How long a handoff is tried to be carried to where it belongs; it stands at Remit's own desk all that time."""
MOST_ATTEMPTS = 40
_FIRST_WAIT = timedelta(seconds=2)
_LONGEST_WAIT = timedelta(minutes=15)
LEASE = timedelta(seconds=60)
"""For how long a process that carries a handoff keeps it from the others."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What has become of the parcel.

    Args:
        to: The destination's name, OWN_DESK for none.
        n_attempts: So far.
        deadline: Until when it is tried.
        delivered_at: When it arrived; at once where nothing has to be carried.
        reference: What the destination calls it.
        problem: The last one.
        due_at: When it is tried next; None once it has arrived or was given up.
    """

    to: str
    deadline: datetime
    n_attempts: int = 0
    delivered_at: datetime | None = None
    reference: str = ""
    problem: str = ""
    due_at: datetime | None = None

    @property
    def given_up(self) -> bool:
        """Whether it will not arrive any more unless a person carries it."""
        return self.delivered_at is None and self.due_at is None


@dataclass(frozen=True, slots=True)
class Handoff:
    """One entry. `held_by` is who took it; `ended_at` is set in the two final states."""

    envelope: Envelope
    delivery: Delivery
    state: HandoffState = "waiting"
    held_by: str = ""
    ended_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether people have the conversation because of it."""
        return self.state in ("waiting", "taken")


def first_state(kind: HandoffKind) -> HandoffState:
    """A further message is no entry of its own: it belongs to the one that is open."""
    return "closed" if kind == "message" else "waiting"


def leased(delivery: Delivery, now: datetime) -> Delivery:
    """One attempt more, and nobody else's for a while; what has arrived stays as it is."""
    if delivery.delivered_at is not None:
        return delivery
    return replace(delivery, n_attempts=delivery.n_attempts + 1, due_at=now + LEASE)


def delivery_of(to: str, now: datetime) -> Delivery:
    """The parcel of a new handoff: there is none where it stays at Remit's own desk."""
    if to == OWN_DESK:
        return Delivery(to, now + DEADLINE, delivered_at=now)
    return Delivery(to, now + DEADLINE, due_at=now)


def next_attempt(delivery: Delivery, now: datetime) -> datetime | None:
    """When to try again; None to give up. Waits double from 2 s up to 15 min: a customer waits at the other end."""
    if delivery.n_attempts >= MOST_ATTEMPTS:
        return None
    again = now + min(_FIRST_WAIT * 2 ** min(20, max(0, delivery.n_attempts - 1)), _LONGEST_WAIT)
    return again if again < delivery.deadline else None


def take(handoff: Handoff, by: str) -> Handoff:
    """Somebody takes it; taking again what one has changes nothing.

    Raises:
        HandoffRefused: Somebody else has it, or it has ended.
    """
    if handoff.state == "taken" and handoff.held_by == by:
        return handoff
    if handoff.state != "waiting":
        raise HandoffRefused(handoff.envelope.id, _where_it_is(handoff), "Take another one from the queue.")
    return replace(handoff, state="taken", held_by=by)


def close(handoff: Handoff, by: str, now: datetime) -> Handoff:
    """People have ended it; closing twice changes nothing.

    Raises:
        HandoffRefused: Somebody else has it, or the agent has the conversation again.
    """
    if handoff.state == "closed":
        return handoff
    _expect_held(handoff, by)
    return replace(handoff, state="closed", held_by=by, ended_at=now)


def hand_back(handoff: Handoff, by: str, now: datetime, *, most: int) -> Handoff:
    """The agent gets the conversation again, unless it has been passed to and fro too often already.

    Args:
        handoff: Open.
        by: Who gives it back.
        now: UTC.
        most: After so many handoffs of one conversation people keep it.

    Raises:
        HandoffRefused: The bound is reached, somebody else has it, or it has ended.
    """
    if handoff.state == "returned":
        return handoff
    _expect_held(handoff, by)
    n_handoffs = handoff.envelope.n_before + 1
    if n_handoffs >= most:
        raise HandoffRefused(
            handoff.envelope.id,
            f"the conversation was handed off {n_handoffs} times, and after {most} people keep it",
            "Answer the customer yourself and close the handoff; `turn: max_handoffs` of the policy is the bound.",
        )
    return replace(handoff, state="returned", held_by=by, ended_at=now)


def _expect_held(handoff: Handoff, by: str) -> None:
    if not handoff.open or handoff.held_by not in ("", by):
        raise HandoffRefused(handoff.envelope.id, _where_it_is(handoff), "Ask whoever has it.")


def _where_it_is(handoff: Handoff) -> str:
    match handoff.state:
        case "waiting":
            return "nobody has taken it yet"
        case "taken":
            return f"{handoff.held_by} has it"
        case "returned":
            return f"{handoff.held_by} has given it back to the agent"
        case "closed":
            return f"{handoff.held_by} has closed it"
