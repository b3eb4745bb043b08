"""Waiting after wrong passwords."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from remit.identity.throttle import FREE_ATTEMPTS, LONGEST_WAIT_S, Attempts

NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)


@given(st.integers(0, 10_000), st.integers(-100_000, 200_000))
def test_the_wait_is_never_negative_nor_longer_than_a_quarter_of_an_hour(n_failed: int, seconds: int) -> None:
    wait_s = Attempts(n_failed, NOW).wait_s(NOW + timedelta(seconds=seconds))
    assert 0.0 <= wait_s <= LONGEST_WAIT_S
    assert wait_s == 0.0 or n_failed >= FREE_ATTEMPTS


@given(st.integers(0, 40), st.integers(0, 1_000))
def test_more_wrong_attempts_never_wait_less(n_failed: int, seconds: int) -> None:
    later = NOW + timedelta(seconds=seconds)
    assert Attempts(n_failed, NOW).wait_s(later) <= Attempts(n_failed + 1, NOW).wait_s(later)


def test_a_patient_guesser_gets_about_a_hundred_guesses_a_day() -> None:
    attempts, now, n_guesses = Attempts(0, NOW), NOW, 0
    while now < NOW + timedelta(days=1):
        wait_s = attempts.wait_s(now)
        if wait_s:
            now += timedelta(seconds=wait_s)
        else:
            attempts = attempts.after_another(now)
            n_guesses += 1
    assert n_guesses == 5 + 10 + 94, "five free, ten while the wait doubles up to 512 s, then one in 900 s"


def test_a_day_of_silence_forgets_them() -> None:
    attempts = Attempts(20, NOW)
    assert attempts.wait_s(NOW + timedelta(hours=24)) == 0.0
    assert attempts.after_another(NOW + timedelta(hours=24)).n_failed == 1
