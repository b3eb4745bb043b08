"""An agent that says the same thing again and again is stuck."""

import re
from collections.abc import Sequence

_NOT_WORDS = re.compile(r"[\W_]+")


def n_repeats(text: str, said: Sequence[str]) -> int:
    """How many of the last things said, newest first and without a break, are this text.

    Case, punctuation and spaces do not count; digits do, because another order is another answer.
    """
    if not said:
        return 0
    wanted = _plain(text)
    n = 0
    for earlier in reversed(said):
        if _plain(earlier) != wanted:
            break
        n += 1
    return n


def _plain(text: str) -> str:
    return _NOT_WORDS.sub(" ", text.casefold()).strip()
