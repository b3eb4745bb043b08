"""Registering, promoting, rolling back and retiring releases: each move with its grants and its line in the audit log.

Up goes one intent at a time, by gates and signatures; down goes at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from remit.adapters.agents.load import LoadedAgent
from remit.app.gating import ClustersOf
from remit.app.release_history import History, load_history
from remit.app.release_shown import Gathering, Stores
from remit.audit import Change
from remit.control.grants import Grant, GrantKey, Remit
from remit.control.orders import Act, Narrow, Order, Widen
from remit.control.widening import Inherited, Restored
from remit.conversations import AgentName, IntentName, ReleaseId
from remit.errors import ReleaseRefused
from remit.identity import Actor, Role
from remit.policy.levels import AutonomyLevel
from remit.policy.model import Policy
from remit.releases.attempts import Attempt, Ending, open_attempt
from remit.releases.diff import ReleaseDiff, compare_parts
from remit.releases.inheritance import HeldGrant, Plan, inherit
from remit.releases.life import (
    Fell,
    Line,
    Moved,
    Refused,
    Stayed,
    adopt,
    inherit_stable,
    promote,
    register,
    retire,
    roll_back,
    take_up_again,
)
from remit.releases.model import Registration, Release
from remit.releases.signatures import signature_of
from remit.releases.stages import Canary, Retired, Stable, Stage, in_words
from remit.runtime.ports import Clock

_TRIES = 5


@dataclass(frozen=True, slots=True)
class Registered:
    """What came of a registration; `plan` says what a successor inherits, None for the first release."""

    registration: Registration
    is_new: bool
    diff: ReleaseDiff | None
    plan: Plan | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a release on one intent.

    Args:
        intent: Which.
        before: Where it stood; None if the intent did not know it.
        after: Where it stands.
        what: `moved`, `inherited`, `stayed`, `failed` or `refused`.
        why: What is missing, or why it fell, one clause each.
        attempt: The attempt that this belongs to, if it is one.
    """

    intent: IntentName
    before: Stage | None
    after: Stage | None
    what: str
    why: tuple[str, ...] = ()
    attempt: Attempt | None = None

    @property
    def exit_code(self) -> int:
        """0 moved, 1 failed, 2 undecided, 3 no such move."""
        return {"moved": 0, "inherited": 0, "failed": 1, "stayed": 2, "refused": 3}[self.what]


