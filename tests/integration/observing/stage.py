"""A live path for tests of observing: real turns on a real store, with a clock that is moved by hand."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from properties.turn_fakes import Stage
from remit.adapters.store import (
    SqliteClosedTurns,
    SqliteDatabase,
    SqliteLedger,
    SqliteRecorder,
    SqliteRunningStates,
)
from remit.app.observing import Observer
from remit.conversations import AgentName, ConversationId, CustomerId, Message, Turn, TurnId
from remit.evidence import Ledger, Observation, RunningStates, Selection
from remit.evidence.live import Metric
from remit.runtime.turn import handle_turn
from remit.supervision import SamplingPlan

NO_DRAW: Callable[[], float] = lambda: 0.999  # noqa: E731 - a source of numbers with a name
DRAW: Callable[[], float] = lambda: 0.5  # noqa: E731 - as above


@dataclass
class LivePath:
    """Turns, and what observes them."""

    stage: Stage
    database: SqliteDatabase
    recorder: SqliteRecorder
    ledger: Ledger
    states: RunningStates
    uniform: Callable[[], float]
    _n: int = 0

    def observer(self, *, uniform: Callable[[], float] | None = None, ledger: Ledger | None = None) -> Observer:
        """A process that observes."""
        return Observer(
            agent=AgentName("shop"),
            turns=SqliteClosedTurns(self.database),
            ledger=ledger or self.ledger,
            states=self.states,
            clock=self.stage.clock,
            uniform=uniform or self.uniform,
            new_salt=lambda: "salt",
            plan=SamplingPlan({"flagged": 1.0, "other": 0.6}),
            baseline_s=600.0,
        )

    async def begin(self, conversation: str, customer: str | None = "customer-7") -> None:
        """A conversation of a customer who is verified."""
        verified = None if customer is None else CustomerId(customer)
        await self.recorder.begin(ConversationId(conversation), channel="test", customer=verified)

    async def say(self, conversation: str, stage: Stage | None = None) -> None:
        """One turn to its end."""
        self._n += 1
        now = self.stage.clock.now()
        turn = Turn(
            TurnId(f"t{self._n}"),
            ConversationId(conversation),
            Message("customer", "I want my money back", now),
            now + timedelta(seconds=30),
        )
        ports = replace((stage or self.stage).ports(), recorder=self.recorder, clock=self.stage.clock)
        await handle_turn(turn, ports)

    async def seen(self, metric: Metric | None = None) -> Sequence[Observation]:
        """What the ledger holds."""
        return [one async for one in self.ledger.select(Selection(metric=metric))]

    async def keys(self) -> list[str]:
        """Keys in the order of the ledger."""
        return [one.key for one in await self.seen()]

    def later(self, **by: float) -> None:
        """Move the clock."""
        self.stage.clock.advance(timedelta(**by))


@asynccontextmanager
async def live_path(folder: Path, stage: Stage, *, uniform: Callable[[], float] = DRAW) -> AsyncIterator[LivePath]:
    """A store in a folder, and a path over it."""
    async with SqliteDatabase(folder / "remit.db") as database:
        yield LivePath(
            stage,
            database,
            SqliteRecorder(database, stage.clock),
            SqliteLedger(database),
            SqliteRunningStates(database),
            uniform,
        )
