"""The ledger port: append, select, running aggregates. Adapters pass one contract suite (tests/contracts)."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from remit.conversations import AgentName, IntentName, ReleaseId
from remit.evidence.observations import Observation, Source


@dataclass(frozen=True, slots=True)
class Selection:
    """Which observations; None means any."""

    agent: AgentName | None = None
    release: ReleaseId | None = None
    intent: IntentName | None = None
    metric: str | None = None
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Running counts of one cluster within (agent, release, intent, level, metric); kept on append, never recounted."""

    agent: AgentName
    release: ReleaseId
    intent: IntentName
    level: str
    metric: str
    cluster: str
    n_passed: int
    n_failed: int
    n_not_counted: int


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
        """Running counts by cluster, ordered by (intent, metric, cluster); cost independent of the number of trials."""
        ...
