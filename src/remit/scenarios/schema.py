"""The JSON Schema of suite files, for editors: completes keys and marks typing errors before `remit eval` reads them.

Whatever a scenario varies may be a placeholder here, such as `tolerance: "{t}"`; the parser sees what it becomes.
"""

from collections.abc import Mapping
from typing import Any

from remit.conversations import HandoffReason
from remit.scenarios.document import EXPERTS

Schema = Mapping[str, Any]

_TEXT: Schema = {"type": ["string", "number"]}
_TEXTS: Schema = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
_PLACEHOLDER: Schema = {"type": "string", "pattern": r"\{[a-z_][a-z0-9_]*\}"}
_NUMBER: Schema = {"anyOf": [{"type": "number", "minimum": 0}, _PLACEHOLDER]}
_SWITCH: Schema = {"anyOf": [{"enum": [True, False, "yes", "no"]}, _PLACEHOLDER]}
_CALL: Schema = {
    "anyOf": [
        {"type": "string"},
        {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": {"type": ["object", "null"]},
        },
    ]
}
_CHANGES: Schema = {
    "type": "object",
    "propertyNames": {"pattern": "^(/|removed$)"},
    "properties": {"removed": _TEXTS},
}
_END_STATE: Schema = {"anyOf": [{"enum": ["unchanged", "as_reference"]}, _CHANGES]}
_SAID: Schema = {
    "anyOf": [
        _TEXT,
        {
            "type": "object",
            "properties": {"text": _TEXT, "pattern": {"type": "string"}, "without": {"type": "string"}},
            "additionalProperties": False,
        },
    ]
}
_REASONS = [reason.value for reason in HandoffReason]


def suite_schema() -> Schema:
    """The schema, draft 2020-12."""
    scenario = _object(_scenario_properties(), required=())
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Remit suite",
        **_object(
            {
                "apiVersion": {"const": "remit/v1"},
                "kind": {"const": "Suite"},
                "name": {"type": "string", "description": "What gates call it."},
                "description": {"type": "string"},
                "simulated": {**_SWITCH, "description": "false if real people play the customers."},
                "world": {"type": "string", "description": "Where it plays, such as world/shop.py:world."},
                "defaults": _object(_shared_properties(), required=()),
                "scenarios": {"type": "object", "minProperties": 1, "additionalProperties": scenario},
            },
            required=("apiVersion", "kind", "name", "scenarios"),
        ),
    }


def _object(properties: Schema, *, required: tuple[str, ...]) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _shared_properties() -> dict[str, Any]:
    return {
        "world": {"type": "string"},
        "intent": {"type": "string", "description": "As the policy names it."},
        "persona": {"type": "string", "description": "Any of terse, chatty, careless, polite, annoyed, in any words."},
        "knows": {"anyOf": [_TEXTS, {"type": "object", "additionalProperties": _TEXTS}]},
        "does_not_know": _TEXTS,
        "verified_customer": _TEXT,
        "expert": {"anyOf": [{"enum": list(EXPERTS)}, _PLACEHOLDER]},
        "tags": _TEXTS,
        "start": _object({"changes": _CHANGES, "calls": _one_or_more(_CALL)}, required=()),
        "checks": _object(_check_properties(), required=()),
    }


def _scenario_properties() -> dict[str, Any]:
    row = {"type": "object", "propertyNames": {"pattern": "^[a-z_][a-z0-9_]*$"}}
    return _shared_properties() | {
        "title": _TEXT,
        "reason": _TEXT,
        "customer": _customer(),
        "reference": _one_or_more(_CALL),
        "vary": {
            "anyOf": [
                row | {"minProperties": 1, "additionalProperties": {"type": "array", "minItems": 1}},
                {"type": "array", "minItems": 1, "items": row},
            ]
        },
    }


def _customer() -> Schema:
    lines = {"anyOf": [_TEXT, {"type": "array", "items": _TEXTS, "minItems": 1}]}
    agenda = _object(
        {
            "opening": _TEXTS,
            "answers": {"type": "object", "additionalProperties": _TEXTS},
            "confirms": _SWITCH,
            "insists": _TEXTS,
            "max_turns": _NUMBER,
        },
        required=(),
    )
    llm = _object({"instructions": _TEXT, "max_turns": _NUMBER}, required=())
    kinds = {"says": lines, "agenda": {"anyOf": [agenda, {"type": "null"}]}, "llm": {"anyOf": [llm, {"type": "null"}]}}
    either = _object(kinds, required=())
    return {"anyOf": [lines, {**either, "minProperties": 1, "maxProperties": 1}, {"type": "null"}]}


def _check_properties() -> dict[str, Any]:
    one_of = _object({"one_of": _one_or_more(_END_STATE)}, required=("one_of",))
    handoff = ["forbidden", "allowed", "expected", *_REASONS]
    return {
        "state": {
            "anyOf": [{"enum": ["any"]}, _PLACEHOLDER, _END_STATE, one_of],
            "description": "What may have changed at the end.",
        },
        "ignore": _TEXTS,
        "tolerance": _NUMBER,
        "calls": _one_or_more(_CALL),
        "no_calls": _one_or_more(_CALL),
        "says": _one_or_more(_SAID),
        "never_says": _one_or_more(_SAID),
        "handoff": {
            "anyOf": [{"enum": handoff}, _PLACEHOLDER, {"type": "array", "items": {"enum": _REASONS}, "minItems": 1}]
        },
    }


def _one_or_more(schema: Schema) -> Schema:
    return {"anyOf": [{"type": "array", "items": schema}, schema]}
