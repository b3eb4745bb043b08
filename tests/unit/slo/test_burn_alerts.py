"""Burn alerts of technical indicators: two windows, a least number of events, and budgets at which none can fire."""

import json
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.evidence import Observation
from remit.slo import BURN_ALERTS, BudgetActionKind, BurnCounts, BurnMonitor, Objective, burn_rates
from unit.slo.conversations import START, answered, objective, recorded

AVAILABILITY = objective("turn", 0.99)
KEY = "shop|r-1|refund|tools_within_limits"


def traffic(
    *, hours: float, per_minute: int, failing: int, start_hour: float = 0.0, number: int = 0
) -> list[Observation]:
    """Turns at even times, every `failing`-th of which fails; 0 for none."""
    rows = []
    for index in range(int(hours * 60 * per_minute)):
        at = START + timedelta(hours=start_hour, seconds=index * 60 / per_minute)
        rows.append(answered(number + index, failed=bool(failing) and index % failing == 0, at=at))
    return rows


def asked(rows: list[Observation], which: Objective = AVAILABILITY) -> list[str]:
    monitor = BurnMonitor(which)
    state, keys = monitor.start(KEY), []
    for one in recorded(rows):
        after = monitor.add(state, one)
        keys += list(json.loads(json.dumps(monitor.actions(KEY, state, after, one))))
        state = monitor.decode(json.loads(json.dumps(monitor.encode(after)))) if one.position % 50 == 0 else after
    return keys


def counts_of(rows: list[Observation]) -> BurnCounts:
    counts = BurnCounts()
    for row in rows:
        counts = counts.after(int(row.at.timestamp()), failed=row.outcome == "failed")
    return counts


def test_an_outage_pages_within_minutes_and_once() -> None:
    calm = traffic(hours=6, per_minute=10, failing=200)
    outage = traffic(hours=0.5, per_minute=10, failing=2, start_hour=6, number=90_000)
    keys = asked([*calm, *outage])
    assert any(":14.4x:" in key for key in keys)
    assert len(set(keys)) == len(keys) - sum(keys.count(key) - 1 for key in set(keys))
    assert not any(":14.4x:" in key for key in asked(calm))


def test_few_events_page_nobody_however_many_of_them_fail() -> None:
    assert asked(traffic(hours=2, per_minute=1, failing=1)[:20]) == []


def test_an_alert_stops_when_the_short_window_is_clean_again() -> None:
    outage = traffic(hours=0.2, per_minute=20, failing=2)
    after = traffic(hours=0.2, per_minute=20, failing=0, start_hour=0.2, number=90_000)
    now_s = int(after[-1].at.timestamp())
    page = burn_rates(counts_of([*outage, *after]), AVAILABILITY, now_s)[0]
    assert page.long_rate is not None
    assert page.long_rate >= 14.4
    assert page.short_rate == 0.0
    assert not page.fires


def test_a_burn_rate_beyond_one_over_the_budget_is_said_to_be_impossible() -> None:
    everything_fails = counts_of(traffic(hours=1, per_minute=20, failing=1))
    now_s = everything_fails.newest_s
    by_name = {rate.alert.name: rate for rate in burn_rates(everything_fails, objective("turn", 0.9), now_s)}
    assert not by_name["14.4x"].possible
    assert not by_name["14.4x"].fires
    assert by_name["6x"].fires
    assert not any(rate.possible for rate in burn_rates(everything_fails, objective("turn", 0.8), now_s)[:2])


def test_the_alerts_are_the_usual_four() -> None:
    assert [(one.name, one.long_s // 3600, one.short_s // 60, one.kind) for one in BURN_ALERTS] == [
        ("14.4x", 1, 5, BudgetActionKind.PAGE),
        ("6x", 6, 30, BudgetActionKind.PAGE),
        ("3x", 24, 120, BudgetActionKind.TICKET),
        ("1x", 72, 360, BudgetActionKind.TICKET),
    ]
    assert BURN_ALERTS[0].n_events(0.001, 0) == 348
    assert BURN_ALERTS[0].n_events(0.001, 1_000) == 1_000


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 400_000), st.booleans()), max_size=80))
def test_windows_hold_every_event_of_their_time_and_the_state_stays_small(rows: list[tuple[int, bool]]) -> None:
    start_s = int(START.timestamp())
    counts = BurnCounts()
    for offset, failed in sorted(rows):
        counts = counts.after(start_s + offset, failed=failed)
    assert len(counts.fine) <= 74
    assert len(counts.coarse) <= 74
    for window_s, width in ((3600, 300), (6 * 3600, 300), (24 * 3600, 3600), (72 * 3600, 3600)):
        now_s = counts.newest_s
        n, n_failed = counts.within(window_s, now_s)
        first_s = ((now_s - window_s) // width + 1) * width
        inside = [failed for offset, failed in rows if first_s <= start_s + offset <= now_s]
        assert (n, n_failed) == (len(inside), sum(inside))


def test_an_event_from_before_the_windows_changes_nothing() -> None:
    counts = counts_of(traffic(hours=1, per_minute=1, failing=0))
    late = counts.after(counts.newest_s - 100 * 3600, failed=True)
    assert late.within(72 * 3600, late.newest_s) == counts.within(72 * 3600, counts.newest_s)
    assert pytest.approx(60) == counts.within(72 * 3600, counts.newest_s)[0]
