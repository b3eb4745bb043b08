"""What a new contact centre begins with."""

import re
from dataclasses import dataclass
from typing import Literal

from remit.errors import SettingsError

AgentType = Literal["python", "llm", "openai_chat", "http"]
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class DraftIntent:
    """An intent to begin with.

    Args:
        name: As the policy will name it.
        description: One line for people.
        examples: Phrases that customers use.
        origin: Where it comes from, for the comment above it; empty for the starter's own intents, which
            come with scenarios that know the right answer.
    """

    name: str
    description: str
    examples: tuple[str, ...]
    origin: str = ""


@dataclass(frozen=True, slots=True)
class StartPlan:
    """Everything the templates need.

    Args:
        name: Of the contact centre.
        problem: What the agent is to solve, in one sentence.
        agent_type: One of the agent types that can be started with.
        agent_url: Address of the agent; empty for `python`.
        intents: At least one.
        model: Name of the model at the address.
        api_key_env: Name of the environment variable with the key; empty if none is needed.
    """

    name: str
    problem: str
    agent_type: AgentType
    agent_url: str
    intents: tuple[DraftIntent, ...]
    model: str = ""
    api_key_env: str = ""

    @property
    def governs_tools(self) -> bool:
        """Whether the agent's tools run through Remit; a remote agent runs its own."""
        return self.agent_type in ("python", "llm")

    @property
    def is_starter(self) -> bool:
        """Whether the intents are the starter's own."""
        return not any(intent.origin for intent in self.intents)


def name_of(text: str) -> str:
    """A text as the policy can name an intent: lower case, words joined by `_`.

    Raises:
        SettingsError: Nothing is left of it.
    """
    name = _NOT_IN_A_NAME.sub("_", text.strip().lower()).strip("_")[:60].rstrip("_")
    if not name:
        raise SettingsError(f"{text!r} cannot name an intent.\n  Use letters and digits, such as `order_status`.")
    return name if name[0].isalpha() else f"intent_{name}"


def intent_named(text: str) -> DraftIntent:
    """An intent of which only the name is known: its examples are made of the name."""
    name = name_of(text)
    words = name.replace("_", " ")
    return DraftIntent(
        name=name,
        description=f"Draft: say in one line what customers want with {words}",
        examples=(
            words,
            f"{words} please",
            f"I have a question about {words}",
            f"I need help with {words}",
            f"hello, it is about {words}",
            f"can you help me with {words}?",
            f"who do I ask about {words}",
            f"{words}?? please help",
            f"something is wrong with {words}",
            f"I am writing about {words}",
        ),
        origin="made of the name alone: replace the examples with what your customers say",
    )


def starter_intents() -> tuple[DraftIntent, ...]:
    """Three intents of an invented shop, known well enough that the starter's scenarios can judge them."""
    return (
        DraftIntent(
            "order_status",
            "Where an order is and when it arrives",
            (
                "where is my order",
                "Where is order A-1001?",
                "when will my parcel arrive",
                "Has my order been shipped yet?",
                "track my order please",
                "what is the status of my order",
                "order status",
                "I am still waiting for my delivery, where is it",
                "can you tell me when A-1002 gets here",
                "any news about my parcel?",
                "is my order on its way",
                "how long does my order still take",
                "I'd like to know where my package is",
                "tracking of order A-1003 please",
                "did you send my order already",
            ),
        ),
        DraftIntent(
            "cancel_order",
            "Cancel an order that has not been sent",
            (
                "cancel my order",
                "Please cancel order A-1002.",
                "I want to cancel what I bought",
                "I changed my mind, cancel it please",
                "can I still cancel my order?",
                "stop my order, I don't need it any more",
                "cancel A-1001",
                "I ordered by mistake, please cancel",
                "how do I cancel an order",
                "cancellation of order A-1003 please",
                "I no longer want this order, cancel it",
                "could you cancel the order I placed this morning",
                "I'd like to cancel",
                "please don't send it, I want to cancel the order",
                "cancel everything I ordered yesterday",
            ),
        ),
        DraftIntent(
            "opening_hours",
            "When the shop is open",
            (
                "when are you open",
                "What are your opening hours?",
                "are you open on Saturday",
                "until what time are you open today",
                "opening hours please",
                "when does the shop close",
                "is the store open on Sundays?",
                "what time do you open tomorrow",
                "are you still open at 7 pm",
                "do you open on bank holidays",
                "business hours?",
                "how late can I come by the shop",
                "which hours is your shop open",
                "when can I visit your store",
                "shop hours on weekdays please",
                "at what hour can I come to the shop",
                "which days are you open",
                "what time do you close",
                "what are the opening times",
                "will you be open tomorrow",
            ),
        ),
    )
