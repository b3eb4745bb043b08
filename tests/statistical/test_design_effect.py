"""Day-to-day variation fools a per-conversation test; the design effect brings it back to its promise."""

from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.statistics import Clusters, DesignEffect, Wealth, discounted, discounted_log_e, log_e_value
from remit.statistics.e_process import Side
from statistical.simulation import seeded

pytestmark = pytest.mark.statistical

N_DAYS, FIRST_DECISION = 120, 14
NONE = DesignEffect(phi=1.0, phi_upper=1.0, n_clusters=0)


# ── 9. mean rate exactly at the budget, rates of days vary, 120 days, decisions from day 14 ──────
def share_crossed(
    side: Side, *, discounted: bool, n_runs: int, seed: int, eps: float = 0.02, per_day: int = 500, cv: float = 1.0
) -> float:
    rng = seeded(seed)
    rates = np.minimum(1.0, rng.gamma(cv**-2, eps * cv**2, size=(n_runs, N_DAYS)))
    runs = rng.binomial(per_day, rates).tolist()
    return sum(_crossed(run, side, eps=eps, per_day=per_day, discounted=discounted) for run in runs) / n_runs


def _crossed(errors_by_day: list[int], side: Side, *, eps: float, per_day: int, discounted: bool) -> bool:
    clusters = Clusters()
    for day, errors in enumerate(errors_by_day, start=1):
        clusters = clusters.after(n=per_day, loss=errors)
        if day < FIRST_DECISION:
            continue
        effect = clusters.effect() if discounted else NONE
        if discounted_log_e(clusters.n, int(clusters.loss), eps=eps, side=side, effect=effect) >= np.log(20):
            return True
    return False


def test_with_the_design_effect_few_agents_at_the_limit_are_promoted_or_rolled_back() -> None:
    """500 a day, day-level CV 1: published 5.3 % and 0.4 %."""
    assert share_crossed("promote", discounted=True, n_runs=400, seed=20261141) <= 0.08
    assert share_crossed("rollback", discounted=True, n_runs=200, seed=20261145) <= 0.05


def test_without_it_many_are() -> None:
    assert share_crossed("promote", discounted=False, n_runs=150, seed=20261142) >= 0.4


@pytest.mark.parametrize(("eps", "per_day", "cv"), [(0.05, 100, 0.5), (0.1, 200, 0.8), (0.005, 400, 1.0)])
def test_other_budgets_and_volumes_keep_close_to_alpha_too(eps: float, per_day: int, cv: float) -> None:
    wrong = share_crossed("promote", discounted=True, n_runs=200, seed=20261146, eps=eps, per_day=per_day, cv=cv)

    assert wrong <= 0.10


# ── what it is ────────────────────────────────────────────────────────────────────────────────────
@given(st.lists(st.integers(0, 50), min_size=2, max_size=40))
def test_for_days_of_equal_size_it_is_the_ratio_of_variances(errors_by_day: list[int]) -> None:
    clusters = Clusters()
    for errors in errors_by_day:
        clusters = clusters.after(n=50, loss=errors)
    effect = clusters.effect()
    mean = sum(errors_by_day) / (50 * len(errors_by_day))

    if 0.0 < mean < 1.0:
        ratio = float(np.var(errors_by_day, ddof=1)) / (50 * mean * (1 - mean))
        assert effect.phi == pytest.approx(max(1.0, ratio), rel=1e-6)
    else:
        assert effect.phi == 1.0
    assert effect.phi_upper == pytest.approx(effect.phi * (1 + (2 / (len(errors_by_day) - 1)) ** 0.5))


def test_independent_conversations_have_none_whatever_the_volume_of_a_day() -> None:
    rng = seeded(20261143)
    clusters = Clusters()
    for n in rng.integers(20, 400, size=3000).tolist():
        clusters = clusters.after(n=n, loss=int(rng.binomial(n, 0.05)))

    assert clusters.effect().phi == pytest.approx(1.0, abs=0.12)


def test_graded_losses_have_none_either() -> None:
    rng = seeded(20261144)
    clusters = Clusters()
    for _ in range(2000):
        losses = rng.choice([0.0, 0.3, 1.0], size=40, p=[0.8, 0.15, 0.05])
        clusters = clusters.after(n=40, loss=float(losses.sum()), loss_squared=float((losses**2).sum()))

    assert clusters.effect().phi == pytest.approx(1.0, abs=0.12)


def test_one_day_is_no_evidence() -> None:
    effect = Clusters().after(n=5000, loss=0).after(n=0, loss=0).effect()

    assert effect.phi_upper == inf
    assert discounted_log_e(5000, 0, eps=0.02, side="promote", effect=effect) == 0.0


@given(
    st.integers(0, 2000),
    st.integers(0, 60),
    st.floats(0.005, 0.6),
    st.floats(1.0, 30.0),
    st.sampled_from(["promote", "rollback"]),
)
def test_a_discount_never_adds_evidence(n: int, n_errors: int, eps: float, phi: float, side: Side) -> None:
    n_errors = min(n, n_errors)
    plain = log_e_value(n, n_errors, eps=eps, side=side)
    effect = DesignEffect(phi=phi, phi_upper=phi, n_clusters=14)
    discounted = discounted_log_e(n, n_errors, eps=eps, side=side, effect=effect)

    assert discounted <= max(plain / phi, 0.0) + 1e-9
    assert discounted_log_e(n, n_errors, eps=eps, side=side, effect=NONE) == pytest.approx(plain, abs=1e-9)


@given(st.lists(st.sampled_from([0.0, 1.0]), max_size=80), st.floats(1.0, 5.0))
def test_graded_wealth_is_discounted_in_the_same_way(losses: list[float], phi: float) -> None:
    effect = DesignEffect(phi=phi, phi_upper=phi, n_clusters=14)
    wealth = Wealth.at_start(eps=0.1, side="promote").after(losses)
    by_counts = discounted_log_e(len(losses), int(sum(losses)), eps=0.1, side="promote", effect=effect)

    assert discounted(wealth.log_wealths, effect=effect) == pytest.approx(by_counts, abs=1e-9)
