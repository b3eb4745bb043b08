"""Two releases on the same scenarios: exact for one look, valid for many, and honest about what it could show."""

from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from remit.statistics import (
    PairedCounts,
    Wealth,
    mcnemar_p_value,
    minimum_detectable_difference,
    paired_log_e,
    paired_loss,
)

pytestmark = pytest.mark.statistical

counts = st.builds(PairedCounts, st.integers(0, 120), st.integers(0, 120))


@given(counts)
def test_the_p_value_is_that_of_the_exact_sign_test(seen: PairedCounts) -> None:
    n = seen.n_better + seen.n_worse
    if n:
        one_sided = binomtest(seen.n_better, n, 0.5, alternative="greater").pvalue
        assert mcnemar_p_value(seen, two_sided=False) == pytest.approx(one_sided, rel=1e-9)
        assert mcnemar_p_value(seen) == pytest.approx(binomtest(seen.n_better, n, 0.5).pvalue, rel=1e-9)
    else:
        assert mcnemar_p_value(seen) == 1.0


@pytest.mark.parametrize(("better", "worse", "shown"), [(12, 0, True), (6, 3, False), (6, 6, False), (0, 12, False)])
def test_both_forms_agree_on_the_published_comparisons(better: int, worse: int, shown: bool) -> None:
    seen = PairedCounts(better, worse)

    assert (mcnemar_p_value(seen, two_sided=False) <= 0.05) is shown
    assert (paired_log_e(seen) >= log(20)) is shown


@pytest.mark.parametrize("worse_odds", [1.0, 1.5])
@pytest.mark.parametrize("alpha", [0.05, 0.2])
def test_looking_after_every_scenario_is_wrong_no_more_often_than_alpha(worse_odds: float, alpha: float) -> None:
    """Exact at the border over 400 scenarios that differ, by following the number that got worse."""
    worse_rate, crossed = worse_odds / (1 + worse_odds), 0.0
    undecided = np.array([1.0])
    for n in range(1, 401):
        undecided = np.convolve(undecided, [1 - worse_rate, worse_rate])
        log_es = [paired_log_e(PairedCounts(n - worse, worse), worse_odds=worse_odds) for worse in range(n // 2 + 1)]
        shown = np.append(np.array(log_es) >= log(1 / alpha), np.zeros(n - n // 2, dtype=bool))
        crossed += float(undecided[shown].sum())
        undecided[shown] = 0.0

    assert 0.2 * alpha < crossed <= alpha


@given(counts)
def test_scenarios_with_one_trial_give_the_same_evidence_as_graded_ones(seen: PairedCounts) -> None:
    better, worse, same = (paired_loss(new_pass_rate=a, old_pass_rate=b) for a, b in ((1, 0), (0, 1), (1, 1)))
    wealth = Wealth.at_start(eps=0.5, side="promote").after(
        [better] * seen.n_better + [worse] * seen.n_worse + [same] * 7
    )

    assert wealth.log_e == pytest.approx(paired_log_e(seen), abs=1e-9)


# ── said before the run ───────────────────────────────────────────────────────────────────────────
@settings(max_examples=15)
@given(st.integers(20, 150), st.floats(0.1, 1.0), st.sampled_from([0.05, 0.1]), st.sampled_from([0.5, 0.8, 0.9]))
def test_the_detectable_difference_is_the_least_with_this_power(
    n: int, differing: float, alpha: float, power: float
) -> None:
    def power_at(gain: float) -> float:
        better = (1 + gain / differing) / 2
        total = 0.0
        for n_differ in range(n + 1):
            wins = np.arange(n_differ // 2 + 1, n_differ + 1)
            p_values = np.array([mcnemar_p_value(PairedCounts(int(won), n_differ - int(won))) for won in wins])
            shown = float(binom.pmf(wins[p_values <= alpha], n_differ, better).sum())
            total += float(binom.pmf(n_differ, n, differing)) * shown
        return total

    least = minimum_detectable_difference(n, differing=differing, alpha=alpha, power=power)

    if least is None:
        assert power_at(differing) < power
    else:
        assert power_at(least) >= power - 1e-9
        assert power_at(least - 2e-3 * differing) < power


def test_looking_often_detects_a_little_less_and_more_scenarios_detect_more() -> None:
    once, often = (minimum_detectable_difference(114, differing=0.2, form=form) for form in ("exact", "anytime"))
    more = minimum_detectable_difference(400, differing=0.2, form="anytime")

    assert once is not None
    assert often is not None
    assert more is not None
    assert once < often < 0.2
    assert more < often


def test_too_few_scenarios_can_show_nothing() -> None:
    assert minimum_detectable_difference(20, differing=0.1) is None
