"""What a trial needs from outside: somebody to talk to the agent, and a place to do it in."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from remit.conversations import ConversationId, Message
from remit.runtime.ports import Clock, TurnPorts
from remit.scenarios.model import Scenario
from remit.scenarios.ports import WorldSession
from remit.tools import ToolName


class CustomerSession(Protocol):
    """One simulated customer in one conversation."""

    async def next_message(self, transcript: Sequence[Message]) -> str | None:
        """What the customer says next, or None if the customer has nothing more to say.

        Raises:
            CustomerError: The customer cannot play the scenario; the trial says nothing about the agent.
        """
        ...


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything of one trial; nothing of it is shared with another trial that could notice."""

    ports: TurnPorts
    world: WorldSession
    customer: CustomerSession


class Stage(Protocol):
    """Sets trials up: a fresh world, a customer, and the ports of a turn around the agent."""

    @property
    def clock(self) -> Clock:
        """The clock of the turns."""
        ...

    async def set_up(self, scenario: Scenario, conversation: ConversationId, seed: int) -> Setup:
        """A fresh trial.

        Raises:
            ScenarioReferenceError: The scenario's start state cannot be made.
        """
        ...

    async def tools(self, scenario: Scenario) -> Collection[ToolName]:
        """Every tool of the scenario's world."""
        ...

    async def fresh_world(self, scenario: Scenario) -> WorldSession:
        """Only the world in the scenario's start state, without agent and customer.

        Raises:
            ScenarioReferenceError: The scenario's start state cannot be made.
        """
        ...
