"""Where the real benchmark data lies beside the checkout, and how its published end states are written."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from remit.scenarios.model import StateChange

TAU = Path(__file__).parents[4] / "shared" / "data" / "tau"


def tau_data() -> Path:
    """The data folder, or a skip that says where it should be."""
    if not TAU.is_dir():
        pytest.skip(f"the published tau data is not at {TAU}")
    return TAU


def read_lines(path: Path) -> Iterator[Mapping[str, Any]]:
    """The objects of a file with one JSON object a line."""
    for line in path.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def read_json(path: Path) -> Any:
    """A JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def as_published(changes: tuple[StateChange, ...]) -> list[list[Any]]:
    """Changes in the published form: pointer, old, new, and a word if a key came or went."""
    words = {"added": ["add"], "removed": ["remove"], "changed": []}
    return [[change.pointer, change.before, change.after, *words[change.kind]] for change in changes]
