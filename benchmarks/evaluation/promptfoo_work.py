"""The work in promptfoo: a provider without a model that returns the state, a JavaScript assertion that compares it.

    python promptfoo_work.py PROMPTFOO [SCENARIOS]

The time of a run with one test is taken off, so that starting Node does not count.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import work

PROVIDER = """
module.exports = class {
  id() { return 'trivial-agent'; }
  async callApi(prompt) {
    const order = prompt.split(' ').pop();
    return { output: JSON.stringify({ [order]: { status: 'closed' } }) };
  }
};
"""
CHECK = """
const touched = JSON.parse(output);
const changed = Object.keys(touched).filter((order) => touched[order].status !== 'open');
return changed.length === 1 && changed[0] === context.vars.order && touched[changed[0]].status === 'closed';
"""


def run(promptfoo: str, folder: Path, n_scenarios: int, n_trials: int) -> tuple[float, float]:
    """Wall and CPU seconds of one run; ends the program if a test failed."""
    tests = [
        {"vars": {"line": work.line(n), "order": f"W{n}"}, "assert": [{"type": "javascript", "value": CHECK}]}
        for n in range(n_scenarios)
    ]
    config = {"prompts": ["{{line}}"], "providers": [f"file://{folder}/provider.js"], "tests": tests}
    (folder / "provider.js").write_text(PROVIDER)
    (folder / "config.json").write_text(json.dumps(config))
    options = ["-c", f"{folder}/config.json", "--repeat", str(n_trials), "-j", str(work.CONCURRENCY)]
    quiet = ["--no-cache", "--no-table", "--no-progress-bar", "--no-share", "-o", f"{folder}/out.json"]
    environ = {
        **os.environ,
        "PROMPTFOO_CONFIG_DIR": f"{folder}/home",
        "PROMPTFOO_DISABLE_TELEMETRY": "1",
        "PROMPTFOO_DISABLE_UPDATE": "1",
        "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1",
    }
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([promptfoo, "eval", *options, *quiet], check=True, env=environ, stdout=subprocess.DEVNULL)
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    stats = json.loads((folder / "out.json").read_text())["results"]["stats"]
    if stats["successes"] != n_scenarios * n_trials:
        sys.exit("not every trial passed: the work is not the same")
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    promptfoo = sys.argv[1]
    n_scenarios = int(sys.argv[2]) if len(sys.argv) > 2 else work.N_SCENARIOS
    with tempfile.TemporaryDirectory() as folder:
        run(promptfoo, Path(folder), 1, 1)  # makes its database
        start_seconds, start_cpu = run(promptfoo, Path(folder), 1, 1)
        seconds, cpu = run(promptfoo, Path(folder), n_scenarios, work.N_TRIALS)
    named = subprocess.run([promptfoo, "--version"], check=True, capture_output=True, text=True).stdout.split()
    print(
        json.dumps(
            {
                "system": "promptfoo",
                "version": named[-1],
                "n": n_scenarios * work.N_TRIALS,
                "seconds": seconds - start_seconds,
                "cpu_seconds": cpu - start_cpu,
                "peak_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
            }
        )
    )


if __name__ == "__main__":
    main()
