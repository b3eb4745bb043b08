"""Incidents in SQLite: opened with the order that answers them, closed by people."""

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from remit.adapters.store.database import SqliteDatabase
from remit.control.incidents import EventKind, Incident, IncidentId, TimelineEvent
from remit.conversations import AgentName, ConversationId, IntentName, ReleaseId
from remit.errors import IncidentUnknown

_COLUMNS = (
    "id, agent, release, intent, opened_at, title, why, conversations, n_conversations, scenario, closed_at,"
    " closed_because"
)


class SqliteIncidents:
    """Implements `Incidents`."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    async def list(self, agent: AgentName | None = None, *, only_open: bool = False) -> Sequence[Incident]:
        """Newest first."""

        def work(connection: sqlite3.Connection) -> list[Incident]:
            rows = connection.execute(
                f"select {_COLUMNS} from incidents where (? is null or agent = ?)"  # noqa: S608 - own names only
                " and (not ? or closed_at is null) order by opened_at desc, id desc",
                (agent, agent, only_open),
            ).fetchall()
            return [_with_timeline(connection, row) for row in rows]

        return await self._database.read(work)

    async def incident(self, incident: IncidentId) -> Incident:
        """One incident."""
        return await self._database.read(lambda connection: _one(connection, incident))

    async def add(self, incident: IncidentId, event: TimelineEvent, *, scenario: str = "") -> Incident:
        """A further line of its timeline; `CLOSED` closes it."""

        def work(connection: sqlite3.Connection) -> Incident:
            held = _one(connection, incident)
            if event.kind is EventKind.CLOSED and not held.is_open:
                return held
            _add_event(connection, incident, event)
            if scenario:
                connection.execute("update incidents set scenario = ? where id = ?", (scenario, incident))
            if event.kind is EventKind.CLOSED:
                connection.execute(
                    "update incidents set closed_at = ?, closed_because = ? where id = ?",
                    (event.at.isoformat(), event.what, incident),
                )
            return _one(connection, incident)

        return await self._database.write(work)


def open_incident(connection: sqlite3.Connection, incident: Incident) -> None:
    """Open it within a transaction that is under way; one that is open already stays as it is."""
    known = connection.execute("select 1 from incidents where id = ?", (incident.id,)).fetchone()
    if known is not None:
        return
    connection.execute(
        f"insert into incidents ({_COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, null, '')",  # noqa: S608 - own names
        (
            incident.id,
            incident.agent,
            incident.release,
            incident.intent,
            incident.opened_at.isoformat(),
            incident.title,
            incident.why,
            json.dumps(incident.conversations),
            incident.n_conversations,
            incident.scenario,
        ),
    )
    for event in incident.timeline:
        _add_event(connection, incident.id, event)


def _add_event(connection: sqlite3.Connection, incident: IncidentId, event: TimelineEvent) -> None:
    connection.execute(
        "insert into incident_events (incident, at, kind, what, by) values (?, ?, ?, ?, ?)",
        (incident, event.at.isoformat(), event.kind.value, event.what, event.by),
    )


def _one(connection: sqlite3.Connection, incident: IncidentId) -> Incident:
    row = connection.execute(f"select {_COLUMNS} from incidents where id = ?", (incident,)).fetchone()  # noqa: S608
    if row is None:
        raise IncidentUnknown(incident)
    return _with_timeline(connection, row)


def _with_timeline(connection: sqlite3.Connection, row: Sequence[Any]) -> Incident:
    number, agent, release, intent, opened_at, title, why, conversations, n, scenario, closed_at, because = row
    events = connection.execute(
        "select at, kind, what, by from incident_events where incident = ? order by seq", (number,)
    )
    return Incident(
        id=IncidentId(number),
        agent=AgentName(agent),
        release=ReleaseId(release),
        intent=IntentName(intent),
        opened_at=datetime.fromisoformat(opened_at),
        title=title,
        why=why,
        conversations=tuple(map(ConversationId, json.loads(conversations))),
        n_conversations=n,
        timeline=tuple(
            TimelineEvent(datetime.fromisoformat(at), EventKind(kind), what, by) for at, kind, what, by in events
        ),
        scenario=scenario,
        closed_at=None if closed_at is None else datetime.fromisoformat(closed_at),
        closed_because=because,
    )
