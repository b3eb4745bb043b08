"""Run the benchmark: `python -m benchmarks.calibration [--only resplits vendors agents judges drift speed]`."""

import argparse
import sys

from benchmarks.calibration import agents, data, drift, speed
from benchmarks.calibration.resplits import N_RESPLITS, compare

from remit.statistics.thresholds import SelectedThreshold, select_threshold

TARGETS = (0.01, 0.02, 0.05)
VENDOR_TARGETS = (0.01, 0.02, 0.05, 0.1, 0.2)
AGENT_TARGETS = (0.05, 0.1, 0.15, 0.2, 0.3)
POOLS = {"banking77": data.banking77, "clinc150": data.clinc150, "hint3": data.hint3}
PARTS = ("resplits", "vendors", "agents", "judges", "drift", "speed")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", choices=PARTS, default=list(PARTS))
    parser.add_argument("--pools", nargs="*", choices=list(POOLS), default=list(POOLS))
    parser.add_argument("--labels", nargs="*", type=int, default=[1_000, 2_000])
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    if not data.SHARED.exists():
        sys.exit(f"the data sets are not beside the checkout ({data.SHARED}); nothing measured")
    if "resplits" in options.only:
        for name in options.pools:
            for seed in range(options.seeds):
                show_resplits(POOLS[name](seed), options.labels, seed)
    for part, show in (("vendors", show_vendors), ("agents", show_agents), ("judges", show_judges)):
        if part in options.only:
            show()
    for part, measure in (("drift", drift.measure), ("speed", speed.measure)):
        if part in options.only:
            print(f"== {part}", *measure(), sep="\n", flush=True)


def show_resplits(pool: data.Pool, sizes: list[int], seed: int) -> None:
    wrong = pool.wrong
    print(
        f"== {pool.name}, seed {seed}: pool of {len(wrong)}, {int(wrong.sum())} wrong; {N_RESPLITS} draws", flush=True
    )
    for size in sizes:
        if size > len(wrong):
            continue
        for found in compare(pool, TARGETS, n_labels=size, seed=seed, with_fit=True):
            print(f"{size} labels, target {found.target:g}\n  raw    {found.raw}\n  fitted {found.fitted}")
            print(f"  naive  {found.naive}", flush=True)


def show_vendors() -> None:
    for name in data.VENDORS:
        pool = data.vendor(name)
        print(f"== {pool.name}: {len(pool.labels)} messages, {int(pool.wrong.sum())} wrong or nothing proposed")
        for target in VENDOR_TARGETS:
            found = select_threshold(pool.scores, pool.wrong, error_at_most=target)
            if isinstance(found, SelectedThreshold):
                print(
                    f"  {target:g}: from {found.threshold:.3f}, {found.n_contained} contained, {found.n_errors} errors"
                )
            else:
                print(f"  {target:g}: none; {found.n_errors_first} errors among the surest {found.n_first}")
        (resplit,) = compare(pool, (0.1,), n_labels=700, seed=0, with_fit=False)
        print(f"  700 labels, target 0.1\n    raw   {resplit.raw}\n    naive {resplit.naive}", flush=True)


def show_agents() -> None:
    everything = agents.runs()
    chosen = {
        "tau-bench airline, 50 journeys x 4 runs": [r for r in everything if r.journey.startswith("tau1/airline")],
        "all that were tried more than once": everything,
    }
    for name, own in chosen.items():
        found = agents.discrimination(own)
        print(f"== {name}: n {found.n}, area under the curve: signals at the end {found.at_the_end:.3f}, ", end="")
        print(f"track record {found.track_record:.3f}, both {found.both:.3f}")
    for agent in ("gpt-4o", "gpt-4.1", "gpt-4.1-ft"):
        for with_record in (False, True):
            show_transfer(agents.transfer(everything, agent, AGENT_TARGETS, with_record=with_record))


def show_transfer(found: agents.Transfer) -> None:
    record = "with" if found.with_record else "without"
    print(
        f"== {found.certified_on}, {record} track records: before {found.n} contained, {found.n_errors_before} errors; "
    )
    print(f"   area {found.area:.3f}")
    for each in found.results:
        own = each.selected
        words = "no threshold" if own is None else f"{own.n_contained} contained, {own.n_errors} errors"
        print(f"  {each.definition} {each.error_at_most:g}: {words}", flush=True)


def show_judges() -> None:
    for (domain, prompt), found in agents.judges().items():
        kappa = found.rates.kappa.estimate
        print(f"{domain} {prompt}: {type(found).__name__}: {found.why}")
        print(f"   accuracy {found.rates.accuracy:.2f}, kappa {kappa if kappa is None else round(kappa, 2)}")


if __name__ == "__main__":
    main()
