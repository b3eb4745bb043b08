"""Rules that hold for all data: order does not matter, evidence is monotone, intervals contain the mean."""

from math import isclose

from hypothesis import given
from hypothesis import strategies as st

from remit.statistics import (
    ScenarioCounts,
    Wealth,
    clopper_pearson,
    confidence_sequence,
    further_without_error,
    log_e_value,
    mean_pass_hat_k,
    pass_hat_k,
)
from remit.statistics.e_process import Side

losses = st.lists(st.sampled_from([0.0, 0.2, 0.5, 0.75, 1.0]), max_size=60)
budgets = st.floats(0.005, 0.7)
sides: st.SearchStrategy[Side] = st.sampled_from(["promote", "rollback"])


@st.composite
def counts(draw: st.DrawFn, at_least: int = 0) -> ScenarioCounts:
    n_trials = draw(st.integers(at_least, 12))
    return ScenarioCounts(n_passed=draw(st.integers(0, n_trials)), n_trials=n_trials)


@given(losses, budgets, sides, st.randoms(use_true_random=False))
def test_the_order_of_losses_does_not_matter(seen: list[float], eps: float, side: Side, random: object) -> None:
    shuffled = sorted(seen, key=lambda _: random.random())  # type: ignore[attr-defined]
    start = Wealth.at_start(eps=eps, side=side)

    assert isclose(start.after(seen).log_e, start.after(shuffled).log_e, rel_tol=1e-9, abs_tol=1e-9)


@given(st.lists(st.sampled_from([0.0, 1.0]), max_size=60), budgets, sides)
def test_counts_and_graded_losses_give_the_same_evidence(seen: list[float], eps: float, side: Side) -> None:
    by_counts = log_e_value(len(seen), int(sum(seen)), eps=eps, side=side)

    assert isclose(by_counts, Wealth.at_start(eps=eps, side=side).after(seen).log_e, rel_tol=1e-9, abs_tol=1e-9)


@given(losses, losses, budgets, sides)
def test_evidence_can_be_gathered_in_parts(first: list[float], second: list[float], eps: float, side: Side) -> None:
    start = Wealth.at_start(eps=eps, side=side)

    assert start.after(first).after(second) == start.after(first + second)


@given(st.integers(0, 300), st.integers(0, 40), budgets)
def test_an_error_more_never_helps_to_promote_and_never_hinders_a_rollback(n: int, n_errors: int, eps: float) -> None:
    n_errors = min(n_errors, n)
    one_more = (n + 1, n_errors + 1)

    def log_e(point: tuple[int, int], side: Side) -> float:
        return log_e_value(*point, eps=eps, side=side)

    assert log_e(one_more, "promote") <= log_e((n + 1, n_errors), "promote") + 1e-9
    assert log_e(one_more, "rollback") >= log_e((n + 1, n_errors), "rollback") - 1e-9


@given(losses, budgets)
def test_a_wider_budget_is_never_harder_to_earn(seen: list[float], eps: float) -> None:
    tight = Wealth.at_start(eps=eps, side="promote").after(seen).log_e
    wide = Wealth.at_start(eps=eps + 0.2, side="promote").after(seen).log_e

    assert wide >= tight - 1e-9


@given(losses, budgets)
def test_both_sides_are_never_shown_at_once(seen: list[float], eps: float) -> None:
    promote = Wealth.at_start(eps=eps, side="promote").after(seen).log_e
    rollback = Wealth.at_start(eps=eps, side="rollback").after(seen).log_e

    assert min(promote, rollback) < 3.0


@given(losses)
def test_the_interval_contains_the_mean_and_shrinks_with_confidence(seen: list[float]) -> None:
    tight, wide = confidence_sequence(seen, alpha=0.2), confidence_sequence(seen, alpha=0.01)

    assert 0.0 <= wide.low <= tight.low <= tight.high <= wide.high <= 1.0
    if seen:
        assert tight.low - 1e-9 <= sum(seen) / len(seen) <= tight.high + 1e-9


@given(losses)
def test_passes_have_the_mirrored_interval(seen: list[float]) -> None:
    bounds = confidence_sequence(seen, alpha=0.05).mirrored()

    assert 0.0 <= bounds.low <= bounds.high <= 1.0
    if seen:
        assert bounds.low - 1e-9 <= 1 - sum(seen) / len(seen) <= bounds.high + 1e-9


@given(st.integers(0, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.001, 0.5))
def test_the_exact_interval_contains_the_share_seen_and_mirrors(point: tuple[int, int], delta: float) -> None:
    n_errors, n = point
    bounds = clopper_pearson(n_errors, n, delta=delta)
    mirror = clopper_pearson(n - n_errors, n, delta=delta).mirrored()

    assert n == 0 or bounds.low <= n_errors / n <= bounds.high
    assert isclose(bounds.low, mirror.low, abs_tol=1e-9)
    assert isclose(bounds.high, mirror.high, abs_tol=1e-9)


@given(counts(at_least=1), st.integers(1, 8))
def test_pass_hat_k_falls_with_k_and_starts_at_the_share_passed(one: ScenarioCounts, k: int) -> None:
    values = [pass_hat_k(one.n_passed, one.n_trials, k=j) for j in range(1, min(k, one.n_trials) + 1)]

    assert isclose(values[0], one.n_passed / one.n_trials)
    assert values == sorted(values, reverse=True)
    assert all(0.0 <= value <= 1.0 for value in values)


@given(st.lists(counts(), max_size=20), st.integers(1, 5))
def test_every_scenario_is_either_counted_or_incomplete(scenarios: list[ScenarioCounts], k: int) -> None:
    score = mean_pass_hat_k(scenarios, k=k)

    assert score.n_scenarios + score.n_incomplete == len(scenarios)
    assert (score.estimate is None) == (score.n_scenarios == 0)


@given(losses, st.floats(0.01, 0.5), st.sampled_from([0.01, 0.05, 0.1]))
def test_what_is_needed_is_exactly_what_supports(seen: list[float], eps: float, alpha: float) -> None:
    wealth = Wealth.at_start(eps=eps, side="promote").after(seen)
    needed = further_without_error(wealth, alpha=alpha)
    assert needed is not None

    assert 1 / alpha <= _e(wealth, needed) * (1 + 1e-9)
    if needed:
        assert _e(wealth, needed - 1) < 1 / alpha


def _e(wealth: Wealth, n_clean: int) -> float:
    from math import exp

    return exp(min(700.0, wealth.after([0.0] * n_clean).log_e))
