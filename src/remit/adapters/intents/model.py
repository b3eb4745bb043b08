"""What the local classifier learns from beside the policy's examples."""

from collections.abc import Sequence
from dataclasses import dataclass

from remit.conversations import IntentName, Message


@dataclass(frozen=True, slots=True)
class LabelledWindow:
    """A window of a conversation and what its customer wanted when it ended.

    Args:
        messages: Oldest first; the last is the customer's.
        intents: What an expert says the customer wants; empty = none of the policy's intents.
    """

    messages: tuple[Message, ...]
    intents: tuple[IntentName, ...]


def texts_of_customer(messages: Sequence[Message]) -> list[str]:
    """What the customer said, oldest first."""
    return [message.text for message in messages if message.speaker == "customer"]
