"""The lower threshold: the policy's probability, or as many as experts can look at."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from remit.calibration.asking import AskRule, ask_threshold

scores = st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 0.95]), min_size=1, max_size=60).map(np.array)
shares = st.floats(0.0, 1.0)
sends = st.none() | st.sampled_from([0.5, 0.9, 1.0])


@given(scores, sends, shares)
def test_experts_never_get_more_than_they_can_look_at(found: np.ndarray, send: float | None, share: float) -> None:
    lower, _ = ask_threshold(found, send, AskRule(0.5, share))
    top = 1.0 if send is None else send
    assert lower <= top
    assert ((found >= lower) & (found < top)).sum() <= share * len(found)


@given(scores, sends, shares)
def test_a_lower_threshold_would_be_too_much_for_them(found: np.ndarray, send: float | None, share: float) -> None:
    lower, _ = ask_threshold(found, send, AskRule(0.5, share))
    below = found[found < lower]
    if len(below):
        top = 1.0 if send is None else send
        assert ((found >= below.max()) & (found < top)).sum() > int(share * len(found))


def test_without_a_share_the_policys_probability_decides() -> None:
    found = np.array([0.2, 0.6, 0.9])
    assert ask_threshold(found, 0.8, AskRule(0.5))[0] == 0.5
    assert ask_threshold(found, 0.4, AskRule(0.5))[0] == 0.4
    assert ask_threshold(found, None, AskRule(0.5))[0] == 0.5


def test_it_says_where_the_threshold_comes_from() -> None:
    found = np.linspace(0.0, 1.0, 101)
    _, words = ask_threshold(found, 0.8, AskRule(0.5, 0.2))
    assert words == "the policy's expert share of 0.2: 20 of 101 certified proposals lie between the thresholds"
