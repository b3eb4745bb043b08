"""`remit validate` and `remit policy` as a person or a pipeline meets them."""

import json
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import pytest
from typer.testing import CliRunner, Result

from remit.cli import app
from remit.errors import PolicyParseError
from unit.policy.sample import EXAMPLE, changed

SHOP = Path(__file__).resolve().parents[3] / "examples" / "shop"


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(EXAMPLE, encoding="utf-8")
    copytree(SHOP / "objectives", tmp_path / "objectives")
    return path


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_a_valid_policy_is_summarised_with_the_next_command(policy: Path) -> None:
    result = run("validate", policy)
    assert result.exit_code == 0
    text = " ".join(result.output.split())
    assert "policy 'shop-support' is valid" in text
    assert "2 intents, 3 tools (1 irreversible_write, 2 read)" in text
    assert "6 objectives, from the files that it names" in text
    assert "pass^4 of journeys >= 0.90" in text
    assert "note: no gate guards tools_within_limits" in text
    assert "next: remit eval AGENT --policy" in text


def test_machines_get_thresholds_and_gates_as_json(policy: Path) -> None:
    facts = json.loads(run("validate", policy, "--json").output)
    assert facts["ok"] is True
    assert facts["levels"]["supervised_answers"] == {"send_threshold": 0.98, "ask_threshold": 0.9}
    assert facts["intents"]["refund"]["ceiling"] == "tools_within_limits"
    assert facts["gates"]["supervised_answers"][0] == "pass^4 of journeys >= 0.90"


def test_machines_get_every_mistake_as_json_and_exit_code_3(policy: Path) -> None:
    policy.write_text(changed("wait: 90s", "wait: 90").replace("do: stop", "do: halt"), encoding="utf-8")
    result = run("validate", policy, "--json")
    assert result.exit_code == 3
    assert [problem["line"] for problem in json.loads(result.output)["problems"]] == [25, 50]


def test_an_objective_that_is_none_is_a_mistake_of_the_policy_that_names_it(policy: Path) -> None:
    file = policy.parent / "objectives" / "no-return.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("kind: SLO", "kind: SLOO"), encoding="utf-8")
    result = run("validate", policy, "--json")
    assert result.exit_code == 3
    (problem,) = json.loads(result.output)["problems"]
    assert problem["path"] == str(file)
    assert problem["line"]


def test_a_person_gets_one_clear_error_and_exit_code_3(policy: Path) -> None:
    policy.write_text(changed("tools: [find_order", "tool: [find_order"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "remit", "validate", str(policy)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr.startswith(f"error: {policy}:14: unknown key 'tool' in `intents.order_status`.\n")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("content", "problem"),
    [(None, "there is no such file"), (b"name: \xff\xfe", "is not UTF-8 text"), (b"", "is empty")],
)
def test_a_file_that_cannot_be_read_is_one_clear_error(tmp_path: Path, content: bytes | None, problem: str) -> None:
    path = tmp_path / "policy.yaml"
    if content is not None:
        path.write_bytes(content)
    error = run("validate", path).exception
    assert isinstance(error, PolicyParseError)
    assert problem in str(error)


def test_a_folder_is_no_policy(tmp_path: Path) -> None:
    error = run("validate", tmp_path).exception
    assert isinstance(error, PolicyParseError)
    assert "is a folder" in str(error)
    assert "policy.yaml" in error.mend


def test_the_byte_order_mark_of_other_editors_is_no_mistake(policy: Path) -> None:
    policy.write_bytes(b"\xef\xbb\xbf" + EXAMPLE.encode())
    assert run("validate", policy).exit_code == 0


def test_the_schema_is_printed_as_json() -> None:
    result = run("policy", "schema")
    assert result.exit_code == 0
    assert json.loads(result.output)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_a_change_is_told_with_its_direction_and_a_count(policy: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.yaml"
    new.write_text(changed("amount <= 100.0", "amount <= 200.0").replace("max_steps: 6", "max_steps: 4"))
    result = run("policy", "diff", policy, new)
    text = " ".join(result.output.split())
    assert result.exit_code == 0
    assert "+ grants intents.refund issue_refund limit widened" in text
    assert "2 changes: 1 grant, 1 take, 0 neutral." in text


def test_a_change_is_told_to_machines(policy: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.yaml"
    new.write_text(changed("max_steps: 6", "max_steps: 4"))
    told = json.loads(run("policy", "diff", policy, new, "--json").output)
    assert told["counts"] == {"grants": 0, "takes": 1, "neutral": 0}
    assert told["changes"] == [
        {"where": "turn", "direction": "takes", "what": "proposals in one turn changed from 6 to 4"}
    ]
    assert told["old"]["digest"] != told["new"]["digest"]


def test_two_spellings_of_one_policy_have_no_changes(policy: Path, tmp_path: Path) -> None:
    same = tmp_path / "same.yaml"
    same.write_text("# reviewed\n" + EXAMPLE)
    assert "say the same" in run("policy", "diff", policy, same).output


def test_a_broken_side_of_a_comparison_is_named(policy: Path, tmp_path: Path) -> None:
    error = run("policy", "diff", policy, tmp_path / "missing.yaml").exception
    assert isinstance(error, PolicyParseError)
    assert "missing.yaml" in str(error)
