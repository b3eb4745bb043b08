"""Closed forms of many equal rows are what the reducers come to, row by row."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.control.monitors import monitors_of
from remit.control.rates import RateMonitor, Watched
from remit.conversations import IntentName, ReleaseId
from remit.evidence import Observation, Recorded
from remit.gates.live_counts import BUCKETS, LiveCounting, LiveCounts
from remit.gates.row_digest import place_of
from remit.policy.levels import AutonomyLevel
from remit.simulation.by_day import _buckets, _by_bucket
from remit.simulation.default_policy import default_policy
from remit.simulation.folding import more_matured, more_of_a_rate, more_starts
from remit.simulation.served import EVERYTHING, Cohort, Serving, emptied
from remit.simulation.world import DrawnConversations
from remit.slo.counting import Counts
from remit.statistics import LateDetector

REFUND = IntentName("refund")
POLICY = default_policy()


def a_cohort(failed: list[bool], day: int = 3) -> Cohort:
    n = len(failed)
    spread = np.linspace(0.0, 1000.0, n)
    drawn = DrawnConversations(
        minute=spread,
        toward_canary=np.zeros(n),
        luck=np.zeros(n),
        delay_days=np.zeros(n, dtype=np.int64),
        judged=np.zeros(n),
        audited=np.zeros(n),
        day_factor=1.0,
    )
    zeros = np.zeros(n, dtype=np.int64)
    serving = Serving(ReleaseId("r-1"), AutonomyLevel.SUPERVISED_ANSWERS)
    looked = np.ones(n, dtype=np.bool_)
    bad = np.array(failed, dtype=np.bool_)
    return Cohort(REFUND, day, POLICY.digest, (serving,), zeros, drawn, bad, EVERYTHING, zeros, looked, 7)


def rate_monitor() -> RateMonitor:
    return next(one for one in monitors_of(POLICY) if isinstance(one, RateMonitor))


def watched(state: Watched, rows: list[Observation], monitor: RateMonitor) -> Watched:
    for position, row in enumerate(rows, start=1):
        state = monitor.add(state, Recorded(position, row))
    return state


@given(
    st.lists(st.tuples(st.integers(1, 400), st.integers(0, 3)), min_size=1, max_size=6),
    st.sampled_from([0.001, 0.02, 0.2, 0.5]),
)
@settings(max_examples=60, deadline=None)
def test_many_starts_of_a_day_are_as_many_single_starts(days: list[tuple[int, int]], eps: float) -> None:
    one_by_one = at_once = LateDetector(eps)
    for day, (n, n_failures) in enumerate(days):
        for _ in range(n):
            one_by_one = one_by_one.after_start(day)
        at_once = at_once.after_start(day)
        at_once = more_starts(at_once, n - 1) if n > 1 else at_once
        for _ in range(n_failures):
            one_by_one, at_once = one_by_one.after_failure(day - 1), at_once.after_failure(day - 1)
        if day % 3 == 2:
            one_by_one, at_once = one_by_one.after_settling(day - 2), at_once.after_settling(day - 2)
        assert at_once.n_charged == one_by_one.n_charged
        assert at_once.log_sums == pytest.approx(one_by_one.log_sums, rel=1e-9, abs=1e-9)
        for fast, slow in zip(at_once.days, one_by_one.days, strict=True):
            assert fast.log_sums == pytest.approx(slow.log_sums, rel=1e-9, abs=1e-9)


@given(st.lists(st.booleans(), min_size=2, max_size=80))
@settings(max_examples=30, deadline=None)
def test_matured_outcomes_at_once_are_as_many_rows(failed: list[bool]) -> None:
    cohort, reducer = a_cohort(failed), LiveCounting()
    opened = [cohort.failure(index) for index, is_bad in enumerate(failed) if is_bad]
    before = LiveCounts()
    for position, row in enumerate(opened, start=1):
        before = reducer.add(before, Recorded(position, row))
    slow = before
    for index in range(cohort.n):
        slow = reducer.add(slow, Recorded(1000 + index, cohort.maturity(index)))

    fast = reducer.add(before, Recorded(1000, cohort.maturity(0)))
    bad = np.array(failed[1:])
    buckets = _by_bucket(_buckets(cohort)[1 : cohort.n], bad)
    fast = more_matured(fast, "human_confirmed|all", "2026-01-08", n=len(bad), n_failed=int(bad.sum()), buckets=buckets)
    assert replace(fast, digest="") == replace(slow, digest="")


def test_a_run_of_draws_and_maturities_leaves_a_monitor_where_single_rows_do() -> None:
    monitor = rate_monitor()
    cohorts = [a_cohort([index % 40 == 0 for index in range(130)], day) for day in range(5)]
    slow = fast = monitor.start("")
    for cohort in cohorts:
        draws = [cohort.draw(index) for index in range(cohort.n)]
        failures = [cohort.failure(index) for index in cohort.becoming_known(cohort.day)]
        slow = watched(slow, [*draws, *failures], monitor)
        fast = monitor.add(fast, Recorded(1, draws[0]))
        fast = more_of_a_rate(fast, draws[0].cluster, "all", Counts(n_begun=cohort.n - 1), n_starts=cohort.n - 1)
        fast = watched(fast, failures, monitor)
    for cohort in cohorts:
        ends = [cohort.maturity(index) for index in range(cohort.n)]
        slow = watched(slow, ends, monitor)
        fast = monitor.add(fast, Recorded(1, ends[0]))
        change = Counts(n_matured=cohort.n - 1, n_errors_matured=int(cohort.failed[1:].sum()))
        fast = more_of_a_rate(fast, ends[0].cluster, "all", change)
    assert fast.counts.days == slow.counts.days
    assert fast.counts.whole == slow.counts.whole
    assert fast.counts.clusters.spread == pytest.approx(slow.counts.clusters.spread)
    assert fast.counts.clusters.n == slow.counts.clusters.n
    assert fast.conversations == slow.conversations
    assert isinstance(fast.counts.detector, LateDetector)
    assert isinstance(slow.counts.detector, LateDetector)
    assert fast.counts.detector.statistic == pytest.approx(slow.counts.detector.statistic, rel=1e-9)


def test_buckets_of_a_day_are_the_places_of_its_customers() -> None:
    cohort = a_cohort([False] * 150)
    places = [place_of(cohort.draw(index), places=BUCKETS) for index in range(cohort.n)]
    assert _buckets(cohort)[: cohort.n].tolist() == places


def test_what_is_emptied_still_makes_the_same_rows() -> None:
    cohort = a_cohort([False, True])
    assert emptied(cohort).maturity(1) == cohort.maturity(1)
    assert emptied(cohort).failure(1) == cohort.failure(1)
