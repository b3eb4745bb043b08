"""Texts that are too short to mean anything, or too long to be a message."""

import unicodedata

_INVISIBLE = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})


def is_blank(text: str) -> bool:
    """Whether nothing can be seen: only spaces, control and formatting characters."""
    # The first character settles nearly every text.
    return not text[:1].isalnum() and all(unicodedata.category(character) in _INVISIBLE for character in text)


def excess(text: str, *, limit: int) -> str | None:
    """By how much a text is too long, or None."""
    return f"{len(text)} characters, at most {limit} are taken" if len(text) > limit else None
