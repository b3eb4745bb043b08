"""From the `flow:` section of an agent definition to a checked, compiled flow agent."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast, get_args

from jinja2.sandbox import ImmutableSandboxedEnvironment

from remit.adapters.agents.document import DocumentPlace, parse_document, plain
from remit.adapters.agents.flow.expressions import ExpressionError, Text, text_environment
from remit.adapters.agents.flow.model import Flow, FlowDocument, Normalisation, Slot, SmallTalk
from remit.adapters.agents.flow.parts import state_flow, state_knowledge, state_shared
from remit.adapters.agents.flow.steps import StepCompiler
from remit.adapters.agents.knowledge import Knowledge, read_knowledge
from remit.conversations import IntentName
from remit.documents import digest_of
from remit.errors import AgentParseError

_SHARED_KEYS = ("constants", "currency", "slots", "blocks", "small_talk", "wants_people")
SECTION_KEYS = ("shared", "knowledge", "retrieval_at_least", "flows", *_SHARED_KEYS)
SLOT_KEYS = ("ask", "patterns", "choices", "free", "normalise", "valid", "remember", "ask_at_most")
_ASKS_FOR = r"(speak|talk|chat|connect|transfer|put)"
_PEOPLE = r"(human|person|someone|somebody|agent|advis[eo]r|colleague|manager|supervisor|representative|rep|real)"
_WANTS_PEOPLE = (
    rf"\b{_ASKS_FOR}\b.{{0,30}}\b{_PEOPLE}\b",
    r"\b(real|actual|live) (human|person|agent)\b",
    r"^\W*(human|agent|operator|representative|advisor)\W*(please)?\W*$",
)
PROVIDED_NAMES = frozenset({"customer", "granted", "failure", "today", "message", "opening", "keywords", "options"})
"""Names that every flow has: the signed-in customer's id or "", the granted tools' names, what the last refused
tool said, the day of the message (ISO), the message, all the customer's messages since the flow began, their words
that carry meaning, and what can be chosen from in the question that is being asked."""


@dataclass(slots=True)
class _Sources:
    """What has been read so far; `content` goes into the digest."""

    where: DocumentPlace
    directory: Path
    shared: DocumentPlace
    content: list[Any] = field(default_factory=list)


def read_flow_document(where: DocumentPlace, directory: Path) -> FlowDocument:
    """Compile the section.

    Raises:
        AgentParseError: With file and line, whatever is wrong in the section or in a file that it names.
    """
    where.expect_keys(*SECTION_KEYS)
    sources = _Sources(where, directory, _shared_place(where, directory))
    sources.content += [plain(where.section), plain(sources.shared.section)]
    environment = text_environment(_shared(sources, "currency").text("currency", default=""))
    slots = _read_slots(_shared(sources, "slots"), environment)
    flows = _read_flows(sources, slots, environment)
    document = FlowDocument(
        name=where.agent,
        path=str(where.path),
        digest=digest_of(sources.content)[:12],
        slots=slots,
        flows=flows,
        constants=_shared(sources, "constants").mapping("constants"),
        small_talk=_read_small_talk(_shared(sources, "small_talk"), environment),
        wants_people=_patterns(_shared(sources, "wants_people"), "wants_people", default=_WANTS_PEOPLE),
        knowledge=_read_folder(where, directory),
        retrieval_at_least=where.number("retrieval_at_least", default=0.45, at_most=1.0),
    )
    where.leave_out("shared", "knowledge", "flows", *_SHARED_KEYS)
    state_shared(where, {key: _shared(sources, key).section.get(key) for key in _SHARED_KEYS}, document)
    if document.knowledge is not None:
        state_knowledge(where, directory / where.text("knowledge"), document.knowledge)
    return document


def nested_place(where: DocumentPlace, key: str, directory: Path) -> DocumentPlace:
    """The document in the file that a key names; whoever reads it states what of it belongs to the release."""
    path = where.existing(key, directory)
    return replace(where, path=path, section=parse_document(where.read_text(key, path), path), keys=())


def _shared_place(where: DocumentPlace, directory: Path) -> DocumentPlace:
    if "shared" not in where.section:
        return replace(where, section={}, keys=())
    shared = nested_place(where, "shared", directory)
    shared.expect_keys(*_SHARED_KEYS)
    return shared


def _shared(sources: _Sources, key: str) -> DocumentPlace:
    """Where a key that may stand in the shared file is read: the section itself wins."""
    return sources.where if key in sources.where.section else sources.shared


def _read_folder(where: DocumentPlace, directory: Path) -> Knowledge | None:
    if "knowledge" not in where.section:
        return None
    folder = directory / where.text("knowledge")
    try:
        knowledge = read_knowledge(folder)
    except AgentParseError as error:
        if error.path == str(folder):
            raise where.error("knowledge", error.problem, error.mend) from error
        raise
    return knowledge


# ── slots ─────────────────────────────────────────────────────────────────────────────────────────
def _read_slots(where: DocumentPlace, environment: ImmutableSandboxedEnvironment) -> dict[str, Slot]:
    if "slots" not in where.section:
        return {}
    place = where.part("slots")
    return {str(name): _read_slot(str(name), place.part(name), environment) for name in place.section}


def _read_slot(name: str, where: DocumentPlace, environment: ImmutableSandboxedEnvironment) -> Slot:
    where.expect_keys(*SLOT_KEYS)
    known = get_args(Normalisation)
    normalise = where.text("normalise", default="none")
    if normalise not in known:
        raise where.error("normalise", f"{normalise!r} is no normalisation", f"Known: {', '.join(known)}.")
    slot = Slot(
        name=name,
        questions=tuple(_text(where, "ask", text, environment) for text in _strings(where, "ask")),
        patterns=_patterns(where, "patterns"),
        choices=_read_choices(where),
        free=_flag(where, "free"),
        normalise=cast("Normalisation", normalise),
        valid=_pattern(where, "valid", where.text("valid")) if "valid" in where.section else None,
        remember=_flag(where, "remember"),
        ask_at_most=int(where.number("ask_at_most", default=3, at_least=1, at_most=10)),
    )
    if not slot.questions:
        raise where.error(None, f"slot {name!r} has no question", "Add `ask:` with one or more questions.")
    return slot


def _read_choices(where: DocumentPlace) -> dict[str, tuple[re.Pattern[str], ...]]:
    """Words of a choice stand for themselves between word borders."""
    if "choices" not in where.section:
        return {}
    place = where.part("choices")
    return {
        str(value): tuple(
            _pattern(place, value, rf"\b(?:{words})\b")
            for words in (str(value).replace("_", " "), *_strings(place, value))
        )
        for value in place.section
    }


# ── flows ─────────────────────────────────────────────────────────────────────────────────────────
def _read_flows(
    sources: _Sources, slots: Mapping[str, Slot], environment: ImmutableSandboxedEnvironment
) -> dict[IntentName, Flow]:
    place = sources.where.part("flows")
    blocks_at = _shared(sources, "blocks")
    blocks = blocks_at.part("blocks") if "blocks" in blocks_at.section else replace(blocks_at, section={})
    known = PROVIDED_NAMES | set(slots) | set(_shared(sources, "constants").mapping("constants"))
    flows = {}
    for intent in place.section:
        if isinstance(place.section[intent], str):
            flow_at = nested_place(place, intent, sources.directory)
            sources.content.append(plain(flow_at.section))
        else:
            flow_at = place.part(intent)
        flow_at.expect_keys("offer", "second_if", "steps")
        state_flow(place, str(intent), flow_at.section)
        compiler = StepCompiler(slots=slots, blocks=blocks, environment=environment, known=known)
        flows[IntentName(str(intent))] = Flow(
            intent=IntentName(str(intent)),
            offer=flow_at.text("offer"),
            instructions=compiler.compile(flow_at),
            slots=compiler.slots_used,
            blocks=compiler.blocks_used,
            second_if=_patterns(flow_at, "second_if"),
        )
    if not flows:
        raise sources.where.error("flows", "there is no flow", "Add at least one, named like the intent of the policy.")
    return flows


def _read_small_talk(where: DocumentPlace, environment: ImmutableSandboxedEnvironment) -> tuple[SmallTalk, ...]:
    if "small_talk" not in where.section:
        return ()
    entries = where.section["small_talk"]
    if not isinstance(entries, Sequence) or not all(isinstance(entry, Mapping) for entry in entries):
        raise where.error("small_talk", "'small_talk' must be a list", "Each entry has `patterns` and `answer`.")
    talk = []
    for entry in entries:
        place = replace(where, section=entry, keys=("small_talk",))
        place.expect_keys("patterns", "answer")
        answer = _text(place, "answer", place.text("answer"), environment)
        talk.append(SmallTalk(patterns=_patterns(place, "patterns"), answer=answer))
    return tuple(talk)


# ── values ────────────────────────────────────────────────────────────────────────────────────────
def _strings(where: DocumentPlace, key: str) -> list[str]:
    """One text or a list of texts."""
    value = where.section.get(key)
    if value is None:
        return []
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, Sequence) or not all(isinstance(text, str) for text in texts):
        raise where.error(key, f"{where.name_of(str(key))!r} must be a text or a list of texts", "Put texts in quotes.")
    return [str(text) for text in texts]


def _patterns(where: DocumentPlace, key: str, *, default: Sequence[str] = ()) -> tuple[re.Pattern[str], ...]:
    return tuple(_pattern(where, key, pattern) for pattern in _strings(where, key) or default)


def _pattern(where: DocumentPlace, key: str, pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise where.error(key, f"{pattern!r} is not a regular expression ({error})", "Check its brackets.") from error


def _flag(where: DocumentPlace, key: str) -> bool:
    value = where.section.get(key, False)
    if not isinstance(value, bool):
        raise where.error(
            key, f"{where.name_of(key)!r} must be true or false, not {value!r}", "Leave it out for false."
        )
    return value


def _text(where: DocumentPlace, key: str, text: str, environment: ImmutableSandboxedEnvironment) -> Text:
    try:
        return Text(text, environment)
    except ExpressionError as error:
        raise where.error(key, str(error), "Write {{ name }} for a value.") from error
