"""An objective's budget acts through the controller: half-burned looks closer and freezes, burned steps down."""

import asyncio
from datetime import datetime

import pytest

from control_samples import APPROVAL, AUTONOMOUS, LIMITS, POLICY, R1, REFUND, SHOP, earned
from live_samples import traffic
from people import NOON, OLGA, PAUL, RITA, order
from remit.adapters.memory import MemoryGrantBook, MemoryLedger, MemoryRunningStates
from remit.control.controller import Controller, Step
from remit.control.grants import GrantKey
from remit.control.monitors import budget_monitors
from remit.control.orders import FreezeNow, RaiseSampling, Widen
from remit.errors import WideningRefused
from remit.evidence import LedgerFollower
from remit.evidence.follow_up import RaisedShares, shares_key
from remit.policy.levels import AutonomyLevel
from remit.slo import Objective

BOTH = ((PAUL, "operations"), (RITA, "risk"))
RIGHT = Objective(name="right-outcomes", service="shop", metric="bad_outcome", target=0.95)


class _Watch:
    def now(self) -> datetime:
        return NOON


async def after(days: int, every: int) -> tuple[Step, MemoryGrantBook, MemoryLedger]:
    """The book after so many days of a hundred conversations, every so-manieth of which goes wrong."""
    book, ledger = MemoryGrantBook(), MemoryLedger()
    book.enact_now(order("promote", Widen(earned(LIMITS, BOTH, OLGA)), by=OLGA))
    follower = LedgerFollower("objectives", budget_monitors([RIGHT]), ledger, MemoryRunningStates())
    controller = Controller(
        SHOP,
        POLICY,
        [follower],
        book,
        incidents=book.incidents,
        clock=_Watch(),
        ledger=ledger,
    )
    await ledger.append(traffic(days, 100, every))
    return await controller.step(), book, ledger


def level(book: MemoryGrantBook) -> AutonomyLevel:
    return book.remit_now(SHOP).level_of(GrantKey(REFUND, R1), policy=POLICY.digest, now=NOON)


def test_a_half_burned_budget_raises_sampling_and_freezes_promotions_and_takes_nothing() -> None:
    async def story() -> None:
        step, book, ledger = await after(6, 12)
        assert [type(one.acts[0]) for one in step.orders] == [RaiseSampling, FreezeNow]
        remit = book.remit_now(SHOP)
        assert remit.frozen(REFUND, NOON) is not None
        assert remit.sampling[REFUND].share >= 0.5
        shares = LedgerFollower("draws", [RaisedShares()], ledger, MemoryRunningStates())
        await shares.catch_up()
        assert (await shares.state(RaisedShares(), shares_key(SHOP, REFUND)))["flagged"] == 1.0
        assert level(book) is LIMITS
        with pytest.raises(WideningRefused, match="frozen"):
            book.enact_now(order("more", Widen(earned(AUTONOMOUS, BOTH, OLGA, above=LIMITS)), by=OLGA))

    asyncio.run(story())


def test_a_burned_budget_steps_one_level_down_and_opens_an_incident() -> None:
    async def story() -> None:
        _, book, _ = await after(6, 5)
        assert level(book) is APPROVAL
        (incident,) = await book.incidents.list()
        assert "objective right-outcomes" in incident.title
        assert "budget 0.05" in incident.why

    asyncio.run(story())


def test_a_budget_that_is_kept_asks_for_nothing() -> None:
    async def story() -> None:
        step, book, _ = await after(6, 50)
        assert step.orders == ()
        assert level(book) is LIMITS

    asyncio.run(story())
