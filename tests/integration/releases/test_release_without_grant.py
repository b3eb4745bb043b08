"""A first release takes its place without a grant: the command says for which intents, and what to do."""

import asyncio
from pathlib import Path

from integration.releases.bench import REFUND, STATUS, open_bench
from remit.adapters.store import SqliteDatabase
from remit.app.releasing import Outcome
from remit.cli.release_desk import Desk
from remit.cli.release_moves import intents_without_grant
from remit.releases.stages import Canary, CanaryStep, Shadow


def test_only_intents_with_a_place_and_without_a_grant_are_named(tmp_path: Path) -> None:
    async def story() -> None:
        async with open_bench(tmp_path) as bench:
            first = (await bench.register()).registration
            loaded = bench.load()
            desk = Desk(SqliteDatabase(tmp_path / "other.db"), bench.policy, loaded, tmp_path, bench.releasing)
            moved = [
                Outcome(REFUND, Shadow(), Canary(CanaryStep.FIRST, "salt"), "moved"),
                Outcome(STATUS, None, Shadow(), "moved"),
            ]
            assert await intents_without_grant(desk, first, moved) == [REFUND]
            await bench.grant(loaded, REFUND)
            assert await intents_without_grant(desk, first, moved) == []

    asyncio.run(story())
