"""Verdict records, in this process."""

from collections.abc import Sequence

from remit.conversations import AgentName
from remit.evidence.verdicts import VerdictId, VerdictRecord

_FOUND_AT_MOST = 10


class MemoryVerdictRecords:
    """Implements `VerdictRecords` with a dictionary."""

    def __init__(self) -> None:
        self._records: dict[VerdictId, VerdictRecord] = {}

    async def keep(self, records: Sequence[VerdictRecord]) -> Sequence[VerdictRecord]:
        """Keep these; one that is there already stays as it was."""
        return [self._records.setdefault(record.id, record) for record in records]

    async def find(self, id_or_beginning: str) -> Sequence[VerdictRecord]:
        """Records whose id begins so, at most ten."""
        found = sorted(id_ for id_ in self._records if id_.startswith(id_or_beginning))
        return [self._records[id_] for id_ in found[:_FOUND_AT_MOST]]

    async def decisive(self, agent: AgentName) -> Sequence[VerdictRecord]:
        """Records of the agent that settle a gate, in the order in which they were kept."""
        return [record for record in self._records.values() if record.agent == agent and record.is_decisive]

    async def latest(self, agent: AgentName, *, at_most: int = 100) -> Sequence[VerdictRecord]:
        """The agent's latest records, newest first."""
        own = [record for record in self._records.values() if record.agent == agent]
        return own[::-1][:at_most]
