"""Trying again and again does not make luck enough."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.statistics import AlphaLedger, operating_characteristics

pytestmark = pytest.mark.statistical


def test_the_shares_of_all_attempts_add_up_to_the_allowance() -> None:
    ledger, total = AlphaLedger(alpha=0.05), 0.0
    for _ in range(2000):
        total += ledger.share
        ledger = ledger.after_failure()

    assert 0.05 * 0.9996 < total < 0.05
    assert ledger.spent == pytest.approx(total, rel=1e-12)


@given(st.floats(0.001, 0.5), st.integers(0, 50))
def test_every_failure_makes_the_next_attempt_harder(alpha: float, n_failed: int) -> None:
    ledger = AlphaLedger(alpha=alpha, n_failed=n_failed)

    assert ledger.after_failure().share < ledger.share < alpha
    assert ledger.spent + ledger.share < alpha


def promoted_within(alphas: list[float], *, rate: float) -> float:
    """Exact probability that at least one attempt of 2,000 conversations is promoted, at a budget of 2 %."""
    never = 1.0
    for alpha in alphas:
        outcome = operating_characteristics(eps=0.02, true_rate=rate, alpha=alpha, n_max=2000)
        never *= 1.0 - outcome.earned_probability
    return 1.0 - never


def test_twenty_attempts_of_an_agent_at_its_limit() -> None:
    """Published: 51 % with the whole alpha each time; with the ledger less than alpha."""
    ledgers = [AlphaLedger(alpha=0.05, n_failed=n) for n in range(20)]

    assert promoted_within([0.05] * 20, rate=0.02) == pytest.approx(0.51, abs=0.01)
    assert promoted_within([ledger.share for ledger in ledgers], rate=0.02) < 0.05
