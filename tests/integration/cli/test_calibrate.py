"""`remit calibrate`: thresholds from labels, clear empty states, nothing changed without --keep, one error each."""

import asyncio
import json
from pathlib import Path

import pytest

from integration.cli.test_bad_input import CENTRE
from integration.identity.terminal import Terminal
from integration.outline import Outline
from remit.adapters.memory import SystemClock
from remit.adapters.store import SqliteCertificates, SqliteDatabase, SqliteLedger
from remit.adapters.store.audit import SqliteAuditLog
from remit.audit import Change
from remit.calibration.certificate import Certificate
from remit.calibration.labels import METRIC, LabelledProposal, details_of
from remit.cli import run
from remit.conversations import AgentName, ReleaseId
from remit.evidence import LabelSource, Observation, ObservationKey, Outcome, Source, Strength
from unit.calibration.samples import ISSUED, labels


def line_of(label: LabelledProposal, **more: object) -> str:
    row = {"key": label.key, "intent": label.intent, "wrong": label.wrong, "signals": label.signals.present()}
    return json.dumps({**row, "sampling_probability": 1.0, **more}) + "\n"


@pytest.fixture(scope="module")
def label_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("labels") / "labels.jsonl"
    file.write_text("".join(map(line_of, labels(1_500, 1, mean=4.0))), encoding="utf-8")
    return file


