"""How much each message of a window still says about what the customer wants now."""

import re
from collections.abc import Sequence

from remit.adapters.intents.features import words_of
from remit.adapters.intents.model import Said

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
# Chosen on 500 STAR chats (benchmarks/intents, seed 0): _CHANCE high keeps intents, low follows changes of subject.
_CHANCE = 0.2
_NEWEST_FLOOR = 0.3
_EARLIER_FLOOR = 0.2


def looks_new(said: Said) -> float:
    """How much a message that means none of the intents by itself may be a request of its own; English only.

    A reply is short, answers a question or points back ("it", "that one", "yes") and leaves in force
    what was asked before; a request in mid-conversation may be about anything.
    """
    words = words_of(said.text)
    if len(words) <= _SHORT or _POINTS_BACK.intersection(words):
        return 0.0
    return (0.4 if _REQUEST.search(" ".join(words)) else 0.05) * (0.5 if said.to_question else 1.0)


def clear_share(clarity: float) -> float:
    """How far a message's own clearest intent is above chance, 0 to 1."""
    return max(0.0, (clarity - _CHANCE) / (1.0 - _CHANCE))


def standing_alone(clarity: float, said: Said) -> float:
    """How surely a message covers what was said before it, 0 to 1.

    Args:
        clarity: Probability of the intent that the message most likely means by itself.
        said: The message.
    """
    alone = clear_share(clarity)
    return alone + (1.0 - alone) * looks_new(said)


def carried_weights(standing: Sequence[float]) -> list[float]:
    """Weight of each message, oldest first, given how surely each stands alone.

    A message that stands alone covers what came before it; one that does not ("yes please") leaves it in force.
    """
    weights: list[float] = []
    left = 1.0
    for alone in reversed(standing):
        floor = _EARLIER_FLOOR if weights else _NEWEST_FLOOR
        weights.append(left * max(alone, floor))
        left *= 1.0 - alone
    return weights[::-1]
