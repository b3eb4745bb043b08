"""Greetings and thanks around a request say nothing of what is wanted; English only."""

import re

_GREETING = r"(?:hi+|hello+|hey+|hiya|dear (?:team|all|sir or madam)|good (?:morning|afternoon|evening|day)|greetings)"
_THANKS = (
    r"(?:many thanks|thanks(?: a lot| so much| in advance)?|thank you(?: (?:very|so) much| in advance)?|thx|cheers)"
)
_ASIDE = r"(?:just )?(?:a |one )?quick question"
_BEFORE = re.compile(
    rf"^\W*{_GREETING}(?: (?:there|all|everyone|team))?\b(?!')[\s,.!:-]*(?:{_ASIDE}[\s,.!:-]+)?", re.IGNORECASE
)
_THANKS_FIRST = re.compile(rf"^\W*{_THANKS}\b[^.!?\n]*[.!?\n]+\s*(?=\S)", re.IGNORECASE)
_AFTER = re.compile(rf"(?:^|[\s,.!;-]+)(?:and )?{_THANKS}\W*$", re.IGNORECASE)
_ONLY = re.compile(rf"^\W*(?:{_GREETING}(?: there)?\W*$|{_THANKS}\b)", re.IGNORECASE)
_WORD = re.compile(r"[\w']+")
_ACKNOWLEDGED_WORDS = """
    ok okay good great perfect nice lovely fine super brilliant wonderful cool excellent alright right well yes no
    that that's this is was it all everything to know just now then then so very much i wanted needed
"""
_ACKNOWLEDGED = frozenset(_ACKNOWLEDGED_WORDS.split())


def stripped(text: str) -> str:
    """The message without greeting and thanks before it and thanks after it; may be empty."""
    return _AFTER.sub("", _THANKS_FIRST.sub("", _BEFORE.sub("", text)))


def without_courtesies(text: str) -> str:
    """The message as `stripped`, or whole if nothing but an acknowledgement would be left ("ok", "good to know")."""
    rest = stripped(text)
    return text if is_acknowledgement(rest) else rest


def is_acknowledgement(text: str) -> bool:
    """Whether a text has only words that acknowledge something, or none."""
    return all(word in _ACKNOWLEDGED for word in _WORD.findall(text.lower()))


def is_courtesy(text: str) -> bool:
    """Whether a text only greets, or begins with thanks."""
    return _ONLY.search(text) is not None
