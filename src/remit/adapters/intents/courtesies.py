"""Greetings and thanks around a request say nothing of what is wanted; English only."""

import re

_GREETING = r"(?:hi+|hello+|hey+|hiya|dear (?:team|all|sir or madam)|good (?:morning|afternoon|evening|day)|greetings)"
_THANKS = r"(?:many thanks|thanks(?: a lot| so much| in advance)?|thank you(?: (?:very|so) much| in advance)?|thx|cheers)"
_BEFORE = re.compile(rf"^\W*{_GREETING}(?: (?:there|all|everyone|team))?\b(?!')[\s,.!:-]*", re.IGNORECASE)
_THANKS_FIRST = re.compile(rf"^\W*{_THANKS}\b[^.!?\n]*[.!?\n]+\s*(?=\S)", re.IGNORECASE)
_AFTER = re.compile(rf"[\s,.!;-]+(?:and )?{_THANKS}\W*$", re.IGNORECASE)
_ONLY = re.compile(rf"^\W*(?:{_GREETING}(?: there)?\W*$|{_THANKS}\b)", re.IGNORECASE)
_ENOUGH_WORDS = 2


def without_courtesies(text: str) -> str:
    """The message without greeting and thanks before it and thanks after it; whole if hardly anything else is left."""
    rest = _AFTER.sub("", _THANKS_FIRST.sub("", _BEFORE.sub("", text)))
    return rest if len(rest.split()) >= _ENOUGH_WORDS else text


def is_courtesy(part: str) -> bool:
    """Whether a part of a message only greets, or begins with thanks."""
    return _ONLY.search(part) is not None
