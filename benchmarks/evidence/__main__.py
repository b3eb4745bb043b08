"""Fills a ledger on disk and times one new observation with little and with much history.

Run with: python -m benchmarks.evidence [--observations 1000000] [--json FILE]
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from remit.adapters.store import SqliteDatabase, SqliteLedger, SqliteRunningStates
from remit.conversations import AgentName, IntentName, ReleaseId
from remit.evidence import (
    LabelSource,
    LedgerFollower,
    Observation,
    ObservationKey,
    Outcome,
    Recorded,
    Selection,
    Source,
    Strength,
)
from remit.statistics.e_process import Side, Wealth, grid

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
N_INTENTS, N_REDUCERS, PER_DAY, BATCH = 50, 10, 5_000, 1_000
SAMPLES, ROUNDS, SMALL = 60, 10, 1_000
FOLDED = 10_000
"""So many observations are folded while the ledger is filled; then all states are there and grow no more."""


@dataclass(frozen=True, slots=True)
class WealthByIntent:
    """The rollback e-process of graded losses for each intent: twelve bets a state."""

    name: str
    eps: float
    side: Side = "rollback"

    def key_of(self, observation: Observation) -> str | None:
        return observation.intent if observation.outcome.counts else None

    def start(self, key: str) -> Wealth:
        return Wealth.at_start(eps=self.eps, side=self.side)

    def add(self, state: Wealth, recorded: Recorded) -> Wealth:
        return state.after([recorded.observation.outcome is Outcome.FAILED])

    def encode(self, state: Wealth) -> Any:
        return [list(state.log_wealths), state.n]

    def decode(self, document: Any) -> Wealth:
        return Wealth(grid(self.eps, self.side), tuple(document[0]), document[1])


REDUCERS = tuple(WealthByIntent(f"wealth{number}", 0.01 * (number + 1)) for number in range(N_REDUCERS))


def observation(number: int, random: Random) -> Observation:
    """One of a contact centre with 50 intents and 5,000 conversations a day."""
    at = BEGAN + timedelta(seconds=number * 86_400 / PER_DAY)
    return Observation(
        key=ObservationKey(f"live:conversation-{number:08d}:bad_outcome"),
        at=at,
        agent=AgentName("shop"),
        release=ReleaseId("r-0123456789abcdef"),
        intent=IntentName(f"intent_{random.randrange(N_INTENTS)}"),
        level="tools_within_limits",
        source=Source.EXPERT_VERDICT,
        strength=Strength.LIVE,
        metric="bad_outcome",
        outcome=Outcome.FAILED if random.random() < 0.02 else Outcome.PASSED,
        cluster=at.date().isoformat(),
        sampling_probability=0.1,
        policy="0123456789abcdef",
        details={"was": ""},
        conversation=f"conversation-{number:08d}",
        customer=f"{random.getrandbits(64):016x}",
        stratum="other",
        label=LabelSource.HUMAN_CONFIRMED,
        loss=None,
    )


@dataclass(slots=True)
class Spent:
    """Wall time of each piece of work, and the CPU time of the whole process meanwhile, threads included."""

    wall_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)

    @contextmanager
    def on(self, n: int) -> Iterator["Spent"]:
        wall, cpu = time.perf_counter(), time.process_time()
        yield self
        self.wall_s.append((time.perf_counter() - wall) / n)
        self.cpu_s.append((time.process_time() - cpu) / n)

    def each(self) -> Mapping[str, float]:
        """Milliseconds for one; quantiles of wall time, mean and largest twentieth of CPU time."""
        if not self.wall_s:
            return {"n": 0}
        wall, cpu = sorted(self.wall_s), sorted(self.cpu_s)
        return {
            "n": len(wall),
            "wall_p50_ms": round(1e3 * median(wall), 4),
            "wall_p90_ms": round(1e3 * wall[int(0.9 * len(wall))], 4),
            "cpu_mean_ms": round(1e3 * sum(cpu) / len(cpu), 4),
            "cpu_p95_ms": round(1e3 * cpu[int(0.95 * len(cpu))], 4),
        }


class Filled:
    """A ledger that is filled, and a follower that has read it."""

    def __init__(self, database: SqliteDatabase) -> None:
        self.ledger = SqliteLedger(database)
        self.states = SqliteRunningStates(database)
        self.follower = LedgerFollower("benchmark", REDUCERS, self.ledger, self.states)
        self.random = Random(20261123)
        self.n = 0

    def next(self, n: int) -> list[Observation]:
        found = [observation(self.n + offset, self.random) for offset in range(n)]
        self.n += n
        return found

    async def fill(self, until: int) -> Mapping[str, Any]:
        """Append up to a length, and fold the first of it; making the observations is not timed."""
        append, fold = Spent(), Spent()
        while self.n < until:
            batch = self.next(min(BATCH, until - self.n))
            with append.on(len(batch)):
                await self.ledger.append(batch)
            if self.n <= FOLDED:
                with fold.on(len(batch)):
                    await self.follower.catch_up()
        position = await self.states.position("benchmark")
        (last,) = await self.ledger.after(self.n - 1)
        await self.states.advance("benchmark", expected=position, position=last.position, changed={}, actions={})
        await self.follower.catch_up()  # finds out that its position was moved
        return {"append_each": append.each(), "fold_each": fold.each()}

    async def measure(self) -> Mapping[str, Any]:
        """One observation at a time, at the present length."""
        await self.ledger.append(self.next(1))
        await self.follower.catch_up()
        append, follow = Spent(), Spent()
        for one in self.next(SAMPLES):
            with append.on(1):
                await self.ledger.append([one])
            with follow.on(1):
                await self.follower.catch_up()
        conversation = Spent()
        for _ in range(SAMPLES):
            with conversation.on(1):
                await self.read_conversation()
        return {"append": append.each(), "follow": follow.each(), "a_conversation": conversation.each()}

    async def read_conversation(self) -> None:
        name = f"conversation-{self.random.randrange(self.n):08d}"
        assert [one async for one in self.ledger.select(Selection(conversation=name))]


async def run(n_observations: int, folder: Path) -> Mapping[str, Any]:
    result: dict[str, Any] = {
        "reducers": N_REDUCERS,
        "intents": N_INTENTS,
        "batch": BATCH,
        "observations": n_observations,
    }
    async with SqliteDatabase(folder / "large.db") as large_one, SqliteDatabase(folder / "small.db") as small_one:
        large, small = Filled(large_one), Filled(small_one)
        await small.fill(SMALL)
        print(f"filling to {n_observations} ...", flush=True)
        result["filling"] = await large.fill(n_observations)
        result["rounds"] = await in_turn(small, large)
        with Spent().on(1) as one:
            aggregates = await large.ledger.aggregates(Selection(agent=AgentName("shop")))
        result["aggregates"] = {"rows": len(aggregates), **one.each()}
        result["restarted_follower"] = await restarted(large_one)
    result["counting"] = await counting(folder)
    return result


async def in_turn(small: Filled, large: Filled) -> Mapping[str, Any]:
    """Both ledgers in turn, so that a busy machine is busy for both; ratios of a round's mean CPU times."""
    spent: dict[str, dict[str, list[Mapping[str, float]]]] = {}
    for number in range(ROUNDS):
        for name, filled in (
            (("small", small), ("large", large)) if number % 2 else (("large", large), ("small", small))
        ):
            for part, each in (await filled.measure()).items():
                spent.setdefault(part, {"small": [], "large": []})[name].append(each)
    return {part: compared(both["small"], both["large"]) for part, both in spent.items()}


