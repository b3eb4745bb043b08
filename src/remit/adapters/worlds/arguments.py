"""Proves in a microsecond that ordinary arguments fit an ordinary schema; whatever is not proven is for jsonschema."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

Proof: TypeAlias = Callable[[Mapping[str, Any]], bool]
"""True: the arguments fit, for certain. False: nothing is known."""

# Exact types: a boolean is no integer to JSON Schema, though it is one to Python.
_TYPES: Mapping[str, frozenset[type]] = {
    "string": frozenset({str}),
    "integer": frozenset({int}),
    "number": frozenset({int, float}),
    "boolean": frozenset({bool}),
}
_SAYS_NOTHING = frozenset({"title", "description", "examples", "default", "$comment"})
_OF_OBJECT = frozenset({"type", "properties", "required", "additionalProperties"}) | _SAYS_NOTHING


def proof_of_fit(schema: Mapping[str, Any]) -> Proof:
    """A proof for a valid JSON Schema (draft 2020-12); one that proves nothing if the schema is more than plain.

    Plain is an object whose properties each name one of the types above and ask for nothing else.
    """
    properties = schema.get("properties", {})
    if schema.get("type") != "object" or not set(schema) <= _OF_OBJECT or not all(map(_is_plain, properties.values())):
        return _proves_nothing
    types = {name: _TYPES[each["type"]] for name, each in properties.items()}
    required = frozenset(schema.get("required", ()))

    def proves(arguments: Mapping[str, Any]) -> bool:
        for name, value in arguments.items():
            # An argument that the schema does not name may be allowed: jsonschema knows.
            if type(value) not in types.get(name, ()):
                return False
        return required <= arguments.keys()

    return proves


def _is_plain(schema: Any) -> bool:
    if not isinstance(schema, Mapping) or not set(schema) <= _SAYS_NOTHING | {"type"}:
        return False
    kind = schema.get("type")
    return isinstance(kind, str) and kind in _TYPES


def _proves_nothing(arguments: Mapping[str, Any]) -> bool:
    del arguments
    return False
