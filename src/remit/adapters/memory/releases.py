"""Releases, lines, attempts, draws and fingerprints, in this process."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from remit.conversations import AgentName, ConversationId, IntentName, ReleaseId
from remit.errors import ReleaseConflict
from remit.releases.attempts import Attempt
from remit.releases.canary import Assignment
from remit.releases.fingerprint import DriftCheck, Fingerprint
from remit.releases.life import Line
from remit.releases.model import Registration
from remit.statistics import Arm

_AttemptKey = tuple[AgentName, IntentName, ReleaseId, str]


class MemoryReleases:
    """Implements `Registry` and `Lives` with dictionaries."""

    def __init__(self) -> None:
        self._registrations: dict[tuple[AgentName, ReleaseId], Registration] = {}
        self._lines: dict[tuple[AgentName, IntentName], Line] = {}
        self._attempts: dict[_AttemptKey, Attempt] = {}

    async def register(self, registration: Registration) -> bool:
        """Keep it; False if it is registered already."""
        release = registration.release
        known = self._registrations.setdefault((release.agent, release.id), registration)
        if known.release != release:
            raise ReleaseConflict(release.agent, release.id)
        return known is registration

    async def registrations(self, agent: AgentName | None = None) -> Sequence[Registration]:
        """All of an agent, or of every agent, oldest first."""
        return [one for one in self._registrations.values() if agent in (None, one.release.agent)]

    async def lines(self, agent: AgentName) -> Mapping[IntentName, Line]:
        """The agent's lines."""
        return {line.intent: line for _, line in sorted(self._lines.items()) if line.agent == agent}

    async def attempts(self, agent: AgentName) -> Sequence[Attempt]:
        """All attempts of the agent, oldest first."""
        return [one for one in self._attempts.values() if one.agent == agent]

    async def change(self, lines: Sequence[Line], attempts: Sequence[Attempt] = ()) -> bool:
        """Keep these lines and attempts, all or none; False if another one was faster."""
        known = {(line.agent, line.intent): self._lines.get((line.agent, line.intent)) for line in lines}
        for line in lines:
            before = known[(line.agent, line.intent)]
            if line.version != (0 if before is None else before.version):
                return False
        for line in lines:
            self._lines[(line.agent, line.intent)] = replace(line, version=line.version + 1)
        for one in attempts:
            self._attempts[(one.agent, one.intent, one.release, one.opened_at.isoformat())] = one
        return True


class MemoryAssignments:
    """Implements `Assignments` with a dictionary."""

    def __init__(self) -> None:
        self._by_conversation: dict[ConversationId, Assignment] = {}
        self._firsts: dict[tuple[str, str], Assignment] = {}

    async def pin(self, assignment: Assignment) -> Assignment:
        """Keep the draw unless the conversation has one; returns the one that holds."""
        held = self._by_conversation.setdefault(assignment.conversation, assignment)
        self._firsts.setdefault((held.salt, held.customer), held)
        return held

    async def of(self, conversation: ConversationId) -> Assignment | None:
        """The conversation's draw."""
        return self._by_conversation.get(conversation)

    async def customers(self, salt: str) -> Mapping[tuple[Arm, float], int]:
        """Customers by arm and share, each as first assigned."""
        firsts = (one for (of, _), one in self._firsts.items() if of == salt)
        return dict(Counter((one.arm, one.share) for one in firsts))

    async def n_carried(self, salt: str, share: float) -> int:
        """Conversations that the canary has carried at this share."""
        every = self._by_conversation.values()
        return sum(one.salt == salt and one.share == share and one.arm == "canary" for one in every)


class MemoryFingerprints:
    """Implements `Fingerprints` with a list."""

    def __init__(self) -> None:
        self._kept: list[tuple[Fingerprint, Mapping[str, str], DriftCheck | None]] = []

    async def keep(self, fingerprint: Fingerprint, probes: Mapping[str, str], check: DriftCheck | None) -> None:
        """Keep a round; without a check it is the new baseline."""
        self._kept.append((fingerprint, dict(probes), check))

    async def baseline(self, agent: AgentName, release: ReleaseId) -> tuple[Fingerprint, Mapping[str, str]] | None:
        """The newest baseline of the release with its probes."""
        baselines = ((one, probes) for one, probes, check in self._of(agent, release) if check is None)
        return next(baselines, None)

    async def last_check(self, agent: AgentName, release: ReleaseId) -> DriftCheck | None:
        """The newest check since the baseline."""
        newest = next(iter(self._of(agent, release)), None)
        return None if newest is None else newest[2]

    async def last_taken(self, agent: AgentName, release: ReleaseId) -> datetime | None:
        """When the release was probed last."""
        newest = next(iter(self._of(agent, release)), None)
        return None if newest is None else newest[0].at

    def _of(
        self, agent: AgentName, release: ReleaseId
    ) -> list[tuple[Fingerprint, Mapping[str, str], DriftCheck | None]]:
        return [one for one in reversed(self._kept) if (one[0].agent, one[0].release) == (agent, release)]