def compared(small: list[Mapping[str, float]], large: list[Mapping[str, float]]) -> Mapping[str, Any]:
    ratios = [b["cpu_mean_ms"] / a["cpu_mean_ms"] for a, b in zip(small, large, strict=True)]
    return {
        "large_over_small_cpu": spread(ratios),
        "large_cpu_mean_ms": spread([one["cpu_mean_ms"] for one in large]),
        "large_wall_p50_ms": spread([one["wall_p50_ms"] for one in large]),
        "large_wall_p90_ms": spread([one["wall_p90_ms"] for one in large]),
        "n_a_round": large[0]["n"],
    }


def spread(values: list[float]) -> Mapping[str, float]:
    return {"median": round(median(values), 3), "least": round(min(values), 3), "most": round(max(values), 3)}


async def restarted(database: SqliteDatabase) -> Mapping[str, float]:
    """A process that has just begun: nothing is remembered, one observation is new."""
    ledger, random, spent = SqliteLedger(database), Random(7), Spent()
    for number in range(50):
        await ledger.append([observation(90_000_000 + number, random)])
        follower = LedgerFollower("benchmark", REDUCERS, ledger, SqliteRunningStates(database))
        with spent.on(1):
            assert await follower.catch_up() == 1
    return spent.each()


async def counting(folder: Path) -> Mapping[str, Any]:
    """Appending the same batches with and without running counts; the order is turned with each round.

    Outcomes that have not matured are not counted: that is the path without.
    """
    counted = [[observation(1_000 * place + n, Random(place)) for n in range(1_000)] for place in range(20)]
    uncounted = [[replace(one, matured=False) for one in batch] for batch in counted]
    batches = {"with": counted, "without": uncounted}
    samples: dict[str, list[float]] = {"with": [], "without": []}
    for number in range(6):
        for kind in ("with", "without") if number % 2 else ("without", "with"):
            async with SqliteDatabase(folder / f"{kind}{number}.db") as database:
                ledger = SqliteLedger(database)
                start = time.process_time()
                for batch in batches[kind]:
                    await ledger.append(batch)
                samples[kind].append((time.process_time() - start) / 20_000)
    ratios = [a / b for a, b in zip(samples["with"], samples["without"], strict=True)]
    return {
        "with_cpu_us_each": round(1e6 * median(samples["with"]), 2),
        "without_cpu_us_each": round(1e6 * median(samples["without"]), 2),
        "ratio_median": round(median(ratios), 3),
        "ratio_least": round(min(ratios), 3),
        "ratio_most": round(max(ratios), 3),
        "rounds": len(ratios),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--observations", type=int, default=1_000_000)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = asyncio.run(run(arguments.observations, Path(folder)))
    text = json.dumps(result, indent=2)
    print(text)
    if arguments.json is not None:
        arguments.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
