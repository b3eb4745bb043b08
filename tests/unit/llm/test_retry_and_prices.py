"""Pauses grow to a cap and respect the service's wish; costs are what the prices say."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.adapters.llm import Prices, RetryPolicy
from remit.adapters.llm.retry import NOT_BEGUN, OVERLOADED, read_retry_after
from remit.adapters.llm.strict_json import expect_json, read_json

NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
COUNTS = st.integers(0, 10_000_000)
PRICES = st.floats(0, 1000)


@given(st.integers(1, 40))
def test_pauses_grow_to_their_cap_and_are_the_same_each_time(n_failed: int) -> None:
    policy = RetryPolicy(first_pause_s=0.5, longest_pause_s=8.0)

    assert policy.pause_s(n_failed, None) <= policy.pause_s(n_failed + 1, None) <= 8.0
    assert policy.pause_s(n_failed, None) == policy.pause_s(n_failed, None) >= 0.5


@given(st.integers(1, 10), st.floats(0, 1e6))
def test_no_pause_is_shorter_than_the_service_asks_for(n_failed: int, asked_s: float) -> None:
    assert RetryPolicy().pause_s(n_failed, asked_s) >= asked_s


@given(st.integers(0, 100_000))
def test_seconds_and_dates_say_the_same(seconds: int) -> None:
    date = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)

    assert read_retry_after(str(seconds), NOW) == read_retry_after(date, NOW) == seconds


@given(st.text(max_size=40))
def test_any_header_is_read_without_an_error(header: str) -> None:
    asked = read_retry_after(header, NOW)

    assert asked is None or asked >= 0


def test_a_date_in_the_past_is_no_wait() -> None:
    assert read_retry_after(format_datetime(NOW - timedelta(hours=1), usegmt=True), NOW) == 0
    assert read_retry_after(None, NOW) is None


def test_what_was_not_begun_may_also_be_repeated_by_those_who_may_repeat_anything() -> None:
    assert NOT_BEGUN < OVERLOADED
    assert not {500, 502, 503, 504} & NOT_BEGUN


@given(st.tuples(COUNTS, COUNTS, COUNTS), st.tuples(PRICES, PRICES, PRICES))
def test_cached_tokens_cost_their_own_price_and_never_more_of_them_than_there_are(
    tokens: tuple[int, int, int], prices: tuple[float, float, float]
) -> None:
    (n_input, n_output, n_cached), (in_price, out_price, cached_price) = tokens, prices
    usage = Prices(in_price, out_price, cached_price).usage(n_input, n_output, n_cached)
    n_cached = min(n_cached, n_input)

    expected = ((n_input - n_cached) * in_price + n_cached * cached_price + n_output * out_price) / 1e6
    assert usage.cost_eur == pytest.approx(expected)
    assert Prices(in_price, out_price).usage(n_input, n_output, n_cached).cost_eur == pytest.approx(
        (n_input * in_price + n_output * out_price) / 1e6
    )


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3)))
def test_what_is_json_is_read_and_can_be_kept(value: object) -> None:
    expect_json(value)

    assert read_json(json.dumps(value)) == value


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", '"\\ud83d"', '{"\\udc00": 1}', "[" * 100_000, "", "{", b"\xff"])
def test_what_no_store_can_keep_is_not_json(text: str | bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the message is the caller's business
        read_json(text)
