import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.adapters.guards.contents import texts_in


@given(st.recursive(st.none() | st.integers(), lambda inner: st.lists(inner, max_size=3), max_leaves=5), st.text())
def test_a_text_is_found_wherever_it_stands(other: object, text: str) -> None:
    assert text in texts_in({"a": [other, {"b": {"c": text}}], "d": other})
    assert text in texts_in([other, {text: other}])


def test_what_is_nested_too_deep_to_screen_is_an_error() -> None:
    content: object = "x"
    for _ in range(100):
        content = [content]
    with pytest.raises(ValueError, match="nested"):
        list(texts_in(content))
