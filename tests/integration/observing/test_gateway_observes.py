"""The gateway observes behind its turns: no reply waits, and what a dead process left the next one observes."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from integration.gateway.serving import gateway_over
from integration.observing.stage import DRAW
from properties.turn_fakes import Stage
from remit.adapters.memory import SystemClock
from remit.adapters.store import SqliteClosedTurns, SqliteDatabase, SqliteLedger, SqliteRunningStates
from remit.app.gateway import Gateway
from remit.app.observing import Observer
from remit.conversations import AgentName, Answered, ConversationId
from remit.errors import StoreUnavailable
from remit.evidence import Observation, Selection
from remit.policy.proposals import ProposedAnswer
from remit.supervision import SamplingPlan

C1 = ConversationId("c1")


class Failing(SqliteLedger):
    """A ledger whose disk is full until it is mended."""

    mended = False
    n_refused = 0

    async def append(self, observations: Sequence[Observation]) -> int:
        if not self.mended:
            self.n_refused += 1
            raise StoreUnavailable("remit.db", "disk is full")
        return await super().append(observations)


def observed_by(database: SqliteDatabase, ledger: SqliteLedger, *, quiet_s: float = 1800.0) -> Gateway:
    gateway = gateway_over(Stage([ProposedAnswer("It arrives today.")]), database)
    gateway.observer = Observer(
        agent=AgentName("shop"),
        turns=SqliteClosedTurns(database),
        ledger=ledger,
        states=SqliteRunningStates(database),
        clock=SystemClock(),
        uniform=DRAW,
        new_salt=lambda: "salt",
        plan=SamplingPlan(),
        quiet_s=quiet_s,
    )
    gateway.observe_every_s = gateway.settle_every_s = 0.01
    return gateway


def play(folder: Path, story: Callable[[SqliteDatabase], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        async with SqliteDatabase(folder / "remit.db") as database, asyncio.timeout(30):
            await story(database)

    asyncio.run(run())


async def say(gateway: Gateway) -> None:
    await gateway.begin(C1, channel="test")
    report = await gateway.answer(C1, "Where is my order?", digest="d1")
    assert report.outcome == Answered("It arrives today.")


async def metrics(ledger: SqliteLedger) -> list[str]:
    return [seen.metric async for seen in ledger.select(Selection())]


async def until(reached: Callable[[], Coroutine[Any, Any, bool]]) -> None:
    while not await reached():  # noqa: ASYNC110 - the state is on disk; the test's own time-out ends it
        await asyncio.sleep(0.01)


def test_a_gateway_observes_its_turns_and_ends_what_is_quiet(tmp_path: Path) -> None:
    async def story(database: SqliteDatabase) -> None:
        ledger = SqliteLedger(database)
        gateway = observed_by(database, ledger, quiet_s=0.0)

        async def complete() -> bool:
            return await metrics(ledger) == ["started", "turn", "containment", "sampled", "proposed"]

        async with gateway.running():
            await say(gateway)
            await until(complete)

    play(tmp_path, story)


def test_a_ledger_that_fails_delays_no_reply_and_loses_nothing(tmp_path: Path) -> None:
    async def story(database: SqliteDatabase) -> None:
        ledger = Failing(database)
        gateway = observed_by(database, ledger)

        async def refused() -> bool:
            return ledger.n_refused > 1

        async def observed() -> bool:
            return "turn" in await metrics(ledger)

        async with gateway.running():
            await say(gateway)
            await until(refused)
            ledger.mended = True
            await until(observed)
        assert await metrics(ledger) == ["started", "turn"]

    play(tmp_path, story)


def test_what_a_dead_process_had_not_observed_is_observed_by_the_next(tmp_path: Path) -> None:
    async def story(database: SqliteDatabase) -> None:
        dead = gateway_over(Stage([ProposedAnswer("It arrives today.")]), database)
        await dead.grants.start()
        await say(dead)
        await dead.grants.close()
        ledger = SqliteLedger(database)
        assert await metrics(ledger) == []
        async with observed_by(database, ledger).running():
            pass  # a process that ends well observes what there is first
        assert await metrics(ledger) == ["started", "turn"]

    play(tmp_path, story)