@dataclass(frozen=True, slots=True)
class _Step:
    """One move as it will be kept, or the outcome if there is nothing to keep."""

    outcome: Outcome
    line: Line | None = None
    attempts: tuple[Attempt, ...] = ()
    acts: tuple[Act, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Releasing:
    """The releases of one agent under one policy.

    Args:
        stores: Where everything is kept.
        policy: In force.
        agent: Whose releases.
        clock: Time.
        new_salt: A random text that was never used before.
        clusters_of: Scenarios that count now, for gates of a first release.
    """

    stores: Stores
    policy: Policy
    agent: AgentName
    clock: Clock
    new_salt: Callable[[], str]
    clusters_of: ClustersOf | None = None

    async def history(self) -> History:
        """What is known of the agent's releases; what the book grants to a registered one counts as its place."""
        history = await load_history(self.agent, self.stores.releases, self.stores.releases)
        remit = await self.stores.book.remit(self.agent)
        held = sorted(remit.grants.values(), key=lambda grant: grant.since)
        lines = dict(history.lines)
        for grant in reversed([one for one in held if one.level is not AutonomyLevel.SHADOW]):
            if grant.intent in lines and grant.policy == self.policy.digest:
                lines[grant.intent] = adopt(lines[grant.intent], grant.release)
        return replace(history, lines=lines)

    # ── registering ───────────────────────────────────────────────────────────────────────────────
    async def register(self, loaded: LoadedAgent, *, by: Actor, label: str, source: Path) -> Registered:
        """Make a release known, under the digest of its parts; every intent of the policy begins at `registered`.

        Raises:
            ReleaseConflict: The id is known with other parts.
            StoreUnavailable: Nothing could be kept.
        """
        history, now = await self.history(), self.clock.now()
        release = loaded.as_release()
        predecessor = history.predecessor()
        if predecessor == release.id:
            predecessor = None
        registration = Registration(release, label, now, by.id, str(source), predecessor)
        subject = f"{self.agent}/{release.id}"
        said = Change(
            f"release-registered:{subject}", now, by, "release_registered", subject, f"registered as {label!r}"
        )
        is_new = await self.stores.releases.register(registration, recorded=said)
        for intent in self.policy.intents:
            await self._line_knows(intent, release.id)
        known = next((one for one in history.registrations if one.release.id == release.id), registration)
        return await self._registered(history, known, is_new=is_new)

    async def _registered(self, history: History, known: Registration, *, is_new: bool) -> Registered:
        before = next((one for one in history.releases() if one.id == known.predecessor), None)
        if before is None:
            return Registered(known, is_new, None, None)
        diff = compare_parts(before, known.release)
        return Registered(known, is_new, diff, await self.plan(diff))

    async def plan(self, diff: ReleaseDiff) -> Plan:
        """What `diff.new` inherits from what the agent holds now."""
        remit = await self.stores.book.remit(self.agent)
        held = [
            HeldGrant(
                intent=grant.intent,
                level=grant.level,
                release=grant.release,
                review=self._review(grant.level),
                budget=self.policy.levels[grant.level].risk.error_at_most
                if grant.level in self.policy.levels
                else 0.05,
            )
            for grant in remit.grants.values()
            if grant.policy == self.policy.digest and grant.level is not AutonomyLevel.SHADOW
        ]
        newest = {one.intent: one for one in held if one.release == diff.old} or {one.intent: one for one in held}
        drift = await self.stores.fingerprints.last_check(self.agent, diff.old)
        return inherit(newest.values(), diff, drift_suspected=drift is not None and drift.suspected)

    def _review(self, level: AutonomyLevel) -> float:
        return self.policy.levels[level].review.sample if level in self.policy.levels else 0.1

    async def _line_knows(self, intent: IntentName, release: ReleaseId) -> None:
        for _ in range(_TRIES):
            line = (await self.stores.releases.lines(self.agent)).get(intent, Line(self.agent, intent))
            after = register(line, release)
            if after is line or await self.stores.releases.change([after]):
                return
        raise self._outrun(intent)

    # ── up ────────────────────────────────────────────────────────────────────────────────────────
    async def promote(
        self, registration: Registration, intents: Sequence[IntentName], *, by: Actor, reason: str
    ) -> tuple[Outcome, ...]:
        """Take the release as far up as what has been shown allows, intent by intent.

        The first who asks proposes; whoever else asks while the attempt is open signs for their functions. An
        intent that the change from its stable release does not reach goes over at once.
        """
        outcomes = []
        for intent in intents:
            for _ in range(_TRIES):
                outcome = await self._promote_once(registration.release, intent, by=by, reason=reason)
                if outcome is not None:
                    outcomes.append(outcome)
                    break
            else:
                raise self._outrun(intent)
        return tuple(outcomes)

    async def _promote_once(self, release: Release, intent: IntentName, *, by: Actor, reason: str) -> Outcome | None:
        """One try; None if another process was faster."""
        history, now = await self.history(), self.clock.now()
        line = history.line(intent)
        alike = self._unreached(history, line, release)
        gathering = await Gathering.at(self.stores, self.policy, history, now, self.clusters_of)
        if alike is not None:
            step = self._inheriting(line, release.id, alike, gathering)
        else:
            attempt = _attempt_of(history, line, release.id, by=by, reason=reason, now=now)
            with_attempt = replace(history, attempts=_with_attempt(history.attempts, attempt))
            step = await self._climbing(replace(gathering, history=with_attempt), line, release, attempt)
        return step.outcome if await self._keep(step, release.id, by=by, reason=reason, now=now) else None

    def _unreached(self, history: History, line: Line, release: Release) -> Release | None:
        """The stable release, if the change from it cannot reach the intent."""
        if line.stable in (None, release.id) or isinstance(line.stages.get(release.id), Canary):
            return None
        stable = next((one for one in history.releases() if one.id == line.stable), None)
        if stable is None or compare_parts(stable, release).reaches(line.intent):
            return None
        return stable

    def _inheriting(self, line: Line, release: ReleaseId, stable: Release, gathering: Gathering) -> _Step:
        before = line.stages.get(release)
        match inherit_stable(line, release):
            case Refused(why):
                return _Step(Outcome(line.intent, before, before, "refused", (why,)))
            case Moved(line=after, stage=stage):
                why = f"no change between {stable.id} and {release} reaches the intent"
                acts = _handing_over(gathering.grant(line), release)
                return _Step(Outcome(line.intent, before, stage, "inherited", (why,)), after, (), acts, why)

    async def _climbing(self, gathering: Gathering, line: Line, release: Release, attempt: Attempt) -> _Step:
        """As far up as it goes: registered, evaluated and shadow cost nothing; a canary begins one step at a time."""
        before, now = line.stages.get(release.id), line
        while True:
            shown = await gathering.shown(now, release)
            moved = promote(now, release.id, shown, salt=self.new_salt())
            match moved:
                case Moved(line=after, stage=stage) if not isinstance(stage, Canary | Stable):
                    now = after
                case Moved(line=after, stage=stage):
                    acts = _acts_on(stage, before, gathering.grant(line), release.id)
                    ended = attempt
                    if isinstance(stage, Stable):
                        ended = attempt.closed(Ending.PROMOTED, "every step was passed", gathering.now)
                    outcome = Outcome(line.intent, before, stage, "moved", (), ended)
                    return _Step(outcome, after, (ended,), acts, f"{release.id} to {in_words(stage)}")
                case Stayed(missing=missing):
                    what = "stayed" if now is line else "moved"
                    outcome = Outcome(line.intent, before, now.stages.get(release.id), what, missing, attempt)
                    return _Step(outcome, None if now is line else now, (attempt,), (), "; ".join(missing))
                case Fell(line=after, why=why):
                    ended = attempt.closed(Ending.FAILED, "; ".join(why), gathering.now)
                    acts = _taking_back(line, release.id)
                    outcome = Outcome(line.intent, before, after.stages.get(release.id), "failed", why, ended)
                    return _Step(outcome, after, (ended,), acts, "; ".join(why))
                case Refused(why=sentence):
                    outcome = Outcome(line.intent, before, now.stages.get(release.id), "refused", (sentence,))
                    return _Step(outcome, None if now is line else now)

    # ── down ──────────────────────────────────────────────────────────────────────────────────────
    async def roll_back(
        self, intents: Sequence[IntentName], *, to: ReleaseId | None, by: Actor, reason: str
    ) -> tuple[Outcome, ...]:
        """Return to a release that held the grant, or take the canary back, at once and without gates."""
        return tuple([await self._move(intent, _RollBack(to), by=by, reason=reason) for intent in intents])

    async def retire(
        self, release: ReleaseId, intents: Sequence[IntentName], *, by: Actor, reason: str
    ) -> tuple[Outcome, ...]:
        """A release that nobody needs any more."""
        return tuple([await self._move(intent, _Retire(release), by=by, reason=reason) for intent in intents])

    async def take_up_again(
        self, release: ReleaseId, intents: Sequence[IntentName], *, by: Actor, reason: str
    ) -> tuple[Outcome, ...]:
        """A retired release tries again, with the evidence that it has and the attempts that it spent."""
        return tuple([await self._move(intent, _TakeUp(release), by=by, reason=reason) for intent in intents])

    async def _move(self, intent: IntentName, move: "_Move", *, by: Actor, reason: str) -> Outcome:
        for _ in range(_TRIES):
            history, now = await self.history(), self.clock.now()
            remit = await self.stores.book.remit(self.agent)
            step, release = move.step(history, history.line(intent), remit, reason=reason, now=now)
            if await self._keep(step, release, by=by, reason=reason, now=now):
                return step.outcome
        raise self._outrun(intent)

    # ── keeping ───────────────────────────────────────────────────────────────────────────────────
    async def _keep(self, step: _Step, release: ReleaseId, *, by: Actor, reason: str, now: datetime) -> bool:
        """Line, attempt, grants and audit in one transaction; False if another process was faster."""
        if step.line is None and not step.attempts:
            return True
        outcome = step.outcome
        subject = f"{self.agent}/{outcome.intent}/{release}"
        key = f"release:{subject}:{outcome.what}:{now.isoformat()}"
        order = None
        if step.acts:
            order = Order(
                f"{key}:grants", self.agent, now, by, "; ".join(filter(None, (reason, step.reason))), step.acts
            )
        recorded = () if step.line is None else (_recorded(key, subject, step, by=by, reason=reason, now=now),)
        lines = () if step.line is None else (step.line,)
        return await self.stores.releases.change(lines, step.attempts, order=order, recorded=recorded)

    def _outrun(self, intent: IntentName) -> ReleaseRefused:
        return ReleaseRefused(
            f"the releases of {self.agent}/{intent} are being changed by others all the time", "Try again."
        )


# ── attempts and grants ───────────────────────────────────────────────────────────────────────────
def _attempt_of(history: History, line: Line, release: ReleaseId, *, by: Actor, reason: str, now: datetime) -> Attempt:
    """The release's open attempt, signed if somebody else than its proposer asks; else a new one."""
    own = [one for one in history.attempts if one.intent == line.intent]
    running = open_attempt(own, release)
    if running is None:
        ledger = history.ledger(line.intent)
        return Attempt(history.agent, line.intent, release, ledger.attempt, ledger.share, by.id, now)
    if by.id != running.proposer and by.may(Role.APPROVER):
        return running.signed(signature_of(by, at=now, reason=reason))
    return running


def _with_attempt(attempts: Sequence[Attempt], one: Attempt) -> tuple[Attempt, ...]:
    key = (one.intent, one.release, one.opened_at)
    return (*(other for other in attempts if (other.intent, other.release, other.opened_at) != key), one)


def _acts_on(stage: Stage, before: Stage | None, held: Grant | None, release: ReleaseId) -> tuple[Act, ...]:
    """The canary gets the stable release's grant, provisionally; when it is stable, the other one steps aside."""
    if held is None or held.release == release:
        return ()
    if isinstance(stage, Stable):
        return (Narrow(held.key, AutonomyLevel.SHADOW, for_a_cause=False),)
    return () if isinstance(before, Canary) else _inherited(held, release, reached=True)


def _handing_over(held: Grant | None, release: ReleaseId) -> tuple[Act, ...]:
    if held is None:
        return ()
    # The predecessor keeps its grant: the two are alike here, and conversations that it carries go on.
    return _inherited(held, release, reached=False)


def _inherited(held: Grant, release: ReleaseId, *, reached: bool) -> tuple[Act, ...]:
    return (Widen(Inherited(held, release, reached, (f"diff:{held.release}..{release}",))),)


def _taking_back(line: Line, release: ReleaseId) -> tuple[Act, ...]:
    if not isinstance(line.stages.get(release), Canary):
        return ()
    return (Narrow(GrantKey(line.intent, release), AutonomyLevel.SHADOW),)


def _recorded(key: str, subject: str, step: _Step, *, by: Actor, reason: str, now: datetime) -> Change:
    outcome = step.outcome
    before = {"stage": in_words(outcome.before)} if outcome.before is not None else {}
    after = {"stage": in_words(outcome.after)} if outcome.after is not None else {}
    why = "; ".join(filter(None, (reason, step.reason)))
    return Change(key, now, by, f"release_{outcome.what}", subject, why, "", before, after)


# ── moves that narrow, or that change nothing live ────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class _RollBack:
    to: ReleaseId | None

    def step(
        self, history: History, line: Line, remit: Remit, *, reason: str, now: datetime
    ) -> tuple[_Step, ReleaseId]:
        moved = roll_back(line, to=self.to, why=reason)
        named = self.to or line.canary or line.stable or ReleaseId("")
        before = line.stages.get(named)
        if isinstance(moved, Refused):
            return _Step(Outcome(line.intent, before, before, "refused", (moved.why,))), named
        left = [one for one in (line.canary, line.stable) if one is not None and _left(one, line, moved.line)]
        target = moved.line.stable if moved.line.stable != line.stable else None
        subject = target or line.canary or named
        ended = tuple(
            attempt.closed(Ending.FAILED, reason, now)
            for one in left
            if (attempt := open_attempt([a for a in history.attempts if a.intent == line.intent], one)) is not None
        )
        acts: list[Act] = [Narrow(GrantKey(line.intent, one), AutonomyLevel.SHADOW) for one in left]
        if target is not None and GrantKey(line.intent, target) in remit.grants:
            acts.append(Widen(Restored(line.intent, target)))
        outcome = Outcome(line.intent, line.stages.get(subject), moved.line.stages.get(subject), "moved", (reason,))
        return _Step(outcome, moved.line, ended, tuple(acts), "rolled back"), subject


def _left(release: ReleaseId, before: Line, after: Line) -> bool:
    return isinstance(after.stages.get(release), Retired) and not isinstance(before.stages.get(release), Retired)


@dataclass(frozen=True, slots=True)
class _Retire:
    release: ReleaseId

    def step(
        self, history: History, line: Line, remit: Remit, *, reason: str, now: datetime
    ) -> tuple[_Step, ReleaseId]:
        del remit
        moved = retire(line, self.release, reason)
        before = line.stages.get(self.release)
        if isinstance(moved, Refused):
            return _Step(Outcome(line.intent, before, before, "refused", (moved.why,))), self.release
        running = open_attempt([one for one in history.attempts if one.intent == line.intent], self.release)
        # Nothing was decided: a canary that is refuted falls by itself, and that is the failure.
        ended = () if running is None else (running.closed(Ending.WITHDRAWN, reason, now),)
        outcome = Outcome(line.intent, before, moved.stage, "moved", (reason,))
        return _Step(outcome, moved.line, ended, _taking_back(line, self.release), "retired"), self.release


@dataclass(frozen=True, slots=True)
class _TakeUp:
    release: ReleaseId

    def step(
        self, history: History, line: Line, remit: Remit, *, reason: str, now: datetime
    ) -> tuple[_Step, ReleaseId]:
        del history, remit, now
        moved = take_up_again(line, self.release)
        before = line.stages.get(self.release)
        if isinstance(moved, Refused):
            return _Step(Outcome(line.intent, before, before, "refused", (moved.why,))), self.release
        return _Step(Outcome(line.intent, before, moved.stage, "moved", (reason,)), moved.line), self.release


_Move = _RollBack | _Retire | _TakeUp
