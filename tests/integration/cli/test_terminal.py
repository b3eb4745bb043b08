"""The terminal's manners: help, version, text as it is written, and what to do when nobody answers."""

import io
import sqlite3
import sys
from pathlib import Path

import pytest

from remit.cli import run
from remit.cli.screen import counted, screen


@pytest.mark.parametrize("words", [[], ["policy"], ["import"], ["world"]])
def test_a_command_without_its_words_is_help_and_no_error(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == 0

    told = capsys.readouterr()
    assert "Usage:" in told.out
    assert told.err == ""


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("remit 0.")


def test_text_of_files_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    screen().print("policy.yaml:100: [red]x[/red] :warning:")

    assert capsys.readouterr().out == "policy.yaml:100: [red]x[/red] :warning:\n"


def test_an_error_on_line_100_names_line_100(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("apiVersion: remit/v1\n" + "#\n" * 98 + "kynd: Policy\n")

    assert run(["validate", str(policy)]) == 3
    assert "policy.yaml:100:" in capsys.readouterr().err


def test_counts_agree_with_their_nouns() -> None:
    assert [counted(1, "gate"), counted(2, "gate"), counted(0, "gate")] == ["1 gate", "2 gates", "0 gates"]


def test_validate_in_a_centre_goes_on_with_the_bare_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["init", "--yes"]) == 0
    capsys.readouterr()

    assert run(["validate"]) == 0
    assert capsys.readouterr().out.endswith("next: remit eval\n")


def test_init_without_anybody_to_answer_asks_for_flags(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))

    assert run(["init"]) == 3
    assert "nobody answers" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_is_something_else_is_named_so_and_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from remit.adapters.store import SqliteDatabase
    from remit.errors import StoreForeign

    text, other = tmp_path / "notes.txt", tmp_path / "other.db"
    text.write_text("these are notes and no database, however long they grow")
    with sqlite3.connect(other) as connection:
        connection.execute("create table birds (name text)")
    connection.close()

    for file in (text, other):
        before = file.read_bytes()
        with pytest.raises(StoreForeign, match="no store of Remit") as refused:
            SqliteDatabase(file).open()
        assert "Name another file" in str(refused.value)
        assert file.read_bytes() == before
