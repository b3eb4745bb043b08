"""`remit simulate` as people and programs call it: labelled, seeded, and clear about bad input."""

import json
from pathlib import Path

import pytest

from remit.cli import run

SMALL = ["simulate", "--worlds", "2", "--days", "30", "--per-day", "80", "--processes", "1"]


def test_everything_is_labelled_simulated_and_ends_with_the_next_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*SMALL, "--scenario", "healthy"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("SIMULATED: no conversation here was real.")
    assert "seeds 0 to 1" in out
    assert "Errors (SIMULATED)" in out
    assert "Days to each level (SIMULATED)" in out
    assert out.strip().splitlines()[-1].startswith("Next: ")
    for rule in ("Remit", "fixed sample", "failure limit", "Wilson", "burn-rate alerts"):
        assert rule in out


def test_the_same_seed_gives_the_same_figures_however_many_processes_work(
    capsys: pytest.CaptureFixture[str],
) -> None:
    small = ["simulate", "--worlds", "3", "--days", "20", "--per-day", "60", "--scenario", "drift", "--json"]
    assert run([*small, "--processes", "1"]) == 0
    alone = json.loads(capsys.readouterr().out)
    assert run([*small, "--processes", "2"]) == 0
    together = json.loads(capsys.readouterr().out)
    assert alone == together
    assert alone["simulated"] is True
    assert alone["seed"] == 0
    assert run([*small, "--processes", "1", "--seed", "7"]) == 0
    assert json.loads(capsys.readouterr().out)["n_conversations"] != alone["n_conversations"]


def test_all_scenarios_run_on_worlds_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["simulate", "--worlds", "1", "--days", "14", "--per-day", "40", "--processes", "1", "--json",
                "--scenario", "all"]) == 0  # fmt: skip
    document = json.loads(capsys.readouterr().out)
    assert {row["scenario"] for row in document["rows"]} == {
        "healthy", "at-target", "bad-release", "drift", "daily-edits",
    }  # fmt: skip


def test_the_report_is_one_labelled_page_with_plots(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "simulation.html"
    assert run([*SMALL, "--scenario", "bad-release", "--html", str(report)]) == 0
    text = report.read_text(encoding="utf-8")
    assert "SIMULATED" in text
    assert 'class="plot"' in text
    assert f"Report: {report}" in capsys.readouterr().out


def test_a_policy_of_ones_own_is_simulated_and_what_is_not_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    shop = Path(__file__).parents[3] / "examples" / "shop" / "policy.yaml"
    assert run([*SMALL, "--days", "14", "--scenario", "healthy", "--policy", str(shop)]) == 0
    out = capsys.readouterr().out
    assert "Policy 'shop-support'" in out
    assert "is taken as supported" in out
    assert "never fires" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--scenario", "haelthy"], "healthy"),
        (["--policy", "nowhere.yaml"], "nowhere.yaml"),
        (["--html", "report.pdf"], "End its name in .html"),
        (["--worlds", "0"], "worlds"),
        (["--days", "3"], "days"),
    ],
)
def test_bad_input_is_one_clear_error_before_anything_runs(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*SMALL, *arguments]) == 3
    captured = capsys.readouterr()
    assert said in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""


def test_a_policy_without_a_budget_is_refused_with_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        "apiVersion: remit/v1\nkind: Policy\nname: bare\nintents:\n  refund: {tools: []}\n"
        "levels:\n  supervised_answers: {risk: {error_at_most: 0.05}}\n",
        encoding="utf-8",
    )
    assert run([*SMALL, "--policy", str(policy)]) == 3
    assert "no live gate on bad_outcome" in capsys.readouterr().err
