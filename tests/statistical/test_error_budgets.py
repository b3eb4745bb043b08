"""What a budget readout is worth at small numbers, and that a burned budget is rarely a healthy agent's."""

from math import log

import numpy as np
import pytest
from scipy.special import bdtrc

from remit.slo import BudgetCounts, BudgetMonitor, BudgetState, read_budget
from remit.slo.counting import Counts, Key
from remit.statistics import Clusters
from statistical.operating_characteristics import boundaries, run
from statistical.simulation import allowed, seeded
from unit.slo.conversations import objective, recorded, today, write

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


@pytest.mark.parametrize(
    ("flagged_rate", "other_rate", "seed"),
    [(0.32, 0.02, 20261125), (0.02, 0.0533, 20261126)],
    ids=["a judge that sees errors", "a judge that looks the wrong way"],
)
def test_with_a_drawn_part_earned_is_rarely_said_of_an_agent_at_its_budget(
    flagged_rate: float, other_rate: float, seed: int
) -> None:
    """10 % flagged, of which half are drawn, and a tenth of the rest; a look every two days for 16 days."""
    random = seeded(seed)
    which = objective("bad_outcome", 0.95)
    n_runs, n_looks, per_look = 120, 8, 600
    assert 0.1 * flagged_rate + 0.9 * other_rate == pytest.approx(which.eps, abs=1e-3)
    n_wrong = 0
    for _ in range(n_runs):
        days: list[dict[str, Counts]] = []
        for _ in range(n_looks):
            days += [drawn_day(random, per_look // 2, flagged_rate, other_rate) for _ in range(2)]
            state = read_budget(which, Key.parse("shop|r-1|refund|x"), counts_of(days), today=today(len(days))).state
            if state is BudgetState.EARNED:
                n_wrong += 1
                break
    print(f"earned at the budget: {n_wrong} of {n_runs}")
    assert n_wrong <= allowed(n_runs, 0.05)


def test_with_a_drawn_part_a_good_agent_earns() -> None:
    random = seeded(20261127)
    days = [drawn_day(random, 300, 0.05, 0.005) for _ in range(28)]
    readout = read_budget(
        objective("bad_outcome", 0.95), Key.parse("shop|r-1|refund|x"), counts_of(days), today=today(28)
    )
    assert readout.state is BudgetState.EARNED
    assert readout.interval.low <= 0.0095 <= readout.interval.high


def drawn_day(random: np.random.Generator, n: int, flagged_rate: float, other_rate: float) -> dict[str, Counts]:
    n_flagged = int(random.binomial(n, 0.1))
    strata = {}
    for name, begun, probability, rate in (
        ("flagged", n_flagged, 0.5, flagged_rate),
        ("other", n - n_flagged, 0.1, other_rate),
    ):
        labels = int(random.binomial(begun, probability))
        bad = int(random.binomial(labels, rate))
        strata[name] = Counts(begun, labels, bad, bad)
    return strata


def counts_of(days: list[dict[str, Counts]]) -> BudgetCounts:
    whole: dict[str, Counts] = {}
    clusters = Clusters()
    for strata in days:
        for name, counts in strata.items():
            whole[name] = whole.get(name, Counts()).plus(counts)
        clusters = clusters.after(
            n=sum(one.n_begun for one in strata.values()), loss=sum(one.n_errors for one in strata.values())
        )
    by_day = {today(number).isoformat(): strata for number, strata in enumerate(days)}
    return BudgetCounts(None, by_day, whole, clusters, today(0).isoformat(), today(len(days) - 1).isoformat())
