"""The cheap first look of the guards changes nothing: with and without it the same wordings are found."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.adapters.guards.injection import IN_MESSAGES, IN_RESULTS, order_in_data, order_in_message
from remit.adapters.guards.secrets import SECRETS, secret_in
from remit.adapters.guards.stems import stems_in

WORDINGS = [pattern for _, _, pattern in IN_RESULTS.patterns]
# What `re` takes for i, k and s when it ignores case.
LOOKALIKES = str.maketrans({"i": "\u0131", "I": "\u0130", "k": "\u212a", "s": "\u017f"})


def disguised(pattern: re.Pattern[str]) -> st.SearchStrategy[str]:
    """Texts that hold a match, also in capitals, with letters that only look alike, and among others."""
    plain = st.from_regex(pattern)
    return plain | plain.map(str.upper) | plain.map(str.title) | plain.map(lambda text: text.translate(LOOKALIKES))


def texts(patterns: list[re.Pattern[str]]) -> st.SearchStrategy[str]:
    return st.text() | st.sampled_from(patterns).flatmap(disguised)


@given(texts(WORDINGS))
def test_orders_are_found_as_if_every_pattern_looked(text: str) -> None:
    spaced = re.sub(r"\s+", " ", text)
    if text.isascii():  # what is composed or hidden is another rule's matter
        in_messages = next((what for what, _, pattern in IN_MESSAGES.patterns if pattern.search(spaced)), None)
        in_results = next((what for what, _, pattern in IN_RESULTS.patterns if pattern.search(spaced)), None)
        assert (order_in_message(text), order_in_data(text)) == (in_messages, in_results)


@pytest.mark.parametrize("place", range(len(WORDINGS)))
def test_whatever_a_pattern_matches_holds_one_of_its_stems(place: int) -> None:
    _, stems, pattern = IN_RESULTS.patterns[place]

    @settings(max_examples=25)
    @given(disguised(pattern))
    def holds(text: str) -> None:
        if pattern.search(text):
            assert stems_in(text, stems)

    holds()


@given(texts([pattern for _, pattern in SECRETS]))
def test_credentials_are_found_as_if_every_pattern_looked(text: str) -> None:
    assert secret_in(text) == next((what for what, pattern in SECRETS if pattern.search(text)), None)
