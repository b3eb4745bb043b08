"""Words that try to give the agent orders: in what customers write, and in what tools bring back.

Patterns catch the known wordings only; they are one layer. What an attack may do is bounded by the
permit (which tools, which limits), whether or not it is recognised here.
"""

import re
import unicodedata

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\U000e0000-\U000e007f]")
_SPACES = re.compile(r"\s+")

_ORDERS = r"(?:instructions?|orders|directives?|directions|rules|prompts?|guidelines|programming|commands|training)"
_EARLIER = (
    r"(?:previous|prior|above|earlier|preceding|initial|original|existing|current|old|your|you (?:were|got|have))"
)
_DROP = r"(?:ignore|disregard|forget|override|overrule|bypass|neglect|skip|discard|drop)"

_ANYWHERE: tuple[tuple[str, str], ...] = (
    ("orders to drop its instructions", rf"\b{_DROP}\b (?:\w+ ){{0,3}}{_EARLIER}\b(?: \w+){{0,3}} {_ORDERS}\b"),
    (
        "orders to drop its instructions",
        rf"\b{_DROP}\b (?:all|any|every|these|those)(?: of)?(?: \w+){{0,2}} {_ORDERS}\b",
    ),
    (
        "orders to drop its instructions",
        r"\b(?:ignore|disregard|forget) (?:everything|all|anything)(?: \w+){0,3} (?:above|before|previous(?:ly)?|prior|earlier|so far)\b",
    ),
    (
        "orders to drop its instructions",
        r"\b(?:vergiss|vergesse|ignorier|ignoriere|missachte)\b(?: \w+){0,3} (?:anweisung|auftr|anordnung|instruktion|befehl|regel|davor|zuvor|vorher|bisher)\w*",
    ),
    (
        "orders to drop its instructions",
        r"\b(?:ignora|olvida|oublie|oubliez|ignorez|dimentica)\b(?: \w+){0,4} (?:instruc|instructions|consignes|istruzioni)\w*",
    ),
    ("a forged chat mark", r"<\|(?:im_start|im_end|system|endoftext|end_of_turn)\|>|\[/?inst\]|<</?sys>>"),
    (
        "a known jailbreak",
        r"\b(?:do anything now|jailbr(?:eak|oken)\w*|dan mode|developer mode (?:enabled|output)|antigpt)\b",
    ),
    (
        "a demand to lose its limits",
        r"\b(?:act|behave|respond|answer|operate|you are|you're) (?:\w+ ){0,6}(?:without|no|free (?:of|from)|unbound by)"
        r" (?:any )?(?:restrictions?|filters?|limitations?|ethical|moral|guidelines|censorship)\b",
    ),
    (
        "a question after its instructions",
        r"\b(?:show|reveal|print|output|display|repeat|tell|give|share|leak|expose|copy|paste|summari[sz]e|translate|what(?: is|'s| are| were)?)\b"
        r"(?: \w+){0,6} (?:system|initial|hidden|secret|original|developer|pre-?) ?(?:prompt|instructions?|message)s?\b",
    ),
    ("a question after its instructions", r"\bsystem ?prompt\b"),
)
_IN_RESULTS: tuple[tuple[str, str], ...] = (
    (
        "orders for the agent",
        r"\b(?:to|attention|note to|message (?:to|for)|instructions? (?:to|for))(?: the| all| any)? "
        r"(?:ai|llm|language model|chatbot|virtual assistant|support agent|assistant)(?: agents?| models?| assistants?)?\s*[:,-]",
    ),
    (
        "orders for the agent",
        r"(?:^|[\n.>\"'] ?)(?:system|assistant|developer) ?: ?(?:you|ignore|please|now|tell|send|issue|refund|do)\b",
    ),
    (
        "orders for the agent",
        r"\byou (?:must|should|will) now (?:issue|refund|send|tell|transfer|reply|respond|say|approve|call|run)\b",
    ),
    ("orders for the agent", r"\b(?:if|when) you(?:'re| are) an? (?:ai|llm|language model|assistant|chatbot)\b"),
)


def _compiled(patterns: tuple[tuple[str, str], ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((what, re.compile(pattern, re.IGNORECASE)) for what, pattern in patterns)


_MESSAGE_PATTERNS = _compiled(_ANYWHERE)
_RESULT_PATTERNS = _compiled(_ANYWHERE + _IN_RESULTS)


def order_in_message(text: str) -> str | None:
    """What a customer's text tries on the agent, or None."""
    return _first_match(text, _MESSAGE_PATTERNS)


def order_in_result(text: str) -> str | None:
    """What a tool's text tries on the agent, or None; stricter, because data has no business giving orders."""
    return _first_match(text, _RESULT_PATTERNS)


def _first_match(text: str, patterns: tuple[tuple[str, re.Pattern[str]], ...]) -> str | None:
    plain = _SPACES.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)))
    return next((what for what, pattern in patterns if pattern.search(plain)), None)
