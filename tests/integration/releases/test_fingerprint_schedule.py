"""An agent that runs elsewhere is probed when its time has come; suspected drift freezes every promotion."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from integration.releases.bench import ENGINEER, NOW, shop_policy
from people import by_waiver
from remit.adapters.agents.load import LoadedAgent
from remit.adapters.memory import MemoryFingerprints, MemoryGrantBook
from remit.app.fingerprint_schedule import FingerprintSchedule
from remit.control.suspected_change import order_on_acceptance
from remit.conversations import AgentName, IntentName, ReleaseId
from remit.errors import AgentUnreachable, WideningRefused
from remit.policy.levels import AutonomyLevel
from remit.policy.proposals import ProposedAnswer
from remit.runtime.ports import AgentReply, AgentView

AGENT, RELEASE = AgentName("vendor"), ReleaseId("r-1")


@dataclass
class Vendor:
    """Answers as `manner` says; may be out of reach."""

    manner: str = "We look into it."
    reachable: bool = True
    n_asked: int = 0

    async def propose(self, view: AgentView) -> AgentReply:
        if not self.reachable:
            raise AgentUnreachable(AGENT, "no route")
        self.n_asked += 1
        return AgentReply(ProposedAnswer(self.manner))


@dataclass
class Watch:
    at: Any = NOW

    def now(self) -> Any:
        return self.at


@dataclass
class Room:
    opaque: bool = True
    vendor: Vendor = field(default_factory=Vendor)
    clock: Watch = field(default_factory=Watch)
    book: MemoryGrantBook = field(default_factory=MemoryGrantBook)
    store: MemoryFingerprints = field(default_factory=MemoryFingerprints)

    def schedule(self, every_h: float = 24.0) -> FingerprintSchedule:
        """One process."""
        return FingerprintSchedule(
            load=lambda: LoadedAgent(AGENT, RELEASE, "http", self.vendor, self.opaque),
            policy=shop_policy(),
            store=self.store,
            book=self.book,
            clock=self.clock,
            every=timedelta(hours=every_h),
        )

    def later(self, hours: float) -> None:
        self.clock.at += timedelta(hours=hours)


def told(story: Callable[[Room], Coroutine[Any, Any, None]], room: Room | None = None) -> None:
    asyncio.run(story(room or Room()))


def test_the_baseline_is_made_at_once_and_a_check_follows_each_day() -> None:
    async def story(room: Room) -> None:
        schedule = room.schedule()
        assert await schedule.look() is None
        n_baseline = room.vendor.n_asked
        assert n_baseline > 0
        assert await room.store.baseline(AGENT, RELEASE) is not None
        room.later(23)
        await room.schedule().look()
        assert room.vendor.n_asked == n_baseline, "another process knows when it was probed"
        room.later(2)
        assert await schedule.look() is None
        assert room.vendor.n_asked > n_baseline
        check = await room.store.last_check(AGENT, RELEASE)
        assert check is not None
        assert not check.suspected

    told(story)


def test_suspected_drift_freezes_every_way_up_and_opens_one_incident_until_it_is_accepted() -> None:
    async def story(room: Room) -> None:
        schedule = room.schedule()
        await schedule.look()
        room.vendor.manner = "Please buy something else instead today."
        room.later(25)
        order = await schedule.look()
        assert order is not None
        (incident,) = await room.book.incidents.list(AGENT)
        assert "probes are answered as never before (p = " in incident.why
        level = AutonomyLevel.SUPERVISED_ANSWERS
        waiver = by_waiver(shop_policy(), IntentName("refund"), level, at=room.clock.now(), agent=AGENT)
        with pytest.raises(WideningRefused, match="behind an unchanged definition"):
            await room.book.enact(waiver)
        room.later(25)
        assert await schedule.look() is None, "the same suspicion on the next day is the same incident"
        assert len(await room.book.incidents.list(AGENT)) == 1
        remit = await room.book.remit(AGENT)
        thaw = order_on_acceptance(AGENT, RELEASE, remit, ENGINEER, room.clock.now(), reason="a new model, evaluated")
        assert thaw is not None
        await room.book.enact(thaw)
        assert (await room.book.enact(waiver)).changes

    told(story)


def test_an_agent_out_of_reach_is_no_drift_and_is_asked_again_an_hour_later() -> None:
    async def story(room: Room) -> None:
        room.vendor.reachable = False
        schedule = room.schedule()
        assert await schedule.look() is None
        assert await room.store.last_taken(AGENT, RELEASE) is None
        room.vendor.reachable = True
        await schedule.look()
        assert room.vendor.n_asked == 0
        room.later(1)
        await schedule.look()
        assert room.vendor.n_asked > 0

    told(story)


@pytest.mark.parametrize(("opaque", "every_h"), [(False, 24.0), (True, 0.0)])
def test_an_agent_that_runs_here_and_a_schedule_of_zero_ask_nothing(opaque: bool, every_h: float) -> None:
    async def story(room: Room) -> None:
        await room.schedule(every_h).look()
        assert room.vendor.n_asked == 0

    told(story, Room(opaque=opaque))
