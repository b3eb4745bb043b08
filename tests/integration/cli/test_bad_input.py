"""Bad input at the terminal: one clear error with what, where and how to mend it; exit 3; nothing half-written."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from remit.cli import run

CENTRE = {
    "remit.yaml": """
apiVersion: remit/v1
kind: ContactCentre
name: Test
policy: policy.yaml
agent: agent.yaml
suites: [suites]
tools: {world: world.py:world}
""",
    "policy.yaml": """
apiVersion: remit/v1
kind: Policy
name: test
problem: none
tools:
  find_order: {effect: read}
  issue_refund: {effect: irreversible_write}
intents:
  refund:
    examples: [I want my money back, refund please, give me a refund]
    tools:
      find_order: {}
      issue_refund: {limits: "amount <= 100.0"}
levels:
  supervised_answers:
    risk: {error_at_most: 0.1}
gates:
  supervised_answers:
    - suite: journeys
      pass_hat_k: {k: 2, at_least: 0.8}
""",
    "agent.yaml": """
apiVersion: remit/v1
kind: Agent
name: test-agent
type: python
python: {module: agent.py, callable: propose}
""",
    "agent.py": """
def propose(view):
    return "Your refund is under way."
""",
    "world.py": """
from remit.adapters.worlds.definition import WorldDefinition
from remit.adapters.worlds.json_state import JsonState  # noqa: F401
""",
    "suites/journeys.yaml": """
apiVersion: remit/v1
kind: Suite
name: journeys
world: world.py:world
scenarios: {}
""",
}


@pytest.fixture
def centre(tmp_path: Path) -> Path:
    for name, text in CENTRE.items():
        place = tmp_path / "centre" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text.lstrip())
    return tmp_path / "centre"


def files(centre: Path) -> set[str]:
    return {str(path.relative_to(centre)) for path in centre.rglob("*") if "__pycache__" not in path.parts}


@pytest.fixture
def refused(centre: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Runs a command in the centre's folder and holds what must hold for every error."""
    monkeypatch.chdir(centre)

    def check(arguments: list[str], *words: str) -> None:
        before = files(centre)
        code = run(arguments)
        said = capsys.readouterr().err
        assert code == 3
        assert said.startswith("error: ")
        assert "unexpected" not in said
        for word in words:
            assert word in said
        assert files(centre) == before

    return check


def change(centre: Path, name: str, old: str, new: str) -> None:
    place = centre / name
    text = place.read_text()
    assert old in text
    place.write_text(text.replace(old, new))


def test_broken_yaml(centre: Path, refused: Callable[..., None]) -> None:
    change(centre, "policy.yaml", "problem: none", "problem: [none")
    refused(["validate", "policy.yaml"], "policy.yaml:", "YAML")


def test_an_unknown_key(centre: Path, refused: Callable[..., None]) -> None:
    change(centre, "policy.yaml", "problem: none", "problm: none")
    refused(["validate", "policy.yaml"], "policy.yaml:4", "'problm'", "problem")


def test_an_intent_that_grants_a_tool_the_catalogue_does_not_have(centre: Path, refused: Callable[..., None]) -> None:
    change(centre, "policy.yaml", "      issue_refund: {limits", "      issue_refunds: {limits")
    refused(["validate", "policy.yaml"], "policy.yaml:13", "'issue_refunds'", "issue_refund")


def test_a_limit_that_does_not_compile(centre: Path, refused: Callable[..., None]) -> None:
    change(centre, "policy.yaml", "amount <= 100.0", "amount <=")
    refused(["validate", "policy.yaml"], "policy.yaml:13", "amount <=")


def test_an_empty_suite(centre: Path, refused: Callable[..., None]) -> None:
    refused(["eval"], "journeys.yaml", "scenario")


def test_a_scenario_of_an_unknown_key(centre: Path, refused: Callable[..., None]) -> None:
    change(centre, "suites/journeys.yaml", "scenarios: {}", "scenarios:\n  a:\n    intnt: refund\n")
    refused(["eval"], "journeys.yaml:", "'intnt'")


def test_a_trajectory_file_that_is_cut_in_half(centre: Path, refused: Callable[..., None]) -> None:
    (centre / "results.json").write_text('{"info": {}, "tasks": [], "simulations": [{"id": "1", "mess')
    refused(["import", "tau", "results.json"], "results.json")


def test_a_database_of_a_newer_version(centre: Path, refused: Callable[..., None]) -> None:
    store = centre / "new.db"
    connection = sqlite3.connect(store)
    with connection:
        connection.execute("create table alembic_version (version_num text)")
        connection.execute("insert into alembic_version values ('9999')")
    connection.close()
    refused(["serve", "--store", "new.db", "--port", "0"], "new.db", "9999", "Upgrade Remit")


def test_a_centre_without_its_file(centre: Path, refused: Callable[..., None]) -> None:
    (centre / "remit.yaml").unlink()
    refused(["serve", "--port", "0"], "remit.yaml", "remit init")


def test_an_unknown_setting(refused: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REMIT_STOR", "x")
    refused(["serve", "--port", "0"], "REMIT_STOR", "REMIT_STORE")


def test_a_command_that_does_not_exist(refused: Callable[..., None]) -> None:
    refused(["promote-everything"], "promote-everything", "--help")


def test_the_process_itself_ends_with_3_and_without_a_traceback(centre: Path) -> None:
    command = [sys.executable, "-m", "remit", "validate", "nowhere.yaml"]
    done = subprocess.run(command, cwd=centre, capture_output=True, text=True, timeout=150, check=False)
    assert done.returncode == 3
    assert "nowhere.yaml" in done.stderr
    assert "Traceback" not in done.stderr
