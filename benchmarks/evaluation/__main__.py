"""Throughput of evaluation against other harnesses on the same work, and how Remit's cost grows with trials.

    python -m benchmarks.evaluation [--rounds 3] [--inspect PYTHON] [--deepeval PYTHON] [--promptfoo COMMAND]

PYTHON is an interpreter that has the other harness installed, COMMAND the promptfoo program; what is not given is
left out. Every system runs in a process of its own, one after the other in each round. Ratios are of medians; CPU
seconds are beside wall seconds because other programs on the machine disturb them less.
"""

import argparse
import compileall
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).parent
SCALES = (1_000, 4_000, 16_000)


def measured(command: Sequence[str]) -> dict[str, Any]:
    """The figures that a program prints on its last line."""
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{ran.stderr[-2000:] or ran.stdout[-2000:]}")
    found: dict[str, Any] = json.loads(ran.stdout.strip().splitlines()[-1])
    return found


def compare(commands: dict[str, list[str]], rounds: int) -> None:
    """Rounds of every system, then ratios to Remit."""
    figures: dict[str, list[dict[str, Any]]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            figures[name].append(measured(command))
    ours = {key: median(one[key] for one in figures["remit"]) for key in ("seconds", "cpu_seconds")}
    print("| system | version | trials | rounds | wall s, median (least to most) | CPU s, median (least to most) | "
          "trials/s | wall / Remit's | CPU / Remit's | peak MB |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|---|")
    for name, runs in figures.items():
        wall = sorted(one["seconds"] for one in runs)
        cpu_runs = sorted(one["cpu_seconds"] for one in runs)
        cpu = median(cpu_runs)
        print(
            f"| {name} | {runs[0]['version']} | {runs[0]['n']} | {rounds} "
            f"| {median(wall):.2f} ({wall[0]:.2f} to {wall[-1]:.2f}) "
            f"| {cpu:.2f} ({cpu_runs[0]:.2f} to {cpu_runs[-1]:.2f}) | {runs[0]['n'] / median(wall):.0f} "
            f"| {median(wall) / ours['seconds']:.1f} | {cpu / ours['cpu_seconds']:.1f} "
            f"| {max(one['peak_mb'] for one in runs):.0f} |"
        )


def scale() -> None:
    """Remit alone at growing numbers of trials of the same 250 scenarios."""
    print("\n| trials | wall s | CPU s | CPU ms / trial | peak MB |\n|---|---|---|---|---|")
    for n_trials in SCALES:
        one = measured([sys.executable, str(HERE / "remit_work.py"), "--trials", str(n_trials // 250)])
        per_trial = 1000 * one["cpu_seconds"] / one["n"]
        print(
            f"| {one['n']} | {one['seconds']:.2f} | {one['cpu_seconds']:.2f} | {per_trial:.2f} | {one['peak_mb']:.0f} |"
        )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--inspect", default="")
    arguments.add_argument("--deepeval", default="")
    arguments.add_argument("--promptfoo", default="")
    arguments.add_argument("--no-scaling", action="store_true")
    asked = arguments.parse_args()
    commands = {"remit": [sys.executable, str(HERE / "remit_work.py")]}
    if asked.inspect:
        commands["inspect_ai"] = [asked.inspect, str(HERE / "inspect_work.py")]
    if asked.deepeval:
        commands["deepeval"] = [asked.deepeval, str(HERE / "deepeval_work.py")]
    if asked.promptfoo:
        commands["promptfoo"] = [sys.executable, str(HERE / "promptfoo_work.py"), asked.promptfoo]
    # pip compiles what it installs, the other harnesses too; a checkout is compiled when it is first imported.
    compileall.compile_dir(HERE.parents[1] / "src" / "remit", quiet=1)
    load = os.getloadavg()[0]
    compare(commands, asked.rounds)
    print(f"\nLoad of the machine {load:.1f} before, {os.getloadavg()[0]:.1f} after.")
    if not asked.no_scaling:
        scale()


if __name__ == "__main__":
    main()
