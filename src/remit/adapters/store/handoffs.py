"""Handoffs in SQLite: one row each, which is the queue entry of Remit's own desk and the parcel to another centre."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from remit.adapters.store.database import SqliteDatabase
from remit.adapters.store.rows import record_from
from remit.conversations import ConversationId, TurnId
from remit.conversations.envelope import Envelope, HandoffId, envelope_from
from remit.conversations.handoff import PRIORITIES
from remit.errors import HandoffUnknown
from remit.runtime.ports import TurnRecord
from remit.supervision import handoffs
from remit.supervision.handoffs import Delivery, Handoff, delivery_of, first_state, leased
from remit.supervision.ports import Kept

_COLUMNS = (
    "envelope, state, held_by, ended_at, destination, deadline, n_attempts, delivered_at, reference, problem, due_at"
)
_ENTRY = "kind <> 'message'"
_OPEN = "state in ('waiting', 'taken')"


class SqliteHandoffs:
    """Implements `HandoffQueue`, `HandoffDesk` and `HandoffOutbox`."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    async def put(self, envelope: Envelope, to: str, now: datetime) -> Kept:
        """Keep it once."""

        def work(connection: sqlite3.Connection) -> Kept:
            delivery = leased(delivery_of(to, now), now)
            first = _insert(connection, Handoff(envelope, delivery, first_state(envelope.kind)), now)
            return Kept(_one(connection, envelope.id), first=first)

        return await self._database.write(work)

    async def handoff(self, handoff: HandoffId) -> Handoff:
        """One of them."""
        return await self._database.read(lambda connection: _one(connection, handoff))

    async def waiting(self, queue: str = "", *, at_most: int = 50) -> Sequence[Handoff]:
        """Open ones, most urgent and then oldest first."""
        return await self._many(
            f"where {_OPEN} and {_ENTRY} and (? = '' or queue = ?) order by urgency, created_at limit ?",
            (queue, queue, at_most),
        )

    async def of_conversation(self, conversation: ConversationId) -> Sequence[Handoff]:
        """All of one conversation, oldest first."""
        return await self._many(f"where conversation = ? and {_ENTRY} order by created_at, rowid", (conversation,))

    async def n_waiting(self, queue: str) -> int:
        """How many nobody has taken."""

        def work(connection: sqlite3.Connection) -> int:
            (n,) = connection.execute(
                f"select count(*) from handoffs where state = 'waiting' and {_ENTRY} and queue = ?",  # noqa: S608
                (queue,),
            ).fetchone()
            return int(n)

        return await self._database.read(work)

    async def take(self, handoff: HandoffId, by: str) -> Handoff:
        """Somebody takes it."""
        return await self._change(handoff, lambda found: handoffs.take(found, by))

    async def close(self, handoff: HandoffId, by: str, now: datetime) -> Handoff:
        """People have ended it."""
        return await self._change(handoff, lambda found: handoffs.close(found, by, now))

    async def hand_back(self, handoff: HandoffId, by: str, now: datetime, *, most: int) -> Handoff:
        """The agent gets the conversation again."""

        def work(connection: sqlite3.Connection) -> Handoff:
            before = _one(connection, handoff)
            changed = handoffs.hand_back(before, by, now, most=most)
            if changed is not before:
                _write_state(connection, changed)
                conversation = changed.envelope.conversation
                connection.execute("update conversations set handed_off = null where id = ?", (conversation,))
            return changed

        return await self._database.write(work)

    async def take_due(self, now: datetime, *, at_most: int = 20) -> Sequence[Handoff]:
        """Those that are due, kept from others for a while."""

        def work(connection: sqlite3.Connection) -> list[Handoff]:
            rows = connection.execute(
                "update handoffs set n_attempts = n_attempts + 1, due_at = ? where id in"  # noqa: S608
                " (select id from handoffs where delivered_at is null and due_at <= ? order by due_at, rowid limit ?)"
                f" returning {_COLUMNS}",
                ((now + handoffs.LEASE).isoformat(), now.isoformat(), at_most),
            ).fetchall()
            return [_handoff_from(row) for row in rows]

        return await self._database.write(work)

    async def delivered(self, handoff: HandoffId, reference: str, now: datetime) -> None:
        """It has arrived."""
        await self._database.write(
            lambda connection: connection.execute(
                "update handoffs set delivered_at = ?, reference = ?, problem = '', due_at = null where id = ?",
                (now.isoformat(), reference, handoff),
            )
        )

    async def failed(self, handoff: HandoffId, *, again_at: datetime | None, problem: str) -> None:
        """It has not; None gives up."""
        due = None if again_at is None else again_at.isoformat()
        await self._database.write(
            lambda connection: connection.execute(
                "update handoffs set due_at = ?, problem = ? where id = ? and delivered_at is null",
                (due, problem, handoff),
            )
        )

    async def stuck(self, *, at_most: int = 50) -> Sequence[Handoff]:
        """Those whose last attempt failed, newest first."""
        return await self._many(
            f"where delivered_at is null and problem <> '' and ({_OPEN} or kind = 'message')"
            " order by created_at desc limit ?",
            (at_most,),
        )

    async def records_of(self, turn: TurnId) -> Sequence[TurnRecord]:
        """What the turn's journal holds by now, in the order of its writing."""

        def work(connection: sqlite3.Connection) -> list[TurnRecord]:
            rows = connection.execute(
                "select step, kind, content, at from turn_records where turn_id = ? order by position", (turn,)
            )
            return [record_from(row) for row in rows]

        return await self._database.read(work)

    async def _many(self, condition: str, values: Sequence[Any]) -> Sequence[Handoff]:
        def work(connection: sqlite3.Connection) -> list[Handoff]:
            rows = connection.execute(f"select {_COLUMNS} from handoffs {condition}", values)  # noqa: S608
            return [_handoff_from(row) for row in rows]

        return await self._database.read(work)

    async def _change(self, handoff: HandoffId, change: Callable[[Handoff], Handoff]) -> Handoff:
        def work(connection: sqlite3.Connection) -> Handoff:
            changed = change(_one(connection, handoff))
            _write_state(connection, changed)
            return changed

        return await self._database.write(work)


