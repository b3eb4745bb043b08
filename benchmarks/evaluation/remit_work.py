"""The work in Remit: the same adapters, turn, ledger (SQLite) and checks as `remit eval`."""

import argparse
import asyncio
import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import work

import remit
from remit.adapters.confidence.signals import SignalConfidence
from remit.adapters.guards.local import LocalGuardrails
from remit.adapters.intents.local import LocalIntents
from remit.adapters.memory import SystemClock
from remit.adapters.store import SqliteDatabase, SqliteLedger
from remit.adapters.worlds.definition import WorldDefinition, tool
from remit.adapters.worlds.json_state import JsonState, State
from remit.app.remembered import RememberedIntents
from remit.app.stage import MemoryStage
from remit.conversations import AgentName, IntentName, Message, ReleaseId
from remit.evaluation.model import RunId
from remit.evaluation.observing import Subject
from remit.evaluation.run import RunPlan, run_suite
from remit.evidence import Outcome
from remit.policy.levels import AutonomyLevel
from remit.policy.proposals import ProposedAnswer, ProposedCall
from remit.policy.rules import IntentRule, ToolRule
from remit.runtime.ports import AgentReply, AgentView, Permit
from remit.scenarios.model import (
    Scenario,
    ScenarioId,
    ScriptedCustomer,
    StartState,
    StateChange,
    StateCheck,
    Suite,
)
from remit.tools import Effect, ToolCall, ToolName

INTENT = IntentName("close_order")
CLOSE = ToolName("close_order")
SURE = {"deterministic": 1.0}


@tool(Effect.REVERSIBLE_WRITE, {"order": {"type": "string"}})
def close_order(state: State, order: str) -> Any:
    """Close an order."""
    state.write("orders", order)["status"] = "closed"
    return {"closed": order}


world = WorldDefinition("orders", [close_order], JsonState({"orders": work.orders()}))


class TrivialAgent:
    """Closes the order and says so."""

    async def propose(self, view: AgentView) -> AgentReply:
        last = view.conversation.entries[-1]
        if isinstance(last, Message):
            call = ToolCall(CLOSE, {"order": work.order_in(last.text)})
            return AgentReply(ProposedCall(call, signals=SURE))
        return AgentReply(ProposedAnswer("It is closed.", signals=SURE))


class Unlimited:
    """A limit that every call keeps."""

    expression = "true"

    def allow(self, arguments: object, facts: object) -> bool:
        return True


def suite(n_scenarios: int) -> Suite:
    return Suite(
        "bench",
        [
            Scenario(
                ScenarioId(f"close-{number}"),
                INTENT,
                "",
                "",
                StartState("remit_work.py:world"),
                (StateCheck(acceptable=((StateChange(f"/orders/W{number}/status", "open", "closed"),),)),),
                customer=ScriptedCustomer(((work.line(number),),)),
                version=f"{number:08x}",
            )
            for number in range(n_scenarios)
        ],
    )


def stage() -> MemoryStage:
    examples = [work.line(number) for number in range(0, 200, 10)]
    rule = IntentRule(
        INTENT, AutonomyLevel.AUTONOMOUS, 0.0, 0.0, {CLOSE: ToolRule(Effect.REVERSIBLE_WRITE, Unlimited())}
    )
    made = MemoryStage(
        agent=TrivialAgent(),
        permit=Permit(AgentName("trivial"), ReleaseId("r1"), "p" * 64, 0, {INTENT: rule}),
        intents=RememberedIntents(LocalIntents.train({INTENT: examples, IntentName("other"): ["hello there"] * 10})),
        confidence=SignalConfidence(),
        guardrails=LocalGuardrails(),
        directory=Path(__file__).parent,
        effects={},
        clock=SystemClock(),
    )
    made.worlds[made.directory, "remit_work.py:world"] = world
    return made


async def run(n_scenarios: int, n_trials: int) -> tuple[int, float, float]:
    """How many trials passed, and what they took: seconds on the clock and of CPU."""
    place = stage()
    plan = RunPlan(
        id=RunId("bench"),
        suite=suite(n_scenarios),
        subject=Subject(AgentName("trivial"), ReleaseId("r1"), "p" * 64, "bench"),
        level=AutonomyLevel.AUTONOMOUS,
        levels={},
        n_trials=n_trials,
        seed=0,
        concurrency=work.CONCURRENCY,
    )
    with tempfile.TemporaryDirectory() as folder:
        async with SqliteDatabase(Path(folder) / "bench.db") as database:
            started, cpu = time.perf_counter(), time.process_time()
            result = await run_suite(plan, place, SqliteLedger(database))
            seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu
            # Not the result itself: what a main task returns is made a sentence of when `asyncio.run` ends.
            return sum(trial.outcome is Outcome.PASSED for trial in result.run.trials), seconds, cpu_seconds


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--scenarios", type=int, default=work.N_SCENARIOS)
    arguments.add_argument("--trials", type=int, default=work.N_TRIALS)
    asked = arguments.parse_args()
    n_passed, seconds, cpu = asyncio.run(run(asked.scenarios, asked.trials))
    n_run = asked.scenarios * asked.trials
    if n_passed != n_run:
        sys.exit(f"{n_run - n_passed} of {n_run} trials did not pass: the work is not the same")
    print(
        json.dumps(
            {
                "system": "remit",
                "version": remit.__version__,
                "n": n_run,
                "seconds": seconds,
                "cpu_seconds": cpu,
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    )


if __name__ == "__main__":
    main()
