"""Fills a ledger on disk, follows it, and times looks at the live gates of fifty intents.

Run with: python -m benchmarks.gates [--observations 1000000] [--json FILE]
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
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
N_INTENTS, PER_DAY, BATCH, LOOKS = 50, 4_000, 5_000, 20
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
        filled = await fill(ledger, n)
        request = GateRequest(policy(), AGENT, RELEASE, datetime(2027, 1, 1, tzinfo=UTC))
        follower = follower_for(request.policy, ledger, states)
        began = time.perf_counter()
        await follower.catch_up(batch=BATCH)
        followed = time.perf_counter() - began
        first = await look(request, ledger, states, records)
        walls, cpus = [], []
        for _ in range(LOOKS):
            wall, cpu = time.perf_counter(), time.process_time()
            await look(request, ledger, states, records)
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() - cpu)
        questions = questions_of(request, await records.decisive(AGENT))
        began = time.perf_counter()
        body = await read_body(questions, follower.name, states)
        read = time.perf_counter() - began
        began = time.perf_counter()
        for question in questions:
            answer(question, body)
        judged = time.perf_counter() - began
        began = time.perf_counter()
        recomputed = await verify(first.records[0].id, ledger, states, records)
        verified = time.perf_counter() - began
    walls.sort()
    cpus.sort()
    return {
        "observations": n,
        "intents": N_INTENTS,
        "verdicts": len(questions),
        "fill_us_each": round(1e6 * filled / n, 1),
        "follow_us_each": round(1e6 * followed / n, 1),
        "looks": LOOKS,
        "look_wall_p50_ms": round(1e3 * walls[LOOKS // 2], 1),
        "look_wall_p95_ms": round(1e3 * walls[int(0.95 * LOOKS)], 1),
        "look_cpu_p50_ms": round(1e3 * cpus[LOOKS // 2], 1),
        "of_which_reading_states_ms": round(1e3 * read, 1),
        "of_which_answers_ms": round(1e3 * judged, 1),
        "verify_s": round(verified, 1),
        "verify_differences": len(recomputed.differences),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--observations", type=int, default=1_000_000)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(measure(Path(folder) / "remit.db", given.observations))
    text = json.dumps(found, indent=2)
    print(text)
    if given.json:
        given.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
