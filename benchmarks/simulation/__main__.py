"""Run the simulated months and write the page of their figures.

python -m benchmarks.simulation                      every scenario, then the page
python -m benchmarks.simulation --only drift         one scenario again
python -m benchmarks.simulation --page               the page alone, from the stored results
"""

import argparse
import json
import resource
import sys
import time
from pathlib import Path

from remit.app.simulating import SimulationRequest, simulate
from remit.simulation.documents import document_of
from remit.simulation.scenarios import Scenario

RESULTS = Path(__file__).parent / "results"
PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "simulated-months.md"
WORLDS = {
    Scenario.AT_TARGET: 200,
    Scenario.BAD_RELEASE: 60,
    Scenario.DRIFT: 60,
    Scenario.HEALTHY: 40,
    Scenario.DAILY_EDITS: 20,
}


def run(scenario: Scenario, worlds: int) -> None:
    """One scenario, kept as JSON."""
    began, used = time.monotonic(), _cpu_s()
    figures = simulate(
        SimulationRequest(scenarios=(scenario,), worlds=worlds),
        on_world=lambda: print(".", end="", file=sys.stderr, flush=True),
    )
    took = {"wall_s": round(time.monotonic() - began), "cpu_s": round(_cpu_s() - used), "processes": 2}
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps({**document_of(figures), "took": took}, indent=1)
    (RESULTS / f"{scenario.value}.json").write_text(text + "\n", encoding="utf-8")
    print(f"\n{scenario.value}: {worlds} worlds in {took['wall_s']} s ({took['cpu_s']} s of CPU)", file=sys.stderr)


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.simulation")
    parser.add_argument("--only", choices=[one.value for one in Scenario], help="only this scenario")
    parser.add_argument("--worlds", type=int, help="how many worlds, instead of the page's number")
    parser.add_argument("--page", action="store_true", help="write the page from the stored results, run nothing")
    chosen = parser.parse_args()
    if not chosen.page:
        for scenario, worlds in WORLDS.items():
            if chosen.only in (None, scenario.value):
                run(scenario, chosen.worlds or worlds)
    from benchmarks.simulation.page import page_of_results

    PAGE.write_text(page_of_results(RESULTS), encoding="utf-8")
    print(f"written: {PAGE}", file=sys.stderr)


if __name__ == "__main__":
    main()
