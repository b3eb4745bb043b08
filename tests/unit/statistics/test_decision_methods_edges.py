"""The edges of the decision methods: impossible numbers are refused, no data is no evidence."""

from collections.abc import Callable
from math import inf, log, nan

import pytest

from remit.errors import StatisticsError
from remit.statistics import (
    ActiveEvidence,
    AlphaLedger,
    ArmError,
    Bounds,
    ChangeDetector,
    Clusters,
    DesignEffect,
    ErrorOrigin,
    LateCounts,
    LateDetector,
    PairedCounts,
    SampleRatio,
    alarm_threshold,
    average_log_e,
    cohen_kappa,
    confidence_sequence,
    confidence_sequence_of_counts,
    conversations_to_earn,
    days_for,
    discounted_log_e,
    further_without_error_from_counts,
    largest,
    minimum_detectable_difference,
    operating_characteristics,
    paired_log_e,
    paired_loss,
    plan_with_judge,
)
from remit.statistics.binomial import binomial_weights
from remit.statistics.thresholds import least_labels, select_threshold

NO_EFFECT = DesignEffect(phi=1.0, phi_upper=1.0, n_clusters=14)


@pytest.mark.parametrize(
    "impossible",
    [
        lambda: ActiveEvidence(eps=0.0, least_pi=0.1),
        lambda: ActiveEvidence(eps=0.02, least_pi=0.0),
        lambda: ActiveEvidence(eps=0.02, least_pi=0.1).after(verdict="other", pi=0.05, loss=None),
        lambda: ActiveEvidence(eps=0.02, least_pi=0.1).after(verdict="other", pi=nan, loss=None),
        lambda: ActiveEvidence(eps=0.02, least_pi=0.1).after(verdict="other", pi=1.0, loss=None),
        lambda: ActiveEvidence(eps=0.02, least_pi=0.1).after(verdict="other", pi=0.5, loss=1.1),
        lambda: AlphaLedger(alpha=1.0),
        lambda: AlphaLedger(alpha=0.05, n_failed=-1),
        lambda: ChangeDetector(eps=1.0),
        lambda: ChangeDetector(eps=0.1).after(-0.1),
        lambda: alarm_threshold(days_between_false_alarms=0, conversations_per_day=50),
        lambda: alarm_threshold(days_between_false_alarms=3, conversations_per_day=0.1),
        lambda: ErrorOrigin.canary_not_worse(margin=0.0),
        lambda: ErrorOrigin.canary_worse().after([ArmError("canary", 1.0)]),
        lambda: ErrorOrigin.canary_worse().after([ArmError("stable", 0.5, loss=2.0)]),
        lambda: SampleRatio().after("stable", 0.0),
        lambda: Clusters().after(n=3, loss=4),
        lambda: Clusters().after(n=3, loss=1, loss_squared=2),
        lambda: Clusters().after(n=-1, loss=0),
        lambda: largest([]),
        lambda: discounted_log_e(3, 4, eps=0.1, side="promote", effect=NO_EFFECT),
        lambda: LateCounts(n_started=1, n_matured=2),
        lambda: LateCounts(n_started=5, n_matured=5, n_errors=1),
        lambda: LateCounts(n_started=1, n_errors=1).after_failure(),
        lambda: LateDetector(eps=0.1).after_start(2).after_start(1),
        lambda: average_log_e([]),
        lambda: average_log_e([0.0], weights=[0.0]),
        lambda: average_log_e([0.0, 0.0], weights=[1.0]),
        lambda: PairedCounts(-1, 0),
        lambda: paired_log_e(PairedCounts(1, 0), worse_odds=0.0),
        lambda: paired_loss(new_pass_rate=1.1, old_pass_rate=0.0),
        lambda: minimum_detectable_difference(0, differing=0.1),
        lambda: minimum_detectable_difference(10, differing=0.0),
        lambda: cohen_kappa([[1, 2]]),
        lambda: cohen_kappa([[0, 0], [0, 0]]),
        lambda: cohen_kappa([[1, 0], [0, -1]]),
        lambda: cohen_kappa([[1, 0], [0, 1]], delta=0.0),
        lambda: operating_characteristics(eps=0.0, true_rate=0.1, alpha=0.05),
        lambda: operating_characteristics(eps=0.1, true_rate=1.1, alpha=0.05),
        lambda: operating_characteristics(eps=0.1, true_rate=0.1, alpha=0.05, n_max=0),
        lambda: conversations_to_earn(eps=0.1, true_rate=0.0, alpha=0.0),
        lambda: days_for(100, per_day=0.0),
        lambda: days_for(100, per_day=10.0, label_share=0.0),
        lambda: further_without_error_from_counts(3, 4, eps=0.1, alpha=0.05),
        lambda: further_without_error_from_counts(3, 1, eps=0.1, alpha=0.05, phi_upper=0.5),
        lambda: confidence_sequence_of_counts(3, 4, alpha=0.05),
        lambda: confidence_sequence_of_counts(3, 1, alpha=1.0),
        lambda: binomial_weights(-1, 0.1),
        lambda: plan_with_judge(
            eps=0.02, true_rate=0.0, alpha=0.05, sensitivity=0.9, specificity=0.9, pi_flagged=0.5, pi_other=0.1
        ),
        lambda: least_labels(error_at_most=0.0, delta=0.05),
        lambda: select_threshold([0.5, nan], [0, 1], error_at_most=0.1),
        lambda: select_threshold([0.5], [0, 1], error_at_most=0.1),
        lambda: select_threshold([0.5], [2], error_at_most=0.1),
        lambda: select_threshold([0.5], [0], error_at_most=0.1, delta=1.0),
    ],
)
def test_impossible_numbers_are_refused(impossible: Callable[[], object]) -> None:
    with pytest.raises(StatisticsError):
        impossible()


