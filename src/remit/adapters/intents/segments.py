"""The parts of a message that may each ask for something of its own."""

import re

_CUT = re.compile(r"[.?!;\n]+|,?\s+\b(?:and|also|plus|then|but)\b\s+|,\s+", re.IGNORECASE)
_ENOUGH_WORDS = 2


def segments_of(text: str) -> list[str]:
    """Parts of at least two words; empty if the message is in one piece."""
    parts = [part.strip() for part in _CUT.split(text)]
    parts = [part for part in parts if len(part.split()) >= _ENOUGH_WORDS]
    return parts if len(parts) > 1 else []
