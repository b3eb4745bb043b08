"""The parts of a message that may each ask for something of its own."""

import re

from remit.adapters.intents.courtesies import is_courtesy

_CUT = re.compile(r"[.?!]+(?=\s|$)|[;\n]+|,?\s+\b(?:and|also|plus|then|but)\b\s+|,\s+", re.IGNORECASE)
_ENOUGH_WORDS = 2


def segments_of(text: str) -> list[str]:
    """Parts of at least two words, courtesies left out; empty if the message is in one piece."""
    parts = [part.strip() for part in _CUT.split(text)]
    parts = [part for part in parts if len(part.split()) >= _ENOUGH_WORDS and not is_courtesy(part)]
    return parts if len(parts) > 1 else []
