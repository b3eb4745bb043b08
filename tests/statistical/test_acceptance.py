"""The e-process reproduces its specification: enumeration, boundaries, exact operating characteristics.

Constants: `../shared/statistics/acceptance.json` where it lies beside the checkout, and a handful inline.
"""

import json
from itertools import product
from math import comb, exp, log
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from remit.statistics import Wealth, expected_without_error, log_e_value
from remit.statistics.change_detection import ChangeDetector
from remit.statistics.e_process import PROMOTE_RATIOS, ROLLBACK_RATIOS, Side
from statistical.operating_characteristics import (
    Boundaries,
    boundaries,
    first_n_that_promotes,
    last_n_that_rolls_back,
    run,
)

pytestmark = pytest.mark.statistical

THRESHOLD = log(1 / 0.05)
HORIZON = 10_000


@pytest.fixture(scope="module")
def acceptance(shared_data: Path) -> Any:
    path = shared_data.parent / "statistics" / "acceptance.json"
    if not path.is_file():
        pytest.skip("acceptance.json is not beside this checkout")
    return json.loads(path.read_text(encoding="utf-8"))


# ── 1. enumeration of all streams of ten losses at eps 0.1 ────────────────────────────────────────
def mean_e_value(p: float, side: Side) -> float:
    return sum(
        p ** sum(stream) * (1 - p) ** (10 - sum(stream)) * exp(log_e_value(10, sum(stream), eps=0.1, side=side))
        for stream in product((0, 1), repeat=10)
    )


@pytest.mark.parametrize("side", ["promote", "rollback"])
def test_the_mean_e_value_at_the_boundary_is_one(side: Side) -> None:
    assert mean_e_value(0.1, side) == pytest.approx(1.0, abs=1e-12)


def test_under_the_null_the_mean_e_value_is_below_one() -> None:
    assert mean_e_value(0.15, "promote") == pytest.approx(0.742171, abs=1e-6)
    assert mean_e_value(0.05, "rollback") == pytest.approx(0.425410, abs=1e-6)


@pytest.mark.parametrize(("p", "mean"), [(0.1, 10.0), (0.05, 5.261383)])
def test_the_mean_of_the_change_detector(p: float, mean: float) -> None:
    total = 0.0
    for stream in product((0, 1), repeat=10):
        detector = ChangeDetector(eps=0.1)
        for loss in stream:
            detector = detector.after(loss)
        total += p ** sum(stream) * (1 - p) ** (10 - sum(stream)) * detector.statistic

    assert total == pytest.approx(mean, abs=1e-6)


# ── 2. boundaries ─────────────────────────────────────────────────────────────────────────────────
def test_the_boundaries_of_a_budget_of_two_in_a_hundred() -> None:
    promote = [first_n_that_promotes(0.02, errors, threshold=THRESHOLD) for errors in range(11)]
    rollback = [last_n_that_rolls_back(0.02, errors, threshold=THRESHOLD) for errors in range(1, 11)]

    assert promote == [211, 343, 440, 531, 617, 700, 781, 859, 935, 1011, 1085]
    assert rollback == [None, 6, 17, 33, 51, 73, 96, 120, 146, 173]


@pytest.mark.parametrize(("eps", "n"), [(0.02, 211), (0.01, 423), (0.05, 83), (0.10, 41), (0.005, 849), (0.001, 4251)])
def test_clean_streams_earn_after(eps: float, n: int) -> None:
    assert first_n_that_promotes(eps, 0, threshold=THRESHOLD) == n
    assert expected_without_error(eps=eps, alpha=0.05) == n


@pytest.mark.shared
def test_the_boundaries_are_those_of_the_specification(acceptance: Any) -> None:
    for case in acceptance["cases"]:
        eps = case["eps"]
        promote = [first_n_that_promotes(eps, errors, threshold=THRESHOLD) for errors in range(11)]
        rollback = [last_n_that_rolls_back(eps, errors, threshold=THRESHOLD) for errors in range(1, 11)]

        assert promote == case["promote_first_n_with_S_errors"]
        assert rollback == case["rollback_last_n_with_S_errors"]


@pytest.mark.shared
def test_the_grid_is_that_of_the_specification(acceptance: Any) -> None:
    assert list(PROMOTE_RATIOS) == acceptance["grid"]["promote_ratios"]
    assert list(ROLLBACK_RATIOS) == acceptance["grid"]["rollback_ratios"]


