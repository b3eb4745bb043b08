"""Simulated months, world by world: Remit's own parts over memory, and the rules of others on the same traffic."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context

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
from remit.policy.document import parse_policy
from remit.policy.levels import AutonomyLevel
from remit.simulation.budgets import not_simulated, strata_at, strictest_budget
from remit.simulation.by_day import ByDay
from remit.simulation.default_policy import SOURCE, TEXT
from remit.simulation.desk import ALPHA, Desk, Surroundings
from remit.simulation.evidence import ByEvent, DayByDay
from remit.simulation.figures import Figures, Tally
from remit.simulation.run import REMIT, Lived, others
from remit.simulation.scenarios import Scenario, Story, story_of
from remit.simulation.served import AGENT, day_begins
from remit.simulation.world import Traffic


@dataclass(frozen=True, slots=True)
class Centre:
    """One simulated contact centre under Remit, and what it can be looked at with."""

    desk: Desk
    around: Surroundings


def centre_by_day(story: Story, traffic: Traffic) -> Centre:
    """Days are folded at once: seconds a world."""
    monitors = monitors_of(story.policy)
    draws = [one for one in reducers_for(story.policy) if isinstance(one, DrawCounting)]
    return _centre(story, traffic, ByDay(draws, monitors, name=follower_name(AGENT, monitors)), at_a_glance=True)


def centre_by_event(story: Story, traffic: Traffic) -> Centre:
    """Every row goes through the ledger and its followers: slow, and what `centre_by_day` is held against."""
    ledger, states = MemoryLedger(), MemoryRunningStates()
    gates = follower_for(story.policy, ledger, states)
    monitors = monitors_of(story.policy)
    controls = LedgerFollower(follower_name(AGENT, monitors), monitors, ledger, states)

    async def read(questions: Sequence[Question]) -> Body:
        return await read_body(questions, gates.name, states)

    return _centre(story, traffic, ByEvent(ledger, states, gates, controls, read), at_a_glance=False)


def _centre(story: Story, traffic: Traffic, evidence: DayByDay, *, at_a_glance: bool) -> Centre:
    book = MemoryGrantBook()
    around = Surroundings(
        evidence=evidence,
        book=book,
        incidents=book.incidents,
        lives=MemoryReleases(),
        records=MemoryVerdictRecords(),
        clock=FixedClock(day_begins(0)),
    )
    return Centre(Desk(story, traffic, around, at_a_glance=at_a_glance), around)


# ── many worlds ───────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class SimulationRequest:
    """What is to be simulated.

    Args:
        scenarios: Which worlds, `worlds` of each.
        worlds: How many of each scenario; seeds are `seed` to `seed + worlds - 1`, the same in every scenario.
        seed: The first seed.
        days: Of each world.
        per_day: Conversations a day, over all intents.
        policy_text: The policy.
        policy_source: What it is called in errors.
        processes: How many work at the same time.
    """

    scenarios: tuple[Scenario, ...] = tuple(Scenario)
    worlds: int = 200
    seed: int = 0
    days: int = 180
    per_day: float = 500.0
    policy_text: str = TEXT
    policy_source: str = SOURCE
    processes: int = 2

    @property
    def n_worlds(self) -> int:
        """All of them."""
        return self.worlds * len(self.scenarios)


def simulate(request: SimulationRequest, *, on_world: Callable[[], None] = lambda: None) -> Figures:
    """Run every world under Remit and under the rules of others, and add them up.

    Raises:
        PolicyParseError: The policy cannot be read.
        SimulationError: The policy has nothing that could be simulated.
    """
    policy = parse_policy(request.policy_text, source=request.policy_source)
    eps = strictest_budget(policy)
    for level in AutonomyLevel:
        strata_at(policy, level)
    tally = Tally()
    for lived in _lived(request):
        tally.add(lived)
        on_world()
    return Figures(
        scenarios=tuple(one.value for one in request.scenarios),
        worlds=request.worlds,
        seed=request.seed,
        days=request.days,
        per_day=request.per_day,
        policy=policy.name,
        policy_digest=policy.digest,
        eps=eps,
        alpha=ALPHA,
        not_simulated=not_simulated(policy),
        n_conversations=tally.n_conversations,
        rows=tally.rows(),
    )


def _lived(request: SimulationRequest) -> Iterator[Lived]:
    """Worlds as they are finished, in any order."""
    work = [(scenario, request.seed + number) for number in range(request.worlds) for scenario in request.scenarios]
    if request.processes == 1 or len(work) <= 2:
        yield from (live(request, scenario, seed) for scenario, seed in work)
        return
    # Workers begin empty: one that is copied from a process with threads may never wake up.
    pool = ProcessPoolExecutor(max_workers=min(request.processes, len(work)), mp_context=get_context("spawn"))
    try:
        waiting = [pool.submit(live, request, scenario, seed) for scenario, seed in work]
        for done in as_completed(waiting):
            yield done.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def live(request: SimulationRequest, scenario: Scenario, seed: int) -> Lived:
    """One world under every rule."""
    policy = parse_policy(request.policy_text, source=request.policy_source)
    story = story_of(scenario, policy, seed=seed, days=request.days, per_day=request.per_day)
    traffic = Traffic(story.world)
    centre = centre_by_day(story, traffic)
    courses = {REMIT: asyncio.run(centre.desk.run()), **others(story, traffic)}
    n = sum(traffic.of(intent, day).n for intent in story.truths for day in range(request.days))
    return Lived(scenario, seed, n, courses)
