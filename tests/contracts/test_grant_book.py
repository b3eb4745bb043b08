"""One contract for every book of grants: an order is carried out whole, once, with its audit lines and its notices."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from control_samples import APPROVAL, AUTONOMOUS, LIMITS, POLICY, R1, R2, REFUND, SHADOW, SHOP, earned
from people import NOON, OLGA, PAUL, RITA, by_waiver, order, waived
from remit.adapters.memory import MemoryAuditLog, MemoryGrantBook
from remit.adapters.store import SqliteAuditLog, SqliteDatabase, SqliteGrantBook, SqliteIncidents, SqliteOutbox
from remit.audit import AuditLog
from remit.control.grants import GrantKey, Scope, ScopeKind
from remit.control.incidents import EventKind, Incident, IncidentId, TimelineEvent
from remit.control.notices import LEASE, Notice, Tidings
from remit.control.orders import (
    ClearWaivers,
    Demote,
    FreezeNow,
    Limit,
    Narrow,
    Order,
    RaiseSampling,
    Resume,
    StopNow,
    Thaw,
    Widen,
)
from remit.control.ports import GrantBook, Incidents, Outbox
from remit.control.widening import Inherited, Restored
from remit.conversations import AgentName, ConversationId, ReleaseId
from remit.errors import IncidentUnknown, NotPermitted, WideningRefused
from remit.policy.operating import Recipient
from remit.tools import ToolName

KEY = GrantKey(REFUND, R1)
PROMOTION = order("promote", Widen(earned(LIMITS, ((PAUL, "operations"), (RITA, "risk")), OLGA)), by=OLGA)
MAIL = Recipient("email", "ops@shop.example")
TIDINGS = Tidings("demote", SHOP, REFUND, "refund: one level down", "9 bad in 100", NOON, IncidentId("inc-1"))
INCIDENT = Incident(
    IncidentId("inc-1"),
    SHOP,
    R1,
    REFUND,
    NOON,
    "refund: one level down",
    "9 bad in 100",
    (ConversationId("c-7"),),
    1,
    (TimelineEvent(NOON, EventKind.NOTICED, "9 bad in 100"),),
)


@dataclass(frozen=True)
class Kept:
    """A book and what is kept with it."""

    book: GrantBook
    audit: AuditLog
    incidents: Incidents
    outbox: Outbox

    async def lines(self) -> list[str]:
        return [entry.change.action async for entry in self.audit.entries()]


OpenBook = Callable[[], AbstractAsyncContextManager[Kept]]


@pytest.fixture(params=["memory", "sqlite"])
def open_book(request: pytest.FixtureRequest, tmp_path: Path) -> OpenBook:
    @asynccontextmanager
    async def memory() -> AsyncIterator[Kept]:
        book = MemoryGrantBook(audit=MemoryAuditLog())
        yield Kept(book, book.audit, book.incidents, book.outbox)

    @asynccontextmanager
    async def sqlite() -> AsyncIterator[Kept]:
        async with SqliteDatabase(tmp_path / "remit.db") as database:
            yield Kept(
                SqliteGrantBook(database), SqliteAuditLog(database), SqliteIncidents(database), SqliteOutbox(database)
            )

    return memory if request.param == "memory" else sqlite


def with_book(open_book: OpenBook, story: Callable[[Kept], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        async with open_book() as kept:
            await story(kept)

    asyncio.run(run())


def test_an_agent_that_the_book_does_not_know_has_earned_nothing(open_book: OpenBook) -> None:
    async def story(kept: Kept) -> None:
        remit = await kept.book.remit(SHOP)
        assert (remit.epoch, remit.grants) == (0, {})
        assert remit.level_of(KEY, policy=POLICY.digest, now=NOON) is SHADOW

    with_book(open_book, story)


def test_an_order_is_carried_out_once_and_what_it_gives_comes_back_whole(open_book: OpenBook) -> None:
    async def story(kept: Kept) -> None:
        first, again = await kept.book.enact(PROMOTION), await kept.book.enact(PROMOTION)
        assert (first.first, len(first.changes)) == (True, 1)
        assert (again.first, again.changes) == (False, ())
        remit = await kept.book.remit(SHOP)
        assert remit == first.remit == again.remit
        assert remit.epoch == 1
        assert remit.grants[KEY].level is LIMITS
        assert remit.grants[KEY].evidence == tuple(dict.fromkeys(remit.grants[KEY].evidence)) != ()
        assert await kept.lines() == ["grant_promoted"]

    with_book(open_book, story)


def test_everything_that_stands_over_a_grant_comes_back_as_it_was_put(open_book: OpenBook) -> None:
    async def story(kept: Kept) -> None:
        acts = (
            Widen(waived(POLICY, REFUND, AUTONOMOUS)),
            Limit(KEY, {ToolName("issue_refund"): "amount <= 20.0"}),
            StopNow(Scope(ScopeKind.TOOL, "issue_refund")),
            FreezeNow(REFUND, NOON + timedelta(days=2)),
            RaiseSampling(REFUND, 0.5),
        )
        await kept.book.enact(PROMOTION)
        enacted = await kept.book.enact(order("much", *acts))
        remit = await kept.book.remit(SHOP)
        assert remit == enacted.remit
        assert len(enacted.changes) == len(acts)
        assert remit.epoch == 1 + len(acts)
        assert remit.waivers[KEY].by == PAUL
        assert len(await kept.lines()) == 1 + len(acts)

    with_book(open_book, story)


def test_a_refused_order_leaves_nothing_behind_and_may_be_tried_again(open_book: OpenBook) -> None:
    async def story(kept: Kept) -> None:
        await kept.book.enact(order("freeze", FreezeNow(REFUND), reason="half burned"))
        both = order("both", StopNow(Scope(ScopeKind.AGENT)), *PROMOTION.acts)
        with pytest.raises(WideningRefused, match="frozen until a person lifts it: half burned"):
            await kept.book.enact(both)
        assert not (await kept.book.remit(SHOP)).stops
        await kept.book.enact(order("thaw", Thaw(REFUND), by=OLGA))
        assert (await kept.book.enact(both)).first
        assert await kept.lines() == ["promotions_frozen", "promotions_thawed", "stop_set", "grant_promoted"]

    with_book(open_book, story)


def test_an_order_that_finds_everything_as_it_should_be_changes_nothing_and_tells_nobody(open_book: OpenBook) -> None:
    async def story(kept: Kept) -> None:
        notices = (Notice("n-1", MAIL, TIDINGS),)
        narrow = replace(order("narrow", Narrow(KEY, SHADOW)), incident=INCIDENT, notices=notices)
        enacted = await kept.book.enact(narrow)
        assert (enacted.first, enacted.changes, enacted.remit.epoch) == (True, (), 0)
        assert await kept.incidents.list() == []
        assert await kept.outbox.take(NOON) == []

    with_book(open_book, story)


def test_the_incident_and_the_notices_of_an_order_are_kept_with_it(open_book: OpenBook) -> None:
    async def story(kept: Kept) -> None:
        await kept.book.enact(PROMOTION)
        notices = (Notice("n-1", MAIL, TIDINGS),)
        await kept.book.enact(replace(order("narrow", Narrow(KEY, SHADOW)), incident=INCIDENT, notices=notices))
        assert await kept.incidents.list(SHOP, only_open=True) == [INCIDENT]
        (waiting,) = await kept.outbox.take(NOON)
        assert (waiting.notice, waiting.n_attempts) == (notices[0], 1)

    with_book(open_book, story)


def test_the_stop_of_everything_is_everybodys_and_raises_everybodys_epoch(open_book: OpenBook) -> None:
    async def story(kept: Kept) -> None:
        everything = Scope(ScopeKind.ALL)
        other = AgentName("other")
        await kept.book.enact(order("stop", StopNow(everything), agent=other))
        remit = await kept.book.remit(SHOP)
        assert (remit.stops_agent(R1) is not None, remit.epoch) == (True, 1)
        await kept.book.enact(order("resume", Resume(everything), by=OLGA))
        for agent in (SHOP, other):
            remit = await kept.book.remit(agent)
            assert (remit.stops_agent(R1), remit.epoch >= 2) == (None, True)

    with_book(open_book, story)


def test_only_an_operator_lets_an_agent_do_more_again(open_book: OpenBook) -> None:
    async def story(kept: Kept) -> None:
        scope = Scope(ScopeKind.INTENT, REFUND)
        await kept.book.enact(order("stop", StopNow(scope)))
        with pytest.raises(NotPermitted, match="operator"):
            await kept.book.enact(order("resume", Resume(scope), by=RITA))
        assert scope in (await kept.book.remit(SHOP)).stops

    with_book(open_book, story)


def test_an_expired_waiver_gives_nothing_and_moves_the_epoch_before_it_is_cleared_away(open_book: OpenBook) -> None:
    async def story(kept: Kept) -> None:
        await kept.book.enact(by_waiver(POLICY, REFUND, AUTONOMOUS, at=NOON))
        remit, later = await kept.book.remit(SHOP), NOON + timedelta(hours=1)
        assert remit.level_of(KEY, policy=POLICY.digest, now=NOON) is AUTONOMOUS
        assert remit.level_of(KEY, policy=POLICY.digest, now=later) is SHADOW
        cleared = await kept.book.enact(order("clear", ClearWaivers(), at=later))
        assert cleared.remit.epoch_at(later) == remit.epoch_at(later) == remit.epoch_at(NOON) + 1
        assert await kept.lines() == ["waiver_given", "waiver_expired"]

    with_book(open_book, story)


def test_a_rollback_brings_back_what_was_held_and_not_what_was_lost_for_a_cause(open_book: OpenBook) -> None:
    async def story(kept: Kept) -> None:
        await kept.book.enact(PROMOTION)
        await kept.book.enact(order("aside", Narrow(KEY, SHADOW, for_a_cause=False)))
        restored = await kept.book.enact(order("back", Widen(Restored(REFUND, R1))))
        assert restored.remit.grants[KEY].level is LIMITS
        await kept.book.enact(order("cause", Narrow(KEY, APPROVAL)))
        await kept.book.enact(order("aside-2", Narrow(KEY, SHADOW, for_a_cause=False)))
        restored = await kept.book.enact(order("back-2", Widen(Restored(REFUND, R1))))
        assert restored.remit.grants[KEY].level is APPROVAL
        with pytest.raises(WideningRefused, match="has never held it"):
            await kept.book.enact(order("back-3", Widen(Restored(REFUND, R2))))

    with_book(open_book, story)


def test_a_release_does_not_earn_back_what_it_lost_for_a_cause(open_book: OpenBook) -> None:
    signers = ((PAUL, "operations"), (RITA, "risk"))

    async def story(kept: Kept) -> None:
        await kept.book.enact(PROMOTION)
        await kept.book.enact(order("cause", Demote(KEY)))
        again = order("again", Widen(earned(LIMITS, signers, OLGA, above=APPROVAL)), by=OLGA)
        with pytest.raises(
            WideningRefused, match=r"r-1 was narrowed for a cause on 2026(.|\n)*new release(.|\n)*waive"
        ):
            await kept.book.enact(again)
        held = (await kept.book.remit(SHOP)).grants[KEY]
        assert (held.level, held.narrowed_at) == (APPROVAL, NOON)

        await kept.book.enact(order("unreached", Widen(Inherited(held, R2, reached=False, evidence=("diff",)))))
        beside = earned(LIMITS, signers, OLGA, above=APPROVAL, release=R2)
        with pytest.raises(WideningRefused, match="narrowed for a cause"):
            await kept.book.enact(order("unreached up", Widen(beside), by=OLGA))
        mended = ReleaseId("r-3")
        await kept.book.enact(order("reached", Widen(Inherited(held, mended, reached=True, evidence=("diff",)))))
        up = earned(LIMITS, signers, OLGA, above=APPROVAL, release=mended)
        await kept.book.enact(order("reached up", Widen(up), by=OLGA))
        assert (await kept.book.remit(SHOP)).grants[GrantKey(REFUND, mended)].level is LIMITS

        await kept.book.enact(order("waive", Widen(waived(POLICY, REFUND, AUTONOMOUS)), by=RITA))
        remit = await kept.book.remit(SHOP)
        assert remit.level_of(KEY, policy=POLICY.digest, now=NOON) is AUTONOMOUS

    with_book(open_book, story)


def test_a_release_that_only_stepped_aside_earns_as_before(open_book: OpenBook) -> None:
    async def story(kept: Kept) -> None:
        await kept.book.enact(PROMOTION)
        await kept.book.enact(order("aside", Narrow(KEY, SHADOW, for_a_cause=False)))
        await kept.book.enact(replace(PROMOTION, key="again"))
        assert (await kept.book.remit(SHOP)).grants[KEY].level is LIMITS

    with_book(open_book, story)


def test_a_successor_inherits_what_holds_now_and_not_what_held_when_the_diff_was_made(open_book: OpenBook) -> None:
    async def story(kept: Kept) -> None:
        held = (await kept.book.enact(PROMOTION)).remit.grants[KEY]
        await kept.book.enact(order("narrow", Narrow(KEY, APPROVAL)))
        inherited = Inherited(held, R2, reached=True, evidence=("diff-1",))
        remit = (await kept.book.enact(order("inherit", Widen(inherited)))).remit
        grant = remit.grants[GrantKey(REFUND, R2)]
        assert (grant.level, grant.provisional, grant.evidence) == (APPROVAL, True, ("diff-1",))

    with_book(open_book, story)


def test_an_incident_grows_and_is_closed_once(open_book: OpenBook) -> None:
    async def story(kept: Kept) -> None:
        await kept.book.enact(Order("tell", SHOP, NOON, PAUL, "told", (), incident=INCIDENT))
        added = await kept.incidents.add(
            INCIDENT.id, TimelineEvent(NOON, EventKind.SCENARIO_ADDED, "refund-7", "paul"), scenario="refund-7"
        )
        assert (added.scenario, added.owes) == ("refund-7", "its cause in words")
        closed = TimelineEvent(NOON, EventKind.CLOSED, "a tool had changed", "paul")
        first, again = await kept.incidents.add(INCIDENT.id, closed), await kept.incidents.add(INCIDENT.id, closed)
        assert first == again
        assert (first.is_open, first.closed_because, len(first.timeline)) == (False, "a tool had changed", 3)
        assert await kept.incidents.list(only_open=True) == []
        with pytest.raises(IncidentUnknown, match="inc-9"):
            await kept.incidents.incident(IncidentId("inc-9"))

    with_book(open_book, story)


def test_a_notice_is_kept_from_others_while_one_sends_it_and_comes_back_if_they_do_not_answer(
    open_book: OpenBook,
) -> None:
    async def story(kept: Kept) -> None:
        notices = (Notice("n-1", MAIL, TIDINGS), Notice("n-2", MAIL, TIDINGS))
        await kept.book.enact(Order("tell", SHOP, NOON, PAUL, "told", (), notices=notices))
        assert len(await kept.outbox.take(NOON)) == 2
        assert await kept.outbox.take(NOON) == []
        await kept.outbox.sent("n-1", NOON)
        (again,) = await kept.outbox.take(NOON + LEASE)
        assert (again.notice.key, again.n_attempts) == ("n-2", 2)
        await kept.outbox.failed("n-2", again_at=None, problem="no such mailbox")
        assert await kept.outbox.take(NOON + timedelta(days=2)) == []
        assert [(one.notice.key, why) for one, why in await kept.outbox.given_up()] == [("n-2", "no such mailbox")]

    with_book(open_book, story)
