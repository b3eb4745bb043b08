"""Notices: who is told what, kept before it is sent and sent until it arrives or its deadline passes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from remit.control.incidents import IncidentId
from remit.conversations import AgentName, IntentName
from remit.policy.operating import Recipient, Told

DEADLINE = timedelta(hours=24)
"""How long a notice is tried."""
MOST_ATTEMPTS = 12
_FIRST_WAIT = timedelta(seconds=5)
_LONGEST_WAIT = timedelta(hours=4)
LEASE = timedelta(seconds=60)
"""For how long a process that sends a notice keeps it from the others."""


@dataclass(frozen=True, slots=True)
class Tidings:
    """What is told, the same for every recipient. Ids and figures, never what a customer wrote."""

    what: Told
    agent: AgentName
    intent: IntentName
    title: str
    text: str
    at: datetime
    incident: IncidentId = IncidentId("")

    def document(self) -> dict[str, Any]:
        """As a webhook gets it."""
        return {
            "event": self.what,
            "agent": self.agent,
            "intent": self.intent,
            "title": self.title,
            "text": self.text,
            "at": self.at.isoformat(),
            "incident": self.incident,
        }


@dataclass(frozen=True, slots=True)
class Notice:
    """Tidings for one recipient. `key` is also the receiver's idempotency key: a repetition can be recognised."""

    key: str
    recipient: Recipient
    tidings: Tidings


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice in the outbox: how often it was tried and until when it will be."""

    notice: Notice
    n_attempts: int
    deadline: datetime


def notices_for(recipients: Iterable[Recipient], tidings: Tidings, *, key: str) -> tuple[Notice, ...]:
    """One notice for everybody who wants to be told of this."""
    return tuple(
        Notice(f"{key}:{recipient.kind}:{recipient.address}", recipient, tidings)
        for recipient in recipients
        if recipient.wants(tidings.what)
    )


def next_attempt(n_attempts: int, now: datetime, deadline: datetime) -> datetime | None:
    """When to try again after so many attempts; None to give up. Waits double from 5 s up to 4 h."""
    if n_attempts >= MOST_ATTEMPTS:
        return None
    again = now + min(_FIRST_WAIT * 2 ** max(0, n_attempts - 1), _LONGEST_WAIT)
    return again if again < deadline else None
