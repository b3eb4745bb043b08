"""Conversations as they were served, and the rows of the ledger that come of them; the same for both ways of folding.

Order of the rows of one day: failures of earlier days that become known, conversations whose window closes, the
day's conversations (a beginning and a draw each), the day's own failures that become known at once.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from remit.conversations import AgentName, ConversationId, IntentName, ReleaseId
from remit.evidence import Observation, Outcome, Strength
from remit.evidence.live import Subject, bad_outcome, matured_from, sampled, started
from remit.policy.levels import AutonomyLevel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from remit.simulation.world import DrawnConversations

AGENT = AgentName("simulated-agent")
FIRST_DAY = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday. Simulated days have dates, because clusters are days."""


def day_begins(day: int) -> datetime:
    """Midnight before a simulated day."""
    return FIRST_DAY + timedelta(days=day)


def named(intent: IntentName, day: int, index: int) -> ConversationId:
    """The id of a simulated conversation."""
    return ConversationId(f"{intent}-{day}-{index}")


@dataclass(frozen=True, slots=True)
class Stratum:
    """A part of the conversations, and the probability with which experts look at one of them."""

    name: str
    probability: float


EVERYTHING = (Stratum("all", 1.0),)


@dataclass(frozen=True, slots=True)
class Serving:
    """A release that carries a part of an intent's conversations on one day."""

    release: ReleaseId
    level: AutonomyLevel
    arm: str = ""
    share: float = 0.0


@dataclass(frozen=True)
class Cohort:
    """One intent's conversations of one day, served. Arrays have shape (n,), in the order in which they start.

    Args:
        intent: Which.
        day: On which they start.
        policy: Digest of the policy in force.
        servings: Who carries them.
        served_by: Index into `servings`, int64.
        drawn: As they come in.
        failed: Whether each goes wrong, bool.
        strata: How experts choose.
        stratum: Index into `strata`, int64.
        looked: Whether an expert looks at it, bool.
        window_days: Days after which a conversation without a known failure counts as good.
    """

    intent: IntentName
    day: int
    policy: str
    servings: tuple[Serving, ...]
    served_by: "NDArray[np.int64]"
    drawn: "DrawnConversations"
    failed: "NDArray[np.bool_]"
    strata: tuple[Stratum, ...]
    stratum: "NDArray[np.int64]"
    looked: "NDArray[np.bool_]"
    window_days: int

    @property
    def n(self) -> int:
        """How many there are."""
        return self.drawn.n

    @cached_property
    def known_failures(self) -> "NDArray[np.int64]":
        """Conversations whose failure an expert confirms, in order; `delay_days` of the draw says when."""
        return np.flatnonzero(self.failed & self.looked)

    def becoming_known(self, day: int) -> "list[int]":
        """Failures that become known on a day, in the order of their conversations."""
        known = self.known_failures
        return [int(index) for index in known[self.drawn.delay_days[known] == day - self.day]]

    # ── rows ──────────────────────────────────────────────────────────────────────────────────────
    def subject(self, index: int) -> Subject:
        """What all rows of one conversation share."""
        serving = self.servings[int(self.served_by[index])]
        return Subject(
            conversation=named(self.intent, self.day, index),
            agent=AGENT,
            release=serving.release,
            intent=self.intent,
            level=serving.level.label,
            policy=self.policy,
            started_at=day_begins(self.day) + timedelta(minutes=float(self.drawn.minute[index])),
            arm=serving.arm,
            canary_share=serving.share,
            strength=Strength.LIVE,
        )

    def beginning(self, index: int) -> Observation:
        """The conversation begins to count."""
        return started(self.subject(index))

    def draw(self, index: int) -> Observation:
        """The draw whether an expert looks at it."""
        subject = self.subject(index)
        stratum = self.strata[int(self.stratum[index])]
        return sampled(
            subject,
            at=subject.started_at,
            stratum=stratum.name,
            probability=stratum.probability,
            drawn=bool(self.looked[index]),
        )

    def failure(self, index: int) -> Observation:
        """An expert has confirmed that it went wrong."""
        subject = self.subject(index)
        at = subject.started_at + timedelta(days=int(self.drawn.delay_days[index]))
        return bad_outcome(
            self.draw(index), subject, at=at, outcome=Outcome.FAILED, loss=None, matures_at=self._matures_at(subject)
        )

    def maturity(self, index: int) -> Observation:
        """What it came to when its window closed."""
        subject = self.subject(index)
        at = self._matures_at(subject)
        if self.failed[index]:
            first = self.failure(index)
            return matured_from(first, first, at=at)
        return bad_outcome(self.draw(index), subject, at=at, outcome=Outcome.PASSED, loss=None, matures_at=at)

    def _matures_at(self, subject: Subject) -> datetime:
        return subject.started_at + timedelta(days=self.window_days)


@dataclass(frozen=True, slots=True)
class Day:
    """What the ledger learns on one day.

    Args:
        number: Which day, from 0.
        cohorts: The day's conversations, intent by intent.
        waiting: Those of earlier days whose window is open or closes today, by intent, oldest first.
    """

    number: int
    cohorts: tuple[Cohort, ...]
    waiting: tuple[tuple[Cohort, ...], ...]

    def closing(self) -> list[Cohort]:
        """Cohorts whose window closes today."""
        return [one for waiting in self.waiting for one in waiting if one.day + one.window_days == self.number]

    def rows(self) -> list[Observation]:
        """Every row of the day, in order."""
        rows = [
            one.failure(index)
            for waiting in self.waiting
            for one in waiting
            if one.day + one.window_days > self.number
            for index in one.becoming_known(self.number)
        ]
        rows += [one.maturity(int(index)) for one in self.closing() for index in np.flatnonzero(one.looked)]
        for cohort in self.cohorts:
            for index in range(cohort.n):
                rows += [cohort.beginning(index), cohort.draw(index)]
        rows += [one.failure(index) for one in self.cohorts for index in one.becoming_known(self.number)]
        return rows


def emptied(cohort: Cohort) -> Cohort:
    """Without the arrays of the draw that nobody needs after its day."""
    nothing = np.zeros(0)
    drawn = replace(cohort.drawn, toward_canary=nothing, luck=nothing, judged=nothing, audited=nothing)
    return replace(cohort, drawn=drawn)
