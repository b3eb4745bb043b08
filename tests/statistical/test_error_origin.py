"""Canary against stable by the origin of errors: valid under drift and ramps, and as fast as published."""

from collections.abc import Sequence
from math import exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.statistics import Arm, ArmError, ErrorOrigin, SampleRatio
from statistical.simulation import allowed, seeded

pytestmark = pytest.mark.statistical

THRESHOLD = log(1 / 0.05)
shares = st.floats(0.01, 0.99)


def expected_e(start: ErrorOrigin, *, share: float, ratio: float, loss: float = 1.0) -> float:
    """Exact mean evidence after one further error, when the canary errs `ratio` times as often."""
    from_canary = share * ratio / (share * ratio + 1 - share)
    arms: tuple[tuple[Arm, float], ...] = (("canary", from_canary), ("stable", 1 - from_canary))
    return sum(chance * exp(start.after([ArmError(arm, share, loss)]).log_e) for arm, chance in arms)


@given(shares, st.floats(0.5, 5.0), st.floats(0.01, 1.0))
def test_at_the_border_the_mean_evidence_stays_one_for_any_share_and_severity(
    share: float, margin: float, loss: float
) -> None:
    not_worse = ErrorOrigin.canary_not_worse(margin=margin)

    assert expected_e(ErrorOrigin.canary_worse(), share=share, ratio=1.0, loss=loss) == pytest.approx(1.0, rel=1e-9)
    assert expected_e(not_worse, share=share, ratio=margin, loss=loss) == pytest.approx(1.0, rel=1e-9)


@given(shares, st.floats(0.0, 1.0), st.floats(0.01, 1.0))
def test_inside_the_null_the_mean_evidence_falls(share: float, part: float, loss: float) -> None:
    not_worse = ErrorOrigin.canary_not_worse(margin=1.5)

    assert expected_e(ErrorOrigin.canary_worse(), share=share, ratio=part, loss=loss) <= 1.0 + 1e-9
    assert expected_e(not_worse, share=share, ratio=1.5 / max(part, 1e-6), loss=loss) <= 1.0 + 1e-9


def crossings(
    origin: ErrorOrigin, canary: np.ndarray, rates: Sequence[np.ndarray], shares: np.ndarray, rng: np.random.Generator
) -> int | None:
    """First conversation of one stream at which the claim is shown. rates: those of stable and canary."""
    failed = np.flatnonzero(rng.random(len(canary)) < np.where(canary, rates[1], rates[0]))
    gains = {
        (arm, share): np.array(origin.after([ArmError("canary" if arm else "stable", share)]).log_wealths)
        for arm in (False, True)
        for share in np.unique(shares).tolist()
    }
    if not len(failed):
        return None
    path = np.array([gains[bool(canary[at]), float(shares[at])] for at in failed]).cumsum(axis=0)
    shown = np.logaddexp.reduce(path, axis=1) - log(path.shape[1]) >= THRESHOLD
    return int(failed[shown.argmax()]) + 1 if shown.any() else None


def first_shown(origin: ErrorOrigin, *, canary_rate: float, n_runs: int, seed: int, n: int = 20_000) -> list[float]:
    """Stable errs at 2 %, half of the traffic goes to the canary."""
    rng = seeded(seed)
    half = np.full(n, 0.5)
    firsts = [
        crossings(origin, rng.random(n) < half, (np.full(n, 0.02), np.full(n, canary_rate)), half, rng)
        for _ in range(n_runs)
    ]
    return [np.inf if first is None else float(first) for first in firsts]


