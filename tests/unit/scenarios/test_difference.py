"""Differences between JSON documents and their inverse."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.scenarios.difference import apply, difference, same_value
from remit.scenarios.model import StateChange

numbers = st.integers(-3, 3) | st.floats(allow_nan=False, allow_infinity=False, width=16)
leaves = st.none() | st.booleans() | numbers | st.text(max_size=3)
keys = st.text(alphabet="ab/~0", max_size=3)
documents = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=12
)


@given(documents, documents)
def test_a_difference_applied_to_the_first_document_gives_the_second(before: Any, after: Any) -> None:
    assert same_value(apply(before, difference(before, after)), after)


@given(documents)
def test_a_document_does_not_differ_from_itself_or_from_its_copy(document: Any) -> None:
    assert difference(document, document) == ()
    assert difference(document, copy.deepcopy(document)) == ()


@given(documents, documents)
def test_applying_leaves_the_original_as_it_was(before: Any, after: Any) -> None:
    kept = copy.deepcopy(before)
    apply(before, difference(before, after))
    assert before == kept


@given(documents, documents)
def test_changes_are_sorted_and_each_place_is_named_once(before: Any, after: Any) -> None:
    pointers = [change.pointer for change in difference(before, after)]
    assert pointers == sorted(set(pointers))


def test_absent_is_not_null() -> None:
    assert difference({}, {"a": None}) == (StateChange("/a", None, None, "added"),)
    assert difference({"a": None}, {}) == (StateChange("/a", None, None, "removed"),)
    assert difference({"a": 1}, {"a": None}) == (StateChange("/a", 1, None, "changed"),)


def test_true_is_not_one_but_one_is_one_point_zero() -> None:
    assert difference({"a": [1]}, {"a": [True]}) == (StateChange("/a", [1], [True]),)
    assert difference({"a": 1}, {"a": 1.0}) == ()


def test_a_list_is_reported_whole() -> None:
    assert difference({"items": ["x", "y"]}, {"items": ["y"]}) == (StateChange("/items", ["x", "y"], ["y"]),)


def test_keys_with_slashes_and_tildes_are_escaped() -> None:
    assert [change.pointer for change in difference({}, {"a/b": {}, "m~n": 1})] == ["/a~1b", "/m~0n"]


def test_written_changes_may_name_list_positions_and_make_missing_objects() -> None:
    changes = [StateChange("/a/0/x", None, 2), StateChange("/a/-", None, 3, "added"), StateChange("/b/c", None, 1)]
    assert apply({"a": [{"x": 1}]}, changes) == {"a": [{"x": 2}, 3], "b": {"c": 1}}


@pytest.mark.parametrize(
    ("pointer", "kind"), [("a", "changed"), ("/list/7", "changed"), ("/text/x", "changed"), ("/gone", "removed")]
)
def test_a_pointer_that_leads_nowhere_is_an_error(pointer: str, kind: Any) -> None:
    with pytest.raises(LookupError, match=pointer):
        apply({"list": [1], "text": "t"}, [StateChange(pointer, None, 1, kind)])


def test_numbers_within_the_tolerance_are_the_same() -> None:
    assert same_value({"total": [10.004]}, {"total": [10]}, tolerance=0.01)
    assert not same_value(10.02, 10, tolerance=0.01)
