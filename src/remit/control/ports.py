"""What control needs from outside. Adapters pass one contract suite (tests/contracts/test_grant_book.py)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from remit.control.grants import Remit
from remit.control.incidents import Incident, IncidentId, TimelineEvent
from remit.control.notices import Notice, Waiting
from remit.control.orders import Enacted, Order
from remit.control.proposals import Asked, Proposal
from remit.conversations import AgentName
from remit.identity import Actor


class GrantBook(Protocol):
    """The book of grants: the one place where what an agent may do changes."""

    async def remit(self, agent: AgentName) -> Remit:
        """All that the agent has earned, now; the empty remit if the book does not know the agent."""
        ...

    async def enact(self, order: Order) -> Enacted:
        """Carry out the order in one transaction: grants, stops, epoch, audit log, incident, outbox.

        An order whose key is known is not carried out again: `Enacted.first` is False then. Raises what
        `remit.control.enacting.enact` raises, StoreUnavailable if nothing could be kept.
        """
        ...


class Proposals(Protocol):
    """Promotions that wait for signatures."""

    async def ask(
        self, asked: Asked, by: Actor, functions: Sequence[str], *, reason: str, now: datetime
    ) -> tuple[Proposal, bool]:
        """Propose, or sign what is proposed, with a line in the audit log; says whether anything was new.

        Raises what `proposals.ask` raises.
        """
        ...

    async def open(self, agent: AgentName, now: datetime) -> Sequence[Proposal]:
        """Those that still collect signatures, oldest first."""
        ...

    async def close(self, asked: Asked) -> None:
        """It was carried out."""
        ...


class Incidents(Protocol):
    """Where incidents are read, and closed by people; they are opened with the order that answers them."""

    async def list(self, agent: AgentName | None = None, *, only_open: bool = False) -> Sequence[Incident]:
        """Newest first."""
        ...

    async def incident(self, incident: IncidentId) -> Incident:
        """One incident. Raises IncidentUnknown."""
        ...

    async def add(self, incident: IncidentId, event: TimelineEvent, *, scenario: str = "") -> Incident:
        """A further line of its timeline; `CLOSED` closes it with the event's words. Raises IncidentUnknown."""
        ...


class Outbox(Protocol):
    """Notices that wait to be sent."""

    async def take(self, now: datetime, *, at_most: int = 20) -> Sequence[Waiting]:
        """Notices that are due; nobody else gets them for `notices.LEASE`. Each counts as an attempt."""
        ...

    async def sent(self, key: str, now: datetime) -> None:
        """It has arrived."""
        ...

    async def failed(self, key: str, *, again_at: datetime | None, problem: str) -> None:
        """It has not; None gives up, and `given_up` shows it."""
        ...

    async def given_up(self) -> Sequence[tuple[Waiting, str]]:
        """Notices that will not be tried again, with the last problem."""
        ...


class Messenger(Protocol):
    """Carries one notice to its recipient."""

    async def send(self, notice: Notice) -> None:
        """Once. Raises NoticeFailed."""
        ...


class ExposureCounters(Protocol):
    """What the agent has done on its own today, over all processes."""

    async def reserve(self, agent: AgentName, day: str, what: str, amount: float, *, cap: float, key: str) -> bool:
        """Add the amount unless the day's sum would go above the cap; False if it would, and nothing is added.

        The same key counts once, and is answered as it was the first time.
        """
        ...

    async def spent(self, agent: AgentName, day: str, what: str) -> float:
        """The day's sum."""
        ...
