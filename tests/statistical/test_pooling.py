"""The average of e-values is one, however the parts depend on each other."""

from itertools import product
from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.statistics import average_log_e, log_e_value

pytestmark = pytest.mark.statistical


@given(
    st.tuples(st.floats(0.01, 0.6), st.floats(0.01, 0.6)),
    st.tuples(st.floats(0.01, 5.0), st.floats(0.0, 5.0)),
)
def test_at_the_border_the_mean_of_the_average_is_one(
    budgets: tuple[float, float], weights: tuple[float, float]
) -> None:
    """Exact, for two intents that fail together as far as they can: one draw decides for both."""
    low, high = sorted(budgets)
    outcomes = {(1, 1): low, (0, 1): high - low, (0, 0): 1 - high}
    total = 0.0
    for stream in product(outcomes, repeat=3):
        chance = 1.0
        for pair in stream:
            chance *= outcomes[pair]
        log_es = [
            log_e_value(3, sum(pair[intent] for pair in stream), eps=eps, side="rollback")
            for intent, eps in enumerate((low, high))
        ]
        total += chance * exp(average_log_e(log_es, weights=weights))

    assert total == pytest.approx(1.0, rel=1e-9)


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=8))
def test_equal_weights_are_the_default_and_their_scale_does_not_matter(log_es: list[float]) -> None:
    assert average_log_e(log_es, weights=[3.0] * len(log_es)) == pytest.approx(average_log_e(log_es), abs=1e-9)


def test_one_burning_intent_among_twenty_needs_twenty_times_the_evidence() -> None:
    assert average_log_e([log(400)] + [-1000.0] * 19) == pytest.approx(log(20))