def test_without_data_there_is_no_evidence() -> None:
    assert ErrorOrigin.canary_worse().log_e == pytest.approx(0.0)
    assert ErrorOrigin.canary_not_worse().log_e == pytest.approx(0.0)
    assert SampleRatio().log_e == pytest.approx(0.0)
    assert ActiveEvidence(eps=0.02, least_pi=0.1).log_e == pytest.approx(0.0)
    assert paired_log_e(PairedCounts(0, 0, n_same=50)) == pytest.approx(0.0)
    assert ChangeDetector(eps=0.02).statistic == 0.0
    assert LateDetector(eps=0.02).statistic == 0.0
    assert PairedCounts(0, 0).difference is None


def test_a_budget_too_wide_for_any_stake_never_alarms() -> None:
    detector, late = ChangeDetector(eps=0.7), LateDetector(eps=0.7)
    for _ in range(100):
        detector, late = detector.after(1.0), late.after_start(1).after_failure(1)

    assert detector.statistic == 0.0
    assert late.statistic == 0.0


def test_an_error_of_the_canary_ends_only_the_bet_that_it_makes_none() -> None:
    after = ErrorOrigin.canary_not_worse().after([ArmError("canary", 0.5)])

    assert after.log_wealths[0] == -inf
    assert after.log_e > -inf
    assert after.n_errors == 1


def test_the_share_at_assignment_decides_how_much_an_error_says() -> None:
    surprising = ErrorOrigin.canary_worse().after([ArmError("canary", 0.05)]).log_e
    expected = ErrorOrigin.canary_worse().after([ArmError("canary", 0.95)]).log_e

    assert surprising > expected > 0.0


def test_counts_and_losses_have_the_same_interval() -> None:
    assert confidence_sequence_of_counts(200, 3, alpha=0.05) == confidence_sequence([0.0] * 197 + [1.0] * 3, alpha=0.05)
    assert confidence_sequence_of_counts(0, 0, alpha=0.05) == Bounds(0.0, 1.0)


@pytest.mark.parametrize(("n", "n_errors", "phi"), [(0, 0, 1.0), (100, 0, 2.0), (300, 4, 1.3)])
def test_what_is_still_needed_is_exactly_what_supports(n: int, n_errors: int, phi: float) -> None:
    effect = DesignEffect(phi=phi, phi_upper=phi, n_clusters=14)
    needed = further_without_error_from_counts(n, n_errors, eps=0.02, alpha=0.05, phi_upper=phi)
    assert needed

    def log_e(further: int) -> float:
        return discounted_log_e(n + further, n_errors, eps=0.02, side="promote", effect=effect)

    assert log_e(needed - 1) < log(20) <= log_e(needed)


def test_without_a_known_design_effect_nobody_can_say_what_is_needed() -> None:
    assert further_without_error_from_counts(500, 0, eps=0.02, alpha=0.05, phi_upper=inf) is None


def test_the_largest_clustering_discounts() -> None:
    day = Clusters().after(n=100, loss=0).after(n=100, loss=10).effect()
    customer = Clusters(n_clusters=2, n=2).effect()

    assert day.phi > 5
    assert largest([day, customer]) == day


def test_two_raters_with_one_and_the_same_class_have_no_kappa() -> None:
    kappa = cohen_kappa([[40, 0], [0, 0]])

    assert kappa.estimate is None
    assert (kappa.low, kappa.high, kappa.agreement) == (-1.0, 1.0, 1.0)
