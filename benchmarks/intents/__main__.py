"""Run the benchmark: `python -m benchmarks.intents [--only NAME ...] [--seeds N] [--rows N] [--embeddings]`.

Each measurement runs in a process of its own, so that its peak memory is its own.
"""

import argparse
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor

from benchmarks.intents import data
from benchmarks.intents.run import SINGLE, measure_pairs, measure_single, measure_star

WHOLE = {"star": measure_star, "pairs": measure_pairs}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=[*SINGLE, *WHOLE])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--embeddings", action="store_true")
    parser.add_argument("--rows", type=int, help="learn from so many rows only")
    options = parser.parse_args()
    if not data.SHARED.exists():
        sys.exit(f"the data sets are not beside the checkout ({data.SHARED}); nothing measured")
    spawn = multiprocessing.get_context("spawn")
    for name in options.only:
        for seed in range(options.seeds):
            with ProcessPoolExecutor(1, mp_context=spawn) as alone:
                if name in WHOLE:
                    print(alone.submit(WHOLE[name], seed).result(), flush=True)
                else:
                    print(
                        alone.submit(
                            measure_single, name, seed, embeddings=options.embeddings, n_train=options.rows
                        ).result(),
                        flush=True,
                    )


if __name__ == "__main__":
    main()
