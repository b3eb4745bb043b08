"""How much each message of a window still says about what the customer wants now."""

import re
from collections.abc import Sequence

from remit.adapters.intents.features import words_of
from remit.conversations import Message

_REQUEST = re.compile(
    r"\b(how|what|where|when|why|who|which|can (you|i|we)|could (you|i|we)|would you|will you|do you|is there|are there"
    r"|i want|i need|i would like|i'd like|tell me|give me|show me|help me|explain|write|recommend)\b"
)
_BACK_WORDS = """
    it its this that these those they them then same one there here he she his her
    yes no yeah yep nope ok okay sure thanks thank please right correct exactly #
"""
_POINTS_BACK = frozenset(_BACK_WORDS.split())
_SHORT = 3


def looks_new(text: str) -> float:
    """How much a message reads as a request of its own rather than a reply, 0 to 1; English only.

    A reply is short, answers a question or points back ("it", "that one", "yes").
    """
    words = words_of(text)
    if len(words) <= _SHORT or _POINTS_BACK.intersection(words):
        return 0.0
    return 1.0 if _REQUEST.search(" ".join(words)) else 0.3


def carried_weights(standing: Sequence[float]) -> list[float]:
    """Weight of each message, oldest first, given how surely each stands alone.

    A message that stands alone covers what came before it; one that does not ("yes please") leaves it in force.
    """
    weights: list[float] = []
    left = 1.0
    for alone in reversed(standing):
        weights.append(left * max(alone, 0.3))
        left *= 1.0 - alone
    return weights[::-1]


def affirmed_question(window: Sequence[Message]) -> str | None:
    """The agent's question that the newest message says yes to, if it is that."""
    if len(window) < 2 or window[-2].speaker == "customer" or not window[-2].text.rstrip().endswith("?"):
        return None
    words = words_of(window[-1].text)
    return window[-2].text if words and len(words) <= _SHORT + 1 and words[0] in _YES else None


_YES = frozenset(["yes", "yeah", "yep", "sure", "ok", "okay", "please", "right", "correct", "exactly"])
