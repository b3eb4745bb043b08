"""The `checks:` block of a scenario file and the short ways to write calls and changes."""

import re
from typing import Any

from remit.conversations import HandoffReason
from remit.documents import Located, suggest
from remit.scenarios.model import CallCheck, Check, HandoffCheck, SaidCheck, StateChange, StateCheck
from remit.scenarios.sections import Section, kind_of, shown
from remit.tools import ToolCall, ToolName

CHECK_KEYS = ("state", "ignore", "tolerance", "calls", "no_calls", "says", "never_says", "handoff")
_SAID_KEYS = ("text", "pattern", "without")
_HANDOFF_WORDS = ("forbidden", "allowed", "expected")


def read_checks(section: Section, *, has_reference: bool) -> tuple[Check, ...]:
    """The checks of one scenario: state first, then calls, words and handoff.

    What a file leaves out is strict: nothing may change in the world, and the conversation must not
    be handed off. `state: any` and `handoff: allowed` lift that.
    """
    checks: list[Check] = [*_state(section, has_reference=has_reference)]
    checks += section.listed("calls", lambda one: _call_check(section, one, called=True))
    checks += section.listed("no_calls", lambda one: _call_check(section, one, called=False))
    checks += section.listed("says", lambda one: _said_check(section, one, said=True))
    checks += section.listed("never_says", lambda one: _said_check(section, one, said=False))
    checks += _handoff(section)
    return tuple(checks)


# ── state ─────────────────────────────────────────────────────────────────────────────────────────
def _state(section: Section, *, has_reference: bool) -> tuple[StateCheck, ...]:
    written = section.get("state") or Located("unchanged", section.line)
    if written.value == "any":
        return ()
    alternatives = _alternatives(section, written)
    from_reference = any(one.value == "as_reference" for one in alternatives)
    if from_reference and not has_reference:
        section.fail(
            f"{section.where} wants the state `as_reference`, but there is no reference",
            written.line,
            "Add `reference:` with the calls of one correct solution; `reference: []` does nothing.",
        )
    return (
        StateCheck(
            acceptable=tuple(_end_state(section, one) for one in alternatives if one.value != "as_reference"),
            from_reference=from_reference,
            ignore=tuple(_pointer(section, one, written.line) for one in section.texts("ignore")),
            tolerance=section.number("tolerance", 0.0, at_least=0.0),
        ),
    )


def _alternatives(section: Section, written: Located) -> list[Located]:
    if not isinstance(written.value, dict) or "one_of" not in written.value:
        return [written]
    only = Section(written, section.path, f"`state` of {section.where}", ("one_of",))
    return list(only.listed("one_of", lambda one: one))


def _end_state(section: Section, written: Located) -> tuple[StateChange, ...]:
    if isinstance(written.value, str):
        if written.value != "unchanged":
            mend = suggest(written.value, ("unchanged", "as_reference", "any"), noun="words") + " Or write the changes."
            section.fail(f"`state` of {section.where} cannot be {written.value!r} here", written.line, mend)
        return ()
    return read_changes(Section(written, section.path, f"`state` of {section.where}"))


def read_changes(section: Section) -> tuple[StateChange, ...]:
    """Changes written as `pointer: value`; the key `removed` lists pointers whose values are gone."""
    changes = []
    for pointer, value in section.items():
        if pointer == "removed":
            gone = section.several_words(value, "removed")
            changes += [StateChange(_pointer(section, one, value.line), None, None, "removed") for one in gone]
        else:
            changes.append(StateChange(_pointer(section, pointer, value.line), None, value.plain()))
    return tuple(changes)


def _pointer(section: Section, text: str, line: int) -> str:
    if not text.startswith("/"):
        section.fail(
            f"{text!r} in {section.where} is not a JSON pointer", line, "Begin it with `/`: /orders/W1/status."
        )
    return text


# ── calls ─────────────────────────────────────────────────────────────────────────────────────────
def read_call(section: Section, written: Located) -> ToolCall:
    """A call written as `tool` or as `tool: {argument: value}`."""
    if isinstance(written.value, str) and written.value:
        return ToolCall(ToolName(written.value))
    if not isinstance(written.value, dict) or len(written.value) != 1:
        section.fail(
            f"a call in {section.where} must be one tool, not {kind_of(written.value)}",
            written.line,
            "Write `- find_order` or `- find_order: {order: W1}`.",
        )
    ((tool, inner),) = written.value.items()
    if inner.value is None:
        return ToolCall(ToolName(tool))
    arguments = Section(inner, section.path, f"the arguments of {tool!r} in {section.where}")
    return ToolCall(ToolName(tool), {name: _argument(arguments, name, value) for name, value in arguments.items()})


def _argument(section: Section, name: str, value: Located) -> Any:
    if isinstance(value.value, dict) and len(value.value) == 1:
        ((word, inner),) = value.value.items()
        if inner.value is None:
            section.fail(
                f"{name!r} of {section.where} is the mapping {{{word}: null}}",
                value.line,
                f'If a placeholder is meant, put it in quotes: "{{{word}}}".',
            )
    return value.plain()


def _call_check(section: Section, written: Located, *, called: bool) -> CallCheck:
    call = read_call(section, written)
    return CallCheck(call.tool, call.arguments, called=called)


# ── words and handoff ─────────────────────────────────────────────────────────────────────────────
def _said_check(section: Section, written: Located, *, said: bool) -> SaidCheck:
    if not isinstance(written.value, dict):
        text = section.words(written, "says")
        if not text:
            section.fail(f"{section.where} looks for an empty text", written.line, "Write the words, or leave it out.")
        return SaidCheck(text=text, said=said)
    parts = Section(written, section.path, f"what is said in {section.where}", _SAID_KEYS)
    text, pattern = parts.text("text", ""), parts.text("pattern", "")
    if bool(text) == bool(pattern):
        parts.fail(f"{parts.where} needs either `text` or `pattern`")
    try:
        re.compile(pattern)
    except re.error as error:
        parts.fail(
            f"the pattern {pattern!r} is not a regular expression: {error}", mend="Double a literal `{word}` brace."
        )
    return SaidCheck(text=text, pattern=pattern, said=said, without=parts.text("without", ""))


def _handoff(section: Section) -> tuple[HandoffCheck, ...]:
    written = section.get("handoff") or Located("forbidden", section.line)
    if written.value == "allowed":
        return ()
    if written.value in ("forbidden", "expected"):
        return (HandoffCheck(expected=written.value == "expected"),)
    names = written.value if isinstance(written.value, list) else [written]
    reasons = tuple(_reason(section, name) for name in names)
    return (HandoffCheck(expected=True, reasons=reasons),)


def _reason(section: Section, written: Located) -> HandoffReason:
    try:
        return HandoffReason(written.value)
    except ValueError:
        known = (*_HANDOFF_WORDS, *HandoffReason)
        section.fail(
            f"`handoff` of {section.where} cannot be {shown(written.value)}",
            written.line,
            suggest(str(written.value), [str(one) for one in known], noun="reasons"),
        )
