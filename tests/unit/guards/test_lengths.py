from hypothesis import given
from hypothesis import strategies as st

from remit.adapters.guards.lengths import excess, is_blank


@given(st.text(alphabet=" \t\n\u00a0\u200b\ufeff\u2028"))
def test_text_that_shows_nothing_is_blank(text: str) -> None:
    assert is_blank(text)


@given(st.text(), st.characters(categories=["L", "N", "P", "S"]), st.text())
def test_one_visible_character_is_not_blank(before: str, visible: str, after: str) -> None:
    assert not is_blank(before + visible + after)


@given(st.text(max_size=50), st.integers(0, 50))
def test_only_texts_beyond_the_limit_have_an_excess(text: str, limit: int) -> None:
    assert (excess(text, limit=limit) is not None) == (len(text) > limit)
