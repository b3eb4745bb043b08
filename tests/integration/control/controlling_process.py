"""A controller in a process of its own, for tests that kill it or let several race."""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from control_samples import POLICY, SHOP
from remit.adapters.memory import SystemClock
from remit.adapters.store import SqliteDatabase, SqliteRunningStates
from remit.app.controlling import Controlling, controlling
from remit.settings import Settings


class DyingStates(SqliteRunningStates):
    """Dies at once, without a word, behind the transaction that keeps states and actions."""

    async def advance(
        self,
        follower: str,
        *,
        expected: int,
        position: int,
        changed: Mapping[str, str],
        actions: Mapping[str, str],
    ) -> bool:
        kept = await super().advance(follower, expected=expected, position=position, changed=changed, actions=actions)
        if kept and actions:
            os._exit(9)
        return kept


async def control_of(database: SqliteDatabase) -> Controlling:
    """As `remit worker` makes it, for the sample policy."""
    return await controlling(POLICY, SHOP, database, SystemClock(), settings=Settings(), environ={})


async def rounds(path: Path, n_rounds: int, *, dies: bool) -> None:
    """So many rounds, each a moment after the other."""
    async with SqliteDatabase(path) as database:
        control = await control_of(database)
        if dies:
            for follower in control.controller._followers:
                follower._states = DyingStates(database)
        for _ in range(n_rounds):
            await control.round()
            await asyncio.sleep(0.01)


if __name__ == "__main__":
    asyncio.run(rounds(Path(sys.argv[1]), int(sys.argv[2]), dies=sys.argv[3] == "dies"))
