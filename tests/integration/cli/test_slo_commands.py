"""`remit slo` at the terminal: budgets over a ledger, and OpenSLO out and in."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from remit.adapters.formats.openslo import render_openslo
from remit.adapters.store import SqliteDatabase, SqliteLedger
from remit.cli import run
from remit.evidence import Observation, Strength
from remit.slo import Objective
from unit.slo.conversations import START, contained, write

POLICY = """
apiVersion: remit/v1
kind: Policy
name: small
problem: none
tools: {find_order: {effect: read}}
intents:
  refund: {examples: [I want my money back, refund please, give me a refund], tools: [find_order]}
  order_status: {examples: [where is my order, where is it, track it], tools: [find_order]}
levels: {supervised_answers: {risk: {error_at_most: 0.1}}}
objectives: [objectives/*.yaml]
"""
WRITES = Objective("writes", "shop", "critical_action", 0.98, display_name="Writes")
FLOOR = Objective("floor", "shop", "containment", 0.55, per_intent=False)


@pytest.fixture
def centre(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policy.yaml").write_text(POLICY)
    (tmp_path / "objectives").mkdir()
    for objective in (WRITES, FLOOR):
        (tmp_path / "objectives" / f"{objective.name}.yaml").write_text(render_openslo([objective]))
    return tmp_path


def keep(folder: Path, observations: list[Observation]) -> None:
    async def append() -> None:
        async with SqliteDatabase(folder / ".remit" / "remit.db") as database:
            await SqliteLedger(database).append(observations)

    asyncio.run(append())


def days_ago() -> int:
    """The day, counted from the tests' start, on which the latest conversations have to lie."""
    return (datetime.now(UTC) - START).days


def slo(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    code = run(["slo", "--policy", "policy.yaml", "--json", *words])
    return code, json.loads(capsys.readouterr().out)


def test_budgets_are_read_from_the_ledger_again_and_again(centre: Path, capsys: pytest.CaptureFixture[str]) -> None:
    newest = days_ago()
    keep(centre, [write(n, failed=n % 100 == 50, day=newest - n % 20) for n in range(600)])
    for _ in range(2):
        code, document = slo(capsys)
        (budget,) = document["budgets"]
        assert code == document["exit_code"] == 0
        assert budget["state"] == "within"
        assert (budget["window"]["n_bad_matured"], budget["window"]["n_matured"]) == (6, 600)
        assert budget["budget_remaining"] == pytest.approx(0.5)
        assert budget["interval"]["low"] < 0.01 < budget["interval"]["high"]
    keep(centre, [contained(n, day=newest) for n in range(700, 760)])
    code, document = slo(capsys)
    assert {one["objective"] for one in document["budgets"]} == {"writes", "floor"}


def test_exit_codes_say_burned_and_not_enough(centre: Path, capsys: pytest.CaptureFixture[str]) -> None:
    newest = days_ago()
    keep(centre, [write(n, failed=False, day=newest) for n in range(30)])
    assert slo(capsys)[0] == 2
    keep(centre, [write(n, failed=n % 4 == 0, day=newest - n % 9) for n in range(100, 200)])
    code, document = slo(capsys)
    assert code == 1
    assert document["budgets"][0]["budget_remaining"] is None, "fewer than ten budgeted errors"
    assert run(["slo", "--policy", "policy.yaml"]) == 1
    assert "burned" in capsys.readouterr().out


def test_simulated_conversations_count_when_asked_for_and_are_called_so(
    centre: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(centre, [write(n, failed=False, day=days_ago(), strength=Strength.SIMULATED) for n in range(30)])
    assert slo(capsys)[1]["budgets"] == []
    assert len(slo(capsys, "--simulated")[1]["budgets"]) == 1
    run(["slo", "--policy", "policy.yaml", "--simulated"])
    assert "SIMULATED" in capsys.readouterr().out


def test_an_export_has_one_objective_for_each_intent(centre: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["slo", "export", "--policy", "policy.yaml"]) == 0
    documents = list(YAML(typ="safe").load_all(capsys.readouterr().out))
    assert {one["metadata"]["name"] for one in documents} == {"floor", "writes-refund", "writes-order-status"}
    assert {one["metadata"]["labels"].get("intent") for one in documents} == {None, "refund", "order_status"}
    for form in ("v1alpha", "v2alpha"):
        assert run(["slo", "export", "--policy", "policy.yaml", "--format", form, "--out", f"{form}.yaml"]) == 0
        assert form in (centre / f"{form}.yaml").read_text()


def test_an_import_writes_checked_files_and_replaces_none(centre: Path, capsys: pytest.CaptureFixture[str]) -> None:
    theirs = centre / "theirs.yaml"
    theirs.write_text(render_openslo([Objective("Answers", "shop", "recontact", 0.9)], "v1alpha"))
    assert run(["slo", "import", "theirs.yaml"]) == 3
    assert "remit.dev/metric" in capsys.readouterr().err
    assert run(["slo", "import", "theirs.yaml", "--metric", "recontact"]) == 0
    assert (centre / "objectives" / "answers.yaml").is_file()
    assert run(["slo", "import", "theirs.yaml", "--metric", "recontact"]) == 3
    assert "--replace" in capsys.readouterr().err
    assert run(["slo", "import", "theirs.yaml", "--metric", "recontract"]) == 3
    assert "`recontact`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("writes.yaml", "kind: [", "writes.yaml:1"),
        ("copy.yaml", render_openslo([WRITES]), "stands in"),
        ("typo.yaml", render_openslo([WRITES]).replace("kind: SLO", "kind: SLO\nlabels: {}"), "'labels'"),
    ],
)
def test_a_broken_objective_is_one_clear_error(
    centre: Path, capsys: pytest.CaptureFixture[str], name: str, text: str, words: str
) -> None:
    (centre / "objectives" / name).write_text(text)
    keep(centre, [])
    assert run(["slo", "--policy", "policy.yaml"]) == 3
    told = capsys.readouterr().err
    assert told.startswith("error: ")
    assert words in told


def test_an_unknown_intent_and_a_pattern_without_files_are_told(
    centre: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = render_openslo([WRITES]).replace("  annotations:", "  labels: {intent: refunds}\n  annotations:")
    (centre / "objectives" / "writes.yaml").write_text(text)
    assert run(["slo", "--policy", "policy.yaml"]) == 3
    assert "`refund`" in capsys.readouterr().err
    (centre / "policy.yaml").write_text(POLICY.replace("objectives/*.yaml", "slos/*.yaml"))
    assert run(["slo", "--policy", "policy.yaml"]) == 3
    assert "matches no file" in capsys.readouterr().err


def test_a_policy_without_objectives_says_what_to_do(centre: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (centre / "policy.yaml").write_text(POLICY.replace("objectives: [objectives/*.yaml]", ""))
    assert run(["slo", "--policy", "policy.yaml"]) == 2
    assert "has no objectives" in capsys.readouterr().out
    assert run(["slo", "export", "--policy", "policy.yaml"]) == 3
