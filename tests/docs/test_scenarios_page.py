"""The page about scenarios: its example parses, and it names every key."""

import re
from pathlib import Path

import pytest

from remit.evidence import Outcome
from remit.scenarios.check_syntax import CHECK_KEYS
from remit.scenarios.document import AGENDA_KEYS, LLM_KEYS, SCENARIO_KEYS, SUITE_KEYS, parse_suite

PAGE = (Path(__file__).resolve().parents[2] / "docs/reference/scenarios.md").read_text()


def test_the_example_is_a_suite() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)

    suite = parse_suite(example, "scenarios.md")

    assert [one.id for one in suite.scenarios] == ["order_status[1]", "order_status[2]", "ask_for_a_person"]


@pytest.mark.parametrize("key", sorted({*SUITE_KEYS, *SCENARIO_KEYS, *CHECK_KEYS, *AGENDA_KEYS, *LLM_KEYS}))
def test_every_key_is_explained(key: str) -> None:
    assert re.search(rf"^\|[^|]*`{key}[`:]", PAGE, re.MULTILINE)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_of_a_trial_is_explained(outcome: Outcome) -> None:
    assert f"`{outcome.value}`" in PAGE
