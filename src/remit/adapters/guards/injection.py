"""Words that try to give the agent orders: in what customers write, and in what tools bring back.

Patterns catch known wordings only; they are one layer. What an attack can do is bounded by the
permit (which tools, within which limits), whether or not it is recognised here.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from remit.adapters.guards.stems import stems_in

# Formatting characters that hide words from people but not from a language model.
_HIDDEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\U000e0000-\U000e007f]")
_SPACES = re.compile(r"\s+")

_DROP = r"(?:ignore|ignoring|disregard|forget|override|overrule|bypass|discard)"
_ORDERS = r"(?:instructions?|assignments?|orders|directives?|rules|prompts?|guidelines|programming|training)"
_EARLIER = r"(?:previous|prior|above|earlier|preceding|initial|original|existing|your|you (?:were|got|have))"
_SHOW = r"(?:show|reveal|print|output|display|repeat|tell|give|share|leak|paste|summari[sz]e|translate|what(?: is|'s)?)"
_FREE = r"(?:unfiltered|uncensored|unhinged|unrestricted|amoral|immoral|jailbroken)"
_LIMITS = r"(?:restrictions?|filters?|limitations?|limits|ethics|ethical|morals?|guidelines|censorship|rules)"

_DROPS = "orders to drop its instructions"
_ROLE = "a role without limits"
_ASKS = "a question after its instructions or secrets"
_COMMAND = "orders for the agent"
_BEFORE = r"(?:above|before|previous|prior|earlier|so far|you (?:know|were|have))"
_AGENT_ROLE = r"(?:act|answer|respond|reply|pretend|you are|an? ai|chatbot|response)"
_BEING = r"(?:act|answer|respond|behave|operate|you are|you're)"
_WILL = r"(?:will|are|should|must|have to)"
_PLAY = r"(?:act|answer|respond|reply|roleplay|pretend|simulate|speak|be in|going to|called)"
_AI = r"(?:ai|llm|language model|chatbot|virtual assistant|support agent|assistant)"
_SPEAKS_TO = r"(?:to|attention|note to|message (?:to|for)|instructions? (?:to|for))"
_ACT = r"(?:issue|refund|send|tell|transfer|reply|respond|say|approve|call|run)"

# Stems, one of which stands in whatever the group matches: ordinary texts hold none, and most patterns need not look.
_OF_DROP = "ignor disregard forget overrid overrul bypass discard"
_OF_FREE = "unfilter uncensor unhinged unrestricted moral jailbr"
_OF_LIMITS = "restrict filter limit ethic moral guideline censor rules"
_OF_AI = "ai llm model chatbot assistant agent"

_ANYWHERE: tuple[tuple[str, str, str], ...] = (
    (_DROPS, _OF_DROP, rf"\b{_DROP}\b (?:\w+ ){{0,3}}{_EARLIER}\b(?: \w+){{0,3}} {_ORDERS}\b"),
    (
        _DROPS,
        _OF_DROP,
        rf"\b{_DROP}\b(?: about)? (?:all|any|every|these|those)(?: of)?(?: \w+){{0,2}} {_ORDERS}\b",
    ),
    (_DROPS, _OF_DROP, rf"\b{_DROP} (?:everything|all|anything) {_BEFORE}\b"),
    (_DROPS, _OF_DROP, rf"\b{_DROP} (?:the )?above and (?:say|tell|give|print|show|write|answer|respond)\b"),
    (
        _DROPS,
        "vergiss vergessen ignorier missacht",
        r"\b(?:vergiss|vergessen sie|ignorieren?|missachte)\b(?: \w+){0,3} (?:anweisung|instruktion)",
    ),
    (
        _DROPS,
        "vergiss vergessen ignoriere",
        r"\b(?:vergiss|vergessen sie|ignoriere) (?:alles|alle)\b(?: \w+){0,3} (?:auftr|befehl|davor|zuvor|vorher)",
    ),
    (
        _DROPS,
        "ignor olvida oubli dimentica",
        r"\b(?:ignora|olvida|oublie|oubliez|ignorez|dimentica)\b(?: \w+){0,4} (?:instruc|consignes|istruzioni)",
    ),
    (
        "a forged chat mark",
        "<| inst] sys>>",
        r"<\|(?:im_start|im_end|system|endoftext|end_of_turn)\|>|\[/?inst\]|<</?sys>>",
    ),
    (
        "a known jailbreak",
        "anything jailbr mode antigpt",
        r"\b(?:do anything now|jailbr(?:eak|oken)\w*|(?:dan|god|developer) mode|antigpt)\b",
    ),
    (_ROLE, _OF_FREE, rf"\b{_AGENT_ROLE}\b[^.?!]{{0,80}}\b{_FREE}\b"),
    (_ROLE, _OF_LIMITS, rf"\b{_BEING} (?:\w+ ){{0,6}}(?:without|no|free of) (?:any )?{_LIMITS}\b"),
    (
        _ROLE,
        _OF_LIMITS,
        rf"\b(?:not|isn't|aren't|no longer) (?:bound|limited|restricted) (?:by|to) (?:\w+ ){{0,4}}{_LIMITS}\b",
    ),
    (
        _ROLE,
        "from",
        rf"\bfrom (?:now o(?:w?n)|this point on ?wards?),? (?:\w+ ){{0,8}}you {_WILL} (?:\w+ ){{0,4}}{_PLAY}\b",
    ),
    (
        _ROLE,
        "openai chatgpt",
        r"\b(?:openai|chatgpt)\b[^.?!]{0,60}\b(?:rules|policy|policies|personas?|personalit(?:y|ies)|guidelines)\b",
    ),
    (_ROLE, "persona", r"\b(?:two|three|separate|different|opposite) (?:\w+ )?(?:personas|personalities)\b"),
    (
        _ASKS,
        "prompt instruction",
        rf"\b{_SHOW}\b(?: \w+){{0,6}} (?:system|initial|starting|hidden|secret|developer) (?:prompt|instruction)",
    ),
    (_ASKS, "prompt", r"\bsystem[ _]?prompt\b"),
    (_ASKS, "instruction", rf"\b{_SHOW}\b(?: me)?(?: \w+){{0,2}} instructions you (?:were|have been|got)\b"),
    (
        _ASKS,
        "password secret api credential",
        rf"\b(?:{_SHOW}|confirm|verify) (?:me |us )?your (?:password|secret key|api key|credentials)\b",
    ),
)
_IN_DATA: tuple[tuple[str, str, str], ...] = (
    (_COMMAND, _OF_AI, rf"\b{_SPEAKS_TO}(?: the| all| any)? {_AI}s?(?: \w+)?\s*[:,-]"),
    (
        _COMMAND,
        "system assistant developer",
        r"(?:^|[.>\"'] ?)(?:system|assistant|developer) ?: ?(?:you|ignore|please|now|tell|send|issue|refund|do)\b",
    ),
    (_COMMAND, "must should will", rf"\byou (?:must|should|will) now {_ACT}\b"),
    (_COMMAND, _OF_AI, rf"\b(?:if|when) you(?:'re| are) an? {_AI}\b"),
    (_COMMAND, "override", r"\b(?:security|training data|developer|administrator|policy) override\b"),
)


@dataclass(frozen=True, slots=True)
class Wordings:
    """Patterns with the stems that each of them needs, and all stems once."""

    stems: tuple[str, ...]
    patterns: tuple[tuple[str, frozenset[str], re.Pattern[str]], ...]

    @classmethod
    def of(cls, patterns: Sequence[tuple[str, str, str]]) -> "Wordings":
        """Compile (what, stems, pattern) once."""
        compiled = tuple(
            (what, frozenset(stems.split()), re.compile(pattern, re.IGNORECASE)) for what, stems, pattern in patterns
        )
        return cls(tuple(sorted({stem for _, stems, _ in compiled for stem in stems})), compiled)


IN_MESSAGES = Wordings.of(_ANYWHERE)
IN_RESULTS = Wordings.of(_ANYWHERE + _IN_DATA)
# Records of one shop hold the same keys, names and places again and again; long texts are seldom seen twice.
_REMEMBERED = 4096
_LONGEST_REMEMBERED = 400


def order_in_message(text: str) -> str | None:
    """What a customer's text tries on the agent, or None."""
    return _first_match(text, IN_MESSAGES)


def order_in_data(text: str) -> str | None:
    """What a tool's text tries on the agent, or None; stricter, because data has no business giving orders."""
    return _known_order(text) if len(text) <= _LONGEST_REMEMBERED else _first_match(text, IN_RESULTS)


@lru_cache(maxsize=_REMEMBERED)
def _known_order(text: str) -> str | None:
    return _first_match(text, IN_RESULTS)


def _first_match(text: str, wordings: Wordings) -> str | None:
    # Nothing in ASCII is composed or hidden.
    plain = text if text.isascii() else _HIDDEN.sub("", unicodedata.normalize("NFKC", text))
    found = stems_in(plain, wordings.stems)
    if not found:
        return None
    spaced = _SPACES.sub(" ", plain)
    return next(
        (what for what, stems, pattern in wordings.patterns if not stems.isdisjoint(found) and pattern.search(spaced)),
        None,
    )
