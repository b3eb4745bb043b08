"""What a customer's message is: a yes, a no, a value, a choice, "I don't know", or none of these. Pure patterns."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from remit.adapters.agents.flow.model import Slot
from remit.adapters.agents.knowledge import stems_of

_YES = re.compile(
    r"^\W*(y|ye[sp]|yeah|yea|yup|aye|sure|ok(ay)?|k|please( do)?|go ahead|do it|do that|correct|right|exactly|perfect"
    r"|great|that'?s (right|correct|it|fine)|sounds good|confirm(ed)?|absolutely|of course|definitely|fine|i do"
    r"|thanks?,? yes)\b",
    re.IGNORECASE,
)
_NO = re.compile(
    r"^\W*(n|no+|nope|nah|not|don'?t|do not|stop|cancel that|never ?mind|forget (it|that)|leave it|wait|hold on"
    r"|(i('d| would) )?rather not|actually,? no|i('ve| have) changed my mind|changed my mind)\b",
    re.IGNORECASE,
)
_SENTENCES = re.compile(r"[.!?;\n]+|,\s")
_RESERVATION = re.compile(r"\b(but|however|instead|except|only if|unless)\b", re.IGNORECASE)
_UNKNOWN = re.compile(
    r"\b(do(n'?t| not) (have|know|remember|recall)|no idea|not sure|can(no|')?t (find|remember|see|recall)"
    r"|couldn'?t find|forgot(ten)?|lost (it|the|my)|haven'?t got|have ?n'?t (a|the)|without|where (do|can|would) i find"
    r"|idk|dunno|no clue|deleted (it|the|that)|threw (it|the( \w+){1,3}) (away|out))\b",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"\?\s*$|\b(what|when|where|why|how|which|who|do you|does (it|the)|is (it|there)|are (there|they))\b", re.IGNORECASE
)
_CORRECTION = re.compile(
    r"^\W*no\b|\b(i (meant|mean)|wrong (one|number|order)|not that one|my mistake|make that|sorry,? it('s| is))\b",
    re.IGNORECASE,
)
_GIVES_UP = re.compile(
    r"^\W*(never ?mind|forget (it|that|about it)|leave it|no longer needed|doesn'?t matter|it'?s fine,? leave"
    r"|actually,? (no|never ?mind|leave it|forget it))\b",
    re.IGNORECASE,
)
_NEWEST = re.compile(r"\b(last|latest|newest|most recent) (order|purchase|one i (made|placed|ordered))\b")
_ORDINALS = {"first": 0, "1st": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "last": -1, "latest": 0, "newest": 0}


def yes_or_no(text: str) -> Literal["yes", "no", "unclear"]:
    """How a question was answered, in any sentence of the message.

    A no anywhere counts; a yes with a reservation ("yes, but ...") is unclear.
    """
    plain = text.replace("\u2019", "'")
    sentences = [sentence for sentence in _SENTENCES.split(plain) if sentence.strip()]
    if any(_NO.match(sentence) for sentence in sentences):
        return "no"
    if any(_YES.match(sentence) for sentence in sentences) and not _RESERVATION.search(plain):
        return "yes"
    return "unclear"


def does_not_know(text: str) -> bool:
    """Whether the customer says that they don't have what was asked for."""
    return _UNKNOWN.search(text.replace("\u2019", "'")) is not None


def asks_something(text: str) -> bool:
    """Whether the message is a question rather than an answer."""
    return _QUESTION.search(text) is not None


def corrects(text: str) -> bool:
    """Whether the customer takes back something that they said."""
    return _CORRECTION.search(text.replace("\u2019", "'")) is not None


def gives_up(text: str) -> bool:
    """Whether the customer wants to leave it."""
    return _GIVES_UP.match(text.replace("\u2019", "'")) is not None


def matches(patterns: Sequence[re.Pattern[str]], text: str) -> bool:
    """Whether any pattern is found in the text."""
    plain = text.replace("\u2019", "'")
    return any(pattern.search(plain) for pattern in patterns)


def find_value(slot: Slot, text: str, *, asked: bool) -> str | None:
    """The slot's value in a message, normalised and valid, or None.

    Args:
        slot: What is looked for.
        text: The message.
        asked: Whether the customer was just asked for it; only then does a free slot take the whole message.
    """
    for value, words in slot.choices.items():
        if matches(words, text):
            return value
    for pattern in slot.patterns:
        for match in pattern.finditer(text):
            found = normalised(slot, match[1] if pattern.groups else match[0])
            if found is not None:
                return found
    if slot.free and asked and not does_not_know(text):
        return normalised(slot, text)
    return None


def normalised(slot: Slot, found: str) -> str | None:
    """The value as the tools want it; None if it cannot be one."""
    value = found.strip()
    match slot.normalise:
        case "digits":
            value = re.sub(r"\D", "", value)
        case "lower":
            value = value.lower()
        case "upper":
            value = value.upper()
        case "title":
            value = value.title() if value == value.lower() else value
        case "none":
            pass
    if not value or (slot.valid is not None and not slot.valid.fullmatch(value)):
        return None
    return value


def choose(options: Sequence[Any], by: str, text: str, *, match: Sequence[str] = (), asked: bool) -> Any | None:
    """The option a message means: by its key, by its place ("the second one"), or by words only it has.

    Args:
        options: What can be chosen, each a mapping with `by`, or a plain value without it.
        by: The key of the value.
        text: The message.
        match: Keys whose words mean an option; none means all.
        asked: Whether the customer was just asked; only then does "the first one" mean a place.

    Returns:
        The value of `by` of the option (the option itself without `by`); None if none or more than one fits.
    """
    keys = [option.get(by) if by and isinstance(option, Mapping) else option for option in options]
    lowered = text.lower()
    named = [key for key in keys if re.search(rf"(?<![\w-]){re.escape(str(key).lower())}(?![\w-])", lowered)]
    if len(named) == 1:
        return named[0]
    if keys and _NEWEST.search(lowered):
        return keys[0]
    for word, place in _ORDINALS.items() if asked else ():
        if keys and re.search(rf"\b{word}\b", lowered):
            return keys[place] if place < len(keys) else None
    wanted = set(stems_of(text))
    fits = [len(wanted & set(stems_of(_words_of(_shown(option, match))))) for option in options]
    best = max(fits, default=0)
    return keys[fits.index(best)] if best > 0 and fits.count(best) == 1 else None


def _shown(option: Any, match: Sequence[str]) -> Any:
    return {key: option.get(key) for key in match} if match and isinstance(option, Mapping) else option


def _words_of(option: Any) -> str:
    """All texts of an option, also those inside lists and mappings."""
    match option:
        case Mapping():
            return " ".join(_words_of(inner) for inner in option.values())
        case str():
            return option
        case Sequence():
            return " ".join(_words_of(inner) for inner in option)
        case _:
            return ""
