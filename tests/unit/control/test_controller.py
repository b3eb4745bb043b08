"""The controller does what monitors ask for, once, and says why."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from control_samples import APPROVAL, LIMITS, POLICY, R1, R2, REFUND, SHADOW, SHOP, earned
from live_samples import breach, conversation, subject, traffic, wrong_write
from people import NOON, OLGA, PAUL, RITA, by_waiver, order
from remit.adapters.memory import MemoryGrantBook, MemoryLedger, MemoryReleases, MemoryRunningStates
from remit.control.controller import Contained, Controller, Step
from remit.control.grants import GrantKey, Scope, ScopeKind
from remit.control.incidents import EventKind, Incident
from remit.control.monitors import monitors_of
from remit.control.orders import Widen
from remit.conversations import AgentName, IntentName, ReleaseId
from remit.evidence import LedgerFollower, Observation
from remit.evidence.follow_up import RaisedShares, shares_key
from remit.policy.levels import AutonomyLevel
from remit.releases.life import Line
from remit.releases.stages import Canary, CanaryStep, Retired, Stable, Stage

KEY = GrantKey(REFUND, R1)
BOTH = ((PAUL, "operations"), (RITA, "risk"))


@dataclass
class Watch:
    """A clock that the test moves."""

    time: datetime = NOON + timedelta(days=1)

    def now(self) -> datetime:
        return self.time


@dataclass
class Observed:
    """Implements `Contained`."""

    seen: Mapping[tuple[IntentName, AutonomyLevel], tuple[int, int]] = field(default_factory=dict)

    async def contained(
        self, agent: AgentName, release: ReleaseId
    ) -> Mapping[tuple[IntentName, AutonomyLevel], tuple[int, int]]:
        return self.seen


@dataclass
class Room:
    """A controller and everything around it, in memory."""

    contained: Contained = field(default_factory=Observed)
    book: MemoryGrantBook = field(default_factory=MemoryGrantBook)
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    states: MemoryRunningStates = field(default_factory=MemoryRunningStates)
    lives: MemoryReleases = field(default_factory=MemoryReleases)
    clock: Watch = field(default_factory=Watch)

    def controller(self) -> Controller:
        """One process: each has a follower of its own."""
        return Controller(
            SHOP,
            POLICY,
            [LedgerFollower("control", monitors_of(POLICY), self.ledger, self.states)],
            self.book,
            incidents=self.book.incidents,
            clock=self.clock,
            ledger=self.ledger,
            lives=self.lives,
            contained=self.contained,
        )

    async def sees(self, seen: Sequence[Observation]) -> Step:
        await self.ledger.append(seen)
        return await self.controller().step()

    async def incidents(self) -> Sequence[Incident]:
        return await self.book.incidents.list()

    def level(self, key: GrantKey = KEY) -> AutonomyLevel:
        return self.book.remit_now(SHOP).level_of(key, policy=POLICY.digest, now=self.clock.now())

    def promote(self, level: AutonomyLevel, release: ReleaseId = R1) -> None:
        widening = earned(level, BOTH, OLGA, release=release)
        self.book.enact_now(order(f"promote-{release}-{level}", Widen(widening), by=OLGA))


def in_room(story: Callable[[Room], Coroutine[Any, Any, None]], room: Room | None = None) -> None:
    asyncio.run(story(room or Room()))


def test_one_confirmed_critical_event_stops_the_intent_and_opens_an_incident() -> None:
    async def story(room: Room) -> None:
        room.promote(LIMITS)
        step = await room.sees([wrong_write(7)])
        assert len(step.orders) == 1
        assert Scope(ScopeKind.INTENT, REFUND) in room.book.remit_now(SHOP).stops
        (incident,) = await room.incidents()
        assert incident.title == "refund: stopped, because one critical event is confirmed"
        assert incident.conversations == (wrong_write(7).conversation,)
        assert [event.kind for event in incident.timeline] == [EventKind.NOTICED, EventKind.DONE, EventKind.TOLD]
        assert "regression scenario" in incident.owes

    in_room(story)


def test_a_second_event_of_a_known_cause_is_noted_in_the_open_incident() -> None:
    async def story(room: Room) -> None:
        room.promote(LIMITS)
        await room.sees([wrong_write(7)])
        await room.sees([breach(8, critical=True)])
        (incident,) = await room.incidents()
        assert incident.timeline[-1].what.startswith("again: guard 'secrets' stopped something critical")
        assert len(await room.book.outbox.take(room.clock.now(), at_most=99)) == 2, "nobody is told twice of one stop"

    in_room(story)


def test_a_rate_above_its_budget_demotes_one_level_with_figures_in_the_audit_log() -> None:
    async def story(room: Room) -> None:
        room.promote(LIMITS)
        await room.sees(traffic(4, 100, 4))
        assert room.level() is APPROVAL, "several monitors saw the same cause: one level down, not one for each"
        changes = [entry.change async for entry in room.book.audit.entries()]
        narrowed = [change for change in changes if change.action == "grant_narrowed"]
        assert len(narrowed) == 1
        assert "budget 0.05" in narrowed[0].reason
        assert narrowed[0].evidence.startswith("ledger:")
        assert narrowed[0].actor.id == "controller"

    in_room(story)


def test_a_demotion_reaches_what_only_a_waiver_holds() -> None:
    async def story(room: Room) -> None:
        room.book.enact_now(by_waiver(POLICY, REFUND, LIMITS, at=room.clock.now()))
        await room.sees(traffic(4, 100, 4))
        assert room.level() is SHADOW

    in_room(story)


def test_what_was_seen_at_a_level_that_no_longer_holds_takes_nothing_more() -> None:
    async def story(room: Room) -> None:
        room.promote(APPROVAL)
        await room.sees(traffic(4, 100, 4, level=LIMITS.label))
        assert room.level() is APPROVAL

    in_room(story)


def test_a_worse_canary_is_taken_back_and_its_grant_with_it() -> None:
    async def story(room: Room) -> None:
        stages: dict[ReleaseId, Stage] = {R1: Stable(), R2: Canary(CanaryStep.HALF, "salt")}
        await room.lives.change([Line(SHOP, REFUND, stages, held_by=(R1,))])
        room.promote(LIMITS)
        room.promote(LIMITS, R2)
        seen = []
        for number in range(300):
            for arm, release, every in (("canary", R2, 5), ("stable", R1, 100)):
                about = subject(number, arm=arm, share=0.5, release=release, day=number // 300)
                seen += conversation(about, failed=number % every == every - 1)
        await room.sees(seen)
        line = (await room.lives.lines(SHOP))[REFUND]
        assert (line.stable, line.canary) == (R1, None)
        assert isinstance(line.stages[R2], Retired)
        assert (room.level(), room.level(GrantKey(REFUND, R2))) == (LIMITS, SHADOW)
        (incident,) = await room.incidents()
        assert "release r-1 has it back" in incident.timeline[1].what

    in_room(story)


def test_a_rollback_that_was_interrupted_is_finished_by_the_next_step() -> None:
    """The book was changed, then the process died before the release's line was."""

    async def story(room: Room) -> None:
        stages: dict[ReleaseId, Stage] = {R1: Stable(), R2: Canary(CanaryStep.HALF, "salt")}
        await room.lives.change([Line(SHOP, REFUND, stages, held_by=(R1,))])
        room.promote(LIMITS, R2)
        dying = Controller(
            SHOP,
            POLICY,
            [LedgerFollower("control", monitors_of(POLICY), room.ledger, room.states)],
            room.book,
            incidents=room.book.incidents,
            clock=room.clock,
            lives=None,
        )
        about = [subject(n, arm="canary", share=0.5, release=R2) for n in range(40)]
        await room.ledger.append([one for each in about for one in conversation(each, failed=True)])
        pending = LedgerFollower("control", monitors_of(POLICY), room.ledger, room.states)
        await pending.catch_up()
        ((key, document),) = [one for one in (await pending.pending_actions()).items() if "rollback" in one[0]]
        assert await dying._carry_out(key, document) is not None
        assert (await room.lives.lines(SHOP))[REFUND].canary == R2
        await room.controller().step()
        assert (await room.lives.lines(SHOP))[REFUND].canary is None
        n_narrowed = [entry.change.action async for entry in room.book.audit.entries()].count("grant_narrowed")
        assert n_narrowed == 1

    in_room(story)


