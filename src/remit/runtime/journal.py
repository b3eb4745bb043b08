"""One turn's journal in memory: what is already recorded, and what waits to be made durable.

Nothing that can be found out again is written on its own: understanding and proposals wait in `pending` and become
durable together with the decision they led to, before that decision's effect.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from remit.conversations import Conversation, JsonObject, ToolExchange, Turn
from remit.errors import JournalConflict, StoreError
from remit.policy.decisions import AskExpert, RunTool
from remit.policy.proposals import ProposedCall
from remit.runtime.ports import Approved, Clock, Edited, Recorder, RecordKind, TurnRecord


class Journal:
    """Replays what is recorded, collects what is new. Steps count from 1; step 0 is the turn itself."""

    def __init__(self, turn: Turn, recorded: Sequence[TurnRecord], recorder: Recorder, clock: Clock) -> None:
        self._turn = turn
        self._recorder = recorder
        self._clock = clock
        self._by_place: dict[tuple[int, RecordKind], TurnRecord] = {(r.step, r.kind): r for r in recorded}
        self._pending: list[TurnRecord] = []
        self.opened_at = clock.now()
        """When this run of the turn began."""
        self._inherited = frozenset(self._by_place)
        self.write_under_way: str = self._begun_write()
        """The name of a tool whose write has begun and not been recorded yet; empty when there is none."""

    def _begun_write(self) -> str:
        """The write that an earlier run of this turn may have begun."""
        for (step, kind), record in self._by_place.items():
            if kind != "decided" or self.find(step, "ran") is not None:
                continue
            writes = bool(record.content.get("writes"))
            match record.content["decision"], self.recall(step, "asked", "verdict"):
                case RunTool(call), _ if writes:
                    return call.tool
                case AskExpert(ProposedCall(call)), Approved() if writes:
                    return call.tool
                case AskExpert(), Edited(_, ProposedCall(call)):  # of another call than the one that was looked at
                    return call.tool
                case _:  # nothing was allowed to begin
                    continue
        return ""

    @property
    def records(self) -> tuple[TurnRecord, ...]:
        """Everything so far, recorded and pending, in the order of their writing."""
        return tuple(self._by_place.values())

    def find(self, step: int, kind: RecordKind) -> Mapping[str, Any] | None:
        """The content of one record, or None."""
        record = self._by_place.get((step, kind))
        return None if record is None else record.content

    def recall(self, step: int, kind: RecordKind, name: str) -> Any:
        """One value of a record's content, or None if there is no such record."""
        content = self.find(step, kind)
        return None if content is None else content[name]

    def inherited(self, step: int, kind: RecordKind) -> bool:
        """Whether an earlier run of this turn wrote the record: its effect may have happened already."""
        return (step, kind) in self._inherited

    def exchanges(self) -> tuple[ToolExchange, ...]:
        """The tool exchanges of this turn, oldest first."""
        return tuple(
            [
                ToolExchange(record.content["call"], record.content["result"], record.at)
                for record in self._by_place.values()
                if record.kind == "ran"
            ]
        )

    def exchange(self, step: int) -> ToolExchange:
        """The tool exchange of a step that ran one."""
        record = self._by_place[step, "ran"]
        return ToolExchange(record.content["call"], record.content["result"], record.at)

    def last_memory(self) -> JsonObject | None:
        """The agent's own state after its last proposal of this turn, or None if it made none."""
        memory: JsonObject | None = None
        for record in self._by_place.values():
            if record.kind == "proposed":
                memory = record.content["memory"]
        return memory

    def note(self, step: int, kind: RecordKind, content: Mapping[str, Any], *, at: datetime | None = None) -> None:
        """Remember this; it becomes durable with the next `flush` or `close`. `at` is now if it is not given."""
        record = TurnRecord(step, kind, content, at or self._clock.now())
        self._by_place[step, kind] = record
        self._pending.append(record)

    async def flush(self) -> None:
        """Make everything that waits durable. Afterwards its effects may happen."""
        if not self._pending:
            return
        if not self._recorder.waits:
            await self._recorder.record(self._turn, tuple(self._pending))
            self._pending.clear()
            return
        writing = asyncio.ensure_future(self._recorder.record(self._turn, tuple(self._pending)))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            # A deadline does not reach into a disk: whether these are durable must be known to end the turn.
            await asyncio.wait([writing])
            if not writing.cancelled() and writing.exception() is None:
                self._pending.clear()
            raise
        self._pending.clear()

    async def keep_what_can_be_kept(self) -> None:
        """After a failure: forget the records that cannot be written down, and an end that was not reached."""
        waiting, self._pending = self._pending, []
        self._by_place.pop((0, "ended"), None)
        for record in waiting:
            if record.kind == "ended":
                continue
            try:
                await self._recorder.record(self._turn, (record,))
            except (StoreError, JournalConflict):
                raise
            except Exception:  # noqa: BLE001 - whatever the agent or a tool put into it, the turn must end
                del self._by_place[record.step, record.kind]

    async def close(self, conversation: Conversation) -> None:
        """Make the end, and the conversation as it is now, durable in one step."""
        await self._recorder.close(self._turn, conversation, tuple(self._pending))
        self._pending.clear()
