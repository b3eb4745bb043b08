"""Grants in the store: what one process stops or gives, every other process learns."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from properties.turn_fakes import REFUND, Stage
from remit.adapters.memory import SystemClock
from remit.adapters.store import SqliteDatabase, StoredGrants
from remit.adapters.store.grants import Grant
from remit.conversations import AgentName, IntentName, ReleaseId
from remit.policy.levels import AutonomyLevel
from remit.policy.rules import IntentRule
from remit.runtime.ports import Permit

PERMIT = Permit(AgentName("shop"), ReleaseId("r-1"), "p-1", 0, {REFUND: Stage([]).rule()}, max_steps=6)


def rule_at(intent: IntentName, level: AutonomyLevel) -> IntentRule:
    return IntentRule(intent, level, send_threshold=0.9, ask_threshold=0.6)


@asynccontextmanager
async def process(path: Path) -> AsyncIterator[StoredGrants]:
    async with SqliteDatabase(path) as database:
        grants = StoredGrants(database, SystemClock(), PERMIT, rule_at, poll_s=0.01, max_age_s=60)
        await grants.start()
        try:
            yield grants
        finally:
            await grants.close()


async def until(holds: Callable[[], Coroutine[Any, Any, bool]]) -> None:
    async with asyncio.timeout(10):
        while not await holds():  # noqa: ASYNC110 - what is awaited happens in another process
            await asyncio.sleep(0.01)


def test_what_one_process_stops_or_gives_the_other_learns(tmp_path: Path) -> None:
    async def story() -> None:
        async with process(tmp_path / "remit.db") as here, process(tmp_path / "remit.db") as there:

            async def stopped() -> bool:
                return (await there.state()).stopped

            async def going() -> bool:
                return not await stopped()

            async def autonomous() -> bool:
                return (await there.rules_now(PERMIT))[REFUND].level is AutonomyLevel.AUTONOMOUS

            assert await going()
            await here.set_stopped(stopped=True, why="a wave of wrong refunds")
            await until(stopped)
            await here.give({REFUND: Grant(REFUND, AutonomyLevel.AUTONOMOUS, PERMIT.release, PERMIT.policy, "earned")})
            await until(autonomous)
            assert await stopped(), "new grants do not lift a stop"
            await here.set_stopped(stopped=False, why="mended")
            await until(going)
            assert (await there.state()).epoch == 3

    asyncio.run(story())


def test_what_another_release_or_policy_earned_grants_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        async with process(tmp_path / "remit.db") as grants:
            for release, policy in ((ReleaseId("r-0"), PERMIT.policy), (PERMIT.release, "p-0")):
                await grants.give({REFUND: Grant(REFUND, AutonomyLevel.AUTONOMOUS, release, policy, "of another time")})
                assert (await grants.rules_now(PERMIT))[REFUND].level is AutonomyLevel.SHADOW

    asyncio.run(story())
