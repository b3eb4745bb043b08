"""A customer with an agenda: answers what is asked, admits what they don't know, confirms or refuses, and insists.

What the agent said is read sentence by sentence, most specific first:

1. asks for something the customer knows: the answer, for every thing asked;
2. asks for permission to act ("Shall I cancel the order?"): yes or no, as the agenda says;
3. asks for something the customer does not know: says so;
4. asks what the matter is, or for other words: the opening again;
5. asks whether all is right: yes or no;
6. asks whether there is anything else: the customer leaves;
7. asks something else: says that they don't know;
8. refuses: the next line of `insists`; without one the customer leaves;
9. tells: the customer has what they came for and leaves.

Whatever was said three times is not said again: the customer leaves.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from remit.adapters.customers.voice import Voice
from remit.conversations import Message
from remit.scenarios.model import AgendaCustomer

_SENTENCE = re.compile(r"[^.?!\n]+(?:[.?!](?!\s|$)[^.?!\n]*)*[.?!]*")
_REQUEST = re.compile(
    r"\?|^(what|which|who|when|where)\b|\byes or no\b|\bi('ll| will)? need (to know|your|the)\b|"
    r"\b(please|can you|could you|would you|may i) (kindly |please )?"
    r"(tell|give|send|share|provide|enter|confirm|let|state|specify|have|ask)\b|\b(tell|give|send) me\b",
    re.IGNORECASE,
)
_PERMISSION = re.compile(
    r"\b(shall|should) (i|we)\b|\b(want|like|wish) (me|us) to\b|\bgo ahead\b|\bproceed\b", re.IGNORECASE
)
_OPEN_QUESTION = re.compile(r"\b(what|which|who|when|where|how)\b", re.IGNORECASE)
_CONFIRMATION = re.compile(
    r"\b(would you like|do you (still )?(want|wish)|are you sure|confirm|yes or no|agree|"
    r"(can|may|could) (i|we) (?!help|have|ask|know|see|get)|"
    r"(is|are|was) (that|this|these|it) (correct|right|ok|okay|fine|true))\b|\b(correct|right|okay|ok)\?",
    re.IGNORECASE,
)
_ANYTHING_ELSE = re.compile(
    r"\b(anything|something) else\b|\bhelp you (further|with anything)|\bfurther (help|assist)|"
    r"\bhow else\b|\bother questions?\b",
    re.IGNORECASE,
)
_RESTATE = re.compile(
    r"\bhow (can|may|could) (i|we) help\b|\bwhat can (i|we) do for you\b|\brephrase\b|\bin other words\b|"
    r"\b(did not|didn['\u2019]t|do not|don['\u2019]t) (quite )?(understand|catch)\b|\bmore (detail|specific)|"
    r"\bdescribe (the|your)\b",
    re.IGNORECASE,
)
_REFUSAL = re.compile(
    r"\b(can ?not|can['\u2019]t|unable|not able|not possible|impossible|not allowed|not eligible|won['\u2019]t|"
    r"will not|unfortunately|not permitted|decline|too late|no longer)\b",
    re.IGNORECASE,
)
_YES = ("Yes", "Yes, please", "Yes, go ahead", "yes please do")
_NO = ("No", "No, don't", "No, please do not do that", "no thanks")
_DO_NOT_KNOW = ("I don't know", "I don't have that, sorry", "Sorry, no idea", "I can't tell you that, I don't know")
_OFTEN_ENOUGH = 3
_SMALL_WORDS = frozenset({"the", "a", "an", "of", "my", "your", "their", "his", "her", "its", "for", "to", "on", "is"})


class AgendaSession:
    """One conversation of a customer with an agenda."""

    def __init__(self, agenda: AgendaCustomer, unknown: Sequence[str], voice: Voice) -> None:
        self._agenda = agenda
        self._unknown = {thing: _words(thing) for thing in unknown}
        self._slots = {slot: _words(slot) for slot in agenda.answers}
        self._insists = iter(agenda.insists)
        self._voice = voice
        self._n_said = 0
        self._answered: Counter[str] = Counter()

    async def next_message(self, transcript: Sequence[Message]) -> str | None:
        """The opening, then whatever the agent's last words call for; None when the customer leaves."""
        if self._n_said >= self._agenda.max_turns:
            return None
        phrasings = self._agenda.opening if self._n_said == 0 else self._reaction(_last_words(transcript))
        if not phrasings:
            return None
        self._n_said += 1
        return self._voice.say(phrasings)

    def _reaction(self, heard: str) -> Sequence[str]:
        sentences = [found.strip() for found in _SENTENCE.findall(heard) if found.strip()]
        asked = [one for one in sentences if _REQUEST.search(one) or _RESTATE.search(one)]
        closing = [sentence for sentence in asked if _ANYTHING_ELSE.search(sentence)]
        questions = [sentence for sentence in asked if sentence not in closing]
        if questions:
            return self._reply(questions)
        refused = any(_REFUSAL.search(sentence) for sentence in sentences)
        insistence = next(self._insists, None) if refused else None
        return () if insistence is None else (insistence,)

    def _reply(self, questions: Sequence[str]) -> Sequence[str]:
        permissions = [one for one in questions if _PERMISSION.search(one) and not _OPEN_QUESTION.search(one)]
        others = " ".join(one for one in questions if one not in permissions)
        wanted = [slot for slot in self._asked(self._slots, others) if self._may_repeat(slot)]
        if wanted:
            self._answered.update(wanted)
            return tuple(self._combined(wanted))
        if permissions:
            return self._consent()
        if self._asked(self._unknown, others):
            return self._admit("not known")
        if _RESTATE.search(others):
            return self._agenda.opening if self._once_more("opening") else ()
        if _CONFIRMATION.search(others):
            return self._consent()
        return self._admit("not understood")

    def _consent(self) -> Sequence[str]:
        return _YES if self._agenda.confirms else _NO

    def _admit(self, what: str) -> Sequence[str]:
        """Says so, and leaves when the agent keeps asking for it."""
        return _DO_NOT_KNOW if self._once_more(what) else ()

    def _once_more(self, what: str) -> bool:
        self._answered[what] += 1
        return self._answered[what] <= _OFTEN_ENOUGH

    def _may_repeat(self, what: str) -> bool:
        return self._answered[what] < _OFTEN_ENOUGH

    def _asked(self, things: dict[str, frozenset[str]], questions: str) -> list[str]:
        """What is asked for; of two names where one contains the other, only the longer."""
        heard = _words(questions)
        found = [thing for thing, words in things.items() if words <= heard]
        return [thing for thing in found if not any(things[thing] < things[other] for other in found)]

    def _combined(self, slots: list[str]) -> Iterator[str]:
        """Phrasings that answer all slots at once: the first of each together, the second of each, and so on."""
        answers = [self._agenda.answers[slot] for slot in slots]
        for number in range(max(len(phrasings) for phrasings in answers)):
            yield ", ".join(dict.fromkeys(phrasings[min(number, len(phrasings) - 1)] for phrasings in answers))


def _last_words(transcript: Sequence[Message]) -> str:
    return next((message.text for message in reversed(transcript) if message.speaker != "customer"), "")


def _words(text: str) -> frozenset[str]:
    """Content words, folded, plural and possessive endings taken off."""
    words = re.findall(r"[^\W_]+", text.casefold())
    return frozenset(_stem(word) for word in words if word not in _SMALL_WORDS)


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
