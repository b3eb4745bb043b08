"""Label files: whole ones are read by line, cut ones refused as a whole, each bad row has a line and a mend."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from remit.adapters.formats.labels import LabelRow, read_labels
from remit.conversations import ConversationId
from remit.errors import ImportFormatError
from remit.supervision import Label, LabelVerdict

AT = "2026-11-23T14:05:00+00:00"
WHEN = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)


def file(folder: Path, text: str, name: str = "labels.jsonl") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def line(**changes: object) -> str:
    fields = {"conversation": "c-1", "verdict": "wrong", "at": AT, **changes}
    return json.dumps({name: value for name, value in fields.items() if value is not None})


def label(conversation: str = "c-1", verdict: str = "wrong", loss: float | None = None) -> Label:
    return Label(ConversationId(conversation), LabelVerdict(verdict), WHEN, loss)


def test_both_forms_say_the_same(tmp_path: Path) -> None:
    lines = f"{line(loss=0.3)}\n\n{line(conversation='c-2', verdict='good')}\n"
    cells = f"at,conversation,verdict,loss\r\n{AT},c-1,wrong,0.3\r\n\r\n{AT},c-2,GOOD,\r\n"
    for path in (file(tmp_path, lines), file(tmp_path, cells, "labels.csv")):
        found = read_labels(path)
        assert [row.label for row in found.rows] == [label(loss=0.3), label("c-2", "good")]
        assert found.bad_rows == ()


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    assert [row.line for row in read_labels(file(tmp_path, f"{line()}\n\n{line()}\n")).rows] == [1, 3]
    cells = f'conversation,verdict,at\n"c\n-1",good,{AT}\nc-2,good,{AT}\n'
    assert [row.line for row in read_labels(file(tmp_path, cells, "labels.csv")).rows] == [2, 4]


@pytest.mark.parametrize(
    ("row", "problem", "mend"),
    [
        ("nonsense", "is no JSON", "one JSON object"),
        ("[1, 2]", "no object", '{"conversation"'),
        (line(conversation=None), "no 'conversation'", "Each label needs"),
        (line(conversation=" "), "no 'conversation'", "Each label needs"),
        (line(conversation=7), "no 'conversation'", "Each label needs"),
        (line(verdict="wrnog"), "'wrnog' is no verdict", "wrong"),
        (line(at="yesterday"), "'yesterday' is no time", "time zone"),
        (line(at="2026-11-23T14:05:00"), "has no time zone", "+00:00"),
        (line(loss=0), "outside (0, 1]", "1 is the worst"),
        (line(loss=1.5), "outside (0, 1]", "1 is the worst"),
        (line(loss=True), "outside (0, 1]", "1 is the worst"),
        (line(loss="much"), "'much' is no loss", "a number"),
        (line(loss=float("nan")), "outside (0, 1]", "1 is the worst"),
        (line(verdict="good", loss=0.5), "a good outcome has no loss", "Leave the loss out"),
        (line(note="the customer said"), "unknown field 'note'", "conversation"),
    ],
)
def test_a_row_that_is_no_label_says_why_and_how_to_mend_it(tmp_path: Path, row: str, problem: str, mend: str) -> None:
    found = read_labels(file(tmp_path, f"{line()}\n{row}\n{line()}\n"))
    assert len(found.rows) == 2
    (bad,) = found.bad_rows
    assert bad.line == 2
    assert problem in bad.problem
    assert mend in bad.mend


@pytest.mark.parametrize(
    ("text", "name", "problem"),
    [
        ("", "labels.csv", "is empty"),
        ("conversation,verdict\n", "labels.csv", "the column 'at' is missing"),
        ("conversation,verdict,at,note\n", "labels.csv", "the column 'note' is unknown"),
        ("conversation,verdict,at,at\n", "labels.csv", "named twice"),
        ('conversation,verdict,at\n"c-1,good,now\n', "labels.csv", "is no CSV"),
        ("", "labels.xlsx", "is no form of labels"),
        ("", "labels", "is no form of labels"),
    ],
)
def test_a_file_of_another_form_is_one_clear_error(tmp_path: Path, text: str, name: str, problem: str) -> None:
    with pytest.raises(ImportFormatError, match=problem) as caught:
        read_labels(file(tmp_path, text, name))
    assert name in str(caught.value)


def test_a_row_with_too_few_cells_is_a_bad_row(tmp_path: Path) -> None:
    (bad,) = read_labels(file(tmp_path, "conversation,verdict,at\nc-1,good\n", "labels.csv")).bad_rows
    assert (bad.line, bad.problem) == (2, "has 2 cells, the header has 3")


def test_what_is_no_text_or_not_there_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "labels.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ImportFormatError, match="not UTF-8"):
        read_labels(tmp_path / "labels.jsonl")
    with pytest.raises(ImportFormatError, match="cannot be read"):
        read_labels(tmp_path / "missing.jsonl")


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_wherever_a_file_was_cut_it_gives_no_label_that_is_not_in_it(form: str, tmp_path: Path) -> None:
    labels = [label(f"conversation-{number}", "wrong", 0.25) for number in range(3)]
    if form == "jsonl":
        text = "".join(f"{line(conversation=one.conversation, loss=one.loss)}\n" for one in labels)
    else:
        rows = [f"{one.conversation},wrong,{AT},{one.loss}\n" for one in labels]
        text = "conversation,verdict,at,loss\n" + "".join(rows)
    n_refused = 0
    for cut_at in range(len(text)):
        try:
            found = read_labels(file(tmp_path, text[:cut_at], f"labels.{form}"))
        except ImportFormatError:
            n_refused += 1
            continue
        assert found.bad_rows == ()
        assert [row.label for row in found.rows] == labels[: len(found.rows)]
    # Only a cut at the end of a line cannot be told from a shorter file.
    assert n_refused >= len(text) - 2 * (text.count("\n") + 1)


def test_a_row_knows_its_label(tmp_path: Path) -> None:
    (row,) = read_labels(file(tmp_path, f"{line()}\n")).rows
    assert row == LabelRow(1, label())
