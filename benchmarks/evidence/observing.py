"""What it costs to observe turns behind them, and what giving each end a place adds to a turn's last write.

Run with: python -m benchmarks.evidence.observing [--turns 2000]
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from remit.adapters.memory import SystemClock
from remit.adapters.store import SqliteClosedTurns, SqliteDatabase, SqliteLedger, SqliteRecorder, SqliteRunningStates
from remit.app.observing import Observer
from remit.conversations import AgentName, Answered, ConversationId, IntentName, Message, Turn, TurnId
from remit.policy.decisions import Send
from remit.policy.levels import AutonomyLevel
from remit.policy.proposals import ProposedAnswer
from remit.runtime.ports import IntentEstimate, IntentGuess, TurnRecord
from remit.supervision import SamplingPlan

ANSWER = ProposedAnswer("Your parcel is on its way and arrives on Thursday between nine and eleven.", ("delivery",))
CLOCK = SystemClock()


def turn(number: int) -> Turn:
    now = CLOCK.now()
    message = Message("customer", "Where is my order 10403? It should have been here on Monday.", now)
    conversation = ConversationId(f"conversation-{number // 3}")
    return Turn(TurnId(f"turn-{number}"), conversation, message, now + timedelta(seconds=30))


def records() -> tuple[TurnRecord, ...]:
    """The journal of a turn with one answer."""
    now = CLOCK.now()
    guess = IntentGuess(IntentName("order_status"), 0.97)
    understood = {
        "estimate": IntentEstimate((guess,), 0.01),
        "intents": ["order_status"],
        "level": int(AutonomyLevel.AUTONOMOUS),
        "release": "r-1",
        "policy": "p-1",
    }
    return (
        TurnRecord(0, "understood", understood, now),
        TurnRecord(1, "proposed", {"proposal": ANSWER, "confidence": 0.98, "memory": {}, "blocked": None}, now),
        TurnRecord(1, "decided", {"decision": Send(ANSWER, "above the threshold"), "writes": False}, now),
        TurnRecord(0, "ended", {"outcome": Answered(ANSWER.text), "reference": "", "latency_ms": 2.5}, now),
    )


async def carry(database: SqliteDatabase, n_turns: int) -> None:
    """Turns to their ends, as the gateway writes them."""
    recorder = SqliteRecorder(database, CLOCK)
    for number in range(n_turns):
        one = turn(number)
        conversation, _ = await recorder.open(one, 60.0)
        said = Message("agent", ANSWER.text, CLOCK.now())
        after = replace(conversation, entries=(*conversation.entries, one.message, said))
        await recorder.close(one, after, records())


async def observe(database: SqliteDatabase) -> Mapping[str, Any]:
    observer = Observer(
        agent=AgentName("shop"),
        turns=SqliteClosedTurns(database),
        ledger=SqliteLedger(database),
        states=SqliteRunningStates(database),
        clock=CLOCK,
        uniform=Random(7).random,
        new_salt=lambda: "salt",
        plan=SamplingPlan(),
        quiet_s=0.0,
    )
    wall, cpu = time.perf_counter(), time.process_time()
    n_turns = await observer.catch_up()
    turns = {"n": n_turns, **each(n_turns, wall, cpu)}
    wall, cpu = time.perf_counter(), time.process_time()
    n_ended = await observer.end_quiet()
    ends = {"n": n_ended, **each(n_ended, wall, cpu)}
    idle = []
    for _ in range(200):
        cpu = time.process_time()
        await observer.catch_up()
        idle.append(time.process_time() - cpu)
    return {"a_turn": turns, "an_end_with_its_draw": ends, "nothing_new_cpu_ms": round(1e3 * median(idle), 3)}


def each(n: int, wall: float, cpu: float) -> Mapping[str, float]:
    return {
        "wall_ms": round(1e3 * (time.perf_counter() - wall) / n, 3),
        "cpu_ms": round(1e3 * (time.process_time() - cpu) / n, 3),
    }


async def run(n_turns: int, folder: Path) -> Mapping[str, Any]:
    async with SqliteDatabase(folder / "observing.db") as database:
        await carry(database, n_turns)
        return await observe(database)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=2_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(asyncio.run(run(arguments.turns, Path(folder))), indent=2))


if __name__ == "__main__":
    main()
