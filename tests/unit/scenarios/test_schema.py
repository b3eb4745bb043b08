"""The editors' schema knows what the parser knows."""

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from remit.documents import read_mapping
from remit.errors import ScenarioParseError
from remit.scenarios.check_syntax import CHECK_KEYS
from remit.scenarios.document import (
    AGENDA_KEYS,
    CUSTOMER_KEYS,
    DEFAULT_KEYS,
    LLM_KEYS,
    SCENARIO_KEYS,
    START_KEYS,
    SUITE_KEYS,
)
from remit.scenarios.schema import suite_schema

ROOT = Path(__file__).resolve().parents[3]
SUITES = [
    ROOT / "tests/integration/evaluation/centre/suite.yaml",
    *sorted((ROOT / "examples").rglob("suites/**/*.yaml")),
]


def properties(*path: str) -> dict[str, Any]:
    found: Any = suite_schema()
    for step in path:
        found = found[step]
    return dict(found["properties"])


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(suite_schema())


def test_the_schema_has_every_key_of_the_parser_and_no_other() -> None:
    scenario = properties("properties", "scenarios", "additionalProperties")
    customer = scenario["customer"]["anyOf"][1]["properties"]

    assert set(properties()) == set(SUITE_KEYS)
    assert set(properties("properties", "defaults")) == set(DEFAULT_KEYS)
    assert set(scenario) == set(SCENARIO_KEYS)
    assert set(scenario["start"]["properties"]) == set(START_KEYS)
    assert set(scenario["checks"]["properties"]) == set(CHECK_KEYS)
    assert set(customer) == set(CUSTOMER_KEYS)
    assert set(customer["agenda"]["anyOf"][0]["properties"]) == set(AGENDA_KEYS)
    assert set(customer["llm"]["anyOf"][0]["properties"]) == set(LLM_KEYS)


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.name)
def test_suites_of_the_project_fit_the_schema(path: Path) -> None:
    document = read_mapping(path.read_text(), path, ScenarioParseError, "").plain()

    problems = [error.message for error in Draft202012Validator(suite_schema()).iter_errors(document)]

    assert problems == []


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "Policy"},
        {"nmae": "x"},
        {"scenarios": {}},
        {"scenarios": {"a": {"checks": {"state": "unchangd"}}}},
        {"scenarios": {"a": {"checks": {"handoff": "sometimes"}}}},
        {"scenarios": {"a": {"customer": {"says": ["a"], "agenda": {}}}}},
        {"scenarios": {"a": {"start": {"changes": {"orders": 1}}}}},
        {"scenarios": {"a": {"vary": {"order": []}}}},
    ],
)
def test_what_the_parser_refuses_the_schema_marks(change: dict[str, Any]) -> None:
    sound = {"apiVersion": "remit/v1", "kind": "Suite", "name": "s", "scenarios": {"a": {"intent": "i"}}}
    validator = Draft202012Validator(suite_schema())

    assert validator.is_valid(sound)
    assert not validator.is_valid(sound | change)
