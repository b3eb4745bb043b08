"""What was probably meant."""

from collections.abc import Iterable
from difflib import get_close_matches


def suggest(word: str, known: Iterable[str], *, noun: str) -> str:
    """A did-you-mean where a known word is near, and always the list of what there is."""
    names = list(known)
    if not names:
        return f"There are no {noun}."
    close = get_close_matches(word, names, n=1)
    meant = f"Did you mean `{close[0]}`? " if close else ""
    return f"{meant}Known {noun}: {', '.join(f'`{name}`' for name in names)}."
