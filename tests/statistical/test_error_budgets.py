"""What a budget readout is worth at small numbers, and that a burned budget is rarely a healthy agent's."""

from math import log

import pytest
from scipy.special import bdtrc

from remit.slo import BudgetMonitor
from statistical.operating_characteristics import boundaries, run
from statistical.simulation import allowed, seeded
from unit.slo.conversations import objective, recorded, write

pytestmark = pytest.mark.statistical

EPS = 0.02
SAYS_EXHAUSTED = {
    # n: (at half the budget, at 80 % of it, at twice the budget), exact
    50: (0.089, 0.191, 0.600),
    100: (0.079, 0.217, 0.768),
    200: (0.052, 0.214, 0.905),
    500: (0.013, 0.179, 0.990),
}


def says_exhausted(n: int, rate: float) -> float:
    """P(more errors than the budget allows): what `budget_remaining < 0` says of n conversations."""
    return float(bdtrc(float(round(EPS * n)), n, rate))


@pytest.mark.parametrize("n", SAYS_EXHAUSTED)
def test_a_readout_of_few_conversations_calls_healthy_agents_exhausted(n: int) -> None:
    found = tuple(says_exhausted(n, factor * EPS) for factor in (0.5, 0.8, 2.0))
    print(f"n={n}: exhausted at 0.5, 0.8, 2 times the budget: {', '.join(f'{one:.3f}' for one in found)}")
    assert found == pytest.approx(SAYS_EXHAUSTED[n], abs=0.006)


def test_the_readout_waits_for_ten_budgeted_errors_where_a_half_budget_agent_is_rarely_called_exhausted() -> None:
    n_min = objective(target=1 - EPS).n_min
    assert n_min == 500
    assert says_exhausted(n_min, EPS / 2) < 0.015
    assert says_exhausted(n_min, 2 * EPS) > 0.98


def test_the_rollback_test_calls_a_half_budget_agent_burned_once_in_500_and_finds_twice_the_budget() -> None:
    bounds = boundaries(EPS, 1_000, threshold=log(20))
    healthy, doubled = run(bounds, EPS / 2), run(bounds, 2 * EPS)
    assert float(healthy.rolled_back_by[1_000]) <= 0.003
    found = tuple(float(doubled.rolled_back_by[n]) for n in (100, 500, 1_000))
    print(f"half budget {float(healthy.rolled_back_by[1_000]):.4f}; twice the budget at 100, 500, 1,000: {found}")
    assert found == pytest.approx((0.15, 0.59, 0.88), abs=0.02)


@pytest.mark.parametrize(("factor", "seed"), [(0.5, 20261123), (2.0, 20261124)])
def test_the_whole_monitor_burns_healthy_agents_rarely_and_bad_ones_mostly(factor: float, seed: int) -> None:
    """As it runs: design effect by day, rollback test and change detector together, 50 conversations a day."""
    n_runs, n = 60, 1_000
    random = seeded(seed)
    monitor = BudgetMonitor(objective(target=1 - EPS))
    n_burned = 0
    for _ in range(n_runs):
        failed = random.random(n) < factor * EPS
        key = "shop|r-1|refund|tools_within_limits"
        state = monitor.start(key)
        for one in recorded(write(number, failed=bool(bad), day=number // 50) for number, bad in enumerate(failed)):
            state = monitor.add(state, one)
        n_burned += bool(state.burned_at)
    print(f"{factor} times the budget: {n_burned} of {n_runs} burned within {n} conversations")
    if factor < 1.0:
        assert n_burned <= allowed(n_runs, 0.05)
    else:
        assert n_burned >= n_runs - allowed(n_runs, 0.35)
