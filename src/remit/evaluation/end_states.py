"""Compares what changed in a world with acceptable sets of changes, and says readably where they differ.

Only ends are compared: the start of a scenario is fixed, so what a value was before follows from it.
An added object counts field by field, so that single fields of it can be ignored; lists are one value.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from remit.scenarios.difference import escape, same_value
from remit.scenarios.model import StateChange

Path = tuple[str, ...]
Leaves = dict[Path, Any]

_UNTOUCHED = object()
_REMOVED = object()
_LONGEST_VALUE = 300


def closest_difference(
    acceptable: Sequence[Sequence[StateChange]],
    changes: Sequence[StateChange],
    *,
    ignore: Sequence[str] = (),
    tolerance: float = 0.0,
) -> list[str]:
    """Lines that tell `changes` from the nearest acceptable set; empty if one of them was reached.

    Args:
        acceptable: Sets of changes, any of which will do. In their pointers `*` stands for one segment
            that is not known in advance, such as the id of a new refund; a whole change takes one value for it.
        changes: What changed.
        ignore: Pointers, `*` for one segment, that do not matter, with everything below them.
        tolerance: Absolute difference at which two numbers are the same.
    """
    ignored = tuple(_path(pointer) for pointer in ignore)
    got = _leaves_of(changes, ignored)
    nearest: list[str] | None = None
    for wanted in acceptable:
        lines = _difference(wanted, got, ignored, tolerance)
        if not lines:
            return []
        if nearest is None or len(lines) < len(nearest):
            nearest = lines
    return ["no end state is acceptable"] if nearest is None else nearest


# ── leaves: pointer -> value at the end ───────────────────────────────────────────────────────────
@lru_cache(maxsize=4096)
def _path(pointer: str) -> Path:
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])


def _pointer(path: Path) -> str:
    return "".join("/" + escape(part) for part in path)


def _leaves_of(changes: Sequence[StateChange], ignored: tuple[Path, ...]) -> Leaves:
    leaves: Leaves = {}
    for change in changes:
        for path, value in _leaves(_path(change.pointer), _REMOVED if change.kind == "removed" else change.after):
            if not any(_matches(pattern, path[: len(pattern)]) for pattern in ignored):
                leaves[path] = value
    return leaves


def _leaves(path: Path, value: Any) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from _leaves((*path, str(name)), inner)
    else:
        yield path, value


def _matches(pattern: Path, path: Path) -> bool:
    return len(pattern) == len(path) and all(want in ("*", part) for want, part in zip(pattern, path, strict=True))


# ── difference ────────────────────────────────────────────────────────────────────────────────────
def _difference(wanted: Sequence[StateChange], got: Leaves, ignored: tuple[Path, ...], tolerance: float) -> list[str]:
    expected: Leaves = {}
    open_changes: list[StateChange] = []
    for change in wanted:
        if "*" in _path(change.pointer):
            open_changes.append(change)
        else:
            expected.update(_leaves_of((change,), ignored))
    if open_changes:
        unclaimed = {path: value for path, value in got.items() if path not in expected}
        expected.update(_bind(open_changes, unclaimed, ignored, tolerance))
    return _lines(expected, got, tolerance)


def _bind(changes: Sequence[StateChange], got: Leaves, ignored: tuple[Path, ...], tolerance: float) -> Leaves:
    """Gives each `*` the real segment that fits; where none fits exactly, the one that fits best."""
    bound = _bind_exactly(changes, got, ignored, tolerance)
    if bound is not None:
        return bound
    expected: Leaves = {}
    left = dict(got)
    for change in changes:
        candidates = [_leaves_of((at,), ignored) for at in _bindings(change, left)]
        unbound = _leaves_of((change,), ignored)
        best = min(candidates, key=lambda leaves: len(_mismatches(leaves, left, tolerance)), default=unbound)
        expected.update(best)
        for path in best:
            left.pop(path, None)
    return expected


def _bind_exactly(
    changes: Sequence[StateChange], got: Leaves, ignored: tuple[Path, ...], tolerance: float
) -> Leaves | None:
    if not changes:
        return {}
    first, rest = changes[0], changes[1:]
    for at in _bindings(first, got):
        leaves = _leaves_of((at,), ignored)
        if _mismatches(leaves, got, tolerance):
            continue
        left = {path: value for path, value in got.items() if path not in leaves}
        others = _bind_exactly(rest, left, ignored, tolerance)
        if others is not None:
            return leaves | others
    return None


def _bindings(change: StateChange, got: Leaves) -> Iterator[StateChange]:
    pattern = _path(change.pointer)
    prefixes = dict.fromkeys(path[: len(pattern)] for path in got)
    for prefix in prefixes:
        if _matches(pattern, prefix):
            yield replace(change, pointer=_pointer(prefix))


def _mismatches(expected: Leaves, got: Leaves, tolerance: float) -> list[Path]:
    return [
        path
        for path, value in expected.items()
        if path not in got or not same_value(value, got[path], tolerance=tolerance)
    ]


def _lines(expected: Leaves, got: Leaves, tolerance: float) -> list[str]:
    wrong = _mismatches(expected, got, tolerance)
    surplus = [path for path in got if path not in expected]
    return [
        f"{_pointer(path) or '/'}: expected {_shown(expected.get(path, _UNTOUCHED))}, "
        f"got {_shown(got.get(path, _UNTOUCHED))}"
        for path in sorted([*wrong, *surplus])
    ]


def _shown(value: Any) -> str:
    if value is _UNTOUCHED:
        return "no change"
    if value is _REMOVED:
        return "removed"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 3] + "..."
