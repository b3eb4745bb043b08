"""The reference of the policy document in Markdown, made from its JSON Schema: one table for each mapping."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from remit.policy.schema import policy_schema

Schema = Mapping[str, Any]


def policy_reference() -> str:
    """One section for each mapping of the document, in the order in which a reader meets them."""
    schema = policy_schema()
    return "\n".join(line for section in _sections(schema) for line in section)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a mapping stands; `one_of_several` if its neighbours look different."""

    path: str
    definition: str
    one_of_several: bool = False


def _sections(schema: Schema) -> Iterator[list[str]]:
    yield _section("The document", schema, schema)
    waiting = _places_in_keys(schema, "")
    seen: set[str] = set()
    while waiting:
        place = waiting.pop(0)
        part = schema["$defs"][place.definition]
        if place.definition in seen or "properties" not in part:
            continue
        seen.add(place.definition)
        kind = f" with `{part['required'][-1]}`" if place.one_of_several else ""
        yield _section(f"`{place.path}`{kind}", part, schema)
        waiting = [*_places_in_keys(part, f"{place.path}."), *waiting]


def _places_in_keys(part: Schema, prefix: str) -> list[_Place]:
    return [place for key, prop in part["properties"].items() for place in _places(prop, prefix + key)]


def _places(prop: Schema, path: str, *, one_of_several: bool = False) -> Iterator[_Place]:
    """The mappings that a value holds, however deep in lists and maps."""
    if "$ref" in prop:
        yield _Place(path, _name(prop), one_of_several)
    for value in _values(prop):
        key = "<level>" if "enum" in prop.get("propertyNames", {}) else "<name>"
        yield from _places(value, f"{path}.{key}")
    if "items" in prop:
        yield from _places(prop["items"], f"{path}[]")
    mappings = [variant for variant in _variants(prop) if variant is not prop]
    for variant in mappings:
        yield from _places(variant, path, one_of_several=sum("$ref" in each for each in mappings) > 1)


def _section(title: str, part: Schema, schema: Schema) -> list[str]:
    required = set(part.get("required", ()))
    rows = [
        f"| `{key}` | {_kind(prop, schema)} | {_default(key, prop, required)} | {_meaning(prop, schema)} |"
        for key, prop in part["properties"].items()
    ]
    return [
        f"### {title}",
        "",
        part["description"],
        "",
        "| key | value | default | meaning |",
        "|---|---|---|---|",
        *rows,
        "",
    ]


def _meaning(prop: Schema, schema: Schema) -> str:
    # Where a key says the same as the mapping it holds, the schema says it only there.
    return str(prop["description"] if "description" in prop else schema["$defs"][_name(prop)]["description"])


def _default(key: str, prop: Schema, required: set[str]) -> str:
    if key in required:
        return "required"
    value = prop.get("default")
    if isinstance(value, bool):
        return "`true`" if value else "`false`"
    return "" if value in (None, "") else f"`{value}`"


def _kind(prop: Schema, schema: Schema) -> str:
    """The kind of value, in words."""
    if "$ref" in prop:
        definition = schema["$defs"][_name(prop)]
        return _kind(definition, schema) if "enum" in definition else "mapping, see below"
    if "const" in prop:
        return f"`{prop['const']}`"
    if "enum" in prop:
        return " or ".join(f"`{value}`" for value in prop["enum"])
    variants = [variant for variant in _variants(prop) if variant.get("type") != "null"]
    if variants != [prop]:
        return " or ".join(dict.fromkeys(_kind(variant, schema) for variant in variants))
    match prop["type"]:
        case "number" | "integer":
            return _number(prop)
        case "boolean":
            return "true or false"
        case "array":
            return f"list of: {_kind(prop['items'], schema)}"
        case "object":
            return _map(prop, schema)
        case _:
            return _text(prop)


def _number(prop: Schema) -> str:
    words = {"exclusiveMinimum": "above", "minimum": "at least", "exclusiveMaximum": "below", "maximum": "at most"}
    bounds = ", ".join(f"{word} {prop[key]:g}" for key, word in words.items() if key in prop)
    return ("whole number" if prop["type"] == "integer" else "number") + (f" {bounds}" if bounds else "")


def _map(prop: Schema, schema: Schema) -> str:
    key = "level" if "enum" in prop.get("propertyNames", {}) else "name"
    value = next((_kind(each, schema) for each in _values(prop)), "any value")
    return f"map from {key} to: {value}"


def _text(prop: Schema) -> str:
    if "pattern" not in prop:
        return "text"
    return (
        "duration, such as " + " or ".join(f"`{each}`" for each in prop["examples"]) if "examples" in prop else "name"
    )


def _variants(prop: Schema) -> list[Schema]:
    return prop.get("anyOf") or prop.get("oneOf") or [prop]


def _values(prop: Schema) -> list[Schema]:
    """What the values of a map look like."""
    found = [*prop.get("patternProperties", {}).values(), prop.get("additionalProperties")]
    return [each for each in found if isinstance(each, dict)]


def _name(prop: Schema) -> str:
    return str(prop["$ref"]).rsplit("/", 1)[-1]
