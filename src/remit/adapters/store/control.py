"""The book of grants in SQLite: every order is one transaction with its epoch, its audit lines and its notices."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from remit.adapters.store.audit import record_in
from remit.adapters.store.database import SqliteDatabase
from remit.adapters.store.incidents import open_incident
from remit.adapters.store.outbox import put_in_outbox
from remit.control.enacting import enact
from remit.control.grants import (
    Freeze,
    Grant,
    RaisedSampling,
    Remit,
    Scope,
    ScopeKind,
    Stop,
    Thresholds,
    Waiver,
    WaiverId,
)
from remit.control.orders import Enacted, Order
from remit.conversations import AgentName, IntentName, ReleaseId
from remit.identity import Actor, ActorId, Proof, Role
from remit.policy.levels import AutonomyLevel
from remit.tools import ToolName

EVERYBODY = AgentName("")
"""Under this name stands what concerns every agent: the stop of everything, and its epoch."""


class SqliteGrantBook:
    """Implements `GrantBook`."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    async def remit(self, agent: AgentName) -> Remit:
        """All that the agent has earned, now."""
        return await self._database.read(lambda connection: read_remit(connection, agent))

    async def enact(self, order: Order) -> Enacted:
        """Carry out the order in one transaction, once."""
        return await self._database.write(lambda connection: enact_in(connection, order))


def enact_in(connection: sqlite3.Connection, order: Order) -> Enacted:
    """Carry out the order within a transaction that is under way, so that more can be kept with it."""
    remit = read_remit(connection, order.agent)
    try:
        connection.execute(
            "insert into orders (key, agent, at) values (?, ?, ?)", (order.key, order.agent, order.at.isoformat())
        )
    except sqlite3.IntegrityError:
        return Enacted(remit, (), first=False)
    enacted = enact(remit, order)
    if enacted.changes:
        _write_remit(connection, remit, enacted.remit, order.at)
    for change in enacted.changes:
        record_in(connection, change)
    if enacted.tells(order):
        if order.incident is not None:
            open_incident(connection, order.incident)
        put_in_outbox(connection, order.notices, order.at)
    return enacted


# ── reading ───────────────────────────────────────────────────────────────────────────────────────
def read_epoch(connection: sqlite3.Connection, agent: AgentName) -> int:
    """Grows with every change of the agent's remit and of the stop of everything."""
    row = connection.execute("select sum(epoch) from control where agent in (?, ?)", (agent, EVERYBODY)).fetchone()
    return row[0] or 0


def read_remit(connection: sqlite3.Connection, agent: AgentName) -> Remit:
    """The remit as the tables have it; stops of everything included."""
    stops = connection.execute(
        "select kind, subject, by, why, since from stops where agent in (?, ?)", (agent, EVERYBODY)
    )
    return Remit(
        agent=agent,
        epoch=read_epoch(connection, agent),
        grants={grant.key: grant for grant in _rows(connection, "grants", agent, _grant_from)},
        waivers={waiver.key: waiver for waiver in _rows(connection, "waivers", agent, _waiver_from)},
        stops={stop.scope: stop for stop in map(_stop_from, stops)},
        freezes={freeze.intent: freeze for freeze in _rows(connection, "freezes", agent, _freeze_from)},
        sampling={one.intent: one for one in _rows(connection, "raised_sampling", agent, _sampling_from)},
    )


_COLUMNS = {
    "grants": "agent, intent, release, policy, level, restorable, since, why, owner, send_threshold, ask_threshold,"
    " certificate, limits, provisional, evidence, narrowed_at",
    "waivers": "agent, intent, release, id, policy, level, by, reason, since, expires_at",
    "freezes": "agent, intent, by, why, since, until",
    "raised_sampling": "agent, intent, share, why, since",
}


def _rows(connection: sqlite3.Connection, table: str, agent: AgentName, read: Any) -> list[Any]:
    statement = f"select {_COLUMNS[table]} from {table} where agent = ? order by rowid"  # noqa: S608 - own names only
    return [read(row) for row in connection.execute(statement, (agent,))]


def _grant_from(row: Sequence[Any]) -> Grant:
    agent, intent, release, policy, level, restorable, since, why, owner, send, ask, certificate, *rest = row
    limits, provisional, evidence, narrowed_at = rest
    return Grant(
        agent=agent,
        intent=intent,
        release=release,
        policy=policy,
        level=AutonomyLevel(level),
        restorable=AutonomyLevel(restorable),
        since=datetime.fromisoformat(since),
        why=why,
        owner=owner,
        thresholds=None if certificate is None else Thresholds(send, ask, certificate),
        limits={ToolName(tool): limit for tool, limit in json.loads(limits).items()},
        provisional=bool(provisional),
        evidence=tuple(json.loads(evidence)),
        narrowed_at=None if narrowed_at is None else datetime.fromisoformat(narrowed_at),
    )


def _waiver_from(row: Sequence[Any]) -> Waiver:
    _, intent, release, number, policy, level, by, reason, since, expires_at = row
    return Waiver(
        WaiverId(number),
        IntentName(intent),
        ReleaseId(release),
        policy,
        AutonomyLevel(level),
        actor_from(by),
        reason,
        datetime.fromisoformat(since),
        datetime.fromisoformat(expires_at),
    )


def _stop_from(row: Sequence[Any]) -> Stop:
    kind, subject, by, why, since = row
    return Stop(Scope(ScopeKind(kind), subject), actor_from(by), why, datetime.fromisoformat(since))