def test_what_a_demotion_means_for_people_is_said_and_they_are_told_when_they_cannot_take_it() -> None:
    """30 contacts in the busiest hour, 80 % contained: 24 more for people; 4 experts take 40 an hour."""

    async def story(room: Room) -> None:
        room.promote(LIMITS)
        await room.sees([wrong_write(7)])
        (incident,) = await room.incidents()
        assert (
            "about 24 contacts of the busiest hour fall to people (30 an hour declared; 80 of 100 contained at "
            "tools_within_limits; in shadow people answer everything); the experts on duty take 40 an hour: "
            "they can take it." in incident.timeline[1].what
        )

    in_room(story, Room(contained=Observed({(REFUND, LIMITS): (80, 100)})))


def test_declared_recipients_are_told_of_what_they_want_to_hear() -> None:
    async def story(room: Room) -> None:
        room.promote(LIMITS)
        await room.sees([wrong_write(7)])
        told = await room.book.outbox.take(room.clock.now(), at_most=99)
        assert {one.notice.recipient.kind for one in told} == {"email", "webhook"}
        assert {one.notice.tidings.incident for one in told} == {(await room.incidents())[0].id}

    in_room(story)


def test_half_a_budget_makes_the_next_draws_look_at_more() -> None:
    async def story(room: Room) -> None:
        room.promote(LIMITS)
        await room.sees(traffic(6, 100, 8))
        assert room.book.remit_now(SHOP).sampling[REFUND].share == 0.5
        shares = LedgerFollower("draws", [RaisedShares()], room.ledger, MemoryRunningStates())
        await shares.catch_up()
        assert await shares.state(RaisedShares(), shares_key(SHOP, REFUND)) == {"flagged": 1.0, "other": 0.5}

    in_room(story)


def test_waivers_that_have_expired_are_cleared_away_with_a_line() -> None:
    async def story(room: Room) -> None:
        room.book.enact_now(by_waiver(POLICY, REFUND, LIMITS, at=room.clock.now()))
        assert (await room.controller().step()).orders == ()
        room.clock.time += timedelta(hours=2)
        assert room.level() is SHADOW
        await room.controller().step()
        assert room.book.remit_now(SHOP).waivers == {}
        assert [entry.change.action async for entry in room.book.audit.entries()][-1] == "waiver_expired"

    in_room(story)


def test_many_controllers_on_one_book_act_once() -> None:
    async def story(room: Room) -> None:
        room.promote(LIMITS)
        await room.ledger.append(traffic(4, 100, 4))
        steps = await asyncio.gather(*(room.controller().step() for _ in range(8)))
        again = await room.controller().step()
        assert room.level() is APPROVAL
        keys = [one.key for step in (*steps, again) for one in step.orders]
        assert len(keys) == len(set(keys)) > 0

    in_room(story)
