"""What the service desks of both domains have in common."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from remit.adapters.worlds.json_state import State
from remit.adapters.worlds.tau.editions import Edition


class Desk(ABC):
    """A service desk over one session's state; `tools` names the methods that are tools."""

    def __init__(self, state: State, edition: Edition) -> None:
        self._state = state
        self._edition = edition

    @abstractmethod
    def tools(self) -> Mapping[str, Callable[..., Any]]:
        """The tools of this edition by name."""

    def transfer_to_human_agents(self, summary: str) -> str:
        """Pass the customer on to people."""
        del summary
        return "Transfer successful"

    def think(self, thought: str) -> str:
        """A note of the agent to itself."""
        del thought
        return ""

    def _edit(self, table: str, key: str) -> dict[str, Any]:
        record: dict[str, Any] = self._state.write(table, key)
        return record
