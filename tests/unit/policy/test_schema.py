"""The published JSON Schema agrees with the parser, as far as a schema can."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from remit.documents import read_mapping
from remit.errors import PolicyParseError
from remit.policy.reference import policy_reference
from remit.policy.schema import policy_schema
from unit.policy.sample import EXAMPLE, changed, refusal

SHOP = Path(__file__).parents[3] / "examples" / "shop" / "policy.yaml"


def problems(text: str) -> list[Any]:
    validator = jsonschema.Draft202012Validator(policy_schema())
    return list(validator.iter_errors(read_mapping(text, "policy.yaml", PolicyParseError, "").plain()))


def test_the_schema_is_itself_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(policy_schema())


def test_editors_accept_the_examples() -> None:
    assert problems(EXAMPLE) == []
    assert problems(SHOP.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: shop-support", "naem: shop-support"),
        ("    tools: [find_order", "    tool: [find_order"),
        ("issue_refund: {effect: irreversible_write}", "issue_refund: {effect: write}"),
        ("error_at_most: 0.02", "error_at_most: 2"),
        ("wait: 90s", "wait: 90"),
        ("k: 4, at_least: 0.90", "k: 0, at_least: 0.90"),
        ("- live: csat", "- love: csat"),
        ("  supervised_answers:\n    risk", "  supervised:\n    risk"),
        ("ceiling: tools_within_limits", "ceiling: L3"),
        ("do: stop", "do: halt"),
        ("apiVersion: remit/v1", "apiVersion: remit/v2"),
        ("examples: [i want my money back]", "examples: [5]"),
        ("  refund:\n", "  give me money:\n"),
    ],
)
def test_editors_refuse_what_the_parser_refuses(old: str, new: str) -> None:
    assert problems(changed(old, new))
    assert refusal(changed(old, new)).line


def test_every_mapping_and_every_key_is_described() -> None:
    reference = policy_reference()
    schema = policy_schema()
    for definition in (schema, *schema["$defs"].values()):
        assert definition["description"]
        for key in definition.get("properties", {}):
            assert f"| `{key}` | " in reference
    assert " |  |\n" not in reference
