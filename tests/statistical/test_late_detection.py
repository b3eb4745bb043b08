"""With late failures the detector keeps its guarantee, and still alarms before labels mature."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.statistics import ChangeDetector, LateDetector
from statistical.simulation import seeded

pytestmark = pytest.mark.statistical


@given(
    st.lists(st.tuples(st.integers(0, 2), st.booleans(), st.integers(0, 4)), max_size=40),
    st.floats(0.005, 0.6),
    st.integers(2, 6),
)
def test_the_statistic_is_never_above_that_of_one_who_is_told_at_the_start(
    conversations: list[tuple[int, bool, int]], eps: float, window: int
) -> None:
    """Each conversation: days since the one before, whether it fails, and after how many days that is known."""
    told, late, day = ChangeDetector(eps=eps), LateDetector(eps=eps), 0
    pending: list[tuple[int, int]] = []
    for gap, fails, delay in conversations:
        day += gap
        for known, started in [one for one in pending if one[0] <= day]:
            late = late.after_failure(started)
            pending.remove((known, started))
        late = late.after_settling(day - window).after_start(day)
        told = told.after(float(fails))
        if fails:
            pending.append((day + delay, day))

        assert late.statistic <= told.statistic * (1 + 1e-9) + 1e-12
        assert len(late.days) <= window


def test_once_all_is_known_only_the_bets_of_the_same_day_are_missing() -> None:
    """One failure on a later day: every earlier bet is refunded in full."""
    told, late = ChangeDetector(eps=0.1), LateDetector(eps=0.1)
    for _ in range(30):
        told, late = told.after(0.0), late.after_start(1)
    told, late = told.after(1.0), late.after_start(2).after_failure(2)
    missing = ChangeDetector(eps=0.1).after(1.0).statistic - ChangeDetector(eps=0.1).after(0.0).statistic

    assert told.statistic - late.statistic == pytest.approx(missing)
    assert late.after_settling(2).statistic == pytest.approx(late.statistic)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5)), min_size=1, max_size=40), st.floats(0.005, 0.6))
def test_what_is_shown_is_the_sum_of_its_days(steps: list[tuple[int, int]], eps: float) -> None:
    """Kept beside the days so that a start need not add them up; settling all of them must not change it."""
    late, day = LateDetector(eps=eps), 0
    for gap, failed_ago in steps:
        day += gap
        late = late.after_start(day).after_failure(day - failed_ago)
    folded = late.after_settling(day)

    assert folded.statistic == late.statistic
    assert list(folded.settled) == pytest.approx(list(late.log_sums), abs=1e-9)


def test_a_failure_after_its_window_counts_no_more() -> None:
    late = LateDetector(eps=0.1).after_start(1).after_start(2).after_settling(1)

    assert late.after_failure(1) == late


def test_an_outage_is_found_days_before_its_conversations_mature() -> None:
    """50 a day at 1 %, then 10 %; failures known within seven days, threshold 90 days of traffic."""
    rng = seeded(20261171)
    days_to_alarm = []
    for _ in range(12):
        late, failures = LateDetector(eps=0.02), np.zeros((200, 120), dtype=int)
        for day in range(120):
            failed = int((rng.random(50) < (0.01 if day < 100 else 0.10)).sum())
            for delay in (7 * rng.beta(1.0, 3.0, size=failed)).astype(int):
                failures[day, day + delay if day + delay < 120 else 119] += 1
            late = late.after_settling(day - 7)
            for _ in range(50):
                late = late.after_start(day)
            for started in range(max(0, day - 7), day + 1):
                for _ in range(int(failures[started, day])):
                    late = late.after_failure(started)
            if late.statistic >= 90 * 50:
                days_to_alarm.append(day - 100)
                break

    assert len(days_to_alarm) == 12
    assert 0 <= np.median(days_to_alarm) < 7
