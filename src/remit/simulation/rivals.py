"""The rules of others on the same traffic: the same ladder, the same canary steps, another way to decide.

They look at the same matured, confirmed outcomes at the end of the same days, and each begins anew with every level,
step and release. None of them says which evidence of an earlier release still counts, so none does. After a widening
at the top they go on watching; after a refusal they try again at once.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from remit.conversations import IntentName, ReleaseId
from remit.policy.levels import AutonomyLevel
from remit.releases.stages import CanaryStep
from remit.simulation.budgets import budget_at, strata_at
from remit.simulation.course import Course, Kind, Moved
from remit.simulation.rules_of_others import Move, Rule, RuleMaker
from remit.simulation.scenarios import Story
from remit.simulation.served import EVERYTHING
from remit.simulation.world import DrawnConversations, Traffic, flagged

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(slots=True)
class _Watch:
    """One rule that watches one release at one level or canary step."""

    rule: Rule


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A day's conversations whose labels come: which watch they belong to, and which of them failed."""

    day: int
    seen: tuple[tuple[_Watch, "NDArray[np.bool_]"], ...]


@dataclass(slots=True)
class _Intent:
    course: Course
    release: ReleaseId
    watch: _Watch
    level: AutonomyLevel = AutonomyLevel.SHADOW
    canary: ReleaseId | None = None
    step: CanaryStep = CanaryStep.FIRST
    canary_watch: _Watch | None = None
    waiting: list[_Waiting] = field(default_factory=list)


def run_rule(story: Story, traffic: Traffic, make: RuleMaker) -> tuple[Course, ...]:
    """One world under one rule; returns what became of each intent."""
    runs = [_Run(story, traffic, make, intent) for intent in story.truths]
    return tuple(run.live() for run in runs)


class _Run:
    """One intent of one world under one rule."""

    def __init__(self, story: Story, traffic: Traffic, make: RuleMaker, intent: IntentName) -> None:
        self._story, self._world, self._traffic = story, story.world, traffic
        self._make, self._intent = make, intent
        self._strata = {level: strata_at(story.policy, level) for level in AutonomyLevel}
        self._budgets = {level: budget_at(story.policy, level) for level in AutonomyLevel if level}
        self._ceiling = story.policy.intents[intent].ceiling
        course = Course(intent, story.truths[intent])
        self._now = _Intent(course, story.world.first, _Watch(make(self._eps(AutonomyLevel.SHADOW), on_canary=False)))

    def live(self) -> Course:
        """All days."""
        for day in range(self._world.days):
            release = self._world.successors.get(day)
            if release is not None:
                self._offer(release)
            self._serve(day)
            self._look(day)
            self._now.course.levels.append(int(self._now.level))
        return self._now.course

    def _eps(self, level: AutonomyLevel) -> float:
        """The budget of the next level, which is what a widening is about; at the top that of the level itself."""
        return self._budgets[AutonomyLevel(min(level + 1, AutonomyLevel.AUTONOMOUS))]

    def _watched_anew(self) -> None:
        self._now.watch = _Watch(self._make(self._eps(self._now.level), on_canary=False))

    def _offer(self, release: ReleaseId) -> None:
        """In shadow the newest release is compared; where something is held it begins as a canary."""
        now = self._now
        if now.level is AutonomyLevel.SHADOW:
            now.release, now.canary = release, None
            self._watched_anew()
        else:
            now.canary, now.step = release, CanaryStep.FIRST
            now.canary_watch = _Watch(self._make(self._eps(now.level), on_canary=True))

    def _serve(self, day: int) -> None:
        now = self._now
        drawn = self._traffic.of(self._intent, day)
        to_canary = np.zeros(drawn.n, dtype=np.bool_)
        if now.canary is not None:
            to_canary = drawn.toward_canary < now.step.share
        rate = self._world.true_rate(self._intent, now.release, day)
        canary_rate = rate if now.canary is None else self._world.true_rate(self._intent, now.canary, day)
        failed = np.where(to_canary, drawn.failed(canary_rate), drawn.failed(rate))
        looked = self._looked(drawn, failed)
        seen = [(now.watch, failed[looked & ~to_canary])]
        if now.canary_watch is not None and now.canary is not None:
            seen.append((now.canary_watch, failed[looked & to_canary]))
        now.waiting.append(_Waiting(day, tuple(seen)))
        if now.level is not AutonomyLevel.SHADOW:
            budget = self._budgets[now.level] + 1e-12
            bad = np.where(to_canary, canary_rate > budget, rate > budget)
            now.course.n_carried += drawn.n
            now.course.n_exposed += int(bad.sum())
            now.course.n_harmed += int((bad & failed).sum())

    def _looked(self, drawn: DrawnConversations, failed: "NDArray[np.bool_]") -> "NDArray[np.bool_]":
        strata = self._strata[self._now.level]
        stratum = np.zeros(drawn.n, dtype=np.int64)
        if len(strata) > 1:
            stratum = np.where(flagged(self._world, drawn, failed), 0, 1)
        if strata == EVERYTHING:
            return np.ones(drawn.n, dtype=np.bool_)
        looked: NDArray[np.bool_] = drawn.audited < np.array([one.probability for one in strata])[stratum]
        return looked

    # ── deciding ──────────────────────────────────────────────────────────────────────────────────
    def _look(self, day: int) -> None:
        """What matured today goes to the rule that it belongs to, if that rule is still the one."""
        now = self._now
        due = [one for one in now.waiting if one.day + self._world.window_days == day]
        now.waiting = [one for one in now.waiting if one.day + self._world.window_days > day]
        for one in due:
            for watch, failed in one.seen:
                if watch is now.canary_watch:
                    self._decide_on_canary(watch.rule.look(failed), day)
                elif watch is now.watch:
                    self._decide(watch.rule.look(failed), day)

    def _decide(self, move: Move, day: int) -> None:
        now = self._now
        if move is Move.STAY:
            return
        if move is Move.WIDEN and now.level < self._ceiling:
            now.level = AutonomyLevel(now.level + 1)
            self._note(day, Kind.PROMOTED, now.release)
        elif move is Move.ROLL_BACK and now.level > AutonomyLevel.SHADOW:
            before = now.level
            now.level = AutonomyLevel(now.level - 1)
            self._note(day, Kind.DEMOTED, now.release, budget_of=before)
        self._watched_anew()

    def _decide_on_canary(self, move: Move, day: int) -> None:
        now = self._now
        canary = now.canary
        if canary is None or move is Move.STAY:
            return
        if move is Move.ROLL_BACK:
            beside = self._world.true_rate(self._intent, now.release, day)
            self._note(day, Kind.CANARY_TAKEN_BACK, canary, beside=beside)
            now.canary = now.canary_watch = None
        elif now.step.following is not None:
            now.step = now.step.following
            now.canary_watch = _Watch(self._make(self._eps(now.level), on_canary=True))
        else:
            self._note(day, Kind.CANARY_MADE_STABLE, canary)
            now.release, now.canary, now.canary_watch = canary, None, None
            self._watched_anew()

    def _note(
        self,
        day: int,
        kind: Kind,
        release: ReleaseId,
        *,
        beside: float | None = None,
        budget_of: AutonomyLevel | None = None,
    ) -> None:
        level = max(AutonomyLevel.SUPERVISED_ANSWERS, self._now.level if budget_of is None else budget_of)
        rate = self._world.true_rate(self._intent, release, day)
        budget = self._budgets[level]
        self._now.course.moves.append(Moved(day, kind, int(self._now.level), rate, budget, beside))
