"""`remit eval` as a person and as a machine meet it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from remit.cli.eval import evaluate
from remit.errors import AgentUnreachable, ScenarioParseError, SettingsError, StoreUnavailable

CENTRE = Path(__file__).parent / "centre"


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(agent: str = "careful", **more: Any) -> int:
    options: dict[str, Any] = {"suite": [CENTRE / "suite.yaml"], "policy": CENTRE / "policy.yaml", "trials": 2} | more
    return evaluate(CENTRE / f"{agent}.yaml", **options)


def suite(tmp_path: Path, old: str, new: str) -> Path:
    text = (CENTRE / "suite.yaml").read_text().replace("world.py:world", f"{CENTRE / 'world.py'}:world")
    assert old in text
    changed = tmp_path / "suite.yaml"
    changed.write_text(text.replace(old, new))
    return changed


def policy(tmp_path: Path, at_least: float) -> Path:
    changed = tmp_path / "policy.yaml"
    changed.write_text((CENTRE / "policy.yaml").read_text().replace("at_least: 0.5", f"at_least: {at_least}"))
    return changed


def many(tmp_path: Path) -> Path:
    rows = "".join(f"      - {{order: W1, status: shipped, n: {n}}}\n" for n in range(60))
    text = (CENTRE / "suite.yaml").read_text().replace("world.py:world", f"{CENTRE / 'world.py'}:world")
    head = text[: text.index("      - {order: W1")].replace(
        "where is my order {order}", "where is my order {order}, {n}"
    )
    changed = tmp_path / "many.yaml"
    changed.write_text(head + rows)
    return changed


def test_the_terminal_shows_verdicts_where_the_report_lies_and_what_to_do_next(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = run()

    shown = capsys.readouterr().out
    assert code == 2
    assert "order_status" in shown
    assert "undecided" in shown
    assert "8 trials planned, 8 run, 0 excluded" in " ".join(shown.split())
    assert "do nothing passes 0 of 4 scenarios" in " ".join(shown.split())
    (report,) = Path(".remit/reports").glob("parcels-*.html")
    assert str(report) in shown
    assert "Next:   add 3 scenarios for order_status to " in shown
    assert "suite.yaml (and as the table says for" in shown
    assert "--seed" not in shown


def test_an_interrupted_or_repeated_run_says_what_it_took_from_the_ledger(capsys: pytest.CaptureFixture[str]) -> None:
    run(trials=1)
    run(trials=3)

    assert "4 of 12 trials were in the ledger already" in capsys.readouterr().out


@pytest.mark.parametrize(("agent", "at_least", "code"), [("careful", 0.5, 0), ("slow", 0.9, 1), ("careful", 0.99, 2)])
def test_the_exit_code_is_the_finding(tmp_path: Path, agent: str, at_least: float, code: int) -> None:
    assert run(agent, suite=[many(tmp_path)], policy=policy(tmp_path, at_least), filters=["order_status"]) == code


def test_a_scenario_in_error_ends_with_3_and_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(suite=[suite(tmp_path, "reference: [cancel_order: {order: W2}]", "reference: []")])

    assert code == 3
    shown = " ".join(capsys.readouterr().out.split())
    assert "scenario 'cancel' is in error" in shown
    assert 'expected cancel_order(order="W2") got no tool at all' in shown


def test_machines_get_one_json_document(capsys: pytest.CaptureFixture[str]) -> None:
    code = run("eager", as_json=True)

    told = json.loads(capsys.readouterr().out)
    assert told["exit_code"] == code == 2
    assert told["level"] == "tools_within_limits"
    assert told["trials_from_ledger"] == 0
    assert {verdict["finding"] for verdict in told["verdicts"]} == {"undecided"}
    assert [run["trials_run"] for run in told["runs"]] == [8]
    assert Path(told["report"]).is_file()


def test_build_servers_get_one_junit_case_for_each_scenario() -> None:
    run("eager", junit=Path("out/junit.xml"))

    root = ET.parse("out/junit.xml").getroot()
    cases = {case.get("name"): case for case in root.iter("testcase")}
    assert list(cases) == ["order_status[1]", "order_status[2]", "cancel", "person"]
    failure = cases["cancel"].find("failure")
    assert failure is not None
    assert failure.get("message") == "2 of 2 counted trials failed"
    assert '/orders/W2/status: expected "cancelled", got no change' in (failure.text or "")
    assert root[0].get("failures") == "4"


def test_trials_that_do_not_count_are_errors_of_junit_not_failures() -> None:
    run("breaking", junit=Path("junit.xml"))

    root = ET.parse("junit.xml").getroot()
    assert {error.get("type") for error in root.iter("error")} == {"infrastructure_error"}
    assert list(root.iter("failure")) == []


@pytest.mark.parametrize("name", ["report.md", "report.json", "report.html"])
def test_the_report_takes_the_form_of_its_name(name: str) -> None:
    run(report=Path(name))

    head = Path(name).read_text()[:200]
    assert {"report.md": "# ", "report.json": '"schema"', "report.html": "<!doctype html"}[name] in head.replace(
        "<!DOCTYPE", "<!doctype"
    )


def test_a_file_that_cannot_be_written_is_refused_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()

    with pytest.raises(SettingsError, match="folder: cannot be written"):
        run(junit=Path("folder"))
    assert not Path(".remit/remit.db").exists()


def test_a_report_of_an_unknown_form_is_refused_before_anything_runs() -> None:
    with pytest.raises(SettingsError, match=r"\.html, \.md or \.json"):
        run(report=Path("report.pdf"))
    assert not Path("report.pdf").exists()
    assert not Path(".remit").exists()


def test_the_report_stays_in_the_current_folder_wherever_the_store_is(tmp_path: Path) -> None:
    run(store=tmp_path / "far" / "away.db")

    assert len(list(Path(".remit/reports").glob("*.html"))) == 1
    assert not (tmp_path / "far" / "reports").exists()


def test_missing_trials_of_present_scenarios_are_asked_for_with_trials(capsys: pytest.CaptureFixture[str]) -> None:
    run(trials=1)

    assert "of present scenarios are missing: remit eval" in capsys.readouterr().out


def test_scenarios_that_a_filter_left_out_are_asked_for_before_new_ones(capsys: pytest.CaptureFixture[str]) -> None:
    run(filters=["order_status[[]1]"])

    assert "Next:   --filter left out 2 scenarios of parcels that count: remit eval" in capsys.readouterr().out


def test_a_suite_that_no_gate_names_says_how_it_went(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(suite=[suite(tmp_path, "name: ", "name: x")])

    assert "trials passed; no gate names this suite." in capsys.readouterr().out


def test_a_store_that_cannot_be_made_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")

    with pytest.raises((StoreUnavailable, SettingsError), match="taken"):
        run(store=tmp_path / "taken" / "remit.db", report=tmp_path / "report.html")


def test_an_empty_folder_of_suites_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "suites").mkdir()

    with pytest.raises(ScenarioParseError, match="no suites"):
        run(suite=[tmp_path / "suites"])


def test_one_suite_in_two_folders_is_one_error(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / "suites" / name).mkdir(parents=True)
        (tmp_path / "suites" / name / "s.yaml").write_text((CENTRE / "suite.yaml").read_text())

    with pytest.raises(ScenarioParseError, match=r"is in .*s\.yaml already"):
        run(suite=[tmp_path / "suites"])


def test_a_level_that_cannot_be_tested_is_one_error() -> None:
    with pytest.raises(SettingsError, match="supervised_answers"):
        run(level="level4")


def test_without_a_centre_the_command_says_what_is_missing() -> None:
    with pytest.raises(SettingsError, match="AGENT and --policy and --suite must be given"):
        evaluate(None)


def test_an_agent_that_is_not_reachable_is_one_error_and_nothing_is_written(tmp_path: Path) -> None:
    agent = tmp_path / "remote.yaml"
    agent.write_text(
        "apiVersion: remit/v1\nkind: Agent\nname: remote\ntype: openai_chat\n"
        "openai_chat: {base_url: 'http://127.0.0.1:9/v1', model: m}\n"
    )

    with pytest.raises(AgentUnreachable, match=r"127\.0\.0\.1:9"):
        evaluate(agent, suite=[CENTRE / "suite.yaml"], policy=CENTRE / "policy.yaml", report=tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()


def test_the_command_turns_an_error_into_one_sentence_and_exit_code_3(tmp_path: Path) -> None:
    broken = suite(tmp_path, "intent: cancel_order", "intnt: cancel_order")

    policy = str(CENTRE / "policy.yaml")
    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "remit",
            "eval",
            str(CENTRE / "careful.yaml"),
            "--suite",
            str(broken),
            "--policy",
            policy,
        ],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3] / "src")},
        check=False,
    )

    assert ran.returncode == 3
    assert ran.stdout == ""
    assert "suite.yaml:20: scenario 'cancel' has an unknown key 'intnt'" in ran.stderr
    assert "Did you mean `intent`?" in ran.stderr
    assert "Traceback" not in ran.stderr
