"""Does a message answer what the agent has just asked, and does a "yes" take up something the agent offered?"""

import re

from remit.adapters.intents.courtesies import stripped
from remit.adapters.intents.features import words_of

_OPEN = re.compile(
    r"\b(?:(?:any|some)thing (?:else|more|further|we can|i can)|how (?:can|may|could|else can) (?:i|we)|how are you"
    r"|what (?:else )?(?:can|may|could) (?:i|we) (?:do|help|assist)|what brings you|can i help you\b(?! with)"
    r"|is there more)",
    re.IGNORECASE,
)
_ASKING = re.compile(
    r"\b(?:please (?:tell|give|send|type|enter|provide|confirm|choose|let)|could you|can you|would you|let me know"
    r"|may i (?:have|ask|get)|i(?: will|'ll)? need (?:the|your)|i just need)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
_OFFER = re.compile(
    r"\b(?:shall (?:i|we)|should (?:i|we)|do you want (?:me|us) to|would you like (?:me|us) to|may i|can i|i can)\b",
    re.IGNORECASE,
)
_AGREED_WORDS = """
    yes yeah yep yup sure ok okay please do so it that go ahead right correct exactly fine great good perfect absolutely
    definitely course of by all means that's thanks thank you very much a lot i would like sounds
"""
_AGREED = frozenset(_AGREED_WORDS.split())
_AGREES = frozenset("yes yeah yep yup sure ok okay please go absolutely definitely course sounds".split())  # noqa: SIM905
_DECLINED = frozenset("no nope not nah dont don't".split())  # noqa: SIM905
_FILLED_WORDS = """
    the a an one ones this these those them both all my mine is are was it's its here number no # @ order return
    signed in i you me to for with and or e mail email
"""
_UNKNOWING_WORDS = (
    "do have know tell remember recall find see any idea sorry can can't cant cannot afraid unfortunately"
)
_FILLED = _AGREED | _DECLINED | frozenset(_FILLED_WORDS.split()) | frozenset(_UNKNOWING_WORDS.split())
_ADDRESS_OR_CODE = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\b(?=[\w-]*\d)[\w-]+\b")
_BARE_WORDS = 8


def asks(text: str) -> bool:
    """Whether an agent's message asks the customer for something in particular; English only.

    "What can I do for you?" and "Anything else?" invite whatever comes: what follows them is no reply.
    """
    found = _SENTENCE.findall(text)
    return any((one.endswith("?") or _ASKING.search(one)) and not _OPEN.search(one) for one in map(str.strip, found))


def is_bare(text: str) -> bool:
    """Whether a message says nothing that a question before it did not ask: "yes please", a number, "no idea"."""
    words = words_of(_ADDRESS_OR_CODE.sub("#", stripped(text)))
    return len(words) <= _BARE_WORDS and all(word in _FILLED for word in words)


def agrees(text: str) -> bool:
    """Whether a message is a plain "yes" and nothing else."""
    words = words_of(stripped(text) or text)
    return bool(words) and not _AGREES.isdisjoint(words) and all(word in _AGREED for word in words)


def offer_in(text: str) -> str:
    """The last thing that an agent's message offers to do, as its own words; empty if it offers nothing."""
    offers = [one for one in map(str.strip, _SENTENCE.findall(text)) if one.endswith("?") and _OFFER.search(one)]
    return offers[-1] if offers else ""
