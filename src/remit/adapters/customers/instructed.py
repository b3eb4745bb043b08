"""A customer whom a language model plays: told who they are and what they want, never what the right outcome is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from remit.conversations import Message
from remit.errors import AgentError, CustomerError
from remit.runtime.ports import Clock
from remit.scenarios.model import InstructedCustomer, Scenario

if TYPE_CHECKING:  # 19 MB of HTTP client that a run without such customers need not load
    from remit.adapters.llm import ChatClient

LEAVES = "<<leaves>>"
"""What the model writes when the customer has nothing more to say; never shown to the agent."""

_RULES = f"""You play a customer who writes to a company's support. You are not the support agent.
- Write one short message at a time, as a customer would, and nothing else.
- Begin with what you want. Do not tell everything at once: give facts when you are asked for them.
- Say only what follows from the text below. Never invent numbers, names or facts: what you are not told you don't know.
- Say it in your own words.
- When your matter is settled or refused for good, or you are handed to another person, write only {LEAVES}"""


@dataclass(frozen=True, slots=True)
class CustomerModel:
    """The model that plays customers, shared by all trials.

    Args:
        client: Asks it.
        clock: What deadlines are measured with.
        timeout_s: The longest one message may take.
    """

    client: "ChatClient"
    clock: Clock
    timeout_s: float = 60.0


class InstructedSession:
    """One conversation of a customer that a model plays."""

    def __init__(self, scenario: Scenario, customer: InstructedCustomer, model: CustomerModel, seed: int) -> None:
        self._prompt = prompt_of(scenario, customer)
        self._max_turns = customer.max_turns
        self._model = model
        self._seed = seed
        self._n_said = 0
        self._leaving = False

    async def next_message(self, transcript: Sequence[Message]) -> str | None:
        """What the model writes; None once it has left.

        Raises:
            CustomerError: The model gave no usable message; the trial says nothing about the agent.
        """
        if self._leaving or self._n_said >= self._max_turns:
            return None
        self._n_said += 1
        messages = [{"role": "system", "content": self._prompt}, *_as_the_model_sees(transcript)]
        deadline = self._model.clock.now() + timedelta(seconds=self._model.timeout_s)
        try:
            completion = await self._model.client.complete(messages, deadline=deadline, fields={"seed": self._seed})
        except AgentError as error:
            raise CustomerError(f"the model that plays it gave no message: {error.problem}") from error
        said, left, _ = completion.text.partition(LEAVES)
        self._leaving = bool(left)
        return said.strip() or None


def prompt_of(scenario: Scenario, customer: InstructedCustomer) -> str:
    """Everything that the scenario tells its customer; neither checks nor reference."""
    parts = [
        _RULES,
        _part("Why you write", (scenario.reason,)),
        _part("What you know", scenario.known),
        _part("What you do not know", scenario.unknown),
        _part("How you are", (scenario.persona,)),
        _part("What else to do", (customer.instructions,)),
    ]
    return "\n\n".join(part for part in parts if part)


def _part(title: str, lines: Sequence[str]) -> str:
    told = "\n".join(line.strip() for line in lines if line.strip())
    return f"{title}:\n{told}" if told else ""


def _as_the_model_sees(transcript: Sequence[Message]) -> list[dict[str, str]]:
    """The model plays the customer, so that the agent's words are what is said to it."""
    if not transcript:
        return [{"role": "user", "content": "Hello. How can I help you?"}]
    first = [] if transcript[0].speaker != "customer" else [{"role": "user", "content": "Hello. How can I help you?"}]
    return first + [
        {"role": "assistant" if message.speaker == "customer" else "user", "content": message.text}
        for message in transcript
    ]
