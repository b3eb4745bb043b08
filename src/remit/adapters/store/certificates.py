"""Certificates in SQLite. Only whether one was withdrawn ever changes."""

import json
import sqlite3
from collections.abc import Sequence

from remit.adapters.store.control import raise_epoch
from remit.adapters.store.database import SqliteDatabase
from remit.calibration.certificate import Certificate, CertificateId
from remit.calibration.ports import KeptCertificate
from remit.conversations import AgentName
from remit.runtime.ports import Clock


class SqliteCertificates:
    """Implements `Certificates`. A change raises the agent's epoch, so that turns under way read their rules again."""

    def __init__(self, database: SqliteDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def keep(self, certificates: Sequence[Certificate]) -> None:
        """Keep these and withdraw the earlier ones of the same agents and intents, all or none."""
        now = self._clock.now().isoformat()
        await self._database.write(lambda connection: _keep(connection, certificates, now))

    async def in_force(self, agent: AgentName) -> Sequence[Certificate]:
        """Those that nobody has withdrawn, oldest first."""
        return await self._database.read(lambda connection: _in_force(connection, agent))

    async def every(self, agent: AgentName) -> Sequence[KeptCertificate]:
        """All of the agent's, oldest first."""
        statement = "select content, withdrawn from certificates where agent = ? order by seq"
        rows = await self._database.read(lambda connection: connection.execute(statement, (agent,)).fetchall())
        return [KeptCertificate(_certificate(row[0]), row[1]) for row in rows]

    async def withdraw(self, certificate: CertificateId, why: str) -> bool:
        """Take it back; False if it is not known or was withdrawn before."""
        now = self._clock.now().isoformat()
        return await self._database.write(lambda connection: _withdraw(connection, certificate, why, now))

    async def newest(self, agent: AgentName) -> tuple[int, int]:
        """A mark that moves with every change of the agent's certificates; reading it is cheap."""
        statement = "select coalesce(max(seq), 0), coalesce(sum(withdrawn != ''), 0) from certificates where agent = ?"
        row = await self._database.read(lambda connection: connection.execute(statement, (agent,)).fetchone())
        return int(row[0]), int(row[1])


def _keep(connection: sqlite3.Connection, certificates: Sequence[Certificate], now: str) -> None:
    known = {row[0] for row in connection.execute("select id from certificates")}
    new = [each for each in certificates if each.id not in known]
    for agent in sorted({each.agent for each in new}):
        for earlier in _in_force(connection, agent):
            later = next((each for each in new if each.supersedes(earlier)), None)
            if later is not None:
                _mark(connection, earlier.id, f"superseded by certificate {later.id}", now)
        raise_epoch(connection, agent, now)
    connection.executemany(
        "insert into certificates (id, agent, release, policy, content, issued_at, expires_at, withdrawn)"
        " values (?, ?, ?, ?, ?, ?, ?, '')",
        [
            (
                each.id,
                each.agent,
                each.release,
                each.policy,
                json.dumps(each.document(), sort_keys=True),
                each.issued_at.isoformat(),
                each.expires_at.isoformat(),
            )
            for each in new
        ],
    )


def _in_force(connection: sqlite3.Connection, agent: AgentName) -> list[Certificate]:
    rows = connection.execute(
        "select content from certificates where agent = ? and withdrawn = '' order by seq", (agent,)
    )
    return [_certificate(content) for (content,) in rows.fetchall()]


def _withdraw(connection: sqlite3.Connection, certificate: CertificateId, why: str, now: str) -> bool:
    row = connection.execute(
        "select agent from certificates where id = ? and withdrawn = ''", (certificate,)
    ).fetchone()
    if row is None:
        return False
    _mark(connection, certificate, why, now)
    raise_epoch(connection, AgentName(row[0]), now)
    return True


def _mark(connection: sqlite3.Connection, certificate: CertificateId, why: str, now: str) -> None:
    connection.execute("update certificates set withdrawn = ?, withdrawn_at = ? where id = ?", (why, now, certificate))


def _certificate(content: str) -> Certificate:
    return Certificate.of(json.loads(content))
