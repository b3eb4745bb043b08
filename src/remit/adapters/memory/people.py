"""Experts and a contact centre that are not there, or do as they are told."""

from collections.abc import Callable

from remit.conversations import Conversation, HandedOff, Turn, TurnId
from remit.runtime.ports import ApprovalRequest, ExpertVerdict, Silence


class ScriptedDesk:
    """Implements `Desk` with a function from request to verdict; by default nobody is there."""

    def __init__(self, answer: Callable[[ApprovalRequest], ExpertVerdict] | None = None) -> None:
        self._answer = answer
        self.requests: list[ApprovalRequest] = []

    async def ask(self, request: ApprovalRequest) -> ExpertVerdict:
        """The scripted verdict, at once."""
        self.requests.append(request)
        return Silence() if self._answer is None else self._answer(request)


class MemoryContactCentre:
    """Implements `ContactCentre`: keeps what was handed off, once a turn."""

    def __init__(self) -> None:
        self.taken: dict[TurnId, HandedOff] = {}

    async def hand_off(self, turn: Turn, conversation: Conversation, outcome: HandedOff) -> str:
        """Take the conversation; the reference is made of the turn's id, so that a repeat changes nothing."""
        self.taken.setdefault(turn.id, outcome)
        return f"memory:{turn.id}"