# ── 7. a ramp from 5 % to 50 % while the errors of everybody go from 1 % to 4 % ───────────────────
def ramp_and_drift(n: int) -> tuple[np.ndarray, np.ndarray]:
    steps = np.array([0.05, 0.1, 0.2, 0.35, 0.5])
    return steps[np.arange(n) * len(steps) // n], np.linspace(0.01, 0.04, n)


def test_identical_agents_are_not_rolled_back_under_ramp_and_drift() -> None:
    rng = seeded(20261111)
    n, n_runs = 20_000, 400
    share, rate = ramp_and_drift(n)
    start = ErrorOrigin.canary_worse()
    n_wrong = sum(crossings(start, rng.random(n) < share, (rate, rate), share, rng) is not None for _ in range(n_runs))

    assert n_wrong / n_runs <= 0.06


def test_pooled_rates_would_roll_back_nearly_all_of_them() -> None:
    """The contrast: a two-proportion z test of the pooled counts, looked at every 100 conversations."""
    rng = seeded(20261112)
    n, n_runs, n_wrong = 20_000, 60, 0
    share, rate = ramp_and_drift(n)
    for _ in range(n_runs):
        canary, failed = rng.random(n) < share, rng.random(n) < rate
        seen = np.array([np.cumsum(~canary), np.cumsum(canary)])[:, 499::100]
        errors = np.array([np.cumsum(failed & ~canary), np.cumsum(failed & canary)])[:, 499::100]
        pooled = errors.sum(axis=0) / seen.sum(axis=0)
        spread = np.sqrt(np.maximum(pooled * (1 - pooled), 1e-12) * (1 / seen[0] + 1 / seen[1]))
        n_wrong += bool(((errors[1] / seen[1] - errors[0] / seen[0]) / spread > 1.645).any())

    assert n_wrong / n_runs >= 0.9


def test_a_canary_three_times_as_bad_is_rolled_back_as_fast_as_published() -> None:
    firsts = first_shown(ErrorOrigin.canary_worse(), canary_rate=0.06, n_runs=300, seed=20261113, n=6000)

    assert np.median(firsts) == pytest.approx(555, rel=0.15)


def test_at_equal_rates_a_rollback_is_no_more_likely_than_alpha() -> None:
    firsts = first_shown(ErrorOrigin.canary_worse(), canary_rate=0.02, n_runs=200, seed=20261114)

    assert int(np.isfinite(firsts).sum()) <= allowed(200, 0.05)


def test_at_the_margin_non_inferiority_is_no_more_likely_than_alpha() -> None:
    firsts = first_shown(ErrorOrigin.canary_not_worse(), canary_rate=0.03, n_runs=200, seed=20261115)

    assert int(np.isfinite(firsts).sum()) <= allowed(200, 0.05)


def test_a_better_canary_is_shown_not_to_be_worse_as_fast_as_published() -> None:
    firsts = first_shown(ErrorOrigin.canary_not_worse(), canary_rate=0.01, n_runs=200, seed=20261116, n=10_000)

    assert np.median(firsts) == pytest.approx(1549, rel=0.15)


# ── sample ratio ──────────────────────────────────────────────────────────────────────────────────
@given(st.lists(shares, min_size=1, max_size=5))
def test_with_correct_assignment_the_mean_evidence_stays_one(ramp: list[float]) -> None:
    def mean_e(state: SampleRatio, left: list[float]) -> float:
        if not left:
            return exp(state.log_e)
        share, *rest = left
        return share * mean_e(state.after("canary", share), rest) + (1 - share) * mean_e(
            state.after("stable", share), rest
        )

    assert mean_e(SampleRatio(), ramp) == pytest.approx(1.0, rel=1e-9)


def test_a_canary_that_gets_too_few_customers_is_noticed() -> None:
    rng = seeded(20261117)
    state = SampleRatio()
    for to_canary in rng.random(4000) < 0.44:
        state = state.after("canary" if to_canary else "stable", 0.5)

    assert state.log_e >= log(1 / 0.001)


def test_a_correct_split_is_not_reported() -> None:
    rng = seeded(20261118)
    state = SampleRatio()
    for to_canary in rng.random(4000) < 0.5:
        state = state.after("canary" if to_canary else "stable", 0.5)

        assert state.log_e < log(1 / 0.001)
