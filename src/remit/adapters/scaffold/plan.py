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
