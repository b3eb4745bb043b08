"""The ledger, in this process."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from itertools import islice

from remit.errors import LedgerConflict
from remit.evidence import Aggregate, Observation, ObservationKey, Recorded, Selection
from remit.evidence.counting import count_change
from remit.evidence.ports import EVERYTHING


class MemoryLedger:
    """Implements `Ledger` with dictionaries; aggregates are kept on append."""

    def __init__(self) -> None:
        self._observations: dict[ObservationKey, Observation] = {}
        self._in_order: list[Recorded] = []
        self._aggregates: dict[tuple[str, str, str, str, str, str], Aggregate] = {}

    async def append(self, observations: Sequence[Observation]) -> int:
        """Keep these, all or none; returns how many were new."""
        fresh: dict[ObservationKey, Observation] = {}
        for observation in observations:
            known = self._observations.get(observation.key) or fresh.get(observation.key)
            if known is None:
                fresh[observation.key] = observation
            elif replace(known, at=observation.at) != observation:
                raise LedgerConflict(observation.key)
        self._observations.update(fresh)
        for observation in fresh.values():
            self._in_order.append(Recorded(len(self._in_order) + 1, observation))
            self._count(observation)
        return len(fresh)

    async def select(self, selection: Selection) -> AsyncIterator[Observation]:
        """Observations in the order in which they were appended."""
        for observation in tuple(self._observations.values()):
            if _fits(selection, observation):
                yield observation

    async def aggregates(self, selection: Selection) -> Sequence[Aggregate]:
        """Running counts by cluster, ordered by (intent, metric, cluster)."""
        if selection.source is not None or selection.conversation is not None:
            raise ValueError("aggregates are kept without source and conversation; select by metric instead")
        chosen = [aggregate for aggregate in self._aggregates.values() if _fits_aggregate(selection, aggregate)]
        return sorted(chosen, key=lambda a: (a.intent, a.metric, a.cluster, a.agent, a.release, a.level))

    async def after(self, position: int, *, at_most: int = 1000, of: Selection = EVERYTHING) -> Sequence[Recorded]:
        """The next observations behind `position`, oldest first."""
        if of == EVERYTHING:
            return self._in_order[position : position + at_most]
        return list(islice((one for one in self._in_order[position:] if _fits(of, one.observation)), at_most))

    def _count(self, seen: Observation) -> None:
        change = count_change(seen)
        if change.is_nothing:
            return
        key = (seen.agent, seen.release, seen.intent, seen.level, seen.metric, seen.cluster)
        before = self._aggregates.get(key)
        n_passed, n_failed, n_not = (before.n_passed, before.n_failed, before.n_not_counted) if before else (0, 0, 0)
        self._aggregates[key] = Aggregate(
            agent=seen.agent,
            release=seen.release,
            intent=seen.intent,
            level=seen.level,
            metric=seen.metric,
            cluster=seen.cluster,
            n_passed=n_passed + change.n_passed,
            n_failed=n_failed + change.n_failed,
            n_not_counted=n_not + change.n_not_counted,
        )


def _fits(selection: Selection, observation: Observation) -> bool:
    return (
        selection.agent in (None, observation.agent)
        and selection.release in (None, observation.release)
        and selection.intent in (None, observation.intent)
        and selection.metric in (None, observation.metric)
        and selection.source in (None, observation.source)
        and selection.conversation in (None, observation.conversation)
    )


def _fits_aggregate(selection: Selection, aggregate: Aggregate) -> bool:
    return (
        selection.agent in (None, aggregate.agent)
        and selection.release in (None, aggregate.release)
        and selection.intent in (None, aggregate.intent)
        and selection.metric in (None, aggregate.metric)
    )
