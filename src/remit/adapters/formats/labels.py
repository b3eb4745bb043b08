"""Label files of experts: JSON Lines or CSV with the columns conversation, verdict, at and, if graded, loss."""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

from remit.conversations import ConversationId
from remit.documents import suggest
from remit.errors import ImportFormatError
from remit.supervision import Label, LabelVerdict

REQUIRED = ("conversation", "verdict", "at")
COLUMNS = (*REQUIRED, "loss")
_FORMS = ".jsonl or .csv"


@dataclass(frozen=True, slots=True)
class LabelRow:
    """A label and the 1-based line it stands on."""

    line: int
    label: Label


@dataclass(frozen=True, slots=True)
class BadRow:
    """A line that is no label; the file around it is whole."""

    line: int
    problem: str
    mend: str


@dataclass(frozen=True, slots=True)
class LabelFile:
    """Everything a file holds, line by line."""

    rows: tuple[LabelRow, ...]
    bad_rows: tuple[BadRow, ...]


def read_labels(path: Path) -> LabelFile:
    """The labels of a file.

    Raises:
        ImportFormatError: The file cannot be read, has another form, or was cut in the middle of a line.
    """
    text = _text(path)
    if path.suffix.lower() == ".jsonl":
        fields = _json_lines(path, text)
    elif path.suffix.lower() == ".csv":
        fields = _csv_lines(path, text)
    else:
        raise ImportFormatError(path, None, f"{path.suffix or 'a file without ending'!r} is no form of labels", _FORMS)
    read = [_row(line, found) for line, found in fields]
    return LabelFile(
        tuple([row for row in read if isinstance(row, LabelRow)]),
        tuple([row for row in read if isinstance(row, BadRow)]),
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ImportFormatError(path, None, f"cannot be read: {error.strerror}", "Check the path.") from error
    except UnicodeDecodeError as error:
        raise ImportFormatError(path, None, "is not UTF-8 text", "Save it as UTF-8, or it was damaged.") from error


def _cut(path: Path, line: int) -> ImportFormatError:
    problem = "the file ends in the middle of this line: it was cut"
    return ImportFormatError(
        path, line, problem, "Nothing was kept. Get the whole file; every line ends with a newline."
    )


# ── lines ─────────────────────────────────────────────────────────────────────────────────────────
Found = Mapping[str, Any] | BadRow


def _json_lines(path: Path, text: str) -> Iterator[tuple[int, Found]]:
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            if number == len(lines):
                raise _cut(path, number) from None
            yield number, BadRow(number, "is no JSON", "Each line is one JSON object.")
            continue
        if isinstance(found, dict):
            yield number, found
        else:
            yield number, BadRow(number, "is JSON, and no object", 'Write {"conversation": ..., "verdict": ...}.')


def _csv_lines(path: Path, text: str) -> Iterator[tuple[int, Found]]:
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    header: list[str] | None = None
    line = 1
    try:
        for cells in reader:
            if header is None:
                header = _header(path, cells)
            elif cells:
                yield line, _by_column(line, header, cells)
            line = reader.line_num + 1
    except csv.Error as error:
        raise ImportFormatError(path, line, f"is no CSV: {error}", "Quote cells that hold commas or quotes.") from error
    if header is None:
        raise ImportFormatError(path, None, "is empty", f"The first line names the columns: {','.join(COLUMNS)}")
    if not text.endswith(("\n", "\r")):
        raise _cut(path, text.count("\n") + 1)


def _header(path: Path, cells: list[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        mend = f"The first line names the columns: {','.join(COLUMNS)}"
        raise ImportFormatError(path, 1, f"the column {missing[0]!r} is missing", mend)
    unknown = [name for name in names if name not in COLUMNS]
    if unknown or len(set(names)) != len(names):
        problem = f"the column {unknown[0]!r} is unknown" if unknown else "a column is named twice"
        raise ImportFormatError(path, 1, problem, suggest(unknown[0] if unknown else names[0], COLUMNS, noun="columns"))
    return names


def _by_column(line: int, header: list[str], cells: list[str]) -> Found:
    if len(cells) != len(header):
        return BadRow(line, f"has {len(cells)} cells, the header has {len(header)}", "Quote cells that hold commas.")
    found: dict[str, Any] = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    if not found.get("loss"):
        found.pop("loss", None)
    return found


# ── one label ─────────────────────────────────────────────────────────────────────────────────────
def _row(line: int, found: Found) -> LabelRow | BadRow:
    if isinstance(found, BadRow):
        return found
    for name in found:
        if name not in COLUMNS:
            return BadRow(line, f"has an unknown field {name!r}", suggest(name, COLUMNS, noun="fields"))
    for name in REQUIRED:
        if not isinstance(found.get(name), str) or not found[name].strip():
            return BadRow(line, f"has no {name!r}", f"Each label needs {', '.join(REQUIRED)}.")
    try:
        verdict, at, loss = read_verdict(found["verdict"]), read_time(found["at"]), read_loss(found.get("loss"))
        expect_consistent(verdict, loss)
    except ValueError as error:
        problem, _, mend = str(error).partition("\n")
        return BadRow(line, problem, mend)
    return LabelRow(line, Label(ConversationId(found["conversation"].strip()), verdict, at, loss))


def read_verdict(text: str) -> LabelVerdict:
    """The verdict that a text names; ValueError with problem and mend, a line each."""
    try:
        return LabelVerdict(text.strip().lower())
    except ValueError:
        known = [verdict.value for verdict in LabelVerdict]
        raise ValueError(f"{text!r} is no verdict\n{suggest(text, known, noun='verdicts')}") from None


def read_time(text: str) -> datetime:
    """A time with its zone; ValueError with problem and mend, a line each."""
    mend = "Write it with its time zone, such as 2026-11-23T14:05:00+00:00."
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text!r} is no time\n{mend}") from None
    if at.tzinfo is None:
        raise ValueError(f"the time {text!r} has no time zone\n{mend}")
    return at


def read_loss(value: Any) -> float | None:
    """A loss in (0, 1], or None; ValueError with problem and mend, a line each."""
    if value is None:
        return None
    try:
        loss = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{value!r} is no loss\nWrite a number above 0 and at most 1, or leave it out.") from None
    if isinstance(value, bool) or not 0.0 < loss <= 1.0:
        raise ValueError(f"a loss of {value!r} is outside (0, 1]\n1 is the worst; leave it out for a whole failure.")
    return loss


def expect_consistent(verdict: LabelVerdict, loss: float | None) -> None:
    """ValueError if a good outcome is said to have a loss."""
    if loss is not None and not verdict.is_bad:
        raise ValueError("a good outcome has no loss\nLeave the loss out, or say what was wrong.")
