"""Simulated months, world by world: Remit's own parts over memory, and the rules of others on the same traffic."""

from collections.abc import Sequence
from dataclasses import dataclass

from remit.adapters.memory import (
    FixedClock,
    MemoryGrantBook,
    MemoryLedger,
    MemoryReleases,
    MemoryRunningStates,
    MemoryVerdictRecords,
)
from remit.app.gating import follower_for, read_body, reducers_for
from remit.control.monitors import follower_name, monitors_of
from remit.evidence import LedgerFollower
from remit.gates.draws import DrawCounting
from remit.gates.question import Body, Question
from remit.simulation.by_day import ByDay
from remit.simulation.desk import Desk, Surroundings
from remit.simulation.evidence import ByEvent, DayByDay
from remit.simulation.scenarios import Story
from remit.simulation.served import AGENT, day_begins


@dataclass(frozen=True, slots=True)
class Centre:
    """One simulated contact centre under Remit, and what it can be looked at with."""

    desk: Desk
    around: Surroundings


def centre_by_day(story: Story) -> Centre:
    """Days are folded at once: seconds a world."""
    monitors = monitors_of(story.policy)
    draws = [one for one in reducers_for(story.policy) if isinstance(one, DrawCounting)]
    return _centre(story, ByDay(draws, monitors, name=follower_name(AGENT, monitors)), at_a_glance=True)


def centre_by_event(story: Story) -> Centre:
    """Every row goes through the ledger and its followers: minutes a world, and what `centre_by_day` is held against."""
    ledger, states = MemoryLedger(), MemoryRunningStates()
    gates = follower_for(story.policy, ledger, states)
    monitors = monitors_of(story.policy)
    controls = LedgerFollower(follower_name(AGENT, monitors), monitors, ledger, states)

    async def read(questions: Sequence[Question]) -> Body:
        return await read_body(questions, gates.name, states)

    return _centre(story, ByEvent(ledger, gates, controls, read), at_a_glance=False)


def _centre(story: Story, evidence: DayByDay, *, at_a_glance: bool) -> Centre:
    book = MemoryGrantBook()
    around = Surroundings(
        evidence=evidence,
        book=book,
        incidents=book.incidents,
        lives=MemoryReleases(),
        records=MemoryVerdictRecords(),
        clock=FixedClock(day_begins(0)),
    )
    return Centre(Desk(story, around, at_a_glance=at_a_glance), around)
