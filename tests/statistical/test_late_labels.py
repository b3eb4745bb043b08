"""Late labels count against the claim: pending ones neither promote nor roll back an agent at its limit."""

from math import exp, log
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.statistics import LateCounts, log_e_value
from remit.statistics.operating_characteristics import promote_steps
from statistical.simulation import allowed, seeded

pytestmark = pytest.mark.statistical

EPS, PER_DAY, N_DAYS, WINDOW = 0.02, 50, 60, 7.0
N = PER_DAY * N_DAYS
Handling = Literal["charged_at_start", "labels_so_far"]


# ── 8. re-contact within seven days, most of it early; 50 a day for 60 days ──────────────────────
def stream(rng: np.random.Generator, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Starts in days, and when each conversation is known to have failed (inf = it did not)."""
    starts = np.sort(rng.random(N)) * N_DAYS
    delays = WINDOW * rng.beta(1.0, 3.0, size=N)
    return starts, np.where(rng.random(N) < rate, starts + delays, np.inf)


def day_of_rollback(starts: np.ndarray, failures: np.ndarray, handling: Handling) -> float:
    """Evidence to roll back only grows at a failure, so that only those moments need a look."""
    known = np.sort(failures[failures <= N_DAYS])
    good_labels = np.sort(starts[np.isinf(failures)] + WINDOW)
    for n_errors, moment in enumerate(known.tolist(), start=1):
        if handling == "charged_at_start":
            n_started = int(np.searchsorted(starts, moment, side="right"))
            log_e = LateCounts(n_started=n_started, n_errors=n_errors).log_e_rollback(eps=EPS)
        else:
            n_good = int(np.searchsorted(good_labels, moment, side="right"))
            log_e = log_e_value(n_good + n_errors, n_errors, eps=EPS, side="rollback")
        if log_e >= log(20):
            return float(moment)
    return np.inf


def days_of_rollback(rate: float, handling: Handling, *, n_runs: int, seed: int) -> np.ndarray:
    rng = seeded(seed)
    return np.array([day_of_rollback(*stream(rng, rate), handling) for _ in range(n_runs)])


def test_charging_at_the_start_does_not_roll_back_an_agent_at_its_limit() -> None:
    days = days_of_rollback(EPS, "charged_at_start", n_runs=300, seed=20261151)

    assert np.isfinite(days).mean() <= 0.05


def test_the_labels_so_far_would_roll_back_nearly_all_of_them() -> None:
    days = days_of_rollback(EPS, "labels_so_far", n_runs=150, seed=20261152)

    assert np.isfinite(days).mean() >= 0.9


@pytest.mark.parametrize(("rate", "published"), [(0.06, 6.9), (0.10, 3.9)])
def test_a_bad_agent_is_rolled_back_before_its_labels_mature(rate: float, published: float) -> None:
    """Published median days, for another early-skewed delay; within 30 %."""
    days = days_of_rollback(rate, "charged_at_start", n_runs=200, seed=20261153)

    assert float(np.median(days)) == pytest.approx(published, rel=0.30)


def test_on_matured_conversations_promotion_is_no_more_likely_than_alpha() -> None:
    rng, n_runs, n_wrong = seeded(20261154), 400, 0
    steps = np.array(promote_steps(eps=EPS, alpha=0.05, n_max=N))
    for _ in range(n_runs):
        starts, failures = stream(rng, EPS)
        errors = np.isfinite(failures)[starts + WINDOW <= N_DAYS].cumsum()
        enough = np.append(steps, [N + 1] * (N + 1))[errors]
        n_wrong += bool((np.arange(1, len(errors) + 1) >= enough).any())

    assert n_wrong <= allowed(n_runs, 0.05)


# ── the counts ────────────────────────────────────────────────────────────────────────────────────
@given(st.lists(st.booleans(), max_size=60), st.integers(0, 60), st.floats(0.005, 0.6))
def test_the_wealth_is_never_above_that_of_one_who_is_told_at_the_start(
    fails: list[bool], n_known: int, eps: float
) -> None:
    """With failures still to come the evidence to roll back is at most what it will be; promoting waits."""
    told = LateCounts(n_started=len(fails), n_errors=sum(fails))
    known = LateCounts(n_started=len(fails), n_errors=min(n_known, sum(fails)))

    assert known.log_e_rollback(eps=eps) <= told.log_e_rollback(eps=eps) + 1e-9
    assert known.log_e_promote(eps=eps) == 0.0


@given(st.lists(st.booleans(), max_size=40), st.floats(0.005, 0.6))
def test_when_all_have_matured_both_directions_see_the_same(fails: list[bool], eps: float) -> None:
    counts = LateCounts()
    for failed in fails:
        counts = counts.after_start()
        if failed:
            counts = counts.after_failure()
        counts = counts.after_maturity(failed=failed)

    assert counts == LateCounts(len(fails), len(fails), sum(fails), sum(fails))
    by_counts = log_e_value(len(fails), sum(fails), eps=eps, side="promote")
    assert exp(counts.log_e_promote(eps=eps)) == pytest.approx(exp(by_counts))
