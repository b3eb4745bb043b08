"""The rules of other tools do what their documents say, on streams that one can count by hand."""

import numpy as np

from remit.simulation.rules_of_others import BurnRateAlerts, FailureLimit, FixedSample, Move, WilsonAgainAndAgain


def stream(n: int, *failures: int) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    failed = np.zeros(n, dtype=np.bool_)
    failed[list(failures)] = True
    return failed


def test_a_fixed_sample_decides_once_it_is_full() -> None:
    rule = FixedSample(0.02, n_wanted=100)
    assert rule.look(stream(99, 0, 1)) is Move.STAY
    assert rule.look(stream(50)) is Move.WIDEN
    assert FixedSample(0.02, n_wanted=100).look(stream(100, 0, 1, 2)) is Move.ROLL_BACK


def test_a_fixed_sample_ignores_what_comes_after_it() -> None:
    assert FixedSample(0.02, n_wanted=100).look(stream(200, *range(100, 200))) is Move.WIDEN


def test_the_failure_limit_counts_days_above_the_budget() -> None:
    rule = FailureLimit(0.02)
    bad_day, good_day = stream(100, 0, 1, 2), stream(100, 0, 1)
    assert [rule.look(bad_day) for _ in range(4)] == [Move.STAY, Move.STAY, Move.STAY, Move.ROLL_BACK]
    rule = FailureLimit(0.02)
    assert [rule.look(day) for day in [bad_day] * 3 + [good_day] * 7][-1] is Move.WIDEN


def test_a_day_without_conversations_is_no_measurement() -> None:
    rule = FailureLimit(0.02, n_wanted=1)
    assert rule.look(stream(0)) is Move.STAY
    assert rule.look(stream(5)) is Move.WIDEN


def test_wilson_widens_at_the_first_crossing_whichever_the_day_is_cut() -> None:
    clean = stream(400)
    whole = WilsonAgainAndAgain(0.02)
    in_parts = WilsonAgainAndAgain(0.02)
    assert whole.look(clean) is Move.WIDEN
    assert Move.WIDEN in [in_parts.look(part) for part in np.split(clean, 20)]
    assert WilsonAgainAndAgain(0.02).look(stream(40, *range(10))) is Move.ROLL_BACK


def test_burn_rate_alerts_widen_after_a_quiet_fortnight_and_page_on_a_burning_day() -> None:
    quiet = BurnRateAlerts(0.02)
    assert [quiet.look(stream(50)) for _ in range(14)][-1] is Move.WIDEN
    assert BurnRateAlerts(0.02).look(stream(50, 45, 46, 47, 48)) is Move.ROLL_BACK