def _freeze_from(row: Sequence[Any]) -> Freeze:
    _, intent, by, why, since, until = row
    ends = None if until is None else datetime.fromisoformat(until)
    return Freeze(IntentName(intent), actor_from(by), why, datetime.fromisoformat(since), ends)


def _sampling_from(row: Sequence[Any]) -> RaisedSampling:
    _, intent, share, why, since = row
    return RaisedSampling(IntentName(intent), share, why, datetime.fromisoformat(since))


# ── writing ───────────────────────────────────────────────────────────────────────────────────────
def _write_remit(connection: sqlite3.Connection, before: Remit, after: Remit, at: datetime) -> None:
    agent = after.agent
    _replace(connection, "grants", agent, before=before.grants, after=after.grants, row_of=_grant_row)
    _replace(connection, "waivers", agent, before=before.waivers, after=after.waivers, row_of=_waiver_row)
    _replace(connection, "freezes", agent, before=before.freezes, after=after.freezes, row_of=_freeze_row)
    _replace(connection, "raised_sampling", agent, before=before.sampling, after=after.sampling, row_of=_sampling_row)
    everybody = _write_stops(connection, agent, before.stops, after.stops)
    raise_epoch(connection, agent, at.isoformat(), by=after.epoch - before.epoch)
    if everybody:
        raise_epoch(connection, EVERYBODY, at.isoformat())


def _replace(
    connection: sqlite3.Connection,
    table: str,
    agent: AgentName,
    *,
    before: Mapping[Any, Any],
    after: Mapping[Any, Any],
    row_of: Any,
) -> None:
    """Rewrite the agent's rows of the table if they have changed: a remit is small and changes seldom."""
    if before == after:
        return
    connection.execute(f"delete from {table} where agent = ?", (agent,))  # noqa: S608 - own names only
    places = ", ".join("?" for _ in _COLUMNS[table].split(","))
    statement = f"insert into {table} ({_COLUMNS[table]}) values ({places})"  # noqa: S608 - own names only
    connection.executemany(statement, [(agent, *row_of(one)) for one in after.values()])


def _grant_row(grant: Grant) -> tuple[Any, ...]:
    held = grant.thresholds
    return (
        grant.intent,
        grant.release,
        grant.policy,
        int(grant.level),
        int(grant.restorable),
        grant.since.isoformat(),
        grant.why,
        grant.owner,
        None if held is None else held.send,
        None if held is None else held.ask,
        None if held is None else held.certificate,
        json.dumps(dict(grant.limits)),
        int(grant.provisional),
        json.dumps(grant.evidence),
        None if grant.narrowed_at is None else grant.narrowed_at.isoformat(),
    )


def _waiver_row(waiver: Waiver) -> tuple[Any, ...]:
    return (
        waiver.intent,
        waiver.release,
        waiver.id,
        waiver.policy,
        int(waiver.level),
        actor_text(waiver.by),
        waiver.reason,
        waiver.since.isoformat(),
        waiver.expires_at.isoformat(),
    )


def _freeze_row(freeze: Freeze) -> tuple[Any, ...]:
    until = None if freeze.until is None else freeze.until.isoformat()
    return freeze.intent, actor_text(freeze.by), freeze.why, freeze.since.isoformat(), until


def _sampling_row(one: RaisedSampling) -> tuple[Any, ...]:
    return one.intent, one.share, one.why, one.since.isoformat()


def _write_stops(
    connection: sqlite3.Connection, agent: AgentName, before: Mapping[Scope, Stop], after: Mapping[Scope, Stop]
) -> bool:
    """Returns whether the stop of everything was set or lifted."""
    changed = [scope for scope in {**before, **after} if before.get(scope) != after.get(scope)]
    for scope in changed:
        owner = EVERYBODY if scope.kind is ScopeKind.ALL else agent
        place = (owner, scope.kind.value, scope.subject)
        connection.execute("delete from stops where agent = ? and kind = ? and subject = ?", place)
        stop = after.get(scope)
        if stop is not None:
            connection.execute(
                "insert into stops (agent, kind, subject, by, why, since) values (?, ?, ?, ?, ?, ?)",
                (*place, actor_text(stop.by), stop.why, stop.since.isoformat()),
            )
    return any(scope.kind is ScopeKind.ALL for scope in changed)


def raise_epoch(connection: sqlite3.Connection, agent: AgentName, at: str, *, by: int = 1) -> None:
    """Every process and every turn under way reads the agent's rules again."""
    connection.execute(
        "insert into control (agent, epoch, changed_at) values (?, ?, ?)"
        " on conflict (agent) do update set epoch = epoch + excluded.epoch, changed_at = excluded.changed_at",
        (agent, by, at),
    )


# ── actors ────────────────────────────────────────────────────────────────────────────────────────
def actor_text(actor: Actor) -> str:
    """An actor as the tables keep them."""
    return json.dumps(
        {
            "functions": sorted(actor.functions),
            "id": actor.id,
            "name": actor.name,
            "proof": actor.proof.value,
            "roles": sorted(_values(actor.roles)),
        }
    )


def _values(roles: Iterable[Role]) -> list[str]:
    return [role.value for role in roles]


def actor_from(text: str) -> Actor:
    """The actor that `actor_text` wrote down."""
    document = json.loads(text)
    return Actor(
        ActorId(document["id"]),
        document["name"],
        frozenset(map(Role, document["roles"])),
        Proof(document["proof"]),
        frozenset(document["functions"]),
    )
