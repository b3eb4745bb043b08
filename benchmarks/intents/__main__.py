"""Run the benchmark: `python -m benchmarks.intents --only policy --systems svc default mix embeddings`.

Each measurement runs in a process of its own, so that its peak memory is its own.
"""

import argparse
import multiprocessing
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.intents import data
from benchmarks.intents.run import SINGLE, measure_pairs, measure_single, measure_star
from benchmarks.intents.systems import SYSTEMS

WHOLE = {"star": measure_star, "pairs": measure_pairs}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=[*SINGLE, *WHOLE])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--systems", nargs="*", choices=SYSTEMS, default=["svc", "default"])
    parser.add_argument("--rows", type=int, help="learn from so many rows only")
    parser.add_argument("--vectors", type=Path, help="folder that keeps the embeddings of texts learned from")
    options = parser.parse_args()
    if not data.SHARED.exists():
        sys.exit(f"the data sets are not beside the checkout ({data.SHARED}); nothing measured")
    for name in options.only:
        for seed in range(options.seeds):
            if name in WHOLE:
                print(alone(WHOLE[name], seed), flush=True)
                continue
            for system in options.systems:
                print(
                    alone(measure_single, name, seed, system=system, n_train=options.rows, vectors=options.vectors),
                    flush=True,
                )


def alone(measure: Callable[..., str], *arguments: object, **named: object) -> str:
    """What a measurement says in a new process."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(measure, *arguments, **named).result()


if __name__ == "__main__":
    main()
