"""Fills a ledger on disk, follows it, and times looks at the live gates of fifty intents.

Run with: python -m benchmarks.gates [--observations 1000000] [--ledger FILE] [--json FILE]

A ledger that is given and filled already is used as it is: what happened to it before is not timed.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from remit.adapters.store import SqliteDatabase, SqliteLedger, SqliteRunningStates, SqliteVerdictRecords
from remit.app.gating import GateRequest, follower_for, look, questions_of, read_body, verify
from remit.conversations import AgentName, IntentName, ReleaseId
from remit.evidence import LabelSource, Observation, ObservationKey, Outcome, Source, Strength
from remit.gates.answer import answer
from remit.policy.gates import AtLeast, AtMost, LiveEvidence, LiveGate, NoWorseThan
from remit.policy.levels import AutonomyLevel
from remit.policy.model import IntentPolicy, Policy

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
AGENT, RELEASE = AgentName("shop"), ReleaseId("r-0123456789ab")
N_INTENTS, PER_DAY, BATCH, LOOKS, VERIFIED = 50, 4_000, 5_000, 20, 5
ACTED, GUARDED = AutonomyLevel.SUPERVISED_ANSWERS, AutonomyLevel.TOOLS_WITH_APPROVAL
SAMPLED = LiveEvidence(sampling={"any": 0.2})
GATES = (
    LiveGate("bad_outcome", AtMost(0.02), SAMPLED),
    LiveGate("containment", AtLeast(0.55)),
    LiveGate("bad_outcome", NoWorseThan("stable"), SAMPLED),
)
INTENTS = tuple(IntentName(f"intent_{number:02d}") for number in range(N_INTENTS))


def policy() -> Policy:
    return Policy(
        name="benchmark",
        problem="",
        digest="0123456789abcdef",
        tools={},
        intents={name: IntentPolicy(name, ceiling=GUARDED) for name in INTENTS},
        levels={},
        gates={GUARDED: GATES},
    )


def conversations(random: Random) -> Iterator[Sequence[Observation]]:
    """Started, contained or not, and one in five of the contained labelled: simulated, day after day."""
    number = 0
    while True:
        at = BEGAN + timedelta(seconds=number * 86_400 / PER_DAY)
        contained, bad = random.random() < 0.7, random.random() < 0.012
        shared: dict[str, Any] = {
            "at": at,
            "agent": AGENT,
            "release": RELEASE,
            "intent": random.choice(INTENTS),
            "level": ACTED.label,
            "source": Source.LIVE_OUTCOME,
            "strength": Strength.LIVE,
            "cluster": at.date().isoformat(),
            "policy": "0123456789abcdef",
            "conversation": f"c{number:08d}",
            "customer": f"{random.randrange(200_000):016x}",
            "label": LabelSource.EVENT,
        }
        outcome = Outcome.PASSED if contained else Outcome.FAILED
        rows = [
            Observation(key=_key(number, "started"), metric="started", outcome=Outcome.PASSED, **shared),
            Observation(key=_key(number, "containment"), metric="containment", outcome=outcome, **shared),
        ]
        if contained and random.random() < 0.2:
            labelled = {**shared, "label": LabelSource.HUMAN_CONFIRMED}
            said = Outcome.FAILED if bad else Outcome.PASSED
            key = _key(number, "bad_outcome")
            rows.append(
                Observation(
                    key=key, metric="bad_outcome", outcome=said, stratum="any", sampling_probability=0.2, **labelled
                )
            )
        yield rows
        number += 1


def _key(number: int, metric: str) -> ObservationKey:
    return ObservationKey(f"live:c{number:08d}:{metric}")


async def fill(ledger: SqliteLedger, until: int) -> float:
    """Seconds to append so many observations, making them not included."""
    random, spent, n, batch = Random(20261123), 0.0, 0, list[Observation]()
    for rows in conversations(random):
        batch += rows
        if len(batch) >= BATCH or n + len(batch) >= until:
            began = time.perf_counter()
            n += await ledger.append(batch[: until - n])
            spent += time.perf_counter() - began
            batch = []
        if n >= until:
            return spent
    return spent


async def measure(path: Path, n: int) -> dict[str, Any]:
    async with SqliteDatabase(path) as database:
        ledger, states, records = SqliteLedger(database), SqliteRunningStates(database), SqliteVerdictRecords(database)
        store = (ledger, states, records)
        filled = None if await ledger.after(n - 1, at_most=1) else await fill(ledger, n)
        request = GateRequest(policy(), AGENT, RELEASE, datetime(2027, 1, 1, tzinfo=UTC))
        follower = follower_for(request.policy, ledger, states)
        follow = Spent()
        with follow.on():
            n_followed = await follower.catch_up(batch=BATCH)
        first, same, news, verified = Spent(), Spent(), Spent(), Spent()
        with first.on():
            looked = await look(request, *store)
        for _ in range(LOOKS):
            with same.on():
                await look(request, *store)
        for number in range(LOOKS):
            # The last look may have been in an earlier run: what is new has a name that no run had before.
            await ledger.append([_late(f"{looked.position}-{number}", intent) for intent in INTENTS])
            with news.on():
                looked = await look(request, *store)
        questions = questions_of(request, await records.decisive(AGENT))
        reading, judging = Spent(), Spent()
        for _ in range(LOOKS):
            with reading.on():
                body = await read_body(questions, follower.name, states)
            with judging.on():
                for question in questions:
                    answer(question, body)
        n_differences = 0
        for record in looked.records[:VERIFIED]:
            with verified.on():
                n_differences += len((await verify(record.id, *store)).differences)
    return {
        "observations": n,
        "intents": N_INTENTS,
        "verdicts": len(questions),
        "findings": Counter(one.finding.value for one in looked.verdicts),
        "fill_wall_us_each": None if filled is None else round(1e6 * filled / n, 1),
        "followed": n_followed,
        "follow_each": {name: round(1e3 * ms / n_followed, 1) for name, ms in follow.total().items()}
        if n_followed
        else None,
        "first_look_of_the_process_ms": first.spread(),
        "look_with_nothing_new_ms": same.spread(),
        "look_with_an_outcome_new_in_each_intent_ms": news.spread(),
        "of_which_reading_states_ms": reading.spread(),
        "of_which_answers_ms": judging.spread(),
        "verify_ms": verified.spread(),
        "verify_differences": n_differences,
    }


def _late(name: str, intent: IntentName) -> Observation:
    """One labelled outcome more."""
    at = BEGAN + timedelta(days=130)
    return Observation(
        key=ObservationKey(f"live:{name}-{intent}:bad_outcome"),
        at=at,
        agent=AGENT,
        release=RELEASE,
        intent=intent,
        level=ACTED.label,
        source=Source.EXPERT_VERDICT,
        strength=Strength.LIVE,
        metric="bad_outcome",
        outcome=Outcome.PASSED,
        cluster=at.date().isoformat(),
        policy="0123456789abcdef",
        conversation=f"{name}-{intent}",
        customer=f"{name}-{intent}",
        label=LabelSource.HUMAN_CONFIRMED,
        stratum="any",
        sampling_probability=0.2,
    )


@dataclass(slots=True)
class Spent:
    """Wall time of each piece of work, and the CPU time of the whole process meanwhile, threads included."""

    wall_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)

    @contextmanager
    def on(self) -> Iterator[None]:
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.wall_s.append(time.perf_counter() - wall)
        self.cpu_s.append(time.process_time() - cpu)

    def total(self) -> dict[str, float]:
        """Milliseconds of all of it."""
        return {"cpu_us": 1e3 * sum(self.cpu_s), "wall_us": 1e3 * sum(self.wall_s)}

    def spread(self) -> dict[str, float]:
        """Milliseconds for one."""
        found: dict[str, float] = {"n": len(self.cpu_s)}
        for name, values in (("cpu", sorted(self.cpu_s)), ("wall", sorted(self.wall_s))):
            found[f"{name}_p50"] = round(1e3 * median(values), 1)
            found[f"{name}_p95"] = round(1e3 * values[int(0.95 * len(values))], 1)
        return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--observations", type=int, default=1_000_000)
    parser.add_argument("--ledger", type=Path)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(measure(given.ledger or Path(folder) / "remit.db", given.observations))
    text = json.dumps(found, indent=2)
    print(text)
    if given.json:
        given.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
