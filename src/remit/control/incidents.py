"""Incidents: what happened, to whom, what Remit did at once, and what people still owe."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from remit.conversations import AgentName, ConversationId, IntentName, ReleaseId

IncidentId = NewType("IncidentId", str)

MOST_CONVERSATIONS = 50
"""How many affected conversations an incident lists; it says how many there are."""


class EventKind(StrEnum):
    """What a line of a timeline says."""

    NOTICED = "noticed"
    DONE = "done"
    TOLD = "told"
    NOTED = "noted"
    SCENARIO_ADDED = "scenario_added"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """One line: when, what, by whom (empty: Remit itself), in words."""

    at: datetime
    kind: EventKind
    what: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Incident:
    """Something went wrong and was acted on.

    Args:
        id: Made from what opened it, so that it is opened once.
        agent: Whose.
        release: Which release was acting.
        intent: For what; empty if it concerns all.
        opened_at: UTC.
        title: One line.
        why: The sentence with the figures.
        conversations: Affected conversations, newest last, at most `MOST_CONVERSATIONS`; ids, never texts.
        n_conversations: How many are known.
        timeline: Oldest first.
        scenario: Id of the regression scenario that people have written for it; empty while it is owed.
        closed_at: None while open.
        closed_because: The words of whoever closed it.
    """

    id: IncidentId
    agent: AgentName
    release: ReleaseId
    intent: IntentName
    opened_at: datetime
    title: str
    why: str
    conversations: tuple[ConversationId, ...] = ()
    n_conversations: int = 0
    timeline: tuple[TimelineEvent, ...] = ()
    scenario: str = ""
    closed_at: datetime | None = None
    closed_because: str = ""

    @property
    def is_open(self) -> bool:
        """Whether people still owe something."""
        return self.closed_at is None

    @property
    def owes(self) -> str:
        """What people still owe, in words; empty if nothing."""
        if not self.is_open:
            return ""
        if not self.scenario:
            return "a regression scenario that fails on what happened, then its cause in words"
        return "its cause in words"
