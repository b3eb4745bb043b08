"""Every definition and every key on the pages about agents is one that the loader knows."""

import json
import re
from pathlib import Path

import pytest

from remit.adapters.agents import load_agent
from remit.adapters.agents.calls import AGENT_REASONS
from remit.adapters.agents.endpoint import ENDPOINT_KEYS
from remit.adapters.agents.load import BUILDERS
from remit.adapters.agents.template import VARIABLES

DOCS = Path(__file__).parents[2] / "docs"
HOW_TO = (DOCS / "how-to" / "connect-an-agent.md").read_text(encoding="utf-8")
REFERENCE = (DOCS / "reference" / "agents.md").read_text(encoding="utf-8")
DEFINITIONS = re.findall(r"```yaml\n(.*?)```", HOW_TO, re.DOTALL)
(SOURCE,) = re.findall(r"```python\n(.*?)```", HOW_TO, re.DOTALL)


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda text: re.search(r"type: (\w+)", text)[1])  # type: ignore[index]
def test_every_definition_of_the_how_to_loads(tmp_path: Path, definition: str) -> None:
    (tmp_path / "agent.py").write_text(SOURCE)
    (tmp_path / "prompt.md").write_text("Be kind.")
    (tmp_path / "answers.json").write_text(json.dumps({}))
    (tmp_path / "agent.yaml").write_text(definition)

    assert load_agent(tmp_path / "agent.yaml").release


def test_the_reference_has_every_type_key_variable_and_reason() -> None:
    words = set(re.findall(r"`([\w*]+)`", REFERENCE))

    assert set(BUILDERS) <= words
    assert set(ENDPOINT_KEYS) <= words
    assert words >= VARIABLES
    assert {reason.value for reason in AGENT_REASONS} <= words
