"""The book of grants, incidents, notices and exposure, in this process: for simulation and tests."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from remit.adapters.memory.audit import MemoryAuditLog
from remit.control.enacting import enact
from remit.control.grants import Remit, Scope, ScopeKind, Stop
from remit.control.incidents import EventKind, Incident, IncidentId, TimelineEvent
from remit.control.notices import DEADLINE, LEASE, Notice, Waiting
from remit.control.orders import Enacted, Order
from remit.conversations import AgentName
from remit.errors import IncidentUnknown

_EVERYTHING = Scope(ScopeKind.ALL)
_ROUNDING = 1e-9


class MemoryIncidents:
    """Implements `Incidents`."""

    def __init__(self) -> None:
        self._incidents: dict[IncidentId, Incident] = {}

    async def list(self, agent: AgentName | None = None, *, only_open: bool = False) -> Sequence[Incident]:
        """Newest first."""
        found = [
            one for one in self._incidents.values() if agent in (None, one.agent) and (one.is_open or not only_open)
        ]
        return sorted(found, key=lambda one: (one.opened_at, one.id), reverse=True)

    async def incident(self, incident: IncidentId) -> Incident:
        """One incident."""
        if incident not in self._incidents:
            raise IncidentUnknown(incident)
        return self._incidents[incident]

    async def add(self, incident: IncidentId, event: TimelineEvent, *, scenario: str = "") -> Incident:
        """A further line of its timeline; `CLOSED` closes it."""
        held = await self.incident(incident)
        if event.kind is EventKind.CLOSED and not held.is_open:
            return held
        after = replace(held, timeline=(*held.timeline, event), scenario=scenario or held.scenario)
        if event.kind is EventKind.CLOSED:
            after = replace(after, closed_at=event.at, closed_because=event.what)
        self._incidents[incident] = after
        return after

    def open_now(self, incident: Incident) -> None:
        """Open it; one that is open already stays as it is."""
        self._incidents.setdefault(incident.id, incident)


@dataclass(slots=True)
class _Kept:
    notice: Notice
    due_at: datetime | None
    deadline: datetime
    n_attempts: int = 0
    problem: str = ""
    sent_at: datetime | None = None

    def waiting(self) -> Waiting:
        return Waiting(self.notice, self.n_attempts, self.deadline)


class MemoryOutbox:
    """Implements `Outbox`."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}

    def put_now(self, notices: Sequence[Notice], now: datetime) -> None:
        """Keep notices; a known key is kept once."""
        for notice in notices:
            self._kept.setdefault(notice.key, _Kept(notice, now, now + DEADLINE))

    async def take(self, now: datetime, *, at_most: int = 20) -> Sequence[Waiting]:
        """Notices that are due, kept from others for a while."""
        due = [one for one in self._kept.values() if one.due_at is not None and one.due_at <= now][:at_most]
        for one in due:
            one.n_attempts += 1
            one.due_at = now + LEASE
        return [one.waiting() for one in due]

    async def sent(self, key: str, now: datetime) -> None:
        """It has arrived."""
        one = self._kept[key]
        one.sent_at, one.due_at, one.problem = now, None, ""

    async def failed(self, key: str, *, again_at: datetime | None, problem: str) -> None:
        """It has not; None gives up."""
        one = self._kept[key]
        if one.sent_at is None:
            one.due_at, one.problem = again_at, problem

    async def given_up(self) -> Sequence[tuple[Waiting, str]]:
        """Notices that will not be tried again, with the last problem."""
        return [
            (one.waiting(), one.problem) for one in self._kept.values() if one.due_at is None and one.sent_at is None
        ]


class MemoryGrantBook:
    """Implements `GrantBook` over the adapters beside it."""

    def __init__(
        self,
        *,
        audit: MemoryAuditLog | None = None,
        incidents: MemoryIncidents | None = None,
        outbox: MemoryOutbox | None = None,
    ) -> None:
        self.audit = audit or MemoryAuditLog()
        self.incidents = incidents or MemoryIncidents()
        self.outbox = outbox or MemoryOutbox()
        self._remits: dict[AgentName, Remit] = {}
        self._everything: Stop | None = None
        self._epoch_of_everything = 0
        self._keys: set[str] = set()

    async def remit(self, agent: AgentName) -> Remit:
        """All that the agent has earned, now."""
        return self.remit_now(agent)

    def remit_now(self, agent: AgentName) -> Remit:
        """The same without waiting, for a simulation's loop."""
        held = self._remits.get(agent, Remit(agent))
        stops = {scope: stop for scope, stop in held.stops.items() if scope != _EVERYTHING}
        if self._everything is not None:
            stops[_EVERYTHING] = self._everything
        return replace(held, stops=stops, epoch=held.epoch + self._epoch_of_everything)

    async def enact(self, order: Order) -> Enacted:
        """Carry out the order, once."""
        return self.enact_now(order)

    def enact_now(self, order: Order) -> Enacted:
        """The same without waiting."""
        before = self.remit_now(order.agent)
        if order.key in self._keys:
            return Enacted(before, (), first=False)
        enacted = enact(before, order)
        self._keys.add(order.key)
        self._remits[order.agent] = replace(enacted.remit, epoch=enacted.remit.epoch - self._epoch_of_everything)
        everything = enacted.remit.stops.get(_EVERYTHING)
        if everything != self._everything:
            self._everything = everything
            self._epoch_of_everything += 1
        for change in enacted.changes:
            self.audit.record_now(change)
        if enacted.tells(order):
            if order.incident is not None:
                self.incidents.open_now(order.incident)
            self.outbox.put_now(order.notices, order.at)
        return enacted


class MemoryExposure:
    """Implements `ExposureCounters`."""

    def __init__(self) -> None:
        self._sums: dict[tuple[AgentName, str, str], float] = {}
        self._answers: dict[tuple[AgentName, str, str, str], bool] = {}

    async def reserve(self, agent: AgentName, day: str, what: str, amount: float, *, cap: float, key: str) -> bool:
        """Add the amount unless the day's sum would go above the cap."""
        entry = (agent, day, what, key)
        if entry not in self._answers:
            spent = self._sums.get((agent, day, what), 0.0)
            self._answers[entry] = spent + amount <= cap + _ROUNDING
            if self._answers[entry]:
                self._sums[agent, day, what] = spent + amount
        return self._answers[entry]

    async def spent(self, agent: AgentName, day: str, what: str) -> float:
        """The day's sum."""
        return self._sums.get((agent, day, what), 0.0)
