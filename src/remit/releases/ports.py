"""Where releases, their lives, their attempts and their draws are kept. Adapters pass one contract suite."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from remit.conversations import AgentName, ConversationId, IntentName, ReleaseId
from remit.releases.attempts import Attempt
from remit.releases.canary import Assignment
from remit.releases.fingerprint import DriftCheck, Fingerprint
from remit.releases.life import Line
from remit.releases.model import Registration
from remit.statistics import Arm


class Registry(Protocol):
    """Releases as they were registered; append-only."""

    async def register(self, registration: Registration) -> bool:
        """Keep it; False if this release is registered already, whose first registration then stays.

        Raises ReleaseConflict if the id is known with other parts, StoreUnavailable if it could not be kept.
        """
        ...

    async def registrations(self, agent: AgentName | None = None) -> Sequence[Registration]:
        """All of an agent, or of every agent, oldest first."""
        ...


class Lives(Protocol):
    """Where releases stand, intent by intent, and every attempt to promote one."""

    async def lines(self, agent: AgentName) -> Mapping[IntentName, Line]:
        """The agent's lines; an intent without one has never had a release."""
        ...

    async def attempts(self, agent: AgentName) -> Sequence[Attempt]:
        """All attempts of the agent, oldest first."""
        ...

    async def change(self, lines: Sequence[Line], attempts: Sequence[Attempt] = ()) -> bool:
        """Keep these lines and attempts, all or none.

        A line is kept if its version is the one that is there (0 if nothing is), which is then raised by one.
        Returns False, and keeps nothing, if another process was faster. An attempt that is there, by agent, intent,
        release and `opened_at`, is replaced.
        """
        ...


class Assignments(Protocol):
    """Which arm carries which conversation."""

    async def pin(self, assignment: Assignment) -> Assignment:
        """Keep the draw unless the conversation has one; returns the one that holds."""
        ...

    async def of(self, conversation: ConversationId) -> Assignment | None:
        """The conversation's draw; None if it is no part of a comparison."""
        ...

    async def customers(self, salt: str) -> Mapping[tuple[Arm, float], int]:
        """Customers of a canary by arm and share, each counted once, as first assigned."""
        ...

    async def n_carried(self, salt: str, share: float) -> int:
        """Conversations that the canary has carried at this share."""
        ...


class Fingerprints(Protocol):
    """How agents behaved when they were probed."""

    async def keep(self, fingerprint: Fingerprint, probes: Mapping[str, str], check: DriftCheck | None) -> None:
        """Keep a round with the probes' words; without a check it is the new baseline."""
        ...

    async def baseline(self, agent: AgentName, release: ReleaseId) -> tuple[Fingerprint, Mapping[str, str]] | None:
        """The newest baseline of the release with its probes; None if it was never probed."""
        ...

    async def last_check(self, agent: AgentName, release: ReleaseId) -> DriftCheck | None:
        """The newest check since the baseline; None if there was none."""
        ...

    async def last_taken(self, agent: AgentName, release: ReleaseId) -> datetime | None:
        """When the release was probed last, for a baseline or a check; None if it never was."""
        ...
