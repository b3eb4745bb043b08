"""Which gates a change makes easier or harder to pass."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from math import inf

from remit.policy.canonical import canonical_text
from remit.policy.changes import Direction, PolicyChange, fewer, more
from remit.policy.gate_words import in_words
from remit.policy.gates import (
    AtLeast,
    AtMost,
    AttackGate,
    AttestationGate,
    Gate,
    LiveGate,
    LoadGate,
    NoWorseThan,
    SuiteGate,
)
from remit.policy.levels import AutonomyLevel

_Gates = Mapping[AutonomyLevel, Sequence[Gate]]


def gate_changes(old: _Gates, new: _Gates) -> Iterator[PolicyChange]:
    """Changes by level, lowest first. A gate that only observes blocks nothing, so it moves nothing."""
    for level in AutonomyLevel:
        where = f"gates.{level.label}"
        for before, after in _pairs(old.get(level, ()), new.get(level, ())):
            for direction, what in _changes(before, after):
                yield PolicyChange(where, direction, what)


def _pairs(old: Sequence[Gate], new: Sequence[Gate]) -> Iterator[tuple[Gate | None, Gate | None]]:
    """Gates about the same thing beside each other; of several, those with equal words first, the rest in order."""
    before, after = _by_subject(old), _by_subject(new)
    for subject in [*after, *(subject for subject in before if subject not in after)]:
        left, right = before.get(subject, []), after.get(subject, [])
        same = {canonical_text(gate) for gate in left} & {canonical_text(gate) for gate in right}
        yield from zip_longest(
            *([gate for gate in gates if canonical_text(gate) not in same] for gates in (left, right)), fillvalue=None
        )


def _by_subject(gates: Sequence[Gate]) -> dict[str, list[Gate]]:
    found: dict[str, list[Gate]] = {}
    for gate in sorted(gates, key=canonical_text):
        found.setdefault(_subject(gate), []).append(gate)
    return found


def _subject(gate: Gate) -> str:
    match gate:
        case SuiteGate():
            return f"passes of {gate.suite}"
        case AttackGate():
            return f"attacks of {gate.suite}"
        case LiveGate():
            return f"live {gate.metric}"
        case LoadGate():
            return f"load {gate.load}"
        case AttestationGate():
            return "attestations"


def _changes(before: Gate | None, after: Gate | None) -> Iterator[tuple[Direction, str]]:
    if before is None and after is not None:
        yield _unless_observed(after, Direction.TAKES), f"new gate: {in_words(after)}"
    elif before is not None and after is None:
        yield _unless_observed(before, Direction.GRANTS), f"gate removed: {in_words(before)}"
    elif before is not None and after is not None:
        was, now = in_words(before, every_detail=True), in_words(after, every_detail=True)
        yield _direction(before, after), f"gate changed from {was} to {now}{_doubt(before, after)}"


def _direction(before: Gate, after: Gate) -> Direction:
    if before.mode != after.mode:
        return Direction.GRANTS if after.mode == "observe" else Direction.TAKES
    if after.mode == "observe":
        return Direction.NEUTRAL
    moved = _moved(before, after)
    return moved if moved is not None else Direction.GRANTS


def _doubt(before: Gate, after: Gate) -> str:
    in_doubt = before.mode == after.mode == "enforce" and _moved(before, after) is None
    return ": cannot be compared, treated as granting" if in_doubt else ""


def _moved(before: Gate, after: Gate) -> Direction | None:
    """Where two gates about the same differ in one direction; None where they do not."""
    match before, after:
        case SuiteGate(), SuiteGate():
            # pass^k never grows with k: a higher k with the same bound is harder.
            return _together(
                fewer(before.k, after.k),
                fewer(before.at_least, after.at_least),
                fewer(before.confidence, after.confidence),
            )
        case AttackGate(), AttackGate():
            return _together(more(before.at_most, after.at_most), fewer(before.confidence, after.confidence))
        case AttestationGate(), AttestationGate():
            gone = Direction.GRANTS if set(before.attestations) - set(after.attestations) else Direction.NEUTRAL
            added = Direction.TAKES if set(after.attestations) - set(before.attestations) else Direction.NEUTRAL
            return _together(gone, added) if before.by == after.by else None
        case LoadGate(), LoadGate():
            return _together(
                more(before.p99_at_most_s, after.p99_at_most_s),
                more(before.errors_at_most, after.errors_at_most),
                fewer(before.confidence, after.confidence),
            )
        case LiveGate(), LiveGate():
            return _live_moved(before, after)
        case _:
            return None


def _live_moved(before: LiveGate, after: LiveGate) -> Direction | None:
    """Only numbers whose meaning is plain are compared; which evidence counts must be equal."""
    bound = _bound_moved(before, after)
    if bound is None or canonical_text(before.evidence) != canonical_text(after.evidence):
        return None
    return _together(
        bound,
        fewer(before.min_days, after.min_days),
        fewer(before.min_conversations, after.min_conversations),
        more(_at_most(before), _at_most(after)),
        fewer(before.confidence, after.confidence),
    )


def _bound_moved(before: LiveGate, after: LiveGate) -> Direction | None:
    match before.bound, after.bound:
        case AtMost(was), AtMost(now):
            return more(was, now)
        case AtLeast(was), AtLeast(now):
            return fewer(was, now)
        case NoWorseThan(old, was), NoWorseThan(new, now) if old == new:
            return more(was, now)
        case _:
            return None


def _at_most(gate: LiveGate) -> float:
    """More conversations give more time; what follows from the bound is the bound's matter."""
    return inf if gate.max_conversations is None else gate.max_conversations


def _together(*directions: Direction) -> Direction | None:
    moved = set(directions) - {Direction.NEUTRAL}
    if not moved:
        return Direction.NEUTRAL
    return moved.pop() if len(moved) == 1 else None


def _unless_observed(gate: Gate, direction: Direction) -> Direction:
    return Direction.NEUTRAL if gate.mode == "observe" else direction
