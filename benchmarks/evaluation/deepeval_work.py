"""The work in DeepEval: the agent runs first, as its users do it, then a metric of one's own compares the state."""

import json
import os
import resource
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ.update(DEEPEVAL_TELEMETRY_OPT_OUT="YES", DEEPEVAL_DISABLE_PROGRESS_BAR="YES", ERROR_REPORTING="NO")
sys.path.insert(0, str(Path(__file__).parent))
import work
from deepeval import evaluate
from deepeval.evaluate import AsyncConfig, CacheConfig, DisplayConfig
from deepeval.metrics import BaseMetric
from deepeval.test_case import LLMTestCase

START = work.orders()


class EndState(BaseMetric):
    """Exactly the expected order is closed."""

    def __init__(self) -> None:
        self.threshold = 1.0

    def measure(self, test_case: LLMTestCase, *_: Any, **__: Any) -> float:
        touched = json.loads(test_case.actual_output)
        changed = {order for order in touched if touched[order] != START[order]}
        self.success = changed == {test_case.expected_output}
        self.score = float(self.success)
        return self.score

    async def a_measure(self, test_case: LLMTestCase, *_: Any, **__: Any) -> float:
        return self.measure(test_case)

    def is_successful(self) -> bool:
        return self.success

    @property
    def __name__(self) -> str:
        return "EndState"


def played(number: int) -> LLMTestCase:
    order = work.order_in(work.line(number))
    touched = {order: {**START[order], "status": "closed"}}
    return LLMTestCase(input=work.line(number), actual_output=json.dumps(touched), expected_output=f"W{number}")


def main() -> None:
    n_scenarios = int(sys.argv[1]) if len(sys.argv) > 1 else work.N_SCENARIOS
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        started, cpu = time.perf_counter(), time.process_time()
        cases = [played(number) for _ in range(work.N_TRIALS) for number in range(n_scenarios)]
        result = evaluate(
            cases,
            [EndState()],
            async_config=AsyncConfig(run_async=True, max_concurrent=work.CONCURRENCY),
            display_config=DisplayConfig(show_indicator=False, print_results=False),
            cache_config=CacheConfig(write_cache=False),
        )
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        os.chdir("/")
    if not all(one.success for one in result.test_results):
        sys.exit("not every trial passed: the work is not the same")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        json.dumps(
            {
                "system": "deepeval",
                "version": version("deepeval"),
                "n": len(cases),
                "seconds": seconds,
                "cpu_seconds": cpu,
                "peak_mb": peak,
            }
        )
    )


if __name__ == "__main__":
    main()
