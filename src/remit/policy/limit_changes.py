"""Whether one limit lets more calls run than another, as far as that can be told from the text."""

import re
from dataclasses import dataclass

from remit.policy.changes import Direction, fewer, more
from remit.policy.limit_syntax import read_tokens

_UPPER = frozenset({"<=", "<"})
_LOWER = frozenset({">=", ">"})
_NUMBER = re.compile(r"\d+|\d*\.\d+")


@dataclass(frozen=True, slots=True)
class LimitComparison:
    """`comparable` is false where the texts do not tell; the direction is then granting."""

    direction: Direction
    comparable: bool


def compare_limits(before: str, after: str) -> LimitComparison:
    """Compare two CEL limits clause by clause.

    Clauses joined by `&&` are compared as sets; of two that differ only in the number of one bound
    (`amount <= 50.0`, `amount <= 100.0`) the bounds are compared. Everything else is not comparable.
    """
    old, new = _clauses(before), _clauses(after)
    dropped, added = old - new, new - old
    if not dropped and not added:
        return LimitComparison(Direction.NEUTRAL, comparable=True)
    if not dropped:
        return LimitComparison(Direction.TAKES, comparable=True)
    if not added:
        return LimitComparison(Direction.GRANTS, comparable=True)
    if (moved := _bounds_moved(dropped, added)) is not None:
        return LimitComparison(moved, comparable=True)
    return LimitComparison(Direction.GRANTS, comparable=False)


def _bounds_moved(dropped: frozenset[str], added: frozenset[str]) -> Direction | None:
    old, new = _bounds(dropped), _bounds(added)
    if old is None or new is None or set(old) != set(new):
        return None
    moved = {more(old[key], new[key]) if key[1] in _UPPER else fewer(old[key], new[key]) for key in old} - {
        Direction.NEUTRAL
    }
    if not moved:
        return Direction.NEUTRAL
    return moved.pop() if len(moved) == 1 else None


def _bounds(clauses: frozenset[str]) -> dict[tuple[str, str], float] | None:
    """Each clause as (name, comparison) -> number; None if one is no bound, or two bound the same."""
    bounds: dict[tuple[str, str], float] = {}
    for clause in clauses:
        *name, sign, number = ["", "", *clause.split(" ")]
        key = " ".join(name).strip(), sign
        if sign not in _UPPER | _LOWER or not _is_path(key[0]) or not _NUMBER.fullmatch(number) or key in bounds:
            return None
        bounds[key] = float(number)
    return bounds


def _is_path(words: str) -> bool:
    return bool(words) and all(piece == "." or piece.isidentifier() for piece in words.split(" "))


def _clauses(expression: str) -> frozenset[str]:
    """What `&&` joins at the top; the whole expression where `||` or `?` stands beside it."""
    pieces = [each.text for each in read_tokens(expression)]
    depth = 0
    clauses: list[str] = []
    clause: list[str] = []
    for piece in pieces:
        depth += (piece in "([{") - (piece in ")]}")
        if depth == 0 and piece in ("||", "?"):
            return frozenset({" ".join(pieces)})
        if depth == 0 and piece == "&&":
            clauses.append(" ".join(clause))
            clause = []
        else:
            clause.append(piece)
    return frozenset({*clauses, " ".join(clause)})
