"""The record of others of the same kind; nobody is in their own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.calibration.track_record import TrackRecords

outcomes = st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.booleans()), min_size=1, max_size=40)


@given(outcomes)
def test_a_record_lies_between_its_own_rate_and_the_mean(found: list[tuple[str, bool]]) -> None:
    records = TrackRecords.of(found)
    for kind, record in records.records.items():
        own, mean = record.n_right / record.n, (records.total.n_right + 1) / (records.total.n + 2)
        signal = records.signal(kind)
        assert signal is not None
        assert 0.0 < signal < 1.0
        assert min(own, mean) - 1e-12 <= signal <= max(own, mean) + 1e-12


@given(outcomes)
def test_one_after_the_other_equals_all_at_once(found: list[tuple[str, bool]]) -> None:
    records = TrackRecords()
    for kind, right in found:
        records = records.after(kind, right=right)
    assert records == TrackRecords.of(found)


def test_without_another_conversation_of_its_kind_the_signal_is_missing() -> None:
    records = TrackRecords.of([("a", True), ("b", False)])
    assert records.signal("c") is None
    assert records.signal("a", own=True) is None


@given(st.integers(1, 30), st.integers(0, 30))
def test_equal_records_of_others_give_equal_signals_however_it_went(n: int, n_right: int) -> None:
    n_right = min(n, n_right)
    others = [("a", True)] * n_right + [("a", False)] * (n - n_right)
    base = TrackRecords.of([*others, ("a", True), ("b", False)])
    turned = TrackRecords.of([*others, ("a", False), ("b", True)])
    assert base.signal("a", own=True) == pytest.approx(turned.signal("a", own=False))
