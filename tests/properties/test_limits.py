"""Rules that hold for every limit and every call."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from remit.policy.limits import LimitError, compile_limits

NAMES = ("amount", "order", "items", "x")
PIECES = (
    *NAMES, "order.total", "items.all(x,", "order.items.exists(x,", "arguments.amount", "has(", "size(", "int(",
    "double(", "string(", "timestamp(", "duration(", ".size()", ".startsWith('a')", ".matches('a+')", "(", ")", "[",
    "]", "{", "}", ",", ":", "?", "&&", "||", "!", "-", "+", "*", "/", "%", "<=", "<", ">", "==", "!=", "in", "0", "1",
    "2.5", "9223372036854775807", "'a'", "r'\\'", "true", "null", "// note",
)  # fmt: skip


def json_values() -> st.SearchStrategy[Any]:
    leaves = st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.sampled_from(["a", "9h"])
    )
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*NAMES, "total"]), inner),
        max_leaves=8,
    )


def objects() -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(NAMES), json_values())


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=8), st.booleans(), objects(), objects())
def test_any_text_is_refused_or_answers_yes_or_no(
    pieces: list[str], spaced: bool, arguments: dict[str, Any], facts: dict[str, Any]
) -> None:
    try:
        limits = compile_limits((" " if spaced else "").join(pieces))
    except LimitError:
        return
    assert limits.allow(arguments, facts) in (True, False)


@given(st.sampled_from(["amount <= 100.0", "amount <= 100", "amount * 3 < 500", "amount / 3 <= 33"]), st.integers())
def test_a_whole_number_and_its_double_are_judged_alike(expression: str, amount: int) -> None:
    limits = compile_limits(expression)
    if abs(amount) <= 2**53:
        assert limits.allow({"amount": amount}, {}) == limits.allow({"amount": float(amount)}, {})


@given(st.floats(allow_nan=True, allow_infinity=True) | st.integers() | st.text(max_size=3) | st.none() | st.booleans())
def test_nothing_passes_a_bound_that_is_not_a_number_within_it(amount: Any) -> None:
    allowed = compile_limits("amount >= 0.0 && amount <= 100.0").allow({"amount": amount}, {})
    is_number = isinstance(amount, int | float) and not isinstance(amount, bool)
    assert allowed == (is_number and 0 <= amount <= 100)


@given(objects())
def test_no_argument_can_stand_in_for_a_fact(arguments: dict[str, Any]) -> None:
    assert not compile_limits("order.total >= 0 || order.total < 0").allow(arguments, {})
