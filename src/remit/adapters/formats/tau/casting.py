"""Who can play the customer of a task: an agenda where the task says it all beforehand, else a language model.

The tasks tell a model whom to play. An agenda can stand in where that is honest: every sentence is a fact with a name
(an id, a postal code), a manner, or a wish that can be said at once in the first person. What depends on the
agent's words ("if it costs more"), on holding back or on a choice that the task leaves to the customer needs the model,
and so does every sentence that is not understood here.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from remit.adapters.formats.tau.facts import FactWords, only_filler
from remit.adapters.formats.tau.first_person import said_by_customer
from remit.scenarios.model import AgendaCustomer, Customer, InstructedCustomer, Scenario

_TURNS = 14
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+|\s{2,}(?=You)")
_MANNER = re.compile(
    r"(?:you(?:'re| are)(?: now)?|be) (?:(?:an? |a (?:bit|little) |very |extremely |quite |also |yet |but )*[a-z-]+"
    r"(?: person)?(?:, and |, yet |, but |, | and | but | yet |$))+",
    re.IGNORECASE,
)
_STUBBORN = re.compile(r"insist|persist|stubborn|unreasonable|reactive|suspicious|dishonest", re.IGNORECASE)
_GIVES_LITTLE = re.compile(
    r"you(?:'re| are) (?:a )?(?:very )?(?:private|mysterious) person (?:that does not|and do not|who does not) want to "
    r"reveal much about yourself",
    re.IGNORECASE,
)
_DIRECTIONS = re.compile(
    r"\b(agent|representative|conversation|ask|asks|asked|mention\w*|reveal\w*|pretend\w*|initially|at first|then|"
    r"finally|later|until|while|insist\w*|persist\w*|convince|persuade|argue|demand|accept\w*|willing|unless|otherwise|remember|"
    r"forg[eo]t\w*|realiz\w*|change your mind|not sure|guess|make sure|try|trying|typos?|story|lie|lying|messages?|"
    r"long shot|one (?:thing )?at a time|pieces|piecewise|things together|talk|speak|words?|terse|brief|patient|"
    r"emotional|stress\w*|mood|sad|debt|angry|upset|profile|maybe|actually)\b|[{}\"]",
    re.IGNORECASE,
)
_CONDITION = re.compile(r"\b(if|in case|whether|when|once|depending)\b", re.IGNORECASE)
_PLAIN_CONDITION = re.compile(
    r"if (?:multiple|several|there are (?:multiple|several|two)|more than one)\b", re.IGNORECASE
)
_UNKNOWN = re.compile(r"you (?:do not|don't|can't|cannot) (?:remember|know|have|recall)\b", re.IGNORECASE)
_WHEN_ASKED = re.compile(
    r"if the agent asks (?:you )?(?:for |about )?(?:which |your |the )*(?P<slot>[a-z]+(?: [a-z]+){0,2}), "
    r"(?:say )?(?:that )?it(?: is|'s) (?P<answer>(?:(?!\byou).)+)",
    re.IGNORECASE,
)
_REFUSED = r"(?:if|even if) .*\bagent\b.*\b(?:not|refus\w+|denies|cannot|can't|unable)\b.*, "
_WHEN_REFUSED = re.compile(rf"(?:{_REFUSED})?(?:you )?(?:insist|mention|say) that (?P<words>you\b.+)", re.IGNORECASE)
_TAKES_IT = re.compile(
    rf"{_REFUSED}(?:you )?(?:still )?(?:accept (?:it|that)(?: and (?:end the call|move on))?|want to proceed\b.*)",
    re.IGNORECASE,
)
_PAYMENTS = re.compile(
    r"paypal|gift card|certificates?|credit card ending in \d{4}|original payment(?: method)?", re.IGNORECASE
)
_REASONS = {"no longer needed": re.compile(r"no longer need"), "ordered by mistake": re.compile(r"by mistake")}
_DEVICE = "tool call"


@dataclass(frozen=True, slots=True)
class Casting:
    """Who plays a task's customer.

    `customer` is None where nobody can yet; `why` says what keeps an agenda from it, and is empty if one plays it.
    """

    customer: Customer | None
    why: str = ""


def cast_customer(scenario: Scenario, *, always_model: bool = False) -> Casting:
    """The customer of a task of either edition."""
    directions = _directions_of(scenario)
    if _DEVICE in directions or _customer_acts(scenario):
        return Casting(None, "the customer has to use tools on a device of their own")
    model = InstructedCustomer(directions.strip())
    if always_model:
        return Casting(model, "a model was asked for")
    sentences = [*_sentences(scenario.known), *_sentences((scenario.reason, directions))]
    part = _Part()
    if not all(part.takes(sentence) for sentence in sentences):
        return Casting(model, "what it says depends on what the agent says, or it holds something back")
    if part.facts.ambiguous or not part.opening:
        return Casting(model, "what the customer knows can be told in more than one way")
    choices = _choices(scenario, " ".join(sentences))
    if choices is None:
        return Casting(model, "it leaves a choice to the customer that the task does not name")
    answers = part.facts.answers() | choices | part.when_asked
    return Casting(AgendaCustomer((" ".join(part.opening),), answers, insists=tuple(part.insists), max_turns=_TURNS))


class _Part:
    """What an agenda's customer knows and says, gathered sentence by sentence."""

    def __init__(self) -> None:
        self.facts = FactWords()
        self.opening: list[str] = []
        self.insists: list[str] = []
        self.when_asked: dict[str, tuple[str, ...]] = {}

    def takes(self, sentence: str) -> bool:
        """Whether an agenda can do what the sentence says; then it will."""
        if _UNKNOWN.match(sentence) and not _PAYMENTS.search(sentence):
            return True
        if _TAKES_IT.fullmatch(sentence):
            return True  # which is what an agenda does: it says yes, and leaves when it is refused
        if refused := _WHEN_REFUSED.fullmatch(sentence):
            return self._say(refused["words"][:1].upper() + refused["words"][1:], self.insists)
        if asked := _WHEN_ASKED.fullmatch(sentence):
            self.when_asked[asked["slot"]] = (asked["answer"],)
            return True
        if only_filler(self.facts.take(sentence)) or _is_manner(sentence):
            return True
        return not _directs(sentence) and self._say(sentence, self.opening)

    def _say(self, sentence: str, where: list[str]) -> bool:
        words = said_by_customer(sentence)
        if words is not None:
            where.append(words)
        return words is not None


