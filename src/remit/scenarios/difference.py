"""What changed between two JSON documents, and how to make the change again.

Objects are compared key by key; a list is one value and is reported whole, because a position in a list
says nothing about which element was meant. Pointers follow RFC 6901.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from remit.scenarios.model import StateChange


def difference(before: Any, after: Any, *, at: str = "") -> tuple[StateChange, ...]:
    """Every change from one document to the other, sorted by pointer; empty if they are the same.

    `at` is the pointer of the two where they are part of something larger.

    `apply(before, difference(before, after))` is `after`. 1 and 1.0 are the same number; 1 and true are not the same.
    """
    changes: list[StateChange] = []
    _collect(before, after, at, changes)
    return tuple(sorted(changes, key=_pointer))


def apply(document: Any, changes: Iterable[StateChange]) -> Any:
    """The document with the changes made, in the order given; the original is left as it was.

    Only the objects on the way to a change are copied, the rest is shared with the original.
    Missing objects on the way are made. A segment may also be an index of a list, or `-` for its end.

    Raises:
        LookupError: A pointer leads through something that is neither an object nor a list, or past a list's end,
            or removes what is not there.
    """
    for change in changes:
        document = _changed(document, _segments(change.pointer), change)
    return document


def same_value(left: Any, right: Any, *, tolerance: float = 0.0) -> bool:
    """Whether two JSON values are the same; numbers may differ by `tolerance`, booleans are not numbers."""
    if left is right:
        return True
    if isinstance(left, bool) or isinstance(right, bool):
        return False
    if isinstance(left, int | float) and isinstance(right, int | float):
        return left == right or abs(left - right) <= tolerance
    if _is_object(left) and _is_object(right):
        return left.keys() == right.keys() and all(
            same_value(value, right[key], tolerance=tolerance) for key, value in left.items()
        )
    if _is_list(left) and _is_list(right):
        return len(left) == len(right) and all(
            same_value(one, other, tolerance=tolerance) for one, other in zip(left, right, strict=True)
        )
    return bool(left == right)


def escape(key: str) -> str:
    """A key as one segment of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")


def _pointer(change: StateChange) -> str:
    return change.pointer


# Exact types come first: asking an abstract class costs ten times as much, and every trial takes differences.
def _is_object(value: Any) -> bool:
    return type(value) is dict or isinstance(value, Mapping)


def _is_list(value: Any) -> bool:
    return type(value) is list or (isinstance(value, Sequence) and type(value) is not str)


def _collect(before: Any, after: Any, pointer: str, changes: list[StateChange]) -> None:
    if not (_is_object(before) and _is_object(after)):
        if not same_value(before, after):
            changes.append(StateChange(pointer, before, after))
        return
    for key, value in before.items():
        if key not in after:
            changes.append(StateChange(f"{pointer}/{escape(key)}", value, None, "removed"))
        elif value is not after[key]:
            _collect(value, after[key], f"{pointer}/{escape(key)}", changes)
    changes.extend(
        StateChange(f"{pointer}/{escape(key)}", None, value, "added")
        for key, value in after.items()
        if key not in before
    )


def _segments(pointer: str) -> list[str]:
    if pointer and not pointer.startswith("/"):
        raise LookupError(f"{pointer!r} is not a JSON pointer: it must be empty or begin with '/'")
    return [segment.replace("~1", "/").replace("~0", "~") for segment in pointer.split("/")[1:]]


def _changed(document: Any, segments: Sequence[str], change: StateChange) -> Any:
    if not segments:
        return change.after
    first, rest = segments[0], segments[1:]
    if _is_object(document):
        return _changed_object(document, first, rest, change)
    if _is_list(document):
        return _changed_list(document, first, rest, change)
    raise LookupError(f"{change.pointer!r} leads through {first!r} of something that is neither an object nor a list")


def _changed_object(document: Mapping[str, Any], key: str, rest: Sequence[str], change: StateChange) -> dict[str, Any]:
    copy = dict(document)
    if rest:
        copy[key] = _changed(copy.get(key, {}), rest, change)
    elif change.kind != "removed":
        copy[key] = change.after
    elif key in copy:
        del copy[key]
    else:
        raise LookupError(f"{change.pointer!r} cannot be removed: it is not there")
    return copy


def _changed_list(document: Sequence[Any], segment: str, rest: Sequence[str], change: StateChange) -> list[Any]:
    copy = list(document)
    if segment == "-" and not rest:
        return [*copy, change.after]
    if not segment.isdecimal() or int(segment) >= len(copy):
        raise LookupError(f"{change.pointer!r} names {segment!r} in a list of {len(copy)} elements")
    index = int(segment)
    if rest:
        copy[index] = _changed(copy[index], rest, change)
    elif change.kind == "removed":
        del copy[index]
    else:
        copy[index] = change.after
    return copy
