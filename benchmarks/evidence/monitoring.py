"""What one observation costs through the monitors of a policy, written down, with much and with little history.

Run with: python -m benchmarks.evidence.monitoring [--days 90] [--json FILE]
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from remit.adapters.store import SqliteDatabase, SqliteLedger, SqliteRunningStates
from remit.control.monitors import budget_monitors, follower_name, monitors_of
from remit.conversations import AgentName, ConversationId, IntentName, ReleaseId
from remit.evidence import LabelSource, LedgerFollower, Observation, Outcome
from remit.evidence.live import Subject, bad_outcome, ended, sampled, started
from remit.policy.document import parse_policy
from remit.policy.levels import AutonomyLevel
from remit.policy.model import Policy
from remit.slo import Objective

AGENT, RELEASE, LEVEL = AgentName("shop"), ReleaseId("r-1"), AutonomyLevel.TOOLS_WITHIN_LIMITS.label
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
N_INTENTS, PER_DAY, SAMPLES = 50, 1_000, 400
INTENTS = tuple(IntentName(f"intent_{number:02d}") for number in range(N_INTENTS))


def policy() -> Policy:
    """Fifty intents and every kind of rollback rule."""
    intents = "".join(f"  {name}: {{tools: [find_order], ceiling: autonomous}}\n" for name in INTENTS)
    text = f"""\
apiVersion: remit/v1
kind: Policy
name: benchmark
tools:
  find_order: {{effect: read}}
intents:
{intents}levels:
  supervised_answers: {{risk: {{error_at_most: 0.05}}}}
gates:
  supervised_answers: [{{suite: journeys, pass_hat_k: {{k: 4, at_least: 0.80}}}}]
  tools_with_approval: [{{suite: journeys, pass_hat_k: {{k: 4, at_least: 0.85}}}}]
  tools_within_limits: [{{suite: red-team, attack_success: {{at_most: 0.01}}}}]
  autonomous: [{{live: bad_outcome, at_most: 0.02, evidence: {{labels: human_confirmed, matured_after: 7d}}}}]
rollback:
  - {{when: {{change_detected: bad_outcome, days_between_false_alarms: 90}}, do: demote}}
  - {{when: {{canary_worse_than: stable}}, do: rollback}}
  - {{when: {{guardrail_breach: critical}}, do: stop}}
  - {{when: {{budget: burned}}, do: demote}}
  - {{when: {{budget: half_burned}}, do: raise_sampling}}
"""
    return parse_policy(text, source="policy.yaml")


OBJECTIVES = (
    Objective("wrong-outcomes", "shop", "bad_outcome", 0.98),
    Objective("containment", "shop", "containment", 0.55),
)


def conversations(digest: str) -> Iterator[Sequence[Observation]]:
    """Begun, contained or not, drawn; one in five of the contained labelled at once: simulated, day after day."""
    random, number = Random(20261123), 0
    while True:
        at = BEGAN + timedelta(seconds=number * 86_400 / PER_DAY)
        about = Subject(
            ConversationId(f"c{number:08d}"),
            AGENT,
            RELEASE,
            random.choice(INTENTS),
            LEVEL,
            digest,
            at,
            customer=f"{random.randrange(100_000):016x}",
        )
        rows = [started(about), ended(about, at=at, n_turns=2, handoff="wanted" if random.random() < 0.3 else "")]
        draw = sampled(about, at=at, stratum="other", probability=0.2, drawn=random.random() < 0.2)
        rows.append(draw)
        if draw.details["drawn"]:
            failed = random.random() < 0.01
            said = bad_outcome(
                draw,
                about,
                at=at,
                outcome=Outcome.FAILED if failed else Outcome.PASSED,
                loss=float(failed),
                matures_at=at + timedelta(days=7),
                label=LabelSource.HUMAN_CONFIRMED,
            )
            rows.append(said)
        yield rows
        number += 1


async def measure(path: Path, days: int) -> Mapping[str, Any]:
    """One observation at a time behind so many days of history, each durable before the next."""
    async with SqliteDatabase(path) as database:
        ledger, states, ruled = SqliteLedger(database), SqliteRunningStates(database), policy()
        sets = (monitors_of(ruled), budget_monitors(OBJECTIVES))
        followers = [LedgerFollower(follower_name(AGENT, one), one, ledger, states) for one in sets]
        rows = (row for conversation in conversations(ruled.digest) for row in conversation)
        n_rows = 0
        for _ in range(days):
            day = [next(rows) for _ in range(3 * PER_DAY)]
            n_rows += await ledger.append(day)
            for follower in followers:
                await follower.catch_up(batch=5_000)
        cpus: list[list[float]] = [[] for _ in followers]
        walls: list[list[float]] = [[] for _ in followers]
        for _ in range(SAMPLES):
            await ledger.append([next(rows)])
            for which, follower in enumerate(followers):
                wall, cpu = time.perf_counter(), time.process_time()
                assert await follower.catch_up() == 1
                walls[which].append(1e3 * (time.perf_counter() - wall))
                cpus[which].append(1e3 * (time.process_time() - cpu))
    names = ("rollback_rules", "objectives")
    return {
        "observations": n_rows,
        "monitors": [len(one) for one in sets],
        **{name: spread(cpus[which], walls[which]) for which, name in enumerate(names)},
    }


def spread(cpus: list[float], walls: list[float]) -> Mapping[str, float]:
    """Milliseconds."""
    cpus, walls = sorted(cpus), sorted(walls)
    return {
        "n": len(cpus),
        "cpu_p50_ms": round(median(cpus), 3),
        "cpu_mean_ms": round(sum(cpus) / len(cpus), 3),
        "cpu_p95_ms": round(cpus[int(0.95 * len(cpus))], 3),
        "wall_p50_ms": round(median(walls), 3),
        "wall_p95_ms": round(walls[int(0.95 * len(walls))], 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = [asyncio.run(measure(Path(folder) / f"after-{days}.db", days)) for days in (1, given.days)]
    text = json.dumps(found, indent=2)
    print(text)
    if given.json:
        given.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
