"""Each stake of each grid holds what an independent package says: `ville`, built by others from the papers."""

from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp
from ville import BernoulliTest, BettingTest

from remit.statistics import ChangeDetector, PairedCounts, Wealth, paired_log_e
from remit.statistics.change_detection import detector_stakes
from remit.statistics.e_process import Side

pytestmark = pytest.mark.statistical

losses = st.lists(st.sampled_from([0.0, 0.1, 0.3, 1.0]), min_size=1, max_size=40)


def log_wealth_by_ville(stream: list[float], *, eps: float, stake: float) -> np.ndarray:
    """`BettingTest` bets its plug-in stake or c / m, whichever is smaller.

    With an alpha so tiny the plug-in is above 20 for five losses: then c / m is the stake, and a fresh test goes on.
    """
    side = "greater" if stake > 0 else "less"
    cap = stake * eps if stake > 0 else -stake * (1 - eps)
    parts = [
        np.asarray(BettingTest(eps, alternative=side, alpha=1e-300, c=cap).update(stream[at : at + 5]).log_e_values_)
        for at in range(0, len(stream), 5)
    ]
    return np.concatenate([part + sum(float(done[-1]) for done in parts[:at]) for at, part in enumerate(parts)])


@settings(max_examples=40)
@given(losses, st.floats(0.02, 0.5), st.sampled_from(["promote", "rollback"]))
def test_every_stake_and_their_mixture_hold_the_same(stream: list[float], eps: float, side: Side) -> None:
    wealth = Wealth.at_start(eps=eps, side=side).after(stream)
    # The bet on "no errors at all" stakes everything, which the other package does not allow.
    pairs = [
        (stake, held)
        for stake, held in zip(wealth.grid.stakes, wealth.log_wealths, strict=True)
        if 1 - stake * eps > 0 and 1 + stake * (1 - eps) > 1e-9
    ]
    theirs = [float(log_wealth_by_ville(stream, eps=eps, stake=stake)[-1]) for stake, _ in pairs]

    assert len(pairs) >= len(wealth.log_wealths) - 1
    assert [held for _, held in pairs] == pytest.approx(theirs, abs=2e-13 * len(stream) + 2e-13)
    if len(pairs) == len(wealth.log_wealths):
        assert wealth.log_e == pytest.approx(float(logsumexp(theirs)) - log(len(theirs)), abs=1e-11)


@settings(max_examples=20)
@given(losses, st.floats(0.02, 0.5))
def test_the_change_detector_is_the_sum_of_their_bets_started_at_every_loss(stream: list[float], eps: float) -> None:
    detector = ChangeDetector(eps=eps)
    for loss in stream:
        detector = detector.after(loss)
    sums = []
    for stake in detector_stakes(eps):
        path = log_wealth_by_ville(stream, eps=eps, stake=stake)
        since = np.concatenate([[0.0], path[:-1]])
        sums.append(float(logsumexp(path[-1] - since)))

    assert list(detector.log_sums) == pytest.approx(sums, abs=1e-10)


@given(st.integers(0, 40), st.integers(0, 40))
def test_paired_evidence_in_both_directions_is_close_to_their_two_sided_test(better: int, worse: int) -> None:
    """Their uniform mixture over all odds, ours over a grid of ten on each side: never far from each other."""
    stream = [1] * better + [0] * worse
    theirs = float(BernoulliTest(0.5).update(stream).log_e_values_[-1]) if stream else 0.0
    both = (paired_log_e(PairedCounts(better, worse)), paired_log_e(PairedCounts(worse, better)))

    assert float(logsumexp(both)) - log(2) == pytest.approx(theirs, abs=2.5)
