"""Every document is read by one reader: what it keeps, what it refuses, and where it says so."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.documents import Located, canonical_json, digest_of, read_mapping, suggest
from remit.errors import AgentParseError


def read(text: str) -> Located:
    return read_mapping(text, "it.yaml", AgentParseError, "Begin with `name:`.")


def refused(text: str) -> AgentParseError:
    with pytest.raises(AgentParseError) as raised:
        read(text)
    return raised.value


def test_values_know_the_line_of_their_key_or_of_their_place_in_a_list() -> None:
    document = read("a: 1\nb:\n  c:\n    - x\n    - y: 2\n")

    assert document.line_of(("b",)) == 2
    assert document.line_of(("b", "c", 1)) == 5
    assert document.line_of(("b", "c", 1, "y")) == 5
    assert document.line_of(("b", "c", 7)) == 3
    assert document.plain() == {"a": 1, "b": {"c": ["x", {"y": 2}]}}


def test_what_people_write_as_a_number_or_day_but_mean_as_a_name_stays_text() -> None:
    assert read("a: 007\nb: 2026-01-31\nc: 10\nd: 1e-3\ne: yes\nf: !!str 12\n").plain() == {
        "a": "007",
        "b": "2026-01-31",
        "c": 10,
        "d": 0.001,
        "e": "yes",
        "f": "12",
    }


def test_a_merged_mapping_gives_way_to_own_keys_and_keeps_its_own_lines() -> None:
    document = read("base: &base\n  x: 1\n  y: 2\nown:\n  y: 3\n  <<: *base\n")

    assert document.plain()["own"] == {"x": 1, "y": 3}
    assert document.line_of(("own", "x")) == 2
    assert document.line_of(("own", "y")) == 5


def test_every_problem_of_form_is_named_in_the_order_of_the_lines() -> None:
    error = refused("a: 1\nb: !!python/name:os x\na: 2\n[c]: 3\n")

    assert error.line == 2
    assert [other.line for other in error.others] == [3, 4]
    assert "first on line 1" in str(error)


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 100 + "]" * 100,
        "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        + "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 8)),
        "a: &a {b: *a}",
    ],
    ids=["deep", "aliases that double", "an alias that contains itself"],
)
def test_a_document_without_end_is_refused(text: str) -> None:
    assert "unfolds beyond" in str(refused(text))


def test_a_file_that_no_person_has_written_is_refused_before_it_is_read() -> None:
    assert "longer than 5000000 characters" in str(refused("a: " + "x" * 5_000_000))


@given(st.text(alphabet=string.printable + "é \x00\ud800", max_size=60))
def test_any_text_is_a_mapping_or_one_error(text: str) -> None:
    try:
        found = read(text).value
    except AgentParseError as error:
        found = {} if error.path == "it.yaml" else None

    assert isinstance(found, dict)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=3), JSON, max_size=4))
def test_the_digest_is_blind_to_the_order_of_keys_and_to_nothing_else(content: dict[str, object]) -> None:
    assert digest_of(dict(reversed(content.items()))) == digest_of(content)
    assert digest_of({**content, "one more": 1}) != digest_of(content)
    assert canonical_json(content).isascii()


def test_a_suggestion_names_what_is_near_and_all_there_is() -> None:
    assert suggest("agnt", ["agent", "policy"], noun="keys") == "Did you mean `agent`? Known keys: `agent`, `policy`."
    assert suggest("zzz", ["agent"], noun="keys") == "Known keys: `agent`."
    assert suggest("zzz", [], noun="tools") == "There are no tools."


@pytest.mark.parametrize("opening", ["[", "{a: "])
def test_thousands_of_open_brackets_are_refused_before_the_parser_sees_them(opening: str) -> None:
    assert "nests more than 200 brackets" in str(refused("a: " + opening * 50_000))
