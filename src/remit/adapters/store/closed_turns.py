"""Turns in the order in which they ended: `close` gives each a place in the transaction that ends it."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from remit.adapters.store.database import SqliteDatabase
from remit.adapters.store.rows import record_from
from remit.conversations import ConversationId, CustomerId, Message, Turn, TurnId
from remit.runtime.ports import ClosedTurn

_TURNS = (
    "select c.seq, t.id, t.conversation_id, t.message, t.received_at, t.deadline, t.closed_at, v.customer"
    " from closed_turns c join turns t on t.id = c.turn_id join conversations v on v.id = t.conversation_id"
    " where c.seq > ? order by c.seq limit ?"
)


class SqliteClosedTurns:
    """Implements `ClosedTurns`."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    async def after(self, position: int, *, at_most: int = 100) -> Sequence[ClosedTurn]:
        """The next turns behind `position`, oldest end first."""

        def work(connection: sqlite3.Connection) -> list[ClosedTurn]:
            rows = connection.execute(_TURNS, (position, at_most)).fetchall()
            return [_closed_turn(connection, row) for row in rows]

        return await self._database.read(work)


def _closed_turn(connection: sqlite3.Connection, row: Sequence[Any]) -> ClosedTurn:
    seq, turn_id, conversation, message, received_at, deadline, closed_at, customer = row
    said = Message("customer", message, datetime.fromisoformat(received_at))
    records = connection.execute(
        "select step, kind, content, at from turn_records where turn_id = ? order by position", (turn_id,)
    )
    return ClosedTurn(
        position=seq,
        turn=Turn(TurnId(turn_id), ConversationId(conversation), said, datetime.fromisoformat(deadline)),
        customer=None if customer is None else CustomerId(customer),
        closed_at=datetime.fromisoformat(closed_at),
        records=tuple([record_from(row) for row in records]),
    )