@pytest.fixture
def centre(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in CENTRE.items():
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REMIT_STORE", str(tmp_path / "remit.db"))
    monkeypatch.delenv("REMIT_ACCOUNT_KEY", raising=False)
    return tmp_path


def test_a_threshold_for_the_policys_target_comes_with_its_figures(
    centre: Path, label_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["calibrate", "--labels", str(label_file), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    (result,) = document["results"]
    assert document["schema"] == "remit.calibration/1"
    assert (result["name"], result["finding"], result["target"]["error_at_most"]) == ("refund", "supported", 0.1)
    assert result["n_fitted"] + result["n_certified"] == result["n_labels"] == 1_500
    assert 0.0 < result["thresholds"]["ask"] <= result["thresholds"]["send"] < 1.0
    assert result["certificate"]["sample"]["digest"] == result["data_digest"]
    assert document["next"] == "let these certificates decide: the same command with --keep"
    assert not (centre / "remit.db").exists(), "looking at labels makes no store"


def test_the_table_says_what_other_targets_would_cost(
    centre: Path, label_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["calibrate", "--labels", str(label_file)]) == 0
    shown = capsys.readouterr().out
    assert "refund: other targets would contain: 0.5 % nothing" in shown
    assert "supported" in shown
    assert "Next:" in shown


def test_a_target_that_nothing_shows_is_no_threshold_and_says_what_would(
    centre: Path, label_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["calibrate", "--labels", str(label_file), "--error", "0.005", "--delta", "0.01"]) == 2
    shown = capsys.readouterr().out
    assert "too few labels, 1516 are needed" in shown


def test_without_labels_it_says_how_many_are_needed(
    centre: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "none.jsonl"
    file.write_text("", encoding="utf-8")
    assert run(["calibrate", "--labels", str(file)]) == 2
    shown = capsys.readouterr().out
    assert "0 labelled proposals" in shown
    assert "500 are needed and 1,000 are better: refund 0" in shown
    assert "Next: label proposals: at least 500" in shown


def test_without_a_store_it_says_where_one_comes_from(centre: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["calibrate"]) == 3
    assert "there is no such file" in capsys.readouterr().err


def test_labels_can_be_looked_at_outside_of_a_centre(
    label_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["calibrate", "--labels", str(label_file), "--error", "0.1"]) == 0
    assert "all intents" in capsys.readouterr().out
    assert run(["calibrate", "--labels", str(label_file)]) == 3
    assert "without a policy there is no error target" in capsys.readouterr().err
    assert run(["calibrate", "--labels", str(label_file), "--error", "0.1", "--keep"]) == 3
    assert "--keep needs a policy" in capsys.readouterr().err


def test_before_any_certificate_the_status_says_what_decides(
    centre: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("REMIT_STORE")
    terminal = Terminal(centre, monkeypatch, capsys)
    terminal.first_admin()
    assert terminal.run("calibrate", "--status") == 2
    assert "provisional thresholds decide" in terminal.out


def test_keeping_asks_who_it_is_and_is_audited(
    centre: Path, label_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("REMIT_STORE")
    terminal = Terminal(centre, monkeypatch, capsys)
    terminal.first_admin()
    expert = terminal.account("eva", "expert")
    command = ["calibrate", "--labels", str(label_file), "--keep"]
    terminal.act_with(expert)
    assert terminal.run(*command) == 3, "an expert may not"
    assert kept(terminal.store) == []
    terminal.act_with(terminal.admin_key)
    assert terminal.run(*command, "--json") == 0, terminal.err
    document = json.loads(terminal.out)
    (certificate,) = kept(terminal.store)
    assert certificate.id == document["results"][0]["certificate"]["id"]
    assert certificate.intents == ("refund",)
    assert terminal.run("calibrate", "--status", "--json") == 0
    (shown,) = json.loads(terminal.out)["certificates"]
    assert (shown["id"], shown["holds"]) == (certificate.id, True)
    policy = centre / "policy.yaml"
    policy.write_text(policy.read_text(encoding="utf-8").replace("<= 100.0", "<= 50.0"), encoding="utf-8")
    assert terminal.run("calibrate", "--status", "--json") == 2
    assert json.loads(terminal.out)["certificates"][0]["cause"] in ("release", "policy")
    assert terminal.run("calibrate", "--status") == 2
    assert "void: it is of" in " ".join(terminal.out.split())
    (change,) = [each for each in changes(terminal.store) if each.action == "certificate_kept"]
    assert (change.actor.name, change.after["certificate"]) == ("ana", certificate.id)
    assert change.evidence == certificate.sample.digest


def kept(store: Path) -> list[Certificate]:
    async def read() -> list[Certificate]:
        async with SqliteDatabase(store) as database:
            return list(await SqliteCertificates(database, SystemClock()).in_force(AgentName("test-agent")))

    return asyncio.run(read())


def changes(store: Path) -> list[Change]:
    async def read() -> list[Change]:
        async with SqliteDatabase(store) as database:
            return [entry.change async for entry in SqliteAuditLog(database).entries()]

    return asyncio.run(read())


def test_labels_of_the_ledger_are_calibrated(centre: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def append() -> None:
        async with SqliteDatabase(centre / "remit.db") as database:
            await SqliteLedger(database).append([seen_of(each) for each in labels(700, 2, mean=4.0)])

    asyncio.run(append())
    assert run(["calibrate", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["source"].startswith("the ledger ")
    assert document["results"][0]["n_labels"] == 700


def seen_of(label: LabelledProposal) -> Observation:
    return Observation(
        key=ObservationKey(f"proposal:{label.key}"),
        at=ISSUED,
        agent=AgentName("test-agent"),
        release=ReleaseId(""),
        intent=label.intent,
        level="shadow",
        source=Source.SHADOW_AGREEMENT,
        strength=Strength.LIVE,
        metric=METRIC,
        outcome=Outcome.FAILED if label.wrong else Outcome.PASSED,
        cluster="2026-11-01",
        details=details_of(label.signals),
        label=LabelSource.HUMAN_CONFIRMED,
    )


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "is no JSON object"),
        ("[1]", "is no JSON object"),
        ('{"key": "a", "intent": "refund", "wrong": false}', "'signals' is missing"),
        ('{"key": "a", "intent": "refund", "wrong": 1, "signals": {}}', "'wrong' is neither true nor false"),
        ('{"key": "a", "intent": "refund", "wrong": true, "signals": {"x": "y"}}', "'signals' is no map"),
        ('{"key": "a", "intent": "refund", "wrong": true, "signals": {}, "sauce": 1}', "unknown key 'sauce'"),
        ('{"key": "", "intent": "refund", "wrong": true, "signals": {}}', "'key' is no text"),
        ('{"key": "a", "intent": "refund", "wrong": true, "signals": {}, "source": "me"}', "unknown source 'me'"),
        ('{"key": "a", "intent": "refund", "wrong": true, "signals": {}, "at": "today"}', "no time with a zone"),
        (
            '{"key": "a", "intent": "refund", "wrong": true, "signals": {}, "sampling_probability": "1"}',
            "'sampling_probability' is no number",
        ),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_calibrated(
    centre: Path, line: str, problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = centre / "labels.jsonl"
    file.write_text(line_of(labels(1, 1)[0]) + line + "\n", encoding="utf-8")
    assert run(["calibrate", "--labels", str(file)]) == 3
    said = capsys.readouterr().err
    assert f"{file}:2: " in said
    assert problem in said


def test_a_file_that_was_cut_is_refused(centre: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = centre / "labels.jsonl"
    file.write_text(line_of(labels(1, 1)[0])[:-20], encoding="utf-8")
    assert run(["calibrate", "--labels", str(file)]) == 3
    assert "it was cut" in capsys.readouterr().err


def test_labels_that_do_not_count_are_counted(centre: Path, capsys: pytest.CaptureFixture[str]) -> None:
    some = labels(6, 1)
    lines = [
        line_of(some[0], sampling_probability=None),
        line_of(some[1], source="judge"),
        line_of(some[2], release="another"),
        line_of(some[3]),
        line_of(some[3], wrong=not some[3].wrong),
        line_of(some[4], intent="unheard_of"),
    ]
    file = centre / "labels.jsonl"
    file.write_text("".join(lines), encoding="utf-8")
    assert run(["calibrate", "--labels", str(file), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["excluded"] == {
        "without a recorded sampling probability": 1,
        "labelled by judge: only experts and the state of the world count": 1,
        "of another release": 1,
        "labelled both right and wrong: settle them": 1,
        "of intents that were not asked for or that the policy does not have": 1,
    }


@pytest.mark.parametrize("options", [["--error", "1.5"], ["--delta", "0"], ["--intent", "refunt"], ["--sampled", "2"]])
def test_impossible_options_are_one_sentence(
    centre: Path, label_file: Path, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["calibrate", "--labels", str(label_file), *options]) == 3
    assert capsys.readouterr().err.startswith("error: ")


# ── the report ────────────────────────────────────────────────────────────────────────────────────
def test_the_page_stands_alone_and_is_well_formed(
    label_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    hostile = tmp_path / "<b>labels.jsonl"
    hostile.write_text(label_file.read_text(encoding="utf-8"), encoding="utf-8")
    run(["calibrate", "--labels", str(hostile), "--error", "0.1", "--html", "page.html"])
    outline = Outline()
    outline.feed((tmp_path / "page.html").read_text(encoding="utf-8"))
    names = [name for name, _ in outline.elements]
    assert outline.open == []
    assert names.count("h1") == 1
    assert names.count("svg") == 2
    assert not {"script", "img", "link", "iframe", "form", "b"} & set(names)
    assert all(
        "style" not in each and not any(name in {"src", "href"} for name in each) for _, each in outline.elements
    )
    assert all(each.get("scope") in {"col", "row"} for name, each in outline.elements if name == "th")
    assert "<b>labels.jsonl" in "".join(outline.text)


def test_a_report_of_an_unknown_form_is_refused_before_anything_runs(
    centre: Path, label_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["calibrate", "--labels", str(label_file), "--html", "page.pdf"]) == 3
    assert "End its name in .html, .md or .json" in capsys.readouterr().err
