"""What supervision needs from outside. Adapters pass one contract suite (tests/contracts/test_handoffs.py)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from remit.conversations import ConversationId
from remit.conversations.envelope import Envelope, HandoffId
from remit.supervision.handoffs import Handoff


@dataclass(frozen=True, slots=True)
class Kept:
    """A handoff in the queue; `first` unless it was there before."""

    handoff: Handoff
    first: bool


class HandoffQueue(Protocol):
    """All handoffs, durable, whatever contact centre they are meant for."""

    async def put(self, envelope: Envelope, to: str, now: datetime) -> Kept:
        """Keep a handoff; a known id is kept as it was first. A new one to elsewhere is leased to whoever keeps it."""
        ...

    async def handoff(self, handoff: HandoffId) -> Handoff:
        """One of them. Raises HandoffUnknown."""
        ...

    async def waiting(self, queue: str = "", *, at_most: int = 50) -> Sequence[Handoff]:
        """Those that are open, most urgent and then oldest first, without further messages; of one queue or of all."""
        ...

    async def of_conversation(self, conversation: ConversationId) -> Sequence[Handoff]:
        """All of one conversation, oldest first, without further messages."""
        ...

    async def n_waiting(self, queue: str) -> int:
        """How many customers wait that nobody has taken; tickets wait too."""
        ...


class HandoffDesk(Protocol):
    """Where people say what becomes of a handoff; each raises HandoffUnknown and HandoffRefused."""

    async def take(self, handoff: HandoffId, by: str) -> Handoff:
        """Somebody takes it."""
        ...

    async def close(self, handoff: HandoffId, by: str, now: datetime) -> Handoff:
        """People have ended it."""
        ...

    async def hand_back(self, handoff: HandoffId, by: str, now: datetime, *, most: int) -> Handoff:
        """The agent gets the conversation again, in the same transaction; at most `most` handoffs a conversation."""
        ...


class HandoffOutbox(Protocol):
    """Handoffs that wait to be carried to another contact centre."""

    async def take_due(self, now: datetime, *, at_most: int = 20) -> Sequence[Handoff]:
        """Those that are due; nobody else gets them for `handoffs.LEASE`. Each counts as an attempt."""
        ...

    async def delivered(self, handoff: HandoffId, reference: str, now: datetime) -> None:
        """It has arrived."""
        ...

    async def failed(self, handoff: HandoffId, *, again_at: datetime | None, problem: str) -> None:
        """It has not; None gives up, and `stuck` shows it."""
        ...

    async def stuck(self, *, at_most: int = 50) -> Sequence[Handoff]:
        """Those that did not arrive at the last attempt, or were given up; newest first."""
        ...


class HandoffDestination(Protocol):
    """A contact centre elsewhere."""

    @property
    def name(self) -> str:
        """Such as `chatwoot`."""
        ...

    def takes(self, conversation: ConversationId) -> bool:
        """Whether the conversation can be there at all; any other stays at Remit's own desk."""
        ...

    async def carry(self, envelope: Envelope, *, again: bool) -> str:
        """Bring it there; returns what it is called there. Raises HandoffFailed.

        `again` says that an earlier attempt may have arrived without our hearing of it.
        """
        ...

    async def n_waiting(self, queue: str) -> int | None:
        """How many customers wait there; None where it does not say. Raises HandoffFailed."""
        ...
