"""The change detector keeps its distance between false alarms at any budget, and finds changes as published."""

from itertools import product
from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.statistics import ChangeDetector, alarm_threshold, total_statistic
from remit.statistics.change_detection import RATIOS, detector_stakes
from statistical.simulation import DetectorBatch, seeded

pytestmark = pytest.mark.statistical


def mean_statistic(eps: float, p: float, n: int) -> float:
    total = 0.0
    for stream in product((0, 1), repeat=n):
        detector = ChangeDetector(eps=eps)
        for loss in stream:
            detector = detector.after(loss)
        total += p ** sum(stream) * (1 - p) ** (n - sum(stream)) * detector.statistic
    return total


@settings(max_examples=25)
@given(st.floats(0.001, 0.63), st.integers(1, 6))
def test_at_any_budget_the_mean_statistic_grows_by_one_a_loss(eps: float, n: int) -> None:
    """E[R_n] = n at the border: this is why an alarm at a comes on average not before a losses."""
    assert mean_statistic(eps, eps, n) == pytest.approx(n, rel=1e-9)


@settings(max_examples=15)
@given(st.floats(0.001, 0.63), st.floats(0.0, 0.99))
def test_within_the_budget_the_mean_statistic_is_smaller(eps: float, part: float) -> None:
    assert mean_statistic(eps, eps * part, 5) <= 5.0 + 1e-9


@given(st.floats(0.001, 0.99), st.lists(st.sampled_from([0.0, 0.3, 1.0]), max_size=200))
def test_the_statistic_is_that_of_the_recursion_and_never_negative(eps: float, losses: list[float]) -> None:
    detector = ChangeDetector(eps=eps)
    sums = [0.0 for ratio in RATIOS if ratio * eps < 0.95]
    stakes = detector_stakes(eps)
    for loss in losses:
        detector = detector.after(loss)
        sums = [(1 + held) * (1 + stake * (loss - eps)) for held, stake in zip(sums, stakes, strict=True)]

    assert all(held >= 0.0 for held in sums)
    if sums and losses and max(sums) < 1e200:
        assert detector.statistic == pytest.approx(sum(sums) / len(sums), rel=1e-9)


def test_a_very_long_outage_does_not_overflow() -> None:
    detector = ChangeDetector(eps=0.01)
    for _ in range(2000):
        detector = detector.after(1.0)

    assert 1e300 < detector.statistic < inf


def test_the_threshold_is_days_times_volume() -> None:
    assert alarm_threshold(days_between_false_alarms=90, conversations_per_day=50) == 4500.0


# ── 5. threshold 10,000 at a healthy rate of 2 % ──────────────────────────────────────────────────
def test_false_alarms_come_on_average_not_before_the_threshold() -> None:
    """300 runs at p = eps, each stopped at 40,000: the mean can only be higher than this; measured 14,200."""
    rng = seeded(20261101)
    n_runs, horizon = 300, 40_000
    batch = DetectorBatch(n_runs, eps=0.02)
    first = np.full(n_runs, horizon)
    for start in range(0, horizon, 1000):
        failed = rng.random((1000, n_runs)) < 0.02
        for offset in range(1000):
            alarm = (batch.see(failed[offset]) >= 10_000.0) & (first == horizon)
            first[alarm] = start + offset + 1
        if (first < horizon).all():
            break

    assert first.mean() >= 10_000.0
    assert first.mean() <= 17_000.0


@pytest.mark.parametrize(("rate", "median"), [(0.04, 350), (0.06, 145), (0.10, 60)])
def test_a_change_is_found_as_fast_as_published(rate: float, median: float) -> None:
    """600 runs, change after 2,000 conversations at 2 %; median delay within 15 %."""
    delay = median_delay(eps=0.02, healthy=0.02, rate=rate, threshold=10_000.0, before=2000, after=int(8 * median))

    assert delay == pytest.approx(median, rel=0.15)


def test_a_batch_is_the_detector() -> None:
    rng = seeded(20261102)
    batch, detector = DetectorBatch(1, eps=0.03), ChangeDetector(eps=0.03)
    for failed in rng.random(300) < 0.06:
        statistic = batch.see(np.array([failed]))
        detector = detector.after(float(failed))

        assert detector.statistic == pytest.approx(float(statistic[0]), rel=1e-9)


def median_delay(*, eps: float, healthy: float, rate: float, threshold: float, before: int, after: int) -> float:
    rng = seeded(20261103)
    n_runs = 600
    batch = DetectorBatch(n_runs, eps=eps)
    quiet = np.ones(n_runs, dtype=bool)
    for failed in rng.random((before, n_runs)) < healthy:
        quiet &= batch.see(failed) < threshold
    delays = np.full(n_runs, np.inf)
    for n, failed in enumerate(rng.random((after, n_runs)) < rate, start=1):
        delays[(batch.see(failed) >= threshold) & np.isinf(delays)] = n
    return float(np.median(delays[quiet]))


