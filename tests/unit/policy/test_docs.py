"""What the documentation shows about policies is true."""

import re
from pathlib import Path

import pytest

from remit.errors import PolicyParseError
from remit.policy.document import parse_policy
from remit.policy.gaps import describe_gaps
from remit.policy.levels import AutonomyLevel
from remit.policy.limits import compile_limits
from remit.policy.reference import policy_reference

DOCS = Path(__file__).parents[3] / "docs"
REFERENCE = (DOCS / "reference" / "policy.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", REFERENCE, re.DOTALL | re.MULTILINE)
    return [content for spoken, content in fenced if spoken == language]


def test_the_whole_policy_of_the_reference_is_valid_and_leaves_nothing_open() -> None:
    (text,) = blocks("yaml")
    assert describe_gaps(parse_policy(text, source="reference")) == ()


def test_every_limit_of_the_reference_compiles() -> None:
    (listed,) = blocks("cel")
    expressions = listed.splitlines()
    assert len(expressions) > 5
    assert [compile_limits(expression).expression for expression in expressions] == expressions


def test_the_mistake_of_the_reference_is_told_in_these_words() -> None:
    (shown,) = (block for block in blocks("") if block.startswith("error:"))
    (text,) = blocks("yaml")
    with pytest.raises(PolicyParseError) as refused:
        parse_policy(text.replace("tools: [find_order]", "tools: [find_ordr]"), source="policy.yaml")
    assert shown == f"error: {refused.value}\n"


def test_the_keys_of_the_reference_are_those_of_the_schema() -> None:
    kept = REFERENCE.split("<!-- keys -->\n\n")[1].split("\n<!-- end of keys -->")[0]
    assert kept == policy_reference()


def test_every_level_is_explained() -> None:
    explained = (DOCS / "explanation" / "autonomy-levels.md").read_text(encoding="utf-8")
    for level in AutonomyLevel:
        assert f"| L{level.value} | `{level.label}` |" in explained
