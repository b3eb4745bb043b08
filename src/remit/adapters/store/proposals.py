"""Promotions that wait for signatures, in SQLite: each signature with its line in the audit log."""

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime

from remit.adapters.store.audit import record_in
from remit.adapters.store.control import actor_from, actor_text
from remit.adapters.store.database import SqliteDatabase
from remit.audit import Change
from remit.control.proposals import Asked, Proposal, ask
from remit.control.widening import SignOff
from remit.conversations import AgentName, IntentName, ReleaseId
from remit.identity import Actor
from remit.policy.levels import AutonomyLevel


class SqliteProposals:
    """Implements `Proposals`."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    async def ask(
        self, asked: Asked, by: Actor, functions: Sequence[str], *, reason: str, now: datetime
    ) -> tuple[Proposal, bool]:
        """Propose, or sign what is proposed."""

        def work(connection: sqlite3.Connection) -> tuple[Proposal, bool]:
            row = connection.execute("select content from proposals where key = ?", (asked.key,)).fetchone()
            held = None if row is None else _proposal_from(row[0])
            after = ask(held, asked, by, functions, reason=reason, now=now)
            if after == held:
                return after, False
            connection.execute(
                "insert into proposals (key, agent, content) values (?, ?, ?)"
                " on conflict (key) do update set content = excluded.content",
                (asked.key, asked.agent, _text(after)),
            )
            record_in(connection, _change(after, by, reason, now))
            return after, True

        return await self._database.write(work)

    async def open(self, agent: AgentName, now: datetime) -> Sequence[Proposal]:
        """Those that still collect signatures, oldest first."""

        def work(connection: sqlite3.Connection) -> list[Proposal]:
            rows = connection.execute("select content from proposals where agent = ? order by rowid", (agent,))
            return [found for (text,) in rows if (found := _proposal_from(text)).is_open(now)]

        return await self._database.read(work)

    async def close(self, asked: Asked) -> None:
        """It was carried out."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("delete from proposals where key = ?", (asked.key,))

        await self._database.write(work)


def _change(proposal: Proposal, by: Actor, reason: str, now: datetime) -> Change:
    asked = proposal.asked
    own = [one.function for one in proposal.signed if one.by.id == by.id]
    action = "promotion_signed" if own else "promotion_proposed"
    return Change(
        key=f"{action}:{proposal.order_key}:{by.id}",
        at=now,
        actor=by,
        action=action,
        subject=f"{asked.agent}/{asked.intent}",
        reason=reason,
        after={"level": asked.level.label, "release": asked.release, "signed_for": ", ".join(own)},
    )


def _text(proposal: Proposal) -> str:
    asked = proposal.asked
    return json.dumps(
        {
            "asked": [asked.agent, asked.intent, asked.release, asked.policy, asked.level.label],
            "by": actor_text(proposal.by),
            "at": proposal.at.isoformat(),
            "reason": proposal.reason,
            "signed": [[actor_text(one.by), one.function, one.at.isoformat()] for one in proposal.signed],
        }
    )


def _proposal_from(text: str) -> Proposal:
    document = json.loads(text)
    agent, intent, release, policy, level = document["asked"]
    return Proposal(
        Asked(AgentName(agent), IntentName(intent), ReleaseId(release), policy, AutonomyLevel.named(level)),
        actor_from(document["by"]),
        datetime.fromisoformat(document["at"]),
        document["reason"],
        tuple(SignOff(actor_from(by), function, datetime.fromisoformat(at)) for by, function, at in document["signed"]),
    )
