"""The drift monitor's state is small, comes back as it was, and says what has grown."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.calibration.drift import DriftMonitor, Seen, TrafficMix
from remit.conversations import IntentName

A, B = IntentName("a"), IntentName("b")


def mix(n: int = 1_000, *, intents: tuple[IntentName, ...] = (A, A, A, B)) -> TrafficMix:
    scores = np.linspace(0.001, 0.999, n)
    return TrafficMix.of(scores, list(intents) * (n // len(intents)), np.linspace(0.0, 0.1, n), n_out_of_scope=30)


seen = st.builds(
    Seen,
    st.none() | st.floats(0.0, 1.0),
    st.none() | st.sampled_from([A, B, IntentName("new")]),
    st.none() | st.floats(0.0, 1.0),
)


@given(st.lists(seen, max_size=30), st.lists(seen, max_size=30))
def test_a_monitor_that_was_kept_goes_on_as_if_it_had_not_been(before: list[Seen], after: list[Seen]) -> None:
    whole = DriftMonitor.of(mix())
    for each in before:
        whole = whole.after(each)
    resumed = DriftMonitor.of(mix()).resumed(json.loads(json.dumps(whole.state())))
    for each in after:
        whole, resumed = whole.after(each), resumed.after(each)
    assert resumed == whole


def test_a_sample_is_cut_into_fifths_of_its_scores() -> None:
    assert mix().in_parts == (200, 200, 200, 200, 200)
    assert mix().by_intent == {A: 750, B: 250}


def test_equal_scores_make_one_part() -> None:
    same = TrafficMix.of(np.full(100, 0.5), [A] * 100, np.full(100, np.nan), n_out_of_scope=0)
    assert sum(same.in_parts) == 100
    assert same.unusual_from is None
    assert DriftMonitor.of(same).after(Seen(0.5, A, 0.5)).alarm == ""


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (Seen(0.05, A, 0.03), "confidence between 0.000 and 0.201 has grown"),
        (Seen(None, B, 0.03), "the share of 'b' has grown"),
        (Seen(None, None, 0.9), "what seems out of scope has grown"),
    ],
)
def test_it_says_what_has_grown(what: Seen, words: str) -> None:
    monitor = DriftMonitor.of(mix())
    for _ in range(200):
        monitor = monitor.after(what)
    assert words in monitor.alarm
