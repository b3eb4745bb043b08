"""A simulated contact centre under Remit: offers releases, serves days, lets the controller act, asks the gates.

Order of one day: a release that is offered, the conversations, their rows, one step of the controller, the canaries,
the promotions. Live, the controller acts at every observation; here everybody acts at the end of a day, the rules of
others too.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import numpy as np

from remit.control.controller import Controller
from remit.control.grants import Grant, GrantKey, Remit, Scope, ScopeKind
from remit.control.orders import Act, Narrow, Order, Widen
from remit.control.ports import GrantBook, Incidents
from remit.control.widening import Earned, Inherited
from remit.conversations import IntentName, ReleaseId
from remit.errors import WideningRefused
from remit.evidence import VerdictRecords
from remit.evidence.verdicts import Finding
from remit.identity import CONTROLLER
from remit.policy.levels import AutonomyLevel
from remit.releases.attempts import Attempt, Ending, ledger_of, open_attempt
from remit.releases.canary import RunningCanary, assign
from remit.releases.demands import Shown
from remit.releases.diff import compare_parts
from remit.releases.inheritance import HeldGrant, Keeps, inherit
from remit.releases.life import Fell, Line, adopt, inherit_stable, promote, register, retire
from remit.releases.life import Moved as Lived
from remit.releases.ports import Lives
from remit.releases.stages import Canary, Shadow, Stable
from remit.simulation.budgets import budget_at, strata_at
from remit.simulation.course import Course, Kind, Moved
from remit.simulation.evidence import DayByDay
from remit.simulation.judging import Judging
from remit.simulation.scenarios import Story
from remit.simulation.served import AGENT, Cohort, Day, Serving, day_begins, emptied, named
from remit.simulation.world import Traffic, flagged
from remit.statistics import AlphaLedger

ALPHA = 0.05
_TAKEN_AS_GIVEN = Shown(n_trials=1, regression=Finding.UNDECIDED)
"""What trials showed of a release before it went live: nothing for it and nothing against it."""


class SettableClock(Protocol):
    """A clock that a simulation moves."""

    def now(self) -> datetime:
        """The simulated time, UTC."""
        ...

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything of Remit that a simulated centre uses, behind its ports."""

    evidence: DayByDay
    book: GrantBook
    incidents: Incidents
    lives: Lives
    records: VerdictRecords
    clock: SettableClock


@dataclass(slots=True)
class _Intent:
    """What the desk remembers of one intent.

    `newest` is the release that is in shadow where nothing is held. Who lost a level for a cause, or failed at a
    gate, asks no more: the next release does.
    """

    course: Course
    newest: ReleaseId
    waiting: list[Cohort] = field(default_factory=list)
    asks_no_more: set[ReleaseId] = field(default_factory=set)
    n_at_step: int = 0
    alike: dict[str, list[ReleaseId]] = field(default_factory=dict)
    own: dict[ReleaseId, str] = field(default_factory=dict)


