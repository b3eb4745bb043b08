"""What is proven to fit a tool's schema fits it, and ordinary calls are proven."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from jsonschema.validators import Draft202012Validator

from remit.adapters.worlds.arguments import proof_of_fit

names = st.sampled_from(["order", "amount", "items"])
values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.lists(st.integers())
kinds = st.sampled_from(["string", "integer", "number", "boolean"])
plain = st.fixed_dictionaries({"type": kinds}, optional={"description": st.text(max_size=3)})
others = st.sampled_from(
    [
        True,
        False,
        {},
        {"type": ["string", "null"]},
        {"type": "array"},
        {"type": "string", "minLength": 2},
        {"enum": [1]},
    ]
)


@st.composite
def schemas(draw: st.DrawFn, properties: st.SearchStrategy[Any]) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "properties": draw(st.dictionaries(names, properties))}
    if draw(st.booleans()):
        schema["required"] = draw(st.lists(names, unique=True))
    if draw(st.booleans()):
        schema["additionalProperties"] = draw(st.booleans())
    return schema


@given(schemas(plain | others) | st.sampled_from([{}, {"minProperties": 1, "type": "object"}]), st.data())
def test_what_is_proven_fits(schema: dict[str, Any], data: st.DataObject) -> None:
    arguments = data.draw(st.dictionaries(names, values))
    if proof_of_fit(schema)(arguments):
        assert Draft202012Validator(schema).is_valid(arguments)


@given(schemas(plain), st.data())
def test_arguments_of_the_declared_types_are_proven(schema: dict[str, Any], data: st.DataObject) -> None:
    of_kind = {"string": st.text(), "integer": st.integers(), "number": st.floats(), "boolean": st.booleans()}
    schema["required"] = list(schema["properties"])
    arguments = {name: data.draw(of_kind[each["type"]]) for name, each in schema["properties"].items()}
    assert proof_of_fit(schema)(arguments)
