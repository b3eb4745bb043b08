"""How a customer writes: the persona and the seed turn a phrasing into what a real person might type."""

import random
import re
from collections.abc import Sequence
from functools import cached_property

_GREETING = re.compile(r"^(hi|hello|hey|good (morning|afternoon|evening))\b[ ,!.]*", re.IGNORECASE)
_COURTESY = re.compile(r"[, ]*\b(please|thank you|thanks|kindly)\b[ ,]*", re.IGNORECASE)
_WORD = re.compile(r"\b[a-z]{5,}\b")
_CHATTY = ("Hi there! ", "Hello, hope you are well. ", "Hi, quick question. ", "Good morning! ")
_ANNOYED = ("!!", "!", ". This is taking too long.", ". I have been waiting for ages.")
_POLITE = (" Thank you!", " Thanks in advance.", " Thank you very much.")
_TYPO_SHARE = 0.12


class Voice:
    """One customer's way of writing.

    Words of the persona that change it: `terse`, `chatty`, `careless`, `polite`, `annoyed`; others are for
    people to read. Without any of them a phrasing is said as it is written. Tokens with digits or `@`,
    such as order numbers and addresses, are never touched.
    """

    def __init__(self, persona: str, seed: int) -> None:
        self._traits = frozenset(re.findall(r"[a-z]+", persona.lower()))
        self._seed = seed

    @cached_property
    def _chance(self) -> random.Random:
        # Not before it is needed: sowing takes longer than most scripted customers take to speak.
        return random.Random(self._seed)  # noqa: S311 - variety that can be repeated, no secret

    def say(self, phrasings: Sequence[str]) -> str:
        """One of the phrasings, in this customer's way."""
        text = phrasings[0] if len(phrasings) == 1 else self._chance.choice(phrasings)
        if "terse" in self._traits:
            text = _terse(text)
        if "chatty" in self._traits and not _GREETING.match(text):
            text = self._chance.choice(_CHATTY) + text
        if "polite" in self._traits and self._chance.random() < 0.5:
            text = text.rstrip() + self._chance.choice(_POLITE)
        if "annoyed" in self._traits and self._chance.random() < 0.7:
            text = text.rstrip(" .!") + self._chance.choice(_ANNOYED)
        return self._careless(text) if "careless" in self._traits else text

    def _careless(self, text: str) -> str:
        if self._chance.random() < 0.7:
            text = " ".join(_lowered(token) for token in text.split(" "))
        if self._chance.random() < 0.5:
            text = text.rstrip(".!?")
        return " ".join(
            token if _is_identifier(token) else _WORD.sub(lambda found: self._mistyped(found[0]), token)
            for token in text.split(" ")
        )

    def _mistyped(self, word: str) -> str:
        if self._chance.random() >= _TYPO_SHARE:
            return word
        place = self._chance.randrange(1, len(word) - 2)
        match self._chance.randrange(3):
            case 0:
                return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
            case 1:
                return word[:place] + word[place + 1 :]
            case _:
                return word[:place] + word[place] + word[place:]


def _terse(text: str) -> str:
    shorter = _COURTESY.sub(" ", _GREETING.sub("", text)).strip(" .!")
    return shorter or text


def _lowered(token: str) -> str:
    return token if _is_identifier(token) else token.lower()


def _is_identifier(token: str) -> bool:
    return "@" in token or any(character.isdigit() for character in token)
