"""The work in Inspect AI: a solver without a model, state in the store, a scorer that compares it.

Only the touched order goes into the store: Inspect records every change of it, and with all orders in it
the same work takes several times longer.
"""

import json
import resource
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import work
from inspect_ai import Task
from inspect_ai import eval as run_eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessageAssistant
from inspect_ai.scorer import CORRECT, INCORRECT, Score, accuracy, scorer
from inspect_ai.solver import solver

START = work.orders()


@solver
def trivial_agent() -> Any:
    async def solve(state: Any, generate: Any) -> Any:
        order = work.order_in(state.input_text)
        state.store.set("orders", {order: {**START[order], "status": "closed"}})
        state.messages.append(ChatMessageAssistant(content="It is closed."))
        return state

    return solve


@scorer(metrics=[accuracy()])
def end_state() -> Any:
    async def score(state: Any, target: Any) -> Score:
        touched = state.store.get("orders")
        changed = {order for order in touched if touched[order] != START[order]}
        right = changed == {target.text} and touched[target.text]["status"] == "closed"
        return Score(value=CORRECT if right else INCORRECT)

    return score


def main() -> None:
    n_scenarios = int(sys.argv[1]) if len(sys.argv) > 1 else work.N_SCENARIOS
    dataset = MemoryDataset([Sample(input=work.line(n), target=f"W{n}") for n in range(n_scenarios)])
    task = Task(dataset=dataset, solver=trivial_agent(), scorer=end_state(), epochs=work.N_TRIALS)
    with tempfile.TemporaryDirectory() as folder:
        started, cpu = time.perf_counter(), time.process_time()
        (log,) = run_eval(task, model="mockllm/model", max_samples=work.CONCURRENCY, display="none", log_dir=folder)
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    n_run = n_scenarios * work.N_TRIALS
    if log.status != "success" or log.results.scores[0].metrics["accuracy"].value != 1.0:
        sys.exit("not every trial passed: the work is not the same")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        json.dumps(
            {
                "system": "inspect_ai",
                "version": version("inspect_ai"),
                "n": n_run,
                "seconds": seconds,
                "cpu_seconds": cpu,
                "peak_mb": peak,
            }
        )
    )


if __name__ == "__main__":
    main()
