"""`remit plan`, `gate`, `attest` and `verify` on a small contact centre: codes, tables, JSON, and one clear error."""

import asyncio
import io
import json
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from remit.adapters.store import SqliteDatabase, SqliteLedger
from remit.app.policy_files import read_policy_file
from remit.cli import run
from remit.cli.places import agent_of
from remit.evidence import Observation
from unit.gates.living import days

CENTRE = "apiVersion: remit/v1\nkind: ContactCentre\nname: shop\nsuites: []\n"
AGENT = "apiVersion: remit/v1\nkind: Agent\nname: shop\ntype: python\npython: {module: agents.py, callable: agent}\n"
STORE = ".remit/remit.db"  # hidden: a Python agent's release covers the files of its folder
POLICY = """\
apiVersion: remit/v1
kind: Policy
name: shop
problem: too many calls
tools: {find_order: {effect: read}}
intents:
  refund: {examples: [my money back], tools: [find_order]}
levels: {supervised_answers: {risk: {error_at_most: 0.02}}}
gates:
  supervised_answers:
    - attest: [security_review]
  tools_with_approval:
    - live: bad_outcome
      at_most: 0.02
"""


@pytest.fixture(autouse=True)
def centre(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "remit.yaml").write_text(CENTRE)
    (tmp_path / "agent.yaml").write_text(AGENT)
    (tmp_path / "agents.py").write_text("async def agent(view):\n    return None\n")
    (tmp_path / "policy.yaml").write_text(POLICY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REMIT_STORE", str(tmp_path / STORE))
    monkeypatch.delenv("REMIT_ACCOUNT_KEY", raising=False)
    return tmp_path


def keep(rows: Sequence[Observation]) -> None:
    async def append() -> None:
        async with SqliteDatabase(Path(STORE)) as database:
            await SqliteLedger(database).append(rows)

    asyncio.run(append())


def conversations(**changes: Any) -> list[Observation]:
    release = agent_of(None, "gate", policy=read_policy_file(Path("policy.yaml"))).release
    return days(30, 20, release=release, **changes)


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = run(words)
    out = capsys.readouterr()
    return code, out.out, out.err


# ── gate ──────────────────────────────────────────────────────────────────────────────────────────
def test_a_supported_level_is_0_a_refuted_one_1_an_undecided_one_2(capsys: pytest.CaptureFixture[str]) -> None:
    keep([])
    assert told(capsys, "gate")[0] == 2
    keep(conversations())
    assert told(capsys, "gate", "--level", "tools_with_approval")[0] == 0


def test_a_refuted_gate_is_1_and_the_next_step_is_a_new_release(capsys: pytest.CaptureFixture[str]) -> None:
    keep(conversations(errors=range(0, 600, 7)))
    code, out, _ = told(capsys, "gate", "--level", "tools_with_approval")

    assert code == 1
    assert "✗ refuted" in out
    assert "register a new release" in out


def test_the_table_stops_at_the_first_level_that_is_not_earned(capsys: pytest.CaptureFixture[str]) -> None:
    keep(conversations())
    _, first, _ = told(capsys, "gate")
    _, every, _ = told(capsys, "gate", "--all")

    assert "security_review" in first
    assert "bad_outcome" not in first
    assert "bad_outcome" in every
    assert "remit attest" in first.splitlines()[-1]


def test_json_has_every_figure_and_the_record(capsys: pytest.CaptureFixture[str]) -> None:
    keep(conversations())
    code, out, _ = told(capsys, "gate", "--all", "--json")
    document = json.loads(out)

    assert code == document["exit_code"] == 2
    live = document["verdicts"][1]
    assert live["finding"] == "supported"
    assert (live["live"]["n"], live["live"]["attempt"]) == (600, 1)
    assert live["live"]["label_sources"] == [["human_confirmed", 600]]
    assert live["record"].startswith("v-")


@pytest.mark.parametrize(
    ("words", "mend"),
    [
        (["gate", "--intent", "refnd"], "refund"),
        (["gate", "--level", "L2"], "tools_with_approval"),
        (["gate", "--policy", "nowhere.yaml"], "policy"),
        (["gate", "--agent", "nowhere.yaml"], "definition"),
        (["plan", "--intent", "refnd", "--volume", "5"], "refund"),
        (["plan"], "--volume"),
        (["plan", "--share", "refund=0.5"], "--volume"),
        (["plan", "--volume", "5", "--share", "refund"], "refund=0.3"),
        (["plan", "--volume", "5", "--share", "other=0.2"], "refund"),
        (["plan", "--volume", "5", "--share", "refund=1.4"], "at most 1"),
        (["attest", "privacy", "--reason", "x"], "security_review"),
        (["attest", "security_review", "--reason", "x", "--expires", "soon"], "90d"),
        (["attest", "security_review", "--reason", " "], "sentence"),
        (["attest", "security_review", "--reason", "x"], "remit account create"),
        (["verify", "v-0"], "remit gate"),
    ],
)
def test_bad_input_is_one_clear_error_and_keeps_nothing(
    words: list[str], mend: str, capsys: pytest.CaptureFixture[str]
) -> None:
    keep([])
    code, out, err = told(capsys, *words)

    assert code == 3
    assert out == ""
    assert err.startswith("error: ")
    assert mend in err
    assert "Traceback" not in err


def test_without_a_store_nothing_is_made(centre: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "gate")[0] == 3
    assert not (centre / STORE).exists()


# ── attest ────────────────────────────────────────────────────────────────────────────────────────
def test_a_signed_attestation_supports_its_gate_and_stands_in_the_audit_log(
    centre: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REMIT_ACCOUNT_KEY", _approvers_key(capsys, monkeypatch))
    code, out, _ = told(capsys, "attest", "security_review", "--reason", "report 7 was read", "--expires", "30d")

    assert code == 0
    assert "signed by ada" in out
    assert told(capsys, "gate", "--level", "supervised_answers")[0] == 0
    connection = sqlite3.connect(centre / STORE)
    (entry,) = connection.execute(
        "select content from audit_entries where content like '%attestation_given%'"
    ).fetchone()
    ledger = connection.execute("select details from observations").fetchall()
    connection.close()
    assert "report 7 was read" in entry
    assert "report 7" not in str(ledger)

    assert told(capsys, "attest", "security_review", "--reason", "a hole was found", "--withdraw")[0] == 0
    code, out, _ = told(capsys, "gate", "--level", "supervised_answers", "--json")
    assert code == 2
    assert "withdrawn by ada" in json.loads(out)["verdicts"][0]["why"]


def _approvers_key(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    """An admin may sign too; the first account of a store is one."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("a long enough password 7\n"))
    code, out, _ = told(capsys, "account", "create", "ada", "--first-admin", "--password-stdin", "--with-key")
    assert code == 0
    return out.strip()


# ── verify ────────────────────────────────────────────────────────────────────────────────────────
def test_verify_is_0_while_the_ledger_gives_the_same_and_1_when_a_row_was_altered(
    centre: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(conversations())
    _, out, _ = told(capsys, "gate", "--level", "tools_with_approval", "--json")
    record = json.loads(out)["verdicts"][0]["record"]

    code, out, _ = told(capsys, "verify", record[:9])
    assert code == 0
    assert "the same verdict, from the same rows" in out

    connection = sqlite3.connect(centre / STORE)
    with connection:
        connection.execute("update observations set outcome = 'failed' where seq = 40")
    connection.close()
    code, out, _ = told(capsys, "verify", record)
    assert code == 1
    assert "rows of the ledger that were counted have been changed" in out
    code, out, _ = told(capsys, "verify", record, "--json")
    assert (code, json.loads(out)["agrees"]) == (1, False)


# ── plan ──────────────────────────────────────────────────────────────────────────────────────────
def test_a_plan_that_can_be_reached_is_0_and_prints_what_it_assumes(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys, "plan", "--volume", "20", "--raw-alpha")

    assert code == 0
    assert "47 / 113" in out
    assert "raw alpha" in out
    assert "errs at 0.5 of its budget" in " ".join(out.split())


def test_a_plan_that_cannot_is_1_with_alternatives(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys, "plan", "--volume", "20", "--label-share", "0.1")

    assert code == 1
    assert "instead: " in out
    assert "an error target of" in out
    assert "stay at supervised_answers" in out


def test_a_plan_for_machines_and_as_a_picture(centre: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys, "plan", "--volume", "50", "--share", "refund=0.4", "--json", "--plot", "plan.svg")
    document = json.loads(out)

    assert code == 0
    assert document["volumes"] == {"refund": 20.0}
    assert document["reachable"] is True
    assert [one["gate"] for one in document["gates"]][1].startswith("live bad_outcome")
    picture = (centre / "plan.svg").read_text()
    assert picture.startswith("<svg")
    assert ">57 / " in picture


def test_volumes_come_from_the_history_or_the_ledger(centre: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [f'{{"at": "2026-04-{day:02d}T10:00:00+00:00", "intent": "refund"}}\n' * 12 for day in range(1, 11)]
    (centre / "history.jsonl").write_text("".join(lines))
    (centre / "policy.yaml").write_text(POLICY.replace("problem:", "baseline: {from: history.jsonl}\nproblem:"))
    _, out, _ = told(capsys, "plan", "--json")
    assert json.loads(out)["volumes"] == {"refund": 12.0}

    keep(conversations(metric="started"))
    _, out, _ = told(capsys, "plan", "--json", "--store", STORE)
    assert json.loads(out)["volumes"] == {"refund": 20.0}

    (centre / "history.jsonl").write_text('{"at": "yesterday"}\n')
    code, _, err = told(capsys, "plan")
    assert code == 3
    assert "history.jsonl:1:" in err
