"""The ledger port: append, select, running aggregates. Adapters pass one contract suite (tests/contracts)."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from remit.conversations import AgentName, IntentName, ReleaseId
from remit.documents.values import quickly_made
from remit.evidence.observations import Observation, Source
from remit.evidence.verdicts import VerdictRecord


@dataclass(frozen=True, slots=True)
class Selection:
    """Which observations; None means any."""

    agent: AgentName | None = None
    release: ReleaseId | None = None
    intent: IntentName | None = None
    metric: str | None = None
    source: Source | None = None
    conversation: str | None = None


EVERYTHING = Selection()


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Running counts of one cluster within (agent, release, intent, level, metric); kept on append, never recounted.

    An outcome that may still change is not counted, the observation that closes it is; one that is revised
    afterwards counts as it stands now (`remit.evidence.counting`).
    """

    agent: AgentName
    release: ReleaseId
    intent: IntentName
    level: str
    metric: str
    cluster: str
    n_passed: int
    n_failed: int
    n_not_counted: int


@quickly_made
@dataclass(frozen=True, slots=True)
class Recorded:
    """An observation and its place in the ledger; places only grow."""

    position: int
    observation: Observation


class Ledger(Protocol):
    """The append-only body of evidence."""

    async def append(self, observations: Sequence[Observation]) -> int:
        """Keep these, all or none; returns how many were new.

        A known key with equal content is skipped. Raises LedgerConflict if the content differs,
        StoreUnavailable if nothing could be kept.
        """
        ...

    def select(self, selection: Selection) -> AsyncIterator[Observation]:
        """Observations in the order in which they were appended."""
        ...

    async def aggregates(self, selection: Selection) -> Sequence[Aggregate]:
        """Running counts by cluster, ordered by (intent, metric, cluster); cost independent of the number of trials.

        Counts are kept without source and conversation: ValueError if one of them is selected.
        """
        ...

    async def after(self, position: int, *, at_most: int = 1000, of: Selection = EVERYTHING) -> Sequence[Recorded]:
        """The next observations behind `position` (0 is the beginning), oldest first; empty when caught up.

        Where they are selected, the places between them belong to others.
        No observation ever appears at or below a place that was seen: a store with several writers hands out
        places in the order of its commits.
        """
        ...


class RunningStates(Protocol):
    """States that followers fold from the ledger, each kept with the position up to which it has read.

    A follower is a set of pure reducers (`remit.evidence.following`). Its states and its position change
    together, so that any process may carry on, and two that try at once cannot both succeed.
    """

    async def position(self, follower: str) -> int:
        """Up to which place of the ledger the follower has read; 0 if it has not begun."""
        ...

    async def load(self, follower: str, keys: Sequence[str] | None = None) -> Mapping[str, str]:
        """The follower's states by key, as JSON text; all of them if `keys` is None."""
        ...

    async def advance(
        self,
        follower: str,
        *,
        expected: int,
        position: int,
        changed: Mapping[str, str],
        actions: Mapping[str, str],
    ) -> bool:
        """Keep the changed states, the new position and the actions to take, all or none.

        Returns False, and keeps nothing, if the follower's position is not `expected`: another process was faster.
        An action (key to JSON text) that is there already is left as it is.
        """
        ...

    async def pending_actions(self, follower: str) -> Mapping[str, str]:
        """Actions that were kept and not yet marked as done, oldest first."""
        ...

    async def action_done(self, follower: str, key: str) -> None:
        """Mark an action as done; taking it again must have no further effect anyway."""
        ...


class VerdictRecords(Protocol):
    """Verdicts as they were given: immutable, kept for good."""

    async def keep(self, records: Sequence[VerdictRecord]) -> Sequence[VerdictRecord]:
        """Keep these, all or none; returns them as they are kept: one that is there already stays as it was.

        Raises StoreUnavailable if nothing could be kept.
        """
        ...

    async def find(self, id_or_beginning: str) -> Sequence[VerdictRecord]:
        """Records whose id begins so, at most ten, ordered by id; the whole id finds one or none."""
        ...

    async def decisive(self, agent: AgentName) -> Sequence[VerdictRecord]:
        """Records of the agent that settle a gate, in the order in which they were kept."""
        ...

    async def latest(self, agent: AgentName, *, at_most: int = 100) -> Sequence[VerdictRecord]:
        """The agent's latest records, newest first."""
        ...
