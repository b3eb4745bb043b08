"""What calibrating costs: 100,000 simulated labels, one live assessment, one page with its plots."""

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np

from remit.adapters.formats.calibration import render_html
from remit.calibration.fitting import Columns, fit
from remit.calibration.labels import LabelledProposal
from remit.calibration.running import CalibrationRequest, calibrate_all
from remit.calibration.signals import Signals
from remit.conversations import IntentName

N_LABELS = 100_000
N_ROUNDS = 5


def simulated_labels(n: int, seed: int) -> list[LabelledProposal]:
    """Labels of a simulated agent with eight signals, one of them missing for a third."""
    rng = np.random.default_rng(seed)
    ease = rng.normal(size=n)
    wrong = rng.random(n) > 1.0 / (1.0 + np.exp(-(2.5 + 1.8 * ease)))
    noisy = 1.0 / (1.0 + np.exp(-(ease[:, None] + rng.normal(size=(n, 5)))))
    missing = rng.random(n) < 1.0 / 3.0
    failures = rng.poisson(0.2, size=n)
    return [
        LabelledProposal(
            key=f"t-{number}",
            intent=IntentName("simulated"),
            signals=Signals(
                intent_probability=float(noisy[number, 0]),
                intent_margin=float(noisy[number, 1]),
                out_of_scope_probability=float(1.0 - noisy[number, 2]) * 0.3,
                retrieval_score=None if missing[number] else float(noisy[number, 3]),
                stated_confidence=float(0.8 + 0.2 * noisy[number, 4]),
                tool_errors=float(failures[number]),
                tool_successes=float(number % 3),
                proposes_call=float(number % 2),
            ),
            wrong=bool(wrong[number]),
            simulated=True,
        )
        for number in range(n)
    ]


def measure() -> list[str]:
    """One line for each thing that is measured: median and range of the rounds."""
    labels = simulated_labels(N_LABELS, 1)
    request = CalibrationRequest(error_at_most=0.05)
    now = datetime.now(UTC)
    found = calibrate_all(request, labels, source="simulated labels", now=now)
    few = labels[:3_000]
    model = fit(Columns.of(few), np.array([each.wrong for each in few])).model
    present = few[0].signals.present()
    return [
        _line(f"calibrating {N_LABELS} labels, s", lambda: calibrate_all(request, labels, source="", now=now)),
        _line("page with its plots, s", lambda: render_html(found)),
        _line("1,000 live scores, ms each", lambda: [model.probability(present) for _ in range(1_000)]),
    ]


def _line(what: str, work: Callable[[], object]) -> str:
    walls, processors = [], []
    for _ in range(N_ROUNDS):
        wall, processor = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - wall)
        processors.append(time.process_time() - processor)
    return f"{what}: wall {_spread(walls)}, CPU {_spread(processors)}, {N_ROUNDS} rounds"


def _spread(times: list[float]) -> str:
    return f"{statistics.median(times):.4f} ({min(times):.4f} to {max(times):.4f})"
