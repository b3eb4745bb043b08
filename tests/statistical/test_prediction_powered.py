"""A common rate with a judge's help: covered as often as it says, shorter than without, and refused where rare."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.errors import StatisticsError
from remit.statistics import prediction_powered_mean
from statistical.simulation import allowed

SEED, REPLICATIONS, ALPHA = 20261123, 400, 0.05
N_LABELS, N_OTHERS = 200, 1_000


def world(chance: random.Random, rate: float, right: float, n: int) -> tuple[list[float], list[float]]:
    truths = [float(chance.random() < rate) for _ in range(n)]
    return truths, [one if chance.random() < right else 1.0 - one for one in truths]


@pytest.mark.parametrize(("rate", "right"), [(0.7, 0.9), (0.5, 0.5), (0.3, 0.98)])
def test_the_interval_covers_a_common_rate_whatever_the_judge_is_worth(rate: float, right: float) -> None:
    chance = random.Random(SEED)
    missed, shorter = 0, 0
    for _ in range(REPLICATIONS):
        labels, verdicts = world(chance, rate, right, N_LABELS)
        _, others = world(chance, rate, right, N_OTHERS)
        found = prediction_powered_mean(labels, verdicts, others, alpha=ALPHA)
        alone = prediction_powered_mean(labels, verdicts, [], alpha=ALPHA)
        assert found is not None
        assert alone is not None
        missed += not found.bounds.low <= rate <= found.bounds.high
        shorter += found.bounds.high - found.bounds.low < alone.bounds.high - alone.bounds.low
    # The interval is asymptotic: one point is allowed for that, the rest for chance.
    most = allowed(REPLICATIONS, ALPHA + 0.01)
    print(f"seed {SEED}: {missed} of {REPLICATIONS} missed, allowed {most}; shorter in {shorter}")
    assert missed <= most
    assert right == 0.5 or shorter == REPLICATIONS


def test_without_other_verdicts_it_is_the_mean_of_the_labels() -> None:
    labels = [1.0] * 60 + [0.0] * 40
    found = prediction_powered_mean(labels, [0.0] * 100, [], alpha=ALPHA)
    assert found is not None
    assert (found.estimate, found.weight) == (0.6, 0.0)
    assert found.bounds.low == pytest.approx(0.6 - 1.959964 * (0.24 / 99) ** 0.5, abs=1e-6)


def test_a_judge_that_is_always_right_gives_the_rate_of_all() -> None:
    labels = [1.0] * 60 + [0.0] * 40
    found = prediction_powered_mean(labels, labels, [1.0] * 700_000 + [0.0] * 300_000, alpha=ALPHA)
    assert found is not None
    assert found.estimate == pytest.approx(0.7, abs=0.01)


@given(n_bad=st.integers(0, 29), n_good=st.integers(0, 400))
def test_a_rare_rate_is_refused(n_bad: int, n_good: int) -> None:
    labels = [1.0] * n_bad + [0.0] * n_good
    assert prediction_powered_mean(labels, labels, [0.0, 1.0], alpha=ALPHA) is None


def test_what_is_impossible_is_refused() -> None:
    with pytest.raises(StatisticsError, match="alpha"):
        prediction_powered_mean([1.0], [1.0], [], alpha=0.0)
    with pytest.raises(StatisticsError, match="needs its verdict"):
        prediction_powered_mean([1.0], [], [], alpha=ALPHA)
    with pytest.raises(StatisticsError, match="outside"):
        prediction_powered_mean([1.0], [1.5], [], alpha=ALPHA)
