"""Customers who are not assigned with the declared share: one incident, and nothing widens or narrows by it."""

import asyncio
from datetime import timedelta

from control_samples import POLICY, R1, R2, REFUND, SHOP
from people import NOON
from remit.adapters.memory import MemoryAssignments, MemoryGrantBook, MemoryReleases
from remit.control.sample_ratio import RatioWatch
from remit.conversations import ConversationId
from remit.releases.canary import Assignment
from remit.releases.life import Line
from remit.releases.stages import Canary, CanaryStep, Stable
from remit.statistics import Arm

SHARE = CanaryStep.HALF.share


async def watched(n_canary: int, n_stable: int) -> tuple[RatioWatch, MemoryGrantBook]:
    lives, assignments, book = MemoryReleases(), MemoryAssignments(), MemoryGrantBook()
    await lives.change([Line(SHOP, REFUND, {R1: Stable(), R2: Canary(CanaryStep.HALF, "salt")})])
    for number in range(n_canary + n_stable):
        arm: Arm = "canary" if number < n_canary else "stable"
        name = ConversationId(f"c-{number}")
        await assignments.pin(Assignment(name, SHOP, R2, arm, SHARE, REFUND, "salt", f"customer-{number}", NOON))
    return RatioWatch(SHOP, POLICY, lives, assignments, book), book


def test_a_share_that_is_not_kept_opens_one_incident_with_its_figures() -> None:
    async def story() -> None:
        watch, book = await watched(60, 140)
        (order,) = await watch.look(NOON)
        (incident,) = await book.incidents.list(SHOP, only_open=True)
        assert order.incident == incident
        assert incident.why.startswith("60 of 200 customers went to the canary, 100.0 were to be expected")
        assert "remit release rollback --intent refund" in incident.timeline[1].what
        assert [waiting.notice.tidings.what for waiting in await book.outbox.take(NOON, at_most=9)] == ["incident"]
        assert list(await watch.look(NOON + timedelta(minutes=2))) == []
        again, _ = await watched(60, 140)
        again.book = book
        assert list(await again.look(NOON)) == [], "another process opens no second one"

    asyncio.run(story())


def test_a_share_that_is_kept_and_a_canary_without_customers_open_nothing() -> None:
    async def story() -> None:
        for n_canary, n_stable in ((0, 0), (104, 96)):
            watch, book = await watched(n_canary, n_stable)
            assert list(await watch.look(NOON)) == []
            assert list(await book.incidents.list()) == []

    asyncio.run(story())


def test_the_draws_are_counted_once_a_minute_at_most() -> None:
    async def story() -> None:
        watch, _ = await watched(0, 0)
        await watch.look(NOON)
        await watch.assignments.pin(
            Assignment(ConversationId("x"), SHOP, R2, "canary", SHARE, REFUND, "salt", "x", NOON)
        )
        for number in range(40):
            name = ConversationId(f"y-{number}")
            await watch.assignments.pin(
                Assignment(name, SHOP, R2, "canary", SHARE, REFUND, "salt", f"y-{number}", NOON)
            )
        assert list(await watch.look(NOON + timedelta(seconds=59))) == []
        assert len(await watch.look(NOON + timedelta(seconds=60))) == 1
        # A clock that was set back does not silence it.
        assert list(await watch.look(NOON - timedelta(days=1))) == []

    asyncio.run(story())
