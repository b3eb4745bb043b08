"""What a classifier learns from: the policy's examples, and conversations that experts have labelled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from remit.adapters.intents.courtesies import without_courtesies
from remit.adapters.intents.replies import asks
from remit.adapters.intents.separators import NO_INTENT
from remit.conversations import IntentName, Message
from remit.errors import SettingsError


@dataclass(frozen=True, slots=True)
class LabelledWindow:
    """A window of a conversation and what its customer wanted when it ended.

    Args:
        messages: Oldest first; the last is the customer's.
        intents: What an expert says the customer wants; empty = none of the policy's intents.
    """

    messages: tuple[Message, ...]
    intents: tuple[IntentName, ...]


@dataclass(frozen=True, slots=True)
class TrainingTexts:
    """Texts with the positions of their intents in `intents`, or NO_INTENT."""

    intents: tuple[IntentName, ...]
    texts: tuple[str, ...]
    labels: tuple[int, ...]

    @classmethod
    def of(
        cls,
        examples: Mapping[IntentName, Sequence[str]],
        labelled: Sequence[LabelledWindow],
        out_of_scope: Sequence[str],
    ) -> "TrainingTexts":
        """Everything to learn from, in an order that depends on nothing but the data.

        Raises:
            SettingsError: No intent has an example.
        """
        by_intent: dict[IntentName, list[str]] = {name: list(texts) for name, texts in examples.items()}
        outside = list(out_of_scope)
        for window in labelled:
            text = " ".join(said.text for said in said_by_customer(window.messages))
            if not window.intents:
                outside.append(text)
            elif len(window.intents) == 1:
                by_intent.setdefault(window.intents[0], []).append(text)
        intents = tuple(sorted(name for name, texts in by_intent.items() if texts))
        if not intents:
            raise SettingsError(
                "no intent has an example, so that the local classifier has nothing to learn from.\n"
                "  Write phrases that customers use under `examples:` of each intent in the policy."
            )
        labels = [position for position, name in enumerate(intents) for _ in by_intent[name]]
        texts = [text for name in intents for text in by_intent[name]]
        return cls(intents, (*texts, *outside), (*labels, *[NO_INTENT] * len(outside)))


@dataclass(frozen=True, slots=True)
class Said:
    """One customer message; `before` = what the agent or an expert had said right before it, "" for nothing."""

    text: str
    before: str = ""

    @property
    def to_question(self) -> bool:
        """Whether it follows a question about something in particular."""
        return asks(self.before)


def said_by_customer(messages: Sequence[Message]) -> list[Said]:
    """What the customer said besides courtesies, oldest first. What others said is context only, never judged."""
    found: list[Said] = []
    before = ""
    for message in messages:
        if message.speaker == "customer":
            found.append(Said(without_courtesies(message.text), before))
        before = "" if message.speaker == "customer" else message.text
    return found