def _directions_of(scenario: Scenario) -> str:
    user = scenario.extra["task"].get("user_scenario") or {}
    instructions = user.get("instructions")
    return str(instructions.get("task_instructions") or "") if isinstance(instructions, dict) else ""


def _customer_acts(scenario: Scenario) -> bool:
    criteria = scenario.extra["task"].get("evaluation_criteria") or {}
    return any(action.get("requestor") == "user" for action in criteria.get("actions") or ())


def _sentences(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        for sentence in _SENTENCE.split(text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")):
            plain = sentence.strip(" .\t")
            if plain:
                yield plain


def _is_manner(sentence: str) -> bool:
    if _GIVES_LITTLE.fullmatch(sentence):
        return True
    return _MANNER.fullmatch(sentence) is not None and _STUBBORN.search(sentence) is None


def _directs(sentence: str) -> bool:
    """Whether a sentence directs a player, rather than being something to say."""
    conditions = len(_CONDITION.findall(sentence)) - len(_PLAIN_CONDITION.findall(sentence))
    return _DIRECTIONS.search(sentence) is not None or conditions > 0


def _choices(scenario: Scenario, text: str) -> dict[str, tuple[str, ...]] | None:
    """Answers to what only the customer can choose in the reference; None if the task does not say one clearly."""
    needed = {name for call in scenario.reference for name in call.arguments}
    answers: dict[str, tuple[str, ...]] = {}
    if {"payment_method_id", "payment_methods", "payment_id"} & needed:
        means = {found.casefold() for found in _PAYMENTS.findall(text)}
        if len(means) != 1:
            return None
        answers |= dict.fromkeys(("payment", "payment method"), tuple(means))
    if any(call.tool == "cancel_pending_order" for call in scenario.reference):
        reasons = [words for words, pattern in _REASONS.items() if pattern.search(text)]
        if len(reasons) != 1:
            return None
        answers["reason"] = (reasons[0],)
    return answers
