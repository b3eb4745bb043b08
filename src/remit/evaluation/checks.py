"""Checks: does the end of a trial satisfy its scenario? Pure; the same for live agents, replays and references."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from remit.conversations import HandedOff, ToolExchange
from remit.documents.values import quickly_made
from remit.evaluation.end_states import closest_difference
from remit.evaluation.model import CheckResult
from remit.scenarios.difference import same_value
from remit.scenarios.model import CallCheck, Check, HandoffCheck, SaidCheck, Scenario, StateChange, StateCheck


@quickly_made
@dataclass(frozen=True, slots=True)
class Ending:
    """Everything that a check may look at.

    Args:
        changes: What differs in the world between start and end.
        calls: Tools that ran, whatever they answered, oldest first.
        said: What the customer was told, oldest first, the words of a handoff included.
        handed_off: The handoff, or None if the agent kept the conversation.
    """

    changes: tuple[StateChange, ...]
    calls: tuple[ToolExchange, ...]
    said: tuple[str, ...]
    handed_off: HandedOff | None


def check_ending(
    scenario: Scenario, ending: Ending, reference_changes: tuple[StateChange, ...] | None
) -> tuple[CheckResult, ...]:
    """One result for each check of the scenario, in its order.

    Args:
        scenario: Whose checks.
        ending: What there was at the end.
        reference_changes: What the reference does on a fresh world; None if it is not known. A state
            check that is taken from the reference does not hold without it.
    """
    return tuple(_examine(check, ending, reference_changes) for check in scenario.checks)


def _examine(check: Check, ending: Ending, reference_changes: tuple[StateChange, ...] | None) -> CheckResult:
    match check:
        case StateCheck():
            return _examine_state(check, ending.changes, reference_changes)
        case CallCheck():
            return _examine_calls(check, ending.calls)
        case SaidCheck():
            return _examine_words(check, ending.said)
        case HandoffCheck():
            return _examine_handoff(check, ending.handed_off)


# ── state ─────────────────────────────────────────────────────────────────────────────────────────
def _examine_state(
    check: StateCheck, changes: tuple[StateChange, ...], reference_changes: tuple[StateChange, ...] | None
) -> CheckResult:
    acceptable = check.acceptable
    if check.from_reference:
        if reference_changes is None:
            return CheckResult("state", held=False, detail="the end state of the reference is not known")
        acceptable = (*acceptable, reference_changes)
    lines = closest_difference(acceptable, changes, ignore=check.ignore, tolerance=check.tolerance)
    if not lines:
        return CheckResult("state", held=True)
    others = len(acceptable) - 1
    note = [f"(the nearest of {others + 1} acceptable end states)"] if others > 0 else []
    return CheckResult("state", held=False, detail="\n".join([*lines, *note]))


# ── calls ─────────────────────────────────────────────────────────────────────────────────────────
def _examine_calls(check: CallCheck, exchanges: Sequence[ToolExchange]) -> CheckResult:
    wanted = f"{check.tool}({_arguments(check.arguments)})"
    name = f"call {wanted}" if check.called else f"no call {wanted}"
    of_tool = [exchange.call.arguments for exchange in exchanges if exchange.call.tool == check.tool]
    matching = [arguments for arguments in of_tool if _covers(check.arguments, arguments)]
    if bool(matching) == check.called:
        return CheckResult(name, held=True)
    if matching:
        return CheckResult(name, held=False, detail=f"it was called: {check.tool}({_arguments(matching[0])})")
    if of_tool:
        seen = "; ".join(f"{check.tool}({_arguments(arguments)})" for arguments in of_tool)
        return CheckResult(name, held=False, detail=f"expected {wanted}\n     got {seen}")
    called = ", ".join(dict.fromkeys(exchange.call.tool for exchange in exchanges)) or "no tool at all"
    return CheckResult(name, held=False, detail=f"expected {wanted}\n     got {called}")


def _covers(wanted: Mapping[str, Any], arguments: Mapping[str, Any]) -> bool:
    return all(name in arguments and same_value(value, arguments[name]) for name, value in wanted.items())


def _arguments(arguments: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={json.dumps(value, default=str)}" for name, value in arguments.items())


# ── words ─────────────────────────────────────────────────────────────────────────────────────────
def _examine_words(check: SaidCheck, said: Sequence[str]) -> CheckResult:
    wanted = f"/{check.pattern}/" if check.pattern else repr(check.text)
    name = f"says {wanted}" if check.said else f"never says {wanted}"
    found = next((reply for reply in said if _is_said(check, reply)), None)
    if (found is not None) == check.said:
        return CheckResult(name, held=True)
    if found is not None:
        return CheckResult(name, held=False, detail=f"it was said: {found!r}")
    heard = "\n         ".join(repr(reply) for reply in said) or "nothing"
    return CheckResult(name, held=False, detail=f"expected {wanted}\n     got {heard}")


def _is_said(check: SaidCheck, reply: str) -> bool:
    heard = reply.translate(dict.fromkeys(map(ord, check.without))) if check.without else reply
    if check.pattern:
        return _compiled(check.pattern).search(heard) is not None
    return check.text.casefold() in heard.casefold()


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


# ── handoff ───────────────────────────────────────────────────────────────────────────────────────
def _examine_handoff(check: HandoffCheck, handed_off: HandedOff | None) -> CheckResult:
    reasons = " or ".join(reason.value for reason in check.reasons)
    name = ("handoff" if check.expected else "no handoff") + (f" because of {reasons}" if reasons else "")
    happened = handed_off is not None and (not check.reasons or handed_off.reason in check.reasons)
    if happened == check.expected:
        return CheckResult(name, held=True)
    got = "the agent kept the conversation" if handed_off is None else f"handoff because of {handed_off.reason.value}"
    return CheckResult(name, held=False, detail=f"expected {name}\n     got {got}")
