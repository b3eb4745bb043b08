"""Files of labelled proposals: JSON Lines, one proposal a line (docs/reference/calibration.md)."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from remit.adapters.text_files import read_text
from remit.calibration.labels import LabelledProposal
from remit.calibration.signals import Signals
from remit.conversations import IntentName, ReleaseId
from remit.documents import suggest
from remit.errors import ImportFormatError
from remit.evidence import LabelSource

REQUIRED = ("key", "intent", "wrong", "signals")
KEYS = (*REQUIRED, "sampling_probability", "source", "out_of_scope", "release", "simulated", "at")
_KEYS, _REQUIRED = frozenset(KEYS), frozenset(REQUIRED)
_SOURCES = {each.value: each for each in LabelSource}


def read_proposals(path: Path, *, sampling_probability: float | None = None) -> list[LabelledProposal]:
    """The labelled proposals of a file; what does not count as evidence is told apart later (`calibration.labels`).

    Args:
        path: The file.
        sampling_probability: Holds for lines that do not say theirs; None leaves it unrecorded.

    Raises:
        ImportFormatError: The file cannot be read or a line is no labelled proposal.
    """
    text = read_text(path, ImportFormatError)
    if text and not text.endswith("\n"):
        line = text.count("\n") + 1
        raise ImportFormatError(
            path, line, "the file ends in the middle of this line: it was cut", "Get the whole file."
        )
    return list(_labels(path, text, sampling_probability))


def _labels(path: Path, text: str, sampling_probability: float | None) -> Iterator[LabelledProposal]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (json.JSONDecodeError, RecursionError):
            raise ImportFormatError(path, number, "is no JSON object", _EXAMPLE) from None
        if not isinstance(row, dict):
            raise ImportFormatError(path, number, "is no JSON object", _EXAMPLE)
        problem, mend = _problem(row)
        if problem:
            raise ImportFormatError(path, number, problem, mend)
        yield _label(row, sampling_probability)


_EXAMPLE = (
    'Such as: {"key": "t-17/1", "intent": "refund", "wrong": false, "signals": {"intent_probability": 0.93}, '
    '"sampling_probability": 0.1}'
)


def _problem(row: Mapping[str, Any]) -> tuple[str, str]:
    """What is wrong with a line and how to mend it; two empty texts if nothing is."""
    if not _KEYS.issuperset(row):
        unknown = next(key for key in row if key not in _KEYS)
        return f"unknown key {unknown!r}", suggest(unknown, KEYS, noun="keys")
    if not row.keys() >= _REQUIRED:
        return f"{next(key for key in REQUIRED if key not in row)!r} is missing", _EXAMPLE
    for key in ("wrong", "out_of_scope", "simulated"):
        if not isinstance(row.get(key, False), bool):
            return f"{key!r} is neither true nor false", _EXAMPLE
    return _problem_of_numbers(row) or _problem_of_texts(row)


def _problem_of_numbers(row: Mapping[str, Any]) -> tuple[str, str] | None:
    if not isinstance(row["signals"], dict) or not all(map(_is_signal, row["signals"].values())):
        return "'signals' is no map from names to numbers", "A missing signal is null or left out."
    chance = row.get("sampling_probability")
    if chance is not None and not _is_number(chance):
        return "'sampling_probability' is no number", "Write the chance with which the conversation was chosen, as 0.1."
    return None


def _problem_of_texts(row: Mapping[str, Any]) -> tuple[str, str]:
    for key in ("key", "intent"):
        if not isinstance(row[key], str) or not row[key]:
            return f"{key!r} is no text", _EXAMPLE
    if not isinstance(row.get("release", ""), str):
        return "'release' is no text", _EXAMPLE
    source = row.get("source", "human_confirmed")
    if not isinstance(source, str) or source not in _SOURCES:
        return f"unknown source {row['source']!r}", suggest(str(row["source"]), tuple(_SOURCES), noun="sources")
    at = row.get("at")
    if at is None:
        return "", ""
    try:
        has_zone = datetime.fromisoformat(at).tzinfo is not None
    except (TypeError, ValueError):
        has_zone = False
    return ("", "") if has_zone else ("'at' is no time with a zone", "Write it as 2026-11-23T09:30:00+00:00.")


def _is_number(value: Any) -> bool:
    # Exactly these two: true and false are numbers to Python, and no measure of anything.
    return type(value) in (float, int)


def _is_signal(value: Any) -> bool:
    return type(value) in (float, int) or value is None


def _label(row: Mapping[str, Any], sampling_probability: float | None) -> LabelledProposal:
    at = row.get("at")
    return LabelledProposal(
        key=row["key"],
        intent=IntentName(row["intent"]),
        signals=Signals.of({name: float(value) for name, value in row["signals"].items() if value is not None}),
        wrong=row["wrong"],
        sampling_probability=row.get("sampling_probability", sampling_probability),
        source=_SOURCES[row.get("source", LabelSource.HUMAN_CONFIRMED.value)],
        out_of_scope=row.get("out_of_scope", False),
        release=ReleaseId(row.get("release", "")),
        simulated=row.get("simulated", False),
        at=None if at is None else datetime.fromisoformat(at),
    )
