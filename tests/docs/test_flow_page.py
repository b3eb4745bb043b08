"""The page about flows has every key and step that the code reads, and its example loads."""

import re
from pathlib import Path

from jinja2.sandbox import ImmutableSandboxedEnvironment

from remit.adapters.agents.document import DocumentPlace
from remit.adapters.agents.flow.document import PROVIDED_NAMES, SECTION_KEYS, SLOT_KEYS
from remit.adapters.agents.flow.steps import StepCompiler
from remit.adapters.agents.load import WallClock, load_agent

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "flows.md").read_text(encoding="utf-8")
WORDS = set(re.findall(r"`([\w]+)`", PAGE))


def test_the_example_of_the_page_loads(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "agent.yaml").write_text(example)

    assert load_agent(tmp_path / "agent.yaml").name == "order-desk"


def test_every_key_slot_key_and_name_is_on_the_page() -> None:
    assert {*SECTION_KEYS, *SLOT_KEYS, *PROVIDED_NAMES} <= WORDS


def test_every_step_with_its_keys_is_on_the_page() -> None:
    nowhere = DocumentPlace(path=Path("flow.yaml"), agent="", section={}, clock=WallClock())
    compiler = StepCompiler(slots={}, blocks=nowhere, environment=ImmutableSandboxedEnvironment(), known=set())

    for step, more in compiler.step_keys.items():
        assert step in WORDS
        assert set(more) <= WORDS
