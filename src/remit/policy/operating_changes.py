"""What a change of the policy's sections on running the agent grants and takes."""

from collections.abc import Iterator, Sequence

from remit.policy.changes import Direction, PolicyChange, more
from remit.policy.model import Policy
from remit.policy.operating import Exposure, FreezeWindow, Recipient

_UNBOUNDED = float("inf")


def operating_changes(old: Policy, new: Policy) -> Iterator[PolicyChange]:
    """Caps, windows, recipients, staffing and waivers, in the document's order."""
    if old.staffing != new.staffing:
        yield PolicyChange("staffing", Direction.NEUTRAL, "what people can take is declared anew")
    yield from _exposure(old.exposure, new.exposure)
    yield from _windows(old.freeze, new.freeze)
    yield from _recipients(old.recipients, new.recipients)
    days = (old.waivers.longest.days, new.waivers.longest.days)
    if days[0] != days[1]:
        yield PolicyChange("waivers", more(*days), f"a waiver may hold for {days[1]} days instead of {days[0]}")


def _exposure(old: Exposure, new: Exposure) -> Iterator[PolicyChange]:
    conversations = (old.conversations_per_day or _UNBOUNDED, new.conversations_per_day or _UNBOUNDED)
    if conversations[0] != conversations[1]:
        what = f"conversations a day changed from {_cap(conversations[0])} to {_cap(conversations[1])}"
        yield PolicyChange("exposure", more(*conversations), what)
    was, now = old.money, new.money
    money = (_UNBOUNDED if was is None else was.per_day, _UNBOUNDED if now is None else now.per_day)
    if money[0] != money[1]:
        yield PolicyChange("exposure", more(*money), f"money a day changed from {_cap(money[0])} to {_cap(money[1])}")
    if was is not None and now is not None and dict(was.arguments) != dict(now.arguments):
        # Which tools are counted cannot be compared: what cannot be compared counts as granting.
        yield PolicyChange("exposure", Direction.GRANTS, "the money of other tools is counted")


def _cap(value: float) -> str:
    return "no cap" if value == _UNBOUNDED else f"{value:g}"


def _windows(old: Sequence[FreezeWindow], new: Sequence[FreezeWindow]) -> Iterator[PolicyChange]:
    for window in old:
        if window not in new:
            yield PolicyChange("freeze", Direction.GRANTS, f"no longer frozen {_span(window)}")
    for window in new:
        if window not in old:
            yield PolicyChange("freeze", Direction.TAKES, f"frozen {_span(window)}")


def _span(window: FreezeWindow) -> str:
    return f"from {window.begins:%Y-%m-%d %H:%M} to {window.ends:%Y-%m-%d %H:%M} UTC"


def _recipients(old: Sequence[Recipient], new: Sequence[Recipient]) -> Iterator[PolicyChange]:
    for one in old:
        if one not in new:
            yield PolicyChange("recipients", Direction.GRANTS, f"{one.kind} {one.address} is no longer told as before")
    for one in new:
        if one not in old:
            yield PolicyChange("recipients", Direction.TAKES, f"{one.kind} {one.address} is told")