# ── several intents on one clock ──────────────────────────────────────────────────────────────────
def test_for_intents_watched_together_the_mean_total_is_their_number_of_conversations() -> None:
    """Exact over all streams of 4 + 2 conversations of two intents, interleaved on one clock."""
    budgets, order = (0.1, 0.3), (0, 1, 0, 0, 1, 0)
    total = 0.0
    for stream in product((0, 1), repeat=len(order)):
        detectors = [ChangeDetector(eps=eps) for eps in budgets]
        weight = 1.0
        for intent, loss in zip(order, stream, strict=True):
            detectors[intent] = detectors[intent].after(loss)
            weight *= budgets[intent] if loss else 1 - budgets[intent]
        total += weight * total_statistic(detectors)

    assert total == pytest.approx(6.0, rel=1e-12)


# ── 6. against burn-rate alerts, in hours and days ────────────────────────────────────────────────
@pytest.mark.parametrize(("rate", "hours"), [(0.04, 116), (0.06, 47), (0.10, 22)])
def test_at_fifty_a_day_a_change_is_found_in_the_published_hours(rate: float, hours: float) -> None:
    """Healthy at 1 %, budget 2 %, threshold 28 days of traffic; within 25 %."""
    delay = median_delay(eps=0.02, healthy=0.01, rate=rate, threshold=28 * 50, before=1400, after=1500)

    assert delay * 24 / 50 == pytest.approx(hours, rel=0.25)


@pytest.mark.parametrize(("rate", "hours"), [(0.04, 4.3), (0.06, 1.7), (0.10, 0.7)])
def test_at_five_thousand_a_day_a_change_is_found_no_later_than_published(rate: float, hours: float) -> None:
    """The published figures looked on a grid of minutes; the detector looks at every conversation."""
    delay = median_delay(eps=0.02, healthy=0.01, rate=rate, threshold=28 * 5000, before=3000, after=2500)

    assert 0.5 * hours <= delay * 24 / 5000 <= 1.25 * hours


def test_at_fifty_a_day_a_healthy_agent_is_left_alone_for_years() -> None:
    """Published: 828 days between false alarms at 1 % against 2 %; measured over 4 million conversations."""
    rng = seeded(20261104)
    n_runs, horizon, n_alarms = 200, 20_000, 0
    batch = DetectorBatch(n_runs, eps=0.02)
    for _ in range(horizon):
        alarm = batch.see(rng.random(n_runs) < 0.01) >= 28 * 50
        if alarm.any():
            n_alarms += int(alarm.sum())
            batch.restart(alarm)

    assert n_runs * horizon / n_alarms / 50 == pytest.approx(828, rel=0.25)


def burn_rate_pages(rng: np.random.Generator, *, per_day: float, rates: np.ndarray, n_runs: int) -> np.ndarray:
    """Minute by minute: burning 14.4 times over 1 h and 5 min, or 6 times over 6 h and 30 min, of a 2 % budget."""
    seen = rng.poisson(per_day / 1440, size=(n_runs, len(rates)))
    failed = rng.binomial(seen, rates)

    def window(counts: np.ndarray, minutes: int) -> np.ndarray:
        until = np.concatenate([np.zeros((n_runs, 1), dtype=np.int64), counts.cumsum(axis=1)], axis=1)
        since = np.maximum(np.arange(1, len(rates) + 1) - minutes, 0)
        return np.asarray(until[:, 1:] - until[:, since])

    def burning(minutes: int, factor: float) -> np.ndarray:
        return np.asarray(window(failed, minutes) > factor * 0.02 * window(seen, minutes))

    return np.asarray((burning(60, 14.4) & burning(5, 14.4)) | (burning(360, 6.0) & burning(30, 6.0)))


def test_a_burn_rate_alert_pages_for_a_healthy_agent_every_few_days() -> None:
    pages = burn_rate_pages(seeded(20261105), per_day=50, rates=np.full(28 * 1440, 0.01), n_runs=50)
    n_pages = int((pages[:, 1:] & ~pages[:, :-1]).sum())

    assert 50 * 28 / n_pages == pytest.approx(3.3, rel=0.25)


@pytest.mark.parametrize(("rate", "hours"), [(0.04, 13), (0.06, 8.5), (0.10, 4.5)])
def test_a_burn_rate_alert_finds_a_change_in_the_published_hours(rate: float, hours: float) -> None:
    minutes = np.arange(5 * 1440)
    pages = burn_rate_pages(seeded(20261107), per_day=50, rates=np.where(minutes < 1440, 0.01, rate), n_runs=300)
    after = pages[:, 1440:]
    firsts = np.where(after.any(axis=1), after.argmax(axis=1), np.inf)

    assert float(np.median(firsts)) / 60 == pytest.approx(hours, rel=0.25)


@pytest.mark.parametrize("rate", [0.04, 0.06])
def test_a_burn_rate_alert_never_pages_for_a_bad_agent_at_high_volume(rate: float) -> None:
    pages = burn_rate_pages(seeded(20261106), per_day=5000, rates=np.full(14 * 1440, rate), n_runs=20)

    assert pages.any(axis=1).mean() < 0.5
