"""Registered releases, where they stand, their attempts, the draws of canaries and fingerprints, in SQLite."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime

from remit.adapters.store.audit import record_in
from remit.adapters.store.control import enact_in
from remit.adapters.store.database import SqliteDatabase
from remit.adapters.store.release_rows import (
    attempt_from,
    check_from,
    fingerprint_from,
    line_from,
    registration_from,
    text_of_attempt,
    text_of_check,
    text_of_line,
    text_of_registration,
    text_of_replies,
)
from remit.audit import Change
from remit.control.orders import Order
from remit.conversations import AgentName, ConversationId, IntentName, ReleaseId
from remit.errors import ReleaseConflict
from remit.releases.attempts import Attempt
from remit.releases.canary import Assignment
from remit.releases.fingerprint import DriftCheck, Fingerprint
from remit.releases.life import Line
from remit.releases.model import Registration
from remit.statistics import Arm


class _Outrun(Exception):
    """Another process was faster; rolls the transaction back."""


class SqliteReleases:
    """Implements `Registry` and `Lives`."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    async def register(self, registration: Registration, *, recorded: Change | None = None) -> bool:
        """Keep it; False if it is registered already. What is new is recorded in the audit log with it."""

        def work(connection: sqlite3.Connection) -> bool:
            is_new = _register(connection, registration)
            if is_new and recorded is not None:
                record_in(connection, recorded)
            return is_new

        return await self._database.write(work)

    async def registrations(self, agent: AgentName | None = None) -> Sequence[Registration]:
        """All of an agent, or of every agent, oldest first."""
        where, values = ("", ()) if agent is None else (" where agent = ?", (agent,))
        statement = f"select agent, release, content from releases{where} order by position"  # noqa: S608 - values are bound
        rows = await self._database.read(lambda connection: connection.execute(statement, values).fetchall())
        return [registration_from(*row) for row in rows]

    async def lines(self, agent: AgentName) -> Mapping[IntentName, Line]:
        """The agent's lines."""
        return await self._database.read(lambda connection: read_lines(connection, agent))

    async def attempts(self, agent: AgentName) -> Sequence[Attempt]:
        """All attempts of the agent, oldest first."""
        statement = (
            "select agent, intent, release, opened_at, ending, content from release_attempts where agent = ?"
            " order by position"
        )
        rows = await self._database.read(lambda connection: connection.execute(statement, (agent,)).fetchall())
        return [attempt_from(row) for row in rows]

    async def change(
        self,
        lines: Sequence[Line],
        attempts: Sequence[Attempt] = (),
        *,
        order: Order | None = None,
        recorded: Sequence[Change] = (),
    ) -> bool:
        """Keep these lines and attempts, all or none; False if another process was faster.

        Args:
            lines: With the version that they were read at.
            attempts: New or changed.
            order: What follows for the grants, in the same transaction.
            recorded: Lines of the audit log, in the same transaction.
        """

        def work(connection: sqlite3.Connection) -> None:
            for line in lines:
                _keep_line(connection, line)
            for attempt in attempts:
                _keep_attempt(connection, attempt)
            if order is not None:
                enact_in(connection, order)
            for one in recorded:
                record_in(connection, one)

        try:
            await self._database.write(work)
        except _Outrun:
            return False
        return True


class SqliteAssignments:
    """Implements `Assignments`."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    async def pin(self, assignment: Assignment) -> Assignment:
        """Keep the draw unless the conversation has one; returns the one that holds."""
        return await self._database.write(lambda connection: _pin(connection, assignment))

    async def of(self, conversation: ConversationId) -> Assignment | None:
        """The conversation's draw."""
        return await self._database.read(lambda connection: _assignment(connection, conversation))

    async def customers(self, salt: str) -> Mapping[tuple[Arm, float], int]:
        """Customers by arm and share, each as first assigned."""
        statement = (
            "select arm, share, count(*) from canary_assignments where salt = ? and first_of_customer"
            " group by arm, share"
        )
        rows = await self._database.read(lambda connection: connection.execute(statement, (salt,)).fetchall())
        return {(arm, share): n for arm, share, n in rows}

    async def n_carried(self, salt: str, share: float) -> int:
        """Conversations that the canary has carried at this share."""
        statement = "select count(*) from canary_assignments where salt = ? and share = ? and arm = 'canary'"
        (row,) = await self._database.read(lambda connection: connection.execute(statement, (salt, share)).fetchall())
        return int(row[0])


