"""Facts that a sentence about a customer names: who they are, and numbers that an agent asks for."""

import re
from collections.abc import Mapping

_NAME = re.compile(r"\b(?:[Yy]our? name is|[Yy]ou(?: a|')re) ([A-Z][a-z]+ [A-Z][a-z]+)\b")
_PATTERNS: Mapping[str, re.Pattern[str]] = {
    "email": re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "user id": re.compile(r"'?\b([a-z]+_[a-z]+_\d{4})\b'?"),
    "phone number": re.compile(r"\b\d{3}-\d{3}-\d{4}\b"),
    "order": re.compile(r"#W\d{7}\b"),
    "reservation": re.compile(r"\b(?=[A-Z0-9]*\d)(?=[A-Z0-9]*[A-Z])[A-Z0-9]{6}\b"),
    "zip code": re.compile(r"\b\d{5}\b"),
}
_SLOTS: Mapping[str, tuple[str, ...]] = {
    "name": ("name", "full name", "first name", "last name"),
    "email": ("email", "email address", "e-mail"),
    "user id": ("user id", "customer id", "username", "account"),
    "phone number": ("phone", "phone number"),
    "order": ("order", "order id", "order number"),
    "reservation": ("reservation", "reservation id", "reservation number", "confirmation number", "booking"),
    "zip code": ("zip", "zip code", "zipcode", "postal code"),
}
_SEVERAL = frozenset({"order", "reservation"})
_PLACE = re.compile(
    r"\b(?:living|live|lives|residing|reside|from)(?: currently)?(?: in)? "
    r"[A-Z][a-z]+(?: [A-Z][a-z]+)*(?:,? (?:[A-Z]{2}|USA|[A-Z][a-z]+(?: [A-Z][a-z]+)*))*"
)
_FILLER_WORDS = """
    a also an and are at by code confirmation currently email emails have id in is live living name number of order
    reservation reside residing the user with you you're your zip zipcode
"""
_FILLER = frozenset(_FILLER_WORDS.split())
_WORD = re.compile(r"[\w']+")


class FactWords:
    """Collects facts sentence by sentence."""

    def __init__(self) -> None:
        self._found: dict[str, list[str]] = {}

    @property
    def ambiguous(self) -> bool:
        """Whether something that one has only one of was named twice in different ways."""
        return any(len(values) > 1 for kind, values in self._found.items() if kind not in _SEVERAL)

    def take(self, sentence: str) -> str:
        """Keeps the facts of a sentence; returns what is left of it without them."""
        rest = sentence
        for kind, pattern in (("name", _NAME), *_PATTERNS.items()):
            for match in pattern.finditer(rest):
                value = match[1] if pattern.groups else match[0]
                known = self._found.setdefault(kind, [])
                if value not in known:
                    known.append(value)
            rest = pattern.sub(" ", rest)
        return _PLACE.sub(" ", rest)

    def answers(self) -> dict[str, tuple[str, ...]]:
        """What to say to each name under which an agent may ask for a fact."""
        return {slot: (", ".join(values),) for kind, values in self._found.items() for slot in _SLOTS[kind]}


def only_filler(rest: str) -> bool:
    """Whether nothing is left that says anything."""
    return all(word in _FILLER for word in _WORD.findall(rest.lower()))
