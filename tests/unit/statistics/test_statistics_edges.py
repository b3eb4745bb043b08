"""The edges of the statistical methods: no data, impossible counts, certain outcomes."""

from collections.abc import Callable
from math import inf, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.errors import StatisticsError
from remit.statistics import (
    Bounds,
    ScenarioCounts,
    Wealth,
    clopper_pearson,
    confidence_sequence,
    e_value,
    first_crossing,
    further_at_present_rate,
    further_without_error,
    log_e_value,
    mean_pass_hat_k,
    pass_hat_k,
    trials_without_error,
)
from remit.statistics.e_process import mixture


@pytest.mark.parametrize(
    "impossible",
    [
        lambda: pass_hat_k(5, 4, k=1),
        lambda: pass_hat_k(1, 3, k=4),
        lambda: pass_hat_k(1, 3, k=0),
        lambda: clopper_pearson(-1, 3, delta=0.05),
        lambda: clopper_pearson(4, 3, delta=0.05),
        lambda: clopper_pearson(1, 3, delta=1.0),
        lambda: trials_without_error(0.0, delta=0.05),
        lambda: log_e_value(3, 4, eps=0.1, side="promote"),
        lambda: log_e_value(3, 1, eps=0.0, side="promote"),
        lambda: Wealth.at_start(eps=1.0, side="promote"),
        lambda: Wealth.at_start(eps=0.1, side="promote").after([1.5]),
        lambda: confidence_sequence([0.5, -0.1], alpha=0.05),
        lambda: confidence_sequence([], alpha=0.0),
    ],
)
def test_impossible_numbers_are_refused(impossible: Callable[[], object]) -> None:
    with pytest.raises(StatisticsError):
        impossible()


def test_without_data_an_interval_is_everything() -> None:
    assert clopper_pearson(0, 0, delta=0.05) == Bounds(0.0, 1.0)
    assert confidence_sequence([], alpha=0.05) == Bounds(0.0, 1.0)


def test_without_data_there_is_no_evidence() -> None:
    assert log_e_value(0, 0, eps=0.02, side="promote") == 0.0
    assert Wealth.at_start(eps=0.02, side="rollback").log_e == pytest.approx(0.0)


@pytest.mark.parametrize(("at_most", "n"), [(0.05, 59), (0.01, 299), (0.001, 2995)])
def test_this_many_trials_without_an_error_bound_the_rate(at_most: float, n: int) -> None:
    assert trials_without_error(at_most, delta=0.05) == n
    assert clopper_pearson(0, n, delta=0.1).high <= at_most < clopper_pearson(0, n - 1, delta=0.1).high


def test_ten_of_ten_supports_only_three_quarters() -> None:
    assert 1 - clopper_pearson(0, 10, delta=0.1).high == pytest.approx(0.741, abs=1e-3)


def test_a_budget_so_wide_that_no_bet_is_left_never_burns() -> None:
    assert log_e_value(1000, 1000, eps=0.8, side="rollback") == 0.0


def test_one_certain_loss_ends_only_the_bet_on_no_errors() -> None:
    wealth = Wealth.at_start(eps=0.1, side="promote").after([1.0])

    assert wealth.log_wealths[0] == -inf
    assert wealth.log_e > -inf


def test_a_huge_e_value_is_capped_and_not_an_overflow() -> None:
    assert e_value(1e6) == e_value(700.0)


def test_scenarios_weigh_the_same_however_many_trials_they_had() -> None:
    score = mean_pass_hat_k([ScenarioCounts(4, 4), ScenarioCounts(0, 40), ScenarioCounts(3, 3)], k=4)

    assert score.estimate == 0.5
    assert (score.n_scenarios, score.n_trials, score.n_incomplete, score.n_missing_trials) == (2, 44, 1, 1)


def test_no_scenario_with_k_trials_gives_no_estimate() -> None:
    assert mean_pass_hat_k([ScenarioCounts(1, 1)], k=4).estimate is None


# ── what is still needed ──────────────────────────────────────────────────────────────────────────
def test_nothing_more_is_needed_when_it_is_supported() -> None:
    wealth = Wealth.at_start(eps=0.1, side="promote").after([0.0] * 41)

    assert further_without_error(wealth, alpha=0.05) == 0
    assert further_at_present_rate(wealth, [0.0] * 41, alpha=0.05) == 0


def test_at_a_rate_beyond_the_budget_support_is_out_of_reach() -> None:
    losses = [0.0] * 8 + [1.0] * 2
    wealth = Wealth.at_start(eps=0.1, side="promote").after(losses)

    assert further_at_present_rate(wealth, losses, alpha=0.05) is None
    assert further_without_error(wealth, alpha=0.05) == 75


def test_at_the_present_rate_the_plan_is_where_the_evidence_really_crosses() -> None:
    losses = [0.0] * 19 + [1.0]
    wealth = Wealth.at_start(eps=0.1, side="promote").after(losses)

    further = further_at_present_rate(wealth, losses, alpha=0.05)

    assert further is not None
    rounds = round(further / 20)
    assert wealth.after(losses * rounds).log_e == pytest.approx(log(20), abs=0.3)


@given(
    st.lists(st.tuples(st.floats(-30.0, 2.0), st.floats(-0.05, 0.05)), min_size=1, max_size=12),
    st.floats(0.5, 6.0),
)
def test_the_first_crossing_is_where_a_step_less_is_too_few(bets: list[tuple[float, float]], threshold: float) -> None:
    held, growth = [one for one, _ in bets], [gain for _, gain in bets]

    def crossed(n: int) -> bool:
        return mixture(one + n * gain for one, gain in bets) >= threshold

    n = first_crossing(held, growth, threshold=threshold)

    if n is None:
        assert not crossed(0)
        assert not crossed(10_000_000)
    else:
        assert crossed(n)
        assert n == 0 or not crossed(n - 1)


def test_a_bet_that_has_lost_everything_never_crosses() -> None:
    assert first_crossing([-inf, 0.0], [0.1, -0.1], threshold=3.0) is None
    assert first_crossing([-inf, 0.0], [0.1, 0.1], threshold=3.0) == 37


def test_without_data_there_is_no_present_rate() -> None:
    assert further_at_present_rate(Wealth.at_start(eps=0.1, side="promote"), [], alpha=0.05) is None
