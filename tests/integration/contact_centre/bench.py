"""Turns over a real store that hand off to Remit's own desk or to a contact centre on loopback."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from handoff_samples import MONDAY, REFUND
from properties.turn_fakes import Stage
from remit.adapters.memory import FixedClock
from remit.adapters.store import SqliteDatabase, SqliteHandoffs, SqliteRecorder
from remit.app.handing_off import Books, HandingOff, Reachable
from remit.conversations import AgentName, ConversationId, HandedOff, Message, Turn, TurnId
from remit.runtime.enveloping import Addressing
from remit.runtime.ports import TurnPorts
from remit.runtime.report import TurnReport
from remit.runtime.turn import handle_turn
from remit.supervision.ports import HandoffDestination

ADDRESSING = Addressing({REFUND: "billing"}, "support", "https://remit.example")


@dataclass
class Bench:
    """One store, and one process at a time on it."""

    database: SqliteDatabase
    clock: FixedClock
    stage: Stage
    handoffs: SqliteHandoffs
    centre: HandingOff

    def ports(self, **changed: Any) -> TurnPorts:
        recorder = SqliteRecorder(self.database, self.clock)
        ports = replace(self.stage.ports(), recorder=recorder, clock=self.clock)
        return replace(ports, contact_centre=self.centre, reception=self.centre, **changed)

    async def say(self, conversation: str, number: int = 1, **changed: Any) -> TurnReport:
        message = Message("customer", f"I want my money back, {number}", self.clock.now())
        deadline = self.clock.now() + timedelta(seconds=30)
        turn = Turn(TurnId(f"{conversation}/{number}"), ConversationId(conversation), message, deadline)
        return await handle_turn(turn, self.ports(**changed))

    def later(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))


def handed_off(report: TurnReport) -> HandedOff:
    assert isinstance(report.outcome, HandedOff)
    return report.outcome


@asynccontextmanager
async def bench(
    path: Path,
    *,
    stage: Stage | None = None,
    destination: HandoffDestination | None = None,
    reachable: Reachable | None = None,
) -> AsyncIterator[Bench]:
    """A bench on a store of its own; by default customers ask for a person."""
    clock = FixedClock(MONDAY)
    async with SqliteDatabase(path / "remit.db") as database:
        handoffs = SqliteHandoffs(database)
        books = Books(handoffs, handoffs, handoffs, handoffs.records_of)
        places = reachable or Reachable(ADDRESSING)
        centre = HandingOff(AgentName("shop"), books, destination, places, clock)
        yield Bench(database, clock, stage or Stage((), asks_for_person=True), handoffs, centre)