class Desk:
    """Runs one world under Remit.

    Args:
        story: The world and its releases.
        traffic: Its conversations.
        around: Remit, behind its ports.
        at_a_glance: As for `Judging`.
    """

    def __init__(self, story: Story, traffic: Traffic, around: Surroundings, *, at_a_glance: bool = True) -> None:
        self._story = story
        self._traffic = traffic
        self._world = story.world
        self._policy = story.policy
        self._strata = {level: strata_at(story.policy, level) for level in AutonomyLevel}
        self._around = around
        self._judging = Judging(story.policy, around.evidence, around.records, at_a_glance=at_a_glance)
        self._controller = Controller(
            AGENT,
            story.policy,
            around.evidence.followers,
            around.book,
            incidents=around.incidents,
            clock=around.clock,
            lives=around.lives,
        )
        self._intents = {
            intent: _Intent(Course(intent, truth), story.world.first) for intent, truth in story.truths.items()
        }

    async def run(self) -> tuple[Course, ...]:
        """All days; returns what became of each intent."""
        await self._offer(self._world.first, 0)
        for day in range(self._world.days):
            await self.live_through(day)
        return tuple(one.course for one in self._intents.values())

    async def live_through(self, day: int) -> None:
        """One day; days come in order, and `run` does them all."""
        release = self._world.successors.get(day)
        if release is not None:
            await self._offer(release, day)
        cohorts = [await self._serve(intent, day) for intent in self._intents]
        for cohort in cohorts:
            self._intents[cohort.intent].waiting.append(cohort)
        closed = tuple(tuple(one.waiting[:-1]) for one in self._intents.values())
        await self._around.evidence.observe(Day(day, tuple(cohorts), closed))
        self._let_go(day)
        self._around.clock.advance(day_begins(day + 1) - self._around.clock.now())
        before = await self._around.book.remit(AGENT)
        await self._controller.step()
        await self._note_what_narrowed(before, day)
        for intent in self._intents:
            await self._look_at_canary(intent, day)
            await self._look_at_gates(intent, day)
            self._intents[intent].course.levels.append(int(await self._level_of_holder(intent)))

    # ── serving ───────────────────────────────────────────────────────────────────────────────────
    async def _serve(self, intent: IntentName, day: int) -> Cohort:
        """Draw the day's conversations and give each to the release that carries it."""
        drawn = self._traffic.of(intent, day)
        servings, served_by = await self._carriers(intent, day, drawn.n)
        rates = np.array([self._world.true_rate(intent, one.release, day) for one in servings])
        failed = drawn.luck < np.minimum(1.0, rates * drawn.day_factor)[served_by]
        strata = self._strata[servings[0].level]
        stratum = np.zeros(drawn.n, dtype=np.int64)
        if len(strata) > 1:
            stratum = np.where(flagged(self._world, drawn, failed), 0, 1)
        looked = drawn.audited < np.array([one.probability for one in strata])[stratum]
        self._count(intent, servings, served_by, failed, rates)
        cohort = Cohort(
            intent,
            day,
            self._policy.digest,
            servings,
            served_by,
            drawn,
            failed,
            strata,
            stratum,
            looked,
            self._world.window_days,
        )
        return emptied(cohort)

    async def _carriers(
        self, intent: IntentName, day: int, n: int
    ) -> "tuple[tuple[Serving, ...], np.ndarray[tuple[int], np.dtype[np.int64]]]":
        line, remit = await self._line(intent), await self._around.book.remit(AGENT)
        holder = line.stable or self._intents[intent].newest
        level = self._level(remit, intent, holder)
        canary = line.canary
        stage = None if canary is None else line.stages[canary]
        if canary is None or not isinstance(stage, Canary):
            return (Serving(holder, level),), np.zeros(n, dtype=np.int64)
        running = RunningCanary(intent, canary, stage.step.share, stage.salt)
        arms = [assign(running, None, named(intent, day, index)) for index in range(n)]
        share = running.share
        servings = (
            Serving(holder, level, "stable", share),
            Serving(canary, self._level(remit, intent, canary), "canary", share),
        )
        served_by = np.fromiter((arm == "canary" for arm in arms), dtype=np.int64, count=n)
        self._intents[intent].n_at_step += int(served_by.sum())
        return servings, served_by

    def _count(
        self,
        intent: IntentName,
        servings: Sequence[Serving],
        served_by: "np.ndarray[tuple[int], np.dtype[np.int64]]",
        failed: "np.ndarray[tuple[int], np.dtype[np.bool_]]",
        rates: "np.ndarray[tuple[int], np.dtype[np.float64]]",
    ) -> None:
        course = self._intents[intent].course
        for index, serving in enumerate(servings):
            if serving.level is AutonomyLevel.SHADOW:
                continue
            mine = served_by == index
            course.n_carried += int(mine.sum())
            if rates[index] > budget_at(self._policy, serving.level) + 1e-12:
                course.n_exposed += int(mine.sum())
                course.n_harmed += int((mine & failed).sum())

    def _let_go(self, day: int) -> None:
        """Cohorts whose window has closed are in the ledger, and nowhere else."""
        for one in self._intents.values():
            one.waiting = [cohort for cohort in one.waiting if cohort.day + cohort.window_days > day]

    # ── a release is offered ──────────────────────────────────────────────────────────────────────
    async def _offer(self, release: ReleaseId, day: int) -> None:
        for intent, known in self._intents.items():
            own = self._story.releases[release].digest_for(intent)
            known.own[release] = own
            known.alike.setdefault(own, []).append(release)
            line = register(await self._line(intent), release)
            grant = await self._grant(intent, line)
            if line.stable is None or grant is None or grant.level is AutonomyLevel.SHADOW:
                await self._put_in_shadow(line, release)
            elif self._plan_keeps(grant, line, release):
                await self._hand_over(line, grant, release, day)
            else:
                await self._try_on_a_share(line, grant, release, day)

    async def _put_in_shadow(self, line: Line, release: ReleaseId) -> None:
        """Nothing is held, so nothing is inherited: the newest release is the one that people compare with."""
        known = self._intents[line.intent]
        known.newest = release
        if line.stable is not None:
            taken = inherit_stable(line, release)
            line = taken.line if isinstance(taken, Lived) else line
        else:
            line = self._up_to_shadow(line, release)
        await self._keep(line)

    def _up_to_shadow(self, line: Line, release: ReleaseId) -> Line:
        while not isinstance(line.stages[release], Shadow):
            moved = promote(line, release, _TAKEN_AS_GIVEN, salt="")
            if not isinstance(moved, Lived):
                return line
            line = moved.line
        return line

    def _plan_keeps(self, grant: Grant, line: Line, release: ReleaseId) -> bool:
        """What the inheritance plan says of this intent."""
        old = self._story.releases[grant.release]
        diff = compare_parts(old, self._story.releases[release])
        held = HeldGrant(line.intent, grant.level, grant.release, budget=budget_at(self._policy, grant.level))
        return all(isinstance(one, Keeps) for one in inherit([held], diff).entries)

    async def _hand_over(self, line: Line, grant: Grant, release: ReleaseId, day: int) -> None:
        """The change cannot reach the intent: the grant goes over at once, and so does a running canary's place."""
        if line.canary is not None:
            line = await self._take_back(line, day, "another release was offered")
        moved = inherit_stable(line, release)
        if isinstance(moved, Lived):
            await self._keep(moved.line)
            inherited = Inherited(grant, release, reached=False, evidence=(f"diff:{grant.release}..{release}",))
            aside = Narrow(grant.key, AutonomyLevel.SHADOW, for_a_cause=False)
            await self._enact(
                f"hand over:{line.intent}:{release}", "the change cannot reach it", Widen(inherited), aside
            )
            if grant.release in self._intents[line.intent].asks_no_more:
                self._intents[line.intent].asks_no_more.add(release)

    async def _try_on_a_share(self, line: Line, grant: Grant, release: ReleaseId, day: int) -> None:
        """The change reaches the intent: a guarded canary under the stable release's grant."""
        if line.canary is not None:
            line = await self._take_back(line, day, "another release was offered")
        line = self._up_to_shadow(line, release)
        began = promote(line, release, _TAKEN_AS_GIVEN, salt=f"{line.intent}:{release}")
        if not isinstance(began, Lived):
            await self._keep(line)
            return
        now = self._around.clock.now()
        ledger = await self._ledger(line.intent)
        attempt = Attempt(AGENT, line.intent, release, ledger.attempt, ledger.share, CONTROLLER.id, now)
        await self._keep(began.line, attempt)
        self._intents[line.intent].n_at_step = 0
        inherited = Inherited(grant, release, reached=True, evidence=(f"diff:{grant.release}..{release}",))
        await self._enact(f"canary:{line.intent}:{release}", "a guarded canary", Widen(inherited))

    # ── canaries ──────────────────────────────────────────────────────────────────────────────────
    async def _look_at_canary(self, intent: IntentName, day: int) -> None:
        line = await self._line(intent)
        canary = line.canary
        if canary is None:
            return
        grant = await self._grant(intent, line)
        level = max(AutonomyLevel.SUPERVISED_ANSWERS, AutonomyLevel.SHADOW if grant is None else grant.level)
        n_failed = (await self._ledger(intent)).n_failed
        now = self._around.clock.now()
        absolute, beside = await self._judging.canary(intent, self._counting(intent, canary), level, now, n_failed)
        shown = Shown(
            n_trials=1,
            regression=Finding.UNDECIDED,
            budget=budget_at(self._policy, level),
            n_exposed=self._intents[intent].n_at_step,
            absolute=absolute,
            against_stable=beside,
        )
        moved = promote(line, canary, shown, salt="")
        attempt = open_attempt(await self._attempts(intent), canary)
        match moved:
            case Lived(line=after, stage=Stable()):
                ended = () if attempt is None else (attempt.closed(Ending.PROMOTED, "every step was passed", now),)
                await self._keep(after, *ended)
                self._note(intent, day, Kind.CANARY_MADE_STABLE, canary, level)
                if grant is not None:
                    aside = Narrow(grant.key, AutonomyLevel.SHADOW, for_a_cause=False)
                    await self._enact(f"stable:{intent}:{canary}", "every step was passed", aside)
            case Lived(line=after):
                self._intents[intent].n_at_step = 0
                await self._keep(after)
            case Fell(line=after, why=why):
                beside_rate = self._beside(intent, line, day)
                ended = () if attempt is None else (attempt.closed(Ending.FAILED, "; ".join(why), now),)
                await self._keep(after, *ended)
                gone = Narrow(GrantKey(intent, canary), AutonomyLevel.SHADOW)
                await self._enact(f"fell:{intent}:{canary}", "; ".join(why), gone)
                self._note(intent, day, Kind.CANARY_TAKEN_BACK, canary, level, beside=beside_rate)
            case _:
                return

    async def _take_back(self, line: Line, day: int, why: str) -> Line:
        """A canary that gives way to another release; it was not refuted, so no move is counted."""
        canary = line.canary
        moved = None if canary is None else retire(line, canary, why)
        if canary is None or not isinstance(moved, Lived):
            return line
        attempt = open_attempt(await self._attempts(line.intent), canary)
        ended = () if attempt is None else (attempt.closed(Ending.WITHDRAWN, why, self._around.clock.now()),)
        await self._keep(moved.line, *ended)
        gone = Narrow(GrantKey(line.intent, canary), AutonomyLevel.SHADOW)
        await self._enact(f"gives way:{line.intent}:{canary}:{day}", why, gone)
        return await self._line(line.intent)

    # ── promotions ────────────────────────────────────────────────────────────────────────────────
    async def _look_at_gates(self, intent: IntentName, day: int) -> None:
        """Whoever may ask for the next level asks every day."""
        line, known = await self._line(intent), self._intents[intent]
        release = line.stable or known.newest
        remit = await self._around.book.remit(AGENT)
        held = self._level(remit, intent, release)
        ceiling = self._policy.intents[intent].ceiling
        if held >= ceiling or release in known.asks_no_more:
            return
        target, now = AutonomyLevel(held + 1), self._around.clock.now()
        judged = await self._judging.promotion(intent, self._counting(intent, release), target, now)
        if judged.finding is Finding.REFUTED:
            known.asks_no_more.add(release)
        if judged.finding is not Finding.SUPPORTED:
            return
        try:
            earned = Earned(
                policy=self._policy,
                agent=AGENT,
                intent=intent,
                release=release,
                level=target,
                above=held,
                supports=judged.supports,
                proposed_by=CONTROLLER,
                at=now,
                simulated=True,
            )
        except WideningRefused:
            return
        await self._enact(f"earned:{intent}:{release}:{target.label}:{day}", "its gates are supported", Widen(earned))
        if line.stable is None:
            await self._keep(adopt(await self._line(intent), release))
        self._note(intent, day, Kind.PROMOTED, release, target)

    # ── what narrowed ─────────────────────────────────────────────────────────────────────────────
    async def _note_what_narrowed(self, before: Remit, day: int) -> None:
        after = await self._around.book.remit(AGENT)
        for key, grant in before.grants.items():
            level = after.grants[key].level
            if level >= grant.level:
                continue
            self._intents[key.intent].asks_no_more.add(key.release)
            line = await self._line(key.intent)
            taken_back = key.release not in (line.stable, line.canary)
            kind = Kind.CANARY_TAKEN_BACK if taken_back else Kind.DEMOTED
            beside = self._beside(key.intent, line, day) if taken_back else None
            self._note(key.intent, day, kind, key.release, level, beside=beside, budget_of=grant.level)
            attempt = open_attempt(await self._attempts(key.intent), key.release)
            if taken_back and attempt is not None:
                await self._around.lives.change(
                    (), (attempt.closed(Ending.FAILED, "taken back", self._around.clock.now()),)
                )

    def _note(
        self,
        intent: IntentName,
        day: int,
        kind: Kind,
        release: ReleaseId,
        level: AutonomyLevel,
        *,
        beside: float | None = None,
        budget_of: AutonomyLevel | None = None,
    ) -> None:
        rate = self._world.true_rate(intent, release, day)
        budget = budget_at(self._policy, max(AutonomyLevel.SUPERVISED_ANSWERS, budget_of or level))
        self._intents[intent].course.moves.append(Moved(day, kind, int(level), rate, budget, beside))

    def _beside(self, intent: IntentName, line: Line, day: int) -> float | None:
        return None if line.stable is None else self._world.true_rate(intent, line.stable, day)

    # ── reading and keeping ───────────────────────────────────────────────────────────────────────
    async def _line(self, intent: IntentName) -> Line:
        return (await self._around.lives.lines(AGENT)).get(intent, Line(AGENT, intent))

    async def _attempts(self, intent: IntentName) -> list[Attempt]:
        return [one for one in await self._around.lives.attempts(AGENT) if one.intent == intent]

    async def _ledger(self, intent: IntentName) -> AlphaLedger:
        return ledger_of(await self._attempts(intent), alpha=ALPHA)

    async def _keep(self, line: Line, *attempts: Attempt) -> None:
        await self._around.lives.change([line], attempts)

    async def _grant(self, intent: IntentName, line: Line) -> Grant | None:
        if line.stable is None:
            return None
        return (await self._around.book.remit(AGENT)).grants.get(GrantKey(intent, line.stable))

    async def _level_of_holder(self, intent: IntentName) -> AutonomyLevel:
        line = await self._line(intent)
        remit = await self._around.book.remit(AGENT)
        return self._level(remit, intent, line.stable or self._intents[intent].newest)

    def _level(self, remit: Remit, intent: IntentName, release: ReleaseId) -> AutonomyLevel:
        if Scope(ScopeKind.INTENT, intent) in remit.stops or remit.stops_agent(release) is not None:
            return AutonomyLevel.SHADOW
        return remit.level_of(GrantKey(intent, release), policy=self._policy.digest, now=self._around.clock.now())

    def _counting(self, intent: IntentName, release: ReleaseId) -> tuple[ReleaseId, ...]:
        """`releases_that_count`, with the digests of parts computed once a release."""
        known = self._intents[intent]
        return (release, *(one for one in known.alike[known.own[release]] if one != release))

    async def _enact(self, key: str, why: str, *acts: Act) -> None:
        await self._around.book.enact(Order(f"simulated:{key}", AGENT, self._around.clock.now(), CONTROLLER, why, acts))
