"""The drift monitor is silent on the certified mix, and notices when out-of-scope traffic grows sixfold."""

import numpy as np
import pytest

from remit.calibration.drift import DriftMonitor, Seen, TrafficMix
from remit.conversations import IntentName
from statistical.simulation import allowed, seeded

pytestmark = pytest.mark.statistical

INTENT = IntentName("simulated")
BETWEEN_FALSE_ALARMS = 2_000.0


def traffic(rng: np.random.Generator, n: int, *, outside: float) -> tuple[np.ndarray, np.ndarray]:
    """Scores and out-of-scope probabilities; what is out of scope scores low and looks out of scope."""
    is_outside = rng.random(n) < outside
    scores = np.where(is_outside, rng.beta(2, 5, n), rng.beta(6, 2, n))
    return scores, np.where(is_outside, rng.beta(6, 2, n), rng.beta(1, 30, n))


def monitor(rng: np.random.Generator) -> DriftMonitor:
    scores, outside = traffic(rng, 1_000, outside=0.03)
    mix = TrafficMix.of(scores, [INTENT] * 1_000, outside, n_out_of_scope=30)
    return DriftMonitor.of(mix, between_false_alarms=BETWEEN_FALSE_ALARMS)


def alarm_after(rng: np.random.Generator, own: DriftMonitor, n: int, *, outside: float) -> int | None:
    scores, probabilities = traffic(rng, n, outside=outside)
    for seen, (score, probability) in enumerate(zip(scores, probabilities, strict=True), start=1):
        own = own.after(Seen(float(score), INTENT, float(probability)))
        if own.alarm:
            return seen
    return None


def test_the_certified_mix_seldom_alarms() -> None:
    rng = seeded(20261206)
    n_runs = 30
    # Alarms come on average not before 2,000; by Markov at most 1 in 4 within 500, if every share is tolerated.
    early = sum(alarm_after(rng, monitor(rng), 500, outside=0.03) is not None for _ in range(n_runs))
    assert early <= allowed(n_runs, 500 / BETWEEN_FALSE_ALARMS)


def test_six_times_as_much_out_of_scope_is_noticed_within_hundreds() -> None:
    rng = seeded(20261207)
    delays = [alarm_after(rng, monitor(rng), 3_000, outside=0.18) for _ in range(20)]
    known = [each for each in delays if each is not None]
    print(f"{len(known)} of {len(delays)} noticed, median after {np.median(known):.0f}")
    assert len(known) == len(delays)
    assert np.median(known) < 600