def _insert(connection: sqlite3.Connection, handoff: Handoff, now: datetime) -> bool:
    envelope, delivery = handoff.envelope, handoff.delivery
    return bool(
        connection.execute(
            "insert into handoffs (id, conversation, kind, reason, queue, urgency, envelope, created_at, state,"
            " held_by, destination, deadline, n_attempts, delivered_at, reference, problem, due_at)"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?, ?, ?, '', '', ?) on conflict (id) do nothing",
            (
                envelope.id,
                envelope.conversation,
                envelope.kind,
                envelope.reason.value,
                envelope.queue,
                PRIORITIES.index(envelope.priority),
                json.dumps(envelope.document(), default=str),
                now.isoformat(),
                handoff.state,
                delivery.to,
                delivery.deadline.isoformat(),
                delivery.n_attempts,
                _text(delivery.delivered_at),
                _text(delivery.due_at),
            ),
        ).rowcount
    )


def _one(connection: sqlite3.Connection, handoff: HandoffId) -> Handoff:
    row = connection.execute(f"select {_COLUMNS} from handoffs where id = ?", (handoff,)).fetchone()  # noqa: S608
    if row is None:
        raise HandoffUnknown(handoff)
    return _handoff_from(row)


def _write_state(connection: sqlite3.Connection, handoff: Handoff) -> None:
    connection.execute(
        "update handoffs set state = ?, held_by = ?, ended_at = ? where id = ?",
        (handoff.state, handoff.held_by, _text(handoff.ended_at), handoff.envelope.id),
    )


def _handoff_from(row: Sequence[Any]) -> Handoff:
    envelope, state, held_by, ended_at, to, deadline, n_attempts, delivered_at, reference, problem, due_at = row
    return Handoff(
        envelope_from(json.loads(envelope)),
        Delivery(
            to,
            datetime.fromisoformat(deadline),
            n_attempts,
            _moment(delivered_at),
            reference,
            problem,
            _moment(due_at),
        ),
        state,
        held_by,
        _moment(ended_at),
    )


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
