"""Grants in the store: what one process stops or gives, every other process learns."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from control_samples import POLICY
from people import NOON, OLGA, by_waiver, order
from properties.turn_fakes import REFUND, Stage
from remit.adapters.store import SqliteDatabase, SqliteGrantBook, StoredGrants
from remit.control.grants import Scope, ScopeKind
from remit.control.orders import Resume, StopNow
from remit.conversations import AgentName, IntentName, ReleaseId
from remit.policy.levels import AutonomyLevel
from remit.policy.rules import IntentRule
from remit.runtime.ports import Permit

RULE = Stage([]).rule()
PERMIT = Permit(AgentName("shop"), ReleaseId("r-1"), POLICY.digest, 0, {REFUND: RULE}, max_steps=6)
AGENT, INTENT = Scope(ScopeKind.AGENT), Scope(ScopeKind.INTENT, REFUND)


@dataclass
class Watch:
    """A clock that the test moves."""

    time: datetime = NOON

    def now(self) -> datetime:
        return self.time


def rule_at(intent: IntentName, level: AutonomyLevel) -> IntentRule:
    return replace(RULE, intent=intent, level=level)


@asynccontextmanager
async def process(path: Path, clock: Watch) -> AsyncIterator[tuple[StoredGrants, SqliteGrantBook]]:
    async with SqliteDatabase(path) as database:
        grants = StoredGrants(database, clock, PERMIT, rule_at, poll_s=0.01, max_age_s=60)
        await grants.start()
        try:
            yield grants, SqliteGrantBook(database)
        finally:
            await grants.close()


async def until(holds: Callable[[], Coroutine[Any, Any, bool]]) -> None:
    async with asyncio.timeout(60):
        while not await holds():  # noqa: ASYNC110 - what is awaited happens in another process
            await asyncio.sleep(0.01)


def test_what_one_process_stops_or_gives_the_other_learns(tmp_path: Path) -> None:
    async def story() -> None:
        clock = Watch()
        path = tmp_path / "remit.db"
        async with process(path, clock) as (_, book), process(path, clock) as (there, _):

            async def stopped() -> bool:
                return (await there.state()).stopped

            async def going() -> bool:
                return not await stopped()

            async def autonomous() -> bool:
                return (await there.rules_now(PERMIT))[REFUND].level is AutonomyLevel.AUTONOMOUS

            assert await going()
            await book.enact(order("stop", StopNow(AGENT), reason="a wave of wrong refunds"))
            await until(stopped)
            await book.enact(by_waiver(POLICY, REFUND, AutonomyLevel.AUTONOMOUS, at=NOON))
            await until(autonomous)
            assert await stopped(), "new grants do not lift a stop"
            await book.enact(order("resume", Resume(AGENT), by=OLGA, reason="mended"))
            await until(going)
            assert (await there.state()).epoch == 3

    asyncio.run(story())


def test_the_stop_of_everything_reaches_every_agent(tmp_path: Path) -> None:
    async def story() -> None:
        async with process(tmp_path / "remit.db", Watch()) as (grants, book):
            before = (await grants.state()).epoch
            await book.enact(order("stop", StopNow(Scope(ScopeKind.ALL)), agent=AgentName("another")))
            await grants.refresh()
            state = await grants.state()
            assert (state.stopped, state.epoch > before) == (True, True)

    asyncio.run(story())


def test_a_stopped_intent_says_so_in_its_rule_and_a_stopped_tool_is_gone(tmp_path: Path) -> None:
    async def story() -> None:
        async with process(tmp_path / "remit.db", Watch()) as (grants, book):
            tool = next(iter(RULE.tools))
            await book.enact(order("stop", StopNow(INTENT), StopNow(Scope(ScopeKind.TOOL, tool)), reason="wrong sums"))
            await grants.refresh()
            rule = (await grants.rules_now(PERMIT))[REFUND]
            assert rule.stopped == "wrong sums"
            assert set(rule.tools) == set(RULE.tools) - {tool}
            assert not (await grants.state()).stopped, "only the intent is stopped"

    asyncio.run(story())


def test_what_another_release_or_policy_was_given_grants_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        async with process(tmp_path / "remit.db", Watch()) as (grants, book):
            other = replace(POLICY, digest="p-0")
            for given in (
                by_waiver(POLICY, REFUND, AutonomyLevel.AUTONOMOUS, at=NOON, release="r-0"),
                by_waiver(other, REFUND, AutonomyLevel.AUTONOMOUS, at=NOON),
            ):
                await book.enact(given)
                await grants.refresh()
                assert (await grants.rules_now(PERMIT))[REFUND].level is AutonomyLevel.SHADOW

    asyncio.run(story())


def test_a_waiver_ends_in_the_second_in_which_it_expires_without_anybody_asking_the_store(tmp_path: Path) -> None:
    async def story() -> None:
        clock = Watch()
        async with SqliteDatabase(tmp_path / "remit.db") as database:
            grants = StoredGrants(database, clock, PERMIT, rule_at, max_age_s=60)
            await SqliteGrantBook(database).enact(by_waiver(POLICY, REFUND, AutonomyLevel.AUTONOMOUS, at=NOON))
            await grants.refresh()
            under_way = await grants.state()
            assert grants.rules()[REFUND].level is AutonomyLevel.AUTONOMOUS
            clock.time = NOON + timedelta(hours=1)
            assert grants.rules()[REFUND].level is AutonomyLevel.SHADOW
            assert (await grants.state()).epoch > under_way.epoch, "a turn under way must read its rules again"

    asyncio.run(story())
