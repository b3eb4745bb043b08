"""From "You want to return your lamp" to "I want to return my lamp", where that is plain; None where it is not."""

import re

_BEGINS = re.compile(r"(?:You|Your|It|There|The|This|For|In|If|Also|Both|All)\b")
_FIXED = (
    (re.compile(r"\b([Yy])ou(?: are|'re)\b"), "I am"),
    (re.compile(r"\b([Yy])ou were\b"), "I was"),
    (re.compile(r"\b([Yy])ou've\b"), "I've"),
    (re.compile(r"\b([Yy])ou'd\b"), "I'd"),
    (re.compile(r"\b([Yy])ou'll\b"), "I'll"),
    (re.compile(r"\byourself\b"), "myself"),
    (re.compile(r"\byours\b"), "mine"),
    (re.compile(r"\bYour\b"), "My"),
    (re.compile(r"\byour\b"), "my"),
)
_SUBJECT = re.compile(r"\b[Yy]ou(?= [a-z])")
_OBJECT = re.compile(r"\b(for|to|with|of|from|by|give|tell|send|help|refund|charge|about|let|allow|cost|costs) you\b")
_LEFT = re.compile(r"\b[Yy]ou(?:r|rs|rself)?\b|\b(?:the|a|an|to|and|or)$")


def said_by_customer(sentence: str) -> str | None:
    """The sentence as the customer says it, or None if it is no plain statement about the customer."""
    if not _BEGINS.match(sentence):
        return None
    words = sentence
    for pattern, replacement in _FIXED:
        words = pattern.sub(replacement, words)
    words = _SUBJECT.sub("I", _OBJECT.sub(r"\1 me", words))
    return None if _LEFT.search(words) else f"{words}."