class SqliteFingerprints:
    """Implements `Fingerprints`."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    async def keep(self, fingerprint: Fingerprint, probes: Mapping[str, str], check: DriftCheck | None) -> None:
        """Keep a round; without a check it is the new baseline."""
        row = (
            fingerprint.agent,
            fingerprint.release,
            fingerprint.at.isoformat(),
            json.dumps(dict(probes), sort_keys=True),
            text_of_replies(fingerprint),
            None if check is None else text_of_check(check),
        )
        statement = 'insert into fingerprints (agent, release, at, probes, replies, "check") values (?, ?, ?, ?, ?, ?)'
        await self._database.write(lambda connection: connection.execute(statement, row))

    async def baseline(self, agent: AgentName, release: ReleaseId) -> tuple[Fingerprint, Mapping[str, str]] | None:
        """The newest baseline of the release with its probes."""
        statement = (
            "select agent, release, at, replies, probes from fingerprints where agent = ? and release = ?"
            ' and "check" is null order by position desc limit 1'
        )
        rows = await self._database.read(lambda connection: connection.execute(statement, (agent, release)).fetchall())
        return None if not rows else (fingerprint_from(*rows[0][:4]), json.loads(rows[0][4]))

    async def last_check(self, agent: AgentName, release: ReleaseId) -> DriftCheck | None:
        """The newest check since the baseline."""
        statement = 'select "check" from fingerprints where agent = ? and release = ? order by position desc limit 1'
        rows = await self._database.read(lambda connection: connection.execute(statement, (agent, release)).fetchall())
        return check_from(rows[0][0]) if rows and rows[0][0] is not None else None

    async def last_taken(self, agent: AgentName, release: ReleaseId) -> datetime | None:
        """When the release was probed last."""
        statement = "select at from fingerprints where agent = ? and release = ? order by position desc limit 1"
        rows = await self._database.read(lambda connection: connection.execute(statement, (agent, release)).fetchall())
        return datetime.fromisoformat(rows[0][0]) if rows else None


# ── releases and lines ────────────────────────────────────────────────────────────────────────────
def read_lines(connection: sqlite3.Connection, agent: AgentName) -> Mapping[IntentName, Line]:
    """The agent's lines as the table has them."""
    statement = "select agent, intent, version, content from release_lines where agent = ? order by intent"
    return {IntentName(row[1]): line_from(*row) for row in connection.execute(statement, (agent,))}


def _register(connection: sqlite3.Connection, one: Registration) -> bool:
    release = one.release
    known = connection.execute(
        "select content from releases where agent = ? and release = ?", (release.agent, release.id)
    ).fetchone()
    if known is not None:
        if registration_from(release.agent, release.id, known[0]).release != release:
            raise ReleaseConflict(release.agent, release.id)
        return False
    connection.execute(
        "insert into releases (agent, release, content) values (?, ?, ?)",
        (release.agent, release.id, text_of_registration(one)),
    )
    return True


def _keep_line(connection: sqlite3.Connection, line: Line) -> None:
    content = text_of_line(line)
    if line.version == 0:
        kept = connection.execute(
            "insert into release_lines (agent, intent, version, content) values (?, ?, 1, ?) on conflict do nothing",
            (line.agent, line.intent, content),
        )
    else:
        kept = connection.execute(
            "update release_lines set version = version + 1, content = ?"
            " where agent = ? and intent = ? and version = ?",
            (content, line.agent, line.intent, line.version),
        )
    if not kept.rowcount:
        raise _Outrun


def _keep_attempt(connection: sqlite3.Connection, one: Attempt) -> None:
    connection.execute(
        "insert into release_attempts (agent, intent, release, opened_at, ending, content) values (?, ?, ?, ?, ?, ?)"
        " on conflict (agent, intent, release, opened_at) do update set ending = excluded.ending,"
        " content = excluded.content",
        (one.agent, one.intent, one.release, one.opened_at.isoformat(), one.ending.value, text_of_attempt(one)),
    )


# ── draws ─────────────────────────────────────────────────────────────────────────────────────────
def _pin(connection: sqlite3.Connection, one: Assignment) -> Assignment:
    known = _assignment(connection, one.conversation)
    if known is not None:
        return known
    seen = connection.execute(
        "select 1 from canary_assignments where salt = ? and customer = ? limit 1", (one.salt, one.customer)
    ).fetchone()
    connection.execute(
        "insert into canary_assignments (conversation, agent, release, arm, share, intent, salt, customer,"
        " first_of_customer, at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            one.conversation,
            one.agent,
            one.release,
            one.arm,
            one.share,
            one.intent,
            one.salt,
            one.customer,
            seen is None,
            one.at.isoformat(),
        ),
    )
    return one


def _assignment(connection: sqlite3.Connection, conversation: ConversationId) -> Assignment | None:
    row = connection.execute(
        "select agent, release, arm, share, intent, salt, customer, at from canary_assignments where conversation = ?",
        (conversation,),
    ).fetchone()
    if row is None:
        return None
    agent, release, arm, share, intent, salt, customer, at = row
    return Assignment(
        conversation,
        AgentName(agent),
        ReleaseId(release),
        arm,
        share,
        IntentName(intent),
        salt,
        customer,
        datetime.fromisoformat(at),
    )
