"""What a change grants and takes for each intent: its ceiling, its tools, their effects and limits."""

from collections.abc import Iterator, Mapping

from remit.conversations import IntentName
from remit.policy.changes import Direction, PolicyChange, fewer, more
from remit.policy.levels import AutonomyLevel
from remit.policy.limit_changes import compare_limits
from remit.policy.model import IntentPolicy
from remit.policy.rules import ToolRule
from remit.tools import is_write


def intent_changes(
    old: Mapping[IntentName, IntentPolicy], new: Mapping[IntentName, IntentPolicy]
) -> Iterator[PolicyChange]:
    """Changes by intent, in the new document's order, removed intents last."""
    for name, intent in new.items():
        if name in old:
            yield from _changes(f"intents.{name}", old[name], intent)
        else:
            tools = ", ".join(intent.tools) or "no tools"
            what = f"new intent, up to level {intent.ceiling.label}, with {tools}"
            yield PolicyChange(f"intents.{name}", Direction.GRANTS, what)
    for name in old:
        if name not in new:
            yield PolicyChange(f"intents.{name}", Direction.TAKES, "removed: people answer it from now on")


def _changes(where: str, old: IntentPolicy, new: IntentPolicy) -> Iterator[PolicyChange]:
    if old.ceiling is not new.ceiling:
        what = f"ceiling changed from {old.ceiling.label} to {new.ceiling.label}"
        yield PolicyChange(where, more(old.ceiling, new.ceiling), what)
    for tool in [*new.tools, *(tool for tool in old.tools if tool not in new.tools)]:
        before, after = old.tools.get(tool), new.tools.get(tool)
        for direction, what in _grant_changes(before, after, new.ceiling):
            yield PolicyChange(where, direction, f"{tool} {what}")
    if old.description != new.description:
        yield PolicyChange(where, Direction.NEUTRAL, "its description changed")
    added, gone = (
        len(set(one) - set(other)) for one, other in ((new.examples, old.examples), (old.examples, new.examples))
    )
    if added or gone or len(old.examples) != len(new.examples):
        what = f"examples changed ({added} new, {gone} gone): the classifier of intents will be trained again"
        yield PolicyChange(where, Direction.NEUTRAL, what)


def _grant_changes(
    before: ToolRule | None, after: ToolRule | None, ceiling: AutonomyLevel
) -> Iterator[tuple[Direction, str]]:
    if after is None:
        yield Direction.TAKES, "is no longer granted"
        return
    if before is None:
        limits = f", limits `{after.limits.expression}`" if after.limits is not None else ", without limits"
        yield Direction.GRANTS, f"is granted ({after.effect.value}{limits})"
        return
    if before.effect is not after.effect:
        direction = fewer(before.effect.severity, after.effect.severity)
        yield direction, f"counts as {after.effect.value} instead of {before.effect.value}"
    yield from _limit_changes(before, after, ceiling)


def _limit_changes(before: ToolRule, after: ToolRule, ceiling: AutonomyLevel) -> Iterator[tuple[Direction, str]]:
    match before.limits, after.limits:
        case None, None:
            return
        case None, limits if limits is not None:
            direction, why = _declared(after, ceiling)
            yield direction, f"limit declared, `{limits.expression}`: {why}"
        case limits, None if limits is not None:
            direction, why = _removed(before, ceiling)
            yield direction, f"limit removed, it was `{limits.expression}`: {why}"
        case old, new if old is not None and new is not None and old.expression != new.expression:
            compared = compare_limits(old.expression, new.expression)
            verb = _VERBS[compared.direction] if compared.comparable else "changed"
            note = "" if compared.comparable else ": cannot be compared, treated as granting"
            yield compared.direction, f"limit {verb} from `{old.expression}` to `{new.expression}`{note}"
        case _:
            return


_VERBS = {Direction.GRANTS: "widened", Direction.TAKES: "narrowed", Direction.NEUTRAL: "rewritten"}


def _declared(grant: ToolRule, ceiling: AutonomyLevel) -> tuple[Direction, str]:
    """A write without limits waits for an expert at `tools_within_limits`, and runs at `autonomous`."""
    if not is_write(grant.effect):
        return Direction.TAKES, "a read outside it waits for an expert"
    if ceiling < AutonomyLevel.TOOLS_WITHIN_LIMITS:
        return Direction.NEUTRAL, "up to this ceiling each write waits for an expert anyway"
    return Direction.GRANTS, "at tools_within_limits the write may now run alone inside it"


def _removed(grant: ToolRule, ceiling: AutonomyLevel) -> tuple[Direction, str]:
    if is_write(grant.effect) and ceiling < AutonomyLevel.TOOLS_WITHIN_LIMITS:
        return Direction.NEUTRAL, "up to this ceiling each write waits for an expert anyway"
    if is_write(grant.effect) and ceiling < AutonomyLevel.AUTONOMOUS:
        return Direction.TAKES, "each write waits for an expert now"
    where = " at autonomous" if is_write(grant.effect) else ""
    return Direction.GRANTS, f"every call may run alone{where}"
