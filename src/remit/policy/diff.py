"""What a change of policy grants and takes, in words. From the catalogue downwards, as the document is read."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from remit.policy.calibration_changes import calibration_changes, definition_change
from remit.policy.canonical import canonical_text
from remit.policy.changes import Direction, PolicyChange, fewer, more
from remit.policy.gate_changes import gate_changes
from remit.policy.intent_changes import intent_changes
from remit.policy.levels import AutonomyLevel
from remit.policy.model import LevelPolicy, Policy, ToolDeclaration
from remit.policy.operating_changes import operating_changes
from remit.policy.rollback import SEVERITY, RollbackRule, condition_words
from remit.tools import ToolName


def describe_changes(old: Policy, new: Policy) -> Sequence[PolicyChange]:
    """Every difference; with equal digests only what the policy says of running the agent can differ.

    What cannot be compared, such as two unrelated limits, is said so and counts as granting.
    """
    return (
        *_texts(old, new),
        *_catalogue(old.tools, new.tools),
        *intent_changes(old.intents, new.intents),
        *_levels(old.levels, new.levels),
        *gate_changes(old.gates, new.gates),
        *_rollback(old.rollback, new.rollback),
        *_signoff(old.signoff, new.signoff),
        *_signers(old, new),
        *_turn(old, new),
        *operating_changes(old, new),
        *calibration_changes(old.calibration, new.calibration),
    )


def _texts(old: Policy, new: Policy) -> Iterator[PolicyChange]:
    for key, before, after in (
        ("name", old.name, new.name),
        ("problem", old.problem, new.problem),
        ("baseline", canonical_text(old.baseline), canonical_text(new.baseline)),
        ("objectives", sorted(old.objectives), sorted(new.objectives)),
    ):
        if before != after:
            yield PolicyChange(key, Direction.NEUTRAL, f"changed from {before!r} to {after!r}")


def _catalogue(
    old: Mapping[ToolName, ToolDeclaration], new: Mapping[ToolName, ToolDeclaration]
) -> Iterator[PolicyChange]:
    # The catalogue alone grants nothing: what its effects mean for an intent is said there.
    for name in _names(old, new):
        before, after, where = old.get(name), new.get(name), f"tools.{name}"
        if before is None and after is not None:
            yield PolicyChange(where, Direction.NEUTRAL, f"the catalogue has a new tool, {after.effect.value}")
        elif after is None:
            yield PolicyChange(where, Direction.NEUTRAL, "the catalogue no longer has the tool")
        elif before is not None and before.effect is not after.effect:
            what = f"the catalogue's effect changed from {before.effect.value} to {after.effect.value}"
            yield PolicyChange(where, more(after.effect.severity, before.effect.severity), what)
        if before is not None and after is not None and before.description != after.description:
            yield PolicyChange(where, Direction.NEUTRAL, "its description changed")


# ── levels ────────────────────────────────────────────────────────────────────────────────────────
def _levels(
    old: Mapping[AutonomyLevel, LevelPolicy], new: Mapping[AutonomyLevel, LevelPolicy]
) -> Iterator[PolicyChange]:
    """A change that several levels share, because they take over from each other, is said once."""
    shared: dict[tuple[Direction, str], list[str]] = defaultdict(list)
    for level in sorted(new):
        for direction, what in _level(old[level], new[level]):
            shared[direction, what].append(level.label)
    for (direction, what), levels in shared.items():
        yield PolicyChange("levels." + ", ".join(levels), direction, what)


def _level(old: LevelPolicy, new: LevelPolicy) -> Iterator[tuple[Direction, str]]:
    risk = (old.risk.error_at_most, new.risk.error_at_most)
    yield from _moved(
        "accepted error rate",
        *risk,
        more(*risk),
        f"; sending threshold {old.send_threshold:g} to {new.send_threshold:g}",
    )
    yield from definition_change(old.risk, new.risk)
    asking = (old.ask_threshold, new.ask_threshold)
    yield from _moved("asking threshold", *asking, fewer(*asking))
    confidence = (old.risk.confidence, new.risk.confidence)
    yield from _moved("confidence in the error rate", *confidence, fewer(*confidence))
    sample = (old.review.sample, new.review.sample)
    yield from _moved("share that experts review", *sample, fewer(*sample))
    yield from _moved("wait for an approval in seconds", old.review.wait_s, new.review.wait_s, Direction.NEUTRAL)


def _moved(
    what: str, before: float, after: float, direction: Direction, more_words: str = ""
) -> Iterator[tuple[Direction, str]]:
    if before != after:
        yield direction, f"{what} changed from {before:g} to {after:g}{more_words}"


# ── rollback, signatures, turn ────────────────────────────────────────────────────────────────────
def _rollback(old: Sequence[RollbackRule], new: Sequence[RollbackRule]) -> Iterator[PolicyChange]:
    before, after = ({condition_words(rule.when): rule for rule in rules} for rules in (old, new))
    for condition in _names(before, after):
        if condition not in after:
            what = f"nothing happens any more when {condition}; it was: {before[condition].do}"
            yield PolicyChange("rollback", Direction.GRANTS, what)
        elif condition not in before:
            yield PolicyChange("rollback", Direction.TAKES, f"new: {after[condition].do} when {condition}")
        elif before[condition].do != after[condition].do:
            was, now = before[condition].do, after[condition].do
            what = f"when {condition}: {now} instead of {was}"
            yield PolicyChange("rollback", fewer(SEVERITY[was], SEVERITY[now]), what)


def _signoff(
    old: Mapping[AutonomyLevel, tuple[str, ...]], new: Mapping[AutonomyLevel, tuple[str, ...]]
) -> Iterator[PolicyChange]:
    for level in AutonomyLevel:
        before, after = set(old.get(level, ())), set(new.get(level, ()))
        where = f"signoff.{level.label}"
        if gone := sorted(before - after):
            yield PolicyChange(where, Direction.GRANTS, f"no longer signed by {', '.join(gone)}")
        if added := sorted(after - before):
            yield PolicyChange(where, Direction.TAKES, f"must also be signed by {', '.join(added)}")


def _signers(old: Policy, new: Policy) -> Iterator[PolicyChange]:
    if old.one_signs_for_several != new.one_signs_for_several:
        if new.one_signs_for_several:
            yield PolicyChange("signoff", Direction.GRANTS, "one person may sign for several functions")
        else:
            yield PolicyChange("signoff", Direction.TAKES, "each function must be signed by a person of its own")


def _turn(old: Policy, new: Policy) -> Iterator[PolicyChange]:
    steps = (old.turn.max_steps, new.turn.max_steps)
    if steps[0] != steps[1]:
        yield PolicyChange("turn", more(*steps), f"proposals in one turn changed from {steps[0]} to {steps[1]}")
    if old.turn.deadline_s != new.turn.deadline_s:
        what = f"deadline changed from {old.turn.deadline_s:g} s to {new.turn.deadline_s:g} s"
        yield PolicyChange("turn", Direction.NEUTRAL, what)
    if old.turn.quiet_after_s != new.turn.quiet_after_s:
        what = f"a conversation is over after {new.turn.quiet_after_s:g} s of quiet, not {old.turn.quiet_after_s:g} s"
        yield PolicyChange("turn", Direction.NEUTRAL, what)
    if old.turn.max_handoffs != new.turn.max_handoffs:
        what = f"people keep a conversation after {new.turn.max_handoffs} handoffs, not {old.turn.max_handoffs}"
        yield PolicyChange("turn", more(old.turn.max_handoffs, new.turn.max_handoffs), what)


def _names(old: Mapping[Any, Any], new: Mapping[Any, Any]) -> list[Any]:
    """Names of both, in the new document's order, then what is gone."""
    return [*new, *(name for name in old if name not in new)]
