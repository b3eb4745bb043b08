"""Whether people can come, found out before a customer is told that they do, and what the customer is told."""

from dataclasses import dataclass
from datetime import datetime

from remit.conversations.envelope import HandoffId
from remit.supervision.opening_hours import OpeningHours


@dataclass(frozen=True, slots=True)
class PeopleCome:
    """Somebody is there. `n_before` customers wait for the same people; None where nobody counts."""

    n_before: int | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """Nobody is there. `opens_at` is in the centre's time zone; None if no opening is known."""

    opens_at: datetime | None
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Full:
    """More customers wait than people can take."""

    n_before: int


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody can say: the queue could not be counted, or handoffs do not arrive. Nothing is promised."""


Availability = PeopleCome | Closed | Full | Unknown


def availability(
    hours: OpeningHours | None, now: datetime, *, n_before: int | None, at_most: int | None, arriving: bool
) -> Availability:
    """Whether people can come.

    Args:
        hours: None means always.
        now: UTC.
        n_before: How many customers wait already; None if it could not be counted.
        at_most: How many may wait; None bounds nothing.
        arriving: Whether handoffs reach the people at this time.
    """
    if hours is not None and not hours.is_open(now):
        return Closed(hours.opens_next(now), hours.zone_name)
    if not arriving:
        return Unknown()
    if at_most is not None:
        if n_before is None:
            return Unknown()
        if n_before >= at_most:
            return Full(n_before)
    return PeopleCome(n_before)


@dataclass(frozen=True, slots=True)
class ReceptionWords:
    """What customers are told, to be set in another language; each may use the fields in its braces.

    Args:
        people_come: Somebody comes next.
        people_busy: Somebody comes; `{n_before}` others wait.
        closed: Nobody is there until `{opens}`; `{ticket}` is what the customer can refer to.
        closed_long: Nobody is there, and no opening is known.
        full: Too many wait.
        unknown: Nothing can be promised.
        held: A further message while people have the conversation.
    """

    people_come: str = "I am passing you on to a colleague, who can see what we have written so far."
    people_busy: str = (
        "I am passing you on to a colleague, who can see what we have written so far. Waiting before you: {n_before}."
    )
    closed: str = (
        "This needs a colleague, and none of them is here now: they are back on {opens}. I have kept what we have "
        "written as ticket {ticket}; they will answer you then."
    )
    closed_long: str = (
        "This needs a colleague, and none of them is here now. I have kept what we have written as ticket {ticket}; "
        "they will answer you when they are back."
    )
    full: str = (
        "This needs a colleague, and too many customers are waiting for anyone to come now ({n_before}). I have kept "
        "what we have written as ticket {ticket}; a colleague will answer you later."
    )
    unknown: str = (
        "This needs a colleague. I have kept what we have written as ticket {ticket}; I cannot say how soon somebody "
        "can come."
    )
    held: str = "Your message is with my colleagues, who have our conversation."

    def for_customer(self, found: Availability, ticket: HandoffId) -> str:
        """The truth in one or two sentences."""
        match found:
            case PeopleCome(n_before) if n_before:
                return self.people_busy.format(n_before=n_before, ticket=ticket)
            case PeopleCome():
                return self.people_come.format(ticket=ticket)
            case Closed(opens_at, zone) if opens_at is not None:
                return self.closed.format(opens=_moment(opens_at, zone), ticket=ticket)
            case Closed():
                return self.closed_long.format(ticket=ticket)
            case Full(n_before):
                return self.full.format(n_before=n_before, ticket=ticket)
            case Unknown():
                return self.unknown.format(ticket=ticket)


def _moment(at: datetime, zone: str) -> str:
    """A date that no language has to spell: `2026-11-23 09:00 (Europe/Berlin)`."""
    return f"{at:%Y-%m-%d %H:%M}" + (f" ({zone})" if zone else "")
