from hypothesis import given
from hypothesis import strategies as st

from remit.adapters.guards.loops import n_repeats


@given(st.integers(0, 5))
def test_repeats_are_counted_back_to_the_first_other_text(n: int) -> None:
    assert n_repeats("Could you rephrase?", ["Could you rephrase?", "Hello!", *["could you  rephrase"] * n]) == n


def test_another_number_is_another_answer() -> None:
    assert n_repeats("Order 10424 has shipped.", ["Order 10423 has shipped."]) == 0
