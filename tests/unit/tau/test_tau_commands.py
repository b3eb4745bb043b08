"""`remit import tau` and `remit replay`: what they print, what they write, how they exit."""

import asyncio
import json
import sqlite3
import sys
from pathlib import Path

import pytest

from remit.adapters.formats.suites import read_suites
from remit.adapters.worlds.load import load_world
from remit.cli import EXIT_ERROR, EXIT_REFUTED, EXIT_SUPPORTED, EXIT_UNDECIDED, main
from remit.scenarios.model import AgendaCustomer, InstructedCustomer
from unit.tau.small_shop import (
    BEN,
    BENS_ORDER,
    good_conversation,
    hears,
    refusal_conversation,
    results,
    shop_folder,
    simulation,
    task,
    tasks,
    write,
)


def remit(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> int:
    """The exit code of the command."""
    monkeypatch.setattr(sys, "argv", ["remit", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with the small shop's data."""
    shop_folder(tmp_path)
    return tmp_path


def many_refusals(passing: bool) -> dict[str, object]:
    """Eighty scenarios in which the agent had to do nothing, and did so or not."""
    many = [task(f"ben{n}", BEN, BENS_ORDER, [], communicate_info=[] if passing else ["sorry"]) for n in range(80)]
    talks = [
        simulation(f"c{n}", f"ben{n}", [hears(f"I am {BEN}, {n}"), hears("###STOP###")], reward=float(passing))
        for n in range(80)
    ]
    return results(talks, of=many)


def test_a_replay_exits_by_its_verdicts(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good, bad = (
        write(shop, many_refusals(passing=True), "good.json"),
        write(shop, many_refusals(passing=False), "bad.json"),
    )
    few = write(shop, results([good_conversation()]), "few.json")

    assert remit(monkeypatch, "replay", good, "--tasks", shop, "--gate", "pass^1>=0.9") == EXIT_SUPPORTED
    assert remit(monkeypatch, "replay", bad, "--tasks", shop, "--gate", "pass^1>=0.9") == EXIT_REFUTED
    assert remit(monkeypatch, "replay", few, "--tasks", shop) == EXIT_UNDECIDED
    assert remit(monkeypatch, "replay", shop / "none.json", "--tasks", shop) == EXIT_ERROR


def test_a_replay_says_what_was_recomputed_and_what_is_missing(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(shop, results([good_conversation() | {"reward_info": {"reward": 0}}, refusal_conversation()]))

    remit(monkeypatch, "replay", path, "--tasks", shop)

    printed = capsys.readouterr().out
    assert "2 of 2 rewards re-computed; 1 of 2 equal the published ones" in printed
    assert "pass^4 needs 4 counted trials of a scenario: 3 more trials of each of 2 scenarios" in printed
    assert "do nothing passes 1 of 2 scenarios" in printed
    assert "conversation c-ana: published 0, re-computed 1; right is the re-computed one" in printed
    assert "Next: " in printed


def test_a_replay_speaks_json_and_writes_each_form_of_report(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(shop, results([good_conversation(), refusal_conversation()]))
    for suffix in ("html", "md", "json"):
        target = shop / "reports" / f"replay.{suffix}"
        remit(monkeypatch, "replay", path, "--tasks", shop, "--json", "--report", target)

        document = json.loads(capsys.readouterr().out)
        assert document["rewards_recomputed"] == 2
        assert "2 of 2 rewards re-computed" in target.read_text(encoding="utf-8")


def test_a_report_of_an_unknown_form_is_refused(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(shop, results([good_conversation()]))

    assert remit(monkeypatch, "replay", path, "--tasks", shop, "--report", shop / "replay.pdf") == EXIT_ERROR
    assert ".html, .md or .json" in capsys.readouterr().err


def test_an_import_is_kept_once(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path, store = write(shop, results([good_conversation(), refusal_conversation()])), shop / "remit.db"

    for expected in ("2 of 2 observations are new", "0 of 2 observations are new"):
        assert remit(monkeypatch, "import", "tau", path, "--tasks", shop, "--store", store) == EXIT_SUPPORTED
        assert expected in capsys.readouterr().out

    with sqlite3.connect(store) as connection:
        kept = connection.execute("select source, outcome, count(*) from observations group by 1, 2").fetchall()
    connection.close()
    assert kept == [("replayed_trial", "passed", 2)]


def test_one_bad_file_keeps_all_out(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, store = write(shop, results([good_conversation()])), shop / "remit.db"
    cut = shop / "cut.json"
    cut.write_text(path.read_text(encoding="utf-8")[:400], encoding="utf-8")

    assert remit(monkeypatch, "import", "tau", path, cut, "--tasks", shop, "--store", store) == EXIT_ERROR
    assert not store.exists()


def test_a_tasks_file_is_examined_and_nothing_is_kept(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path, store = write(shop, tasks(), "some_tasks.json"), shop / "remit.db"

    assert remit(monkeypatch, "import", "tau", path, "--tasks", shop, "--store", store) == EXIT_SUPPORTED

    assert "do nothing passes 1 of 2 scenarios" in capsys.readouterr().out
    assert not store.exists()


def test_tasks_become_a_suite_that_can_be_read_again(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = write(shop, tasks(), "some_tasks.json"), shop / "out" / "tau.yaml"

    assert remit(monkeypatch, "import", "tau", path, "--tasks", shop, "--suite-out", out) == EXIT_SUPPORTED

    (suite,) = read_suites(out)
    assert [one.id for one in suite.scenarios] == [str(one["id"]) for one in tasks()]
    assert [type(one.customer) for one in suite.scenarios] == [InstructedCustomer, AgendaCustomer]
    assert all(one.has_reference for one in suite.scenarios)
    assert asyncio.run(load_world(suite.scenarios[0].start.world, out.parent).catalogue())
    assert "an agenda can play 1, a language model has to play 1, nobody can play 0 yet" in capsys.readouterr().out


def test_a_model_can_be_made_to_play_every_customer_and_is_then_named(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = write(shop, tasks(), "some_tasks.json"), shop / "tau.yaml"

    remit(monkeypatch, "import", "tau", path, "--tasks", shop, "--suite-out", out, "--customers", "llm")

    (suite,) = read_suites(out)
    assert {one.customer for one in suite.scenarios} == {InstructedCustomer("Be brief.")}
    assert "set REMIT_CUSTOMER_URL and REMIT_CUSTOMER_MODEL" in capsys.readouterr().out


def test_a_suite_without_its_world_is_refused(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(shop, tasks(), "some_tasks.json")

    assert remit(monkeypatch, "import", "tau", path, "--suite-out", shop / "tau.yaml") == EXIT_ERROR
    assert "--tasks" in capsys.readouterr().err
    assert not (shop / "tau.yaml").exists()


def test_a_file_of_many_documents_is_no_results_file_and_nobody_is_told_to_fetch_it_again(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = shop / "run.state.jsonl"
    lines.write_text('{"reward": 1}\n{"reward": 0}\n')

    assert remit(monkeypatch, "replay", lines) == EXIT_ERROR
    told = capsys.readouterr().err
    assert "no results or tasks file" in told
    assert "again" not in told