# ── 3. exact operating characteristics ────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("eps", "p", "promoted", "rolled_back"),
    [
        (0.02, 0.02, 0.043362, 0.032584),
        (0.02, 0.01, 0.997720, 0.002280),
        (0.02, 0.04, 0.000191, 0.999809),
        (0.05, 0.05, 0.045923, 0.032465),
        (0.10, 0.10, 0.046743, 0.035034),
        (0.01, 0.01, 0.040651, 0.030507),
    ],
)
def test_promotion_and_rollback_have_these_exact_probabilities(
    eps: float, p: float, promoted: float, rolled_back: float
) -> None:
    outcome = run(boundaries(eps, HORIZON, threshold=THRESHOLD), p)

    assert outcome.promoted_by[-1] == pytest.approx(promoted, abs=1e-6)
    assert outcome.rolled_back_by[-1] == pytest.approx(rolled_back, abs=1e-6)


@pytest.mark.shared
def test_the_operating_characteristics_are_those_of_the_specification(acceptance: Any) -> None:
    for case in acceptance["cases"]:
        rule = boundaries(case["eps"], HORIZON, threshold=THRESHOLD)
        for expected in case["oc"]:
            outcome = run(rule, expected["p"])

            assert outcome.promoted_by[1000] == pytest.approx(expected["P_promote_1000"], abs=1e-6)
            assert outcome.rolled_back_by[1000] == pytest.approx(expected["P_rollback_1000"], abs=1e-6)
            assert outcome.promoted_by[-1] == pytest.approx(expected["P_promote_10000"], abs=1e-6)
            assert outcome.rolled_back_by[-1] == pytest.approx(expected["P_rollback_10000"], abs=1e-6)
            assert outcome.median(outcome.promoted_by) == expected["median_promote"]
            assert outcome.median(outcome.rolled_back_by) == expected["median_rollback"]


# ── 4. the contrast shown in the documentation ────────────────────────────────────────────────────
def wilson_rule(eps: float, n_min: int) -> Boundaries:
    """Looked at after every conversation: promote below, roll back above the Wilson bounds, each of 95 %."""
    z = 1.6448536269514722
    promote = np.full(HORIZON + 1, -1, dtype=np.int64)
    rollback = np.full(HORIZON + 1, HORIZON + 1, dtype=np.int64)
    for n in range(n_min, HORIZON + 1):
        # Wilson's bounds contain eps exactly when |errors / n - eps| <= z sqrt(eps (1 - eps) / n).
        half = z * np.sqrt(eps * (1 - eps) / n)
        promote[n] = int(np.ceil(n * (eps - half))) - 1
        rollback[n] = int(np.floor(n * (eps + half))) + 1
    return Boundaries(promote=promote, rollback=rollback)


def test_a_wilson_interval_looked_at_every_time_promotes_and_rolls_back_an_agent_at_its_limit() -> None:
    outcome = run(wilson_rule(0.02, n_min=30), 0.02)

    assert outcome.promoted_by[-1] == pytest.approx(0.294, abs=5e-4)
    assert outcome.rolled_back_by[-1] == pytest.approx(0.443, abs=5e-4)


def test_counting_failed_windows_promotes_an_agent_at_its_limit_more_often_than_not() -> None:
    """Ten windows of 100 conversations; a window fails above the limit; more than three failures stop it."""
    ok = sum(_binomial(100, errors, 0.02) for errors in range(3))
    promoted = sum(_binomial(10, failed, 1 - ok) for failed in range(4))

    assert promoted == pytest.approx(0.587, abs=5e-4)


def _binomial(n: int, k: int, p: float) -> float:
    return comb(n, k) * p**k * (1 - p) ** (n - k)


# ── graded losses ─────────────────────────────────────────────────────────────────────────────────
def test_graded_losses_at_the_limit_are_promoted_no_more_often_than_alpha() -> None:
    """400 streams of 500 scenarios at a mean loss of exactly eps: at most what binomial noise allows at 1e-6."""
    seed = 20260302
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    values, weights = np.array([0.0, 0.25, 0.75, 1.0]), np.array([0.85, 0.06, 0.06, 0.03])
    eps = float(values @ weights)
    gains = np.array([Wealth.at_start(eps=eps, side="promote").after([value]).log_wealths for value in values])
    crossed = 0
    for _ in range(400):
        path = gains[rng.choice(4, size=500, p=weights)].cumsum(axis=0)
        crossed += bool((np.logaddexp.reduce(path, axis=1) - log(gains.shape[1]) >= THRESHOLD).any())

    assert crossed <= _allowed(400, 0.05)


def _allowed(n: int, alpha: float) -> int:
    from scipy.stats import binom

    return int(binom.isf(1e-6, n, alpha))
