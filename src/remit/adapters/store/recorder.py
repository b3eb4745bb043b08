"""The journal of turns in SQLite: two durable writes for a turn without tools."""

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta

from remit.adapters.store.database import SqliteDatabase
from remit.adapters.store.rows import conversation_from, entry_from, entry_row, record_from
from remit.conversations import Conversation, ConversationId, CustomerId, Message, Turn, TurnId
from remit.errors import JournalConflict, TurnInProgress
from remit.runtime.codec import encode_content
from remit.runtime.ports import Clock, TurnRecord

LOADED_ENTRIES = 80
"""How much of a very long conversation a turn sees; the rest stays in the store."""


class SqliteRecorder:
    """Implements `Recorder`."""

    waits = True

    def __init__(self, database: SqliteDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._n_loaded: dict[TurnId, int] = {}

    async def begin(self, conversation: ConversationId, *, channel: str, customer: CustomerId | None = None) -> None:
        """Make the conversation if it is new; an existing one stays as it is."""
        now = self._clock.now().isoformat()

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(
                "insert into conversations (id, channel, customer, language, agent_memory, n_entries, created_at,"
                " updated_at) values (?, ?, ?, 'en', '{}', 0, ?, ?) on conflict (id) do nothing",
                (conversation, channel, customer, now, now),
            )

        await self._database.write(work)

    async def open(self, turn: Turn, lease_s: float) -> tuple[Conversation, Sequence[TurnRecord]]:
        """Take the lease and read what is recorded, in one transaction."""
        now = self._clock.now()

        def work(connection: sqlite3.Connection) -> tuple[Conversation, list[TurnRecord]]:
            _take_lease(connection, turn, now, lease_s)
            return _read_conversation(connection, turn.conversation), _records(connection, turn.id)

        conversation, records = await self._database.write(work)
        if not any(record.kind == "ended" for record in records):
            self._n_loaded[turn.id] = len(conversation.entries)
        return conversation, records

    async def record(self, turn: Turn, records: Sequence[TurnRecord]) -> None:
        """Keep all or none."""
        await self._database.write(lambda connection: _append(connection, turn, records))

    async def close(self, turn: Turn, conversation: Conversation, records: Sequence[TurnRecord]) -> None:
        """Keep the end, the new entries and the conversation's state, and give the lease back."""
        fresh = conversation.entries[self._n_loaded.pop(turn.id) :]
        now = self._clock.now().isoformat()

        def work(connection: sqlite3.Connection) -> None:
            _append(connection, turn, records)
            # Counted here and not when the turn was opened: if a lease lapsed, another turn may have ended since.
            (position,) = connection.execute(
                "select n_entries from conversations where id = ?", (turn.conversation,)
            ).fetchone()
            connection.execute("update turns set closed_at = ?, leased_until = null where id = ?", (now, turn.id))
            connection.execute("insert into closed_turns (turn_id) values (?)", (turn.id,))
            connection.executemany(
                "insert into entries (conversation_id, position, kind, content, at) values (?, ?, ?, ?, ?)",
                [(turn.conversation, position + offset, *entry_row(entry)) for offset, entry in enumerate(fresh)],
            )
            connection.execute(
                "update conversations set agent_memory = ?, handed_off = ?, release = ?, n_entries = ?,"
                " updated_at = ? where id = ?",
                (
                    json.dumps(conversation.agent_memory),
                    conversation.handed_off,
                    conversation.release,
                    position + len(fresh),
                    now,
                    turn.conversation,
                ),
            )

        await self._database.write(work)

    async def conversation(self, conversation: ConversationId) -> Conversation | None:
        """The conversation with its newest entries, or None."""

        def work(connection: sqlite3.Connection) -> Conversation | None:
            known = connection.execute("select 1 from conversations where id = ?", (conversation,)).fetchone()
            return _read_conversation(connection, conversation) if known else None

        return await self._database.read(work)

    async def last_turn(self, conversation: ConversationId) -> tuple[int, TurnId | None]:
        """How many turns the conversation has had, and the id of the newest."""

        def work(connection: sqlite3.Connection) -> tuple[int, TurnId | None]:
            (n_turns,) = connection.execute(
                "select count(*) from turns where conversation_id = ?", (conversation,)
            ).fetchone()
            row = connection.execute(
                "select id from turns where conversation_id = ? order by rowid desc limit 1", (conversation,)
            ).fetchone()
            return n_turns, None if row is None else TurnId(row[0])

        return await self._database.read(work)

    async def turns(self, conversation: ConversationId) -> Sequence[tuple[Turn, Sequence[TurnRecord]]]:
        """The turns of a conversation that have ended, oldest first, with their journals."""

        def work(connection: sqlite3.Connection) -> list[tuple[Turn, Sequence[TurnRecord]]]:
            rows = connection.execute(
                "select id, message, received_at, deadline from turns where conversation_id = ?"
                " and closed_at is not null order by received_at, rowid",
                (conversation,),
            ).fetchall()
            return [(_turn_from(conversation, row), _records(connection, row[0])) for row in rows]

        return await self._database.read(work)

    async def unfinished(self) -> Sequence[Turn]:
        """Turns that nobody holds and that have not ended: their process died. Oldest first."""
        now = self._clock.now().isoformat()

        def work(connection: sqlite3.Connection) -> list[Turn]:
            rows = connection.execute(
                "select conversation_id, id, message, received_at, deadline from turns"
                " where closed_at is null and leased_until <= ? order by received_at",
                (now,),
            )
            return [_turn_from(ConversationId(row[0]), row[1:]) for row in rows]

        return await self._database.read(work)


def _turn_from(conversation: ConversationId, row: Sequence[str]) -> Turn:
    turn_id, message, received_at, deadline = row
    said = Message("customer", message, datetime.fromisoformat(received_at))
    return Turn(TurnId(turn_id), conversation, said, datetime.fromisoformat(deadline))


def _records(connection: sqlite3.Connection, turn: str) -> list[TurnRecord]:
    rows = connection.execute(
        "select step, kind, content, at from turn_records where turn_id = ? order by position", (turn,)
    )
    return [record_from(row) for row in rows]


def _take_lease(connection: sqlite3.Connection, turn: Turn, now: datetime, lease_s: float) -> None:
    connection.execute(
        "insert into conversations (id, channel, language, agent_memory, n_entries, created_at, updated_at)"
        " values (?, 'api', 'en', '{}', 0, ?, ?) on conflict (id) do nothing",
        (turn.conversation, now.isoformat(), now.isoformat()),
    )
    held = connection.execute(
        "select 1 from turns where conversation_id = ? and id <> ? and closed_at is null and leased_until > ?",
        (turn.conversation, turn.id, now.isoformat()),
    ).fetchone()
    if held:
        raise TurnInProgress(turn.conversation)
    until = (now + timedelta(seconds=lease_s)).isoformat()
    taken = connection.execute(
        "insert into turns (id, conversation_id, message, received_at, deadline, leased_until)"
        " values (?, ?, ?, ?, ?, ?) on conflict (id) do update set leased_until = excluded.leased_until"
        " where closed_at is null and (leased_until is null or leased_until <= ?)",
        (
            turn.id,
            turn.conversation,
            turn.message.text,
            turn.message.at.isoformat(),
            turn.deadline.isoformat(),
            until,
            now.isoformat(),
        ),
    ).rowcount
    if not taken:
        (closed_at,) = connection.execute("select closed_at from turns where id = ?", (turn.id,)).fetchone()
        if closed_at is None:
            raise TurnInProgress(turn.conversation)


def _read_conversation(connection: sqlite3.Connection, conversation: ConversationId) -> Conversation:
    row = connection.execute(
        "select channel, customer, language, release, handed_off, agent_memory from conversations where id = ?",
        (conversation,),
    ).fetchone()
    entries = connection.execute(
        "select kind, content, at from entries where conversation_id = ? order by position desc limit ?",
        (conversation, LOADED_ENTRIES),
    ).fetchall()
    return conversation_from(conversation, row, tuple(entry_from(entry) for entry in reversed(entries)))


def _append(connection: sqlite3.Connection, turn: Turn, records: Sequence[TurnRecord]) -> None:
    (held,) = connection.execute("select closed_at is null from turns where id = ?", (turn.id,)).fetchone()
    first_step = records[0].step if records else 0
    if not held:
        raise JournalConflict(turn.id, first_step)
    (position,) = connection.execute("select count(*) from turn_records where turn_id = ?", (turn.id,)).fetchone()
    try:
        connection.executemany(
            "insert into turn_records (turn_id, step, kind, position, content, at) values (?, ?, ?, ?, ?, ?)",
            [
                (
                    turn.id,
                    record.step,
                    record.kind,
                    position + offset,
                    json.dumps(encode_content(record.content)),
                    record.at.isoformat(),
                )
                for offset, record in enumerate(records)
            ],
        )
    except sqlite3.IntegrityError as error:
        raise JournalConflict(turn.id, first_step) from error
