"""The journal of turns, in this process."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from remit.conversations import Conversation, ConversationId, Turn, TurnId
from remit.errors import JournalConflict, TurnInProgress
from remit.runtime.ports import Clock, TurnRecord


@dataclass(slots=True)
class _Entry:
    records: list[TurnRecord] = field(default_factory=list)
    leased_until: datetime | None = None
    closed: bool = False


class MemoryRecorder:
    """Implements `Recorder`. Conversations that were never seen begin with `channel`."""

    waits = False

    def __init__(self, clock: Clock, *, channel: str = "memory") -> None:
        self._clock = clock
        self._channel = channel
        self._conversations: dict[ConversationId, Conversation] = {}
        self._turns: dict[TurnId, _Entry] = {}
        self._holders: dict[ConversationId, _Entry] = {}

    def begin(self, conversation: Conversation) -> None:
        """Put a conversation there as it is, such as one with a verified customer."""
        self._conversations[conversation.id] = conversation

    async def open(self, turn: Turn, lease_s: float) -> tuple[Conversation, Sequence[TurnRecord]]:
        """Take the lease, unless the turn has ended or somebody else holds it."""
        entry = self._turns.get(turn.id)
        if entry is None:
            entry = self._turns[turn.id] = _Entry()
        conversation = self._conversations.get(turn.conversation)
        if conversation is None:
            conversation = Conversation(turn.conversation, channel=self._channel)
            self._conversations[turn.conversation] = conversation
        if not entry.closed:
            now = self._clock.now()
            if self._is_held(turn.conversation, now):
                raise TurnInProgress(turn.conversation)
            self._holders[turn.conversation] = entry
            entry.leased_until = now + timedelta(seconds=lease_s)
        return conversation, tuple(entry.records)

    async def record(self, turn: Turn, records: Sequence[TurnRecord]) -> None:
        """Keep all or none."""
        self._append(turn, records)

    async def close(self, turn: Turn, conversation: Conversation, records: Sequence[TurnRecord]) -> None:
        """Keep the end and the conversation, and give the lease back."""
        entry = self._append(turn, records)
        entry.closed = True
        entry.leased_until = None
        self._conversations[turn.conversation] = conversation

    def release(self, turn: TurnId) -> None:
        """Let the lease lapse at once, as if its holder had died long ago."""
        self._turns[turn].leased_until = None

    def _is_held(self, conversation: ConversationId, now: datetime) -> bool:
        """Whether any turn of the conversation is being carried: messages of one customer are taken in turn."""
        holder = self._holders.get(conversation)
        return holder is not None and holder.leased_until is not None and holder.leased_until > now

    def _append(self, turn: Turn, records: Sequence[TurnRecord]) -> _Entry:
        entry = self._turns.get(turn.id)
        if entry is None or entry.closed:
            raise JournalConflict(turn.id, records[0].step if records else 0)
        known = {(record.step, record.kind) for record in entry.records}
        for record in records:
            if (record.step, record.kind) in known:
                raise JournalConflict(turn.id, record.step)
        entry.records.extend(records)
        return entry
