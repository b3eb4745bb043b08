"""Handoffs in this process."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from remit.conversations import ConversationId
from remit.conversations.envelope import Envelope, HandoffId
from remit.conversations.handoff import PRIORITIES
from remit.errors import HandoffUnknown
from remit.supervision import handoffs
from remit.supervision.handoffs import Handoff, delivery_of, first_state, leased
from remit.supervision.ports import Kept


class MemoryHandoffs:
    """Implements `HandoffQueue`, `HandoffDesk` and `HandoffOutbox`.

    Args:
        give_back: Told which conversation the agent gets again.
    """

    def __init__(self, give_back: Callable[[ConversationId], None] = lambda _: None) -> None:
        self._kept: dict[HandoffId, Handoff] = {}
        self._give_back = give_back

    async def put(self, envelope: Envelope, to: str, now: datetime) -> Kept:
        """Keep it once."""
        first = envelope.id not in self._kept
        if first:
            delivery = leased(delivery_of(to, now), now)
            self._kept[envelope.id] = Handoff(envelope, delivery, first_state(envelope.kind))
        return Kept(self._kept[envelope.id], first=first)

    async def handoff(self, handoff: HandoffId) -> Handoff:
        """One of them."""
        return self._one(handoff)

    async def waiting(self, queue: str = "", *, at_most: int = 50) -> Sequence[Handoff]:
        """Open ones, most urgent and then oldest first."""
        found = [one for one in self._entries() if one.open and queue in ("", one.envelope.queue)]
        return sorted(found, key=lambda one: PRIORITIES.index(one.envelope.priority))[:at_most]

    async def of_conversation(self, conversation: ConversationId) -> Sequence[Handoff]:
        """All of one conversation, oldest first."""
        return [one for one in self._entries() if one.envelope.conversation == conversation]

    async def n_waiting(self, queue: str) -> int:
        """How many nobody has taken."""
        return sum(one.state == "waiting" and one.envelope.queue == queue for one in self._entries())

    async def take(self, handoff: HandoffId, by: str) -> Handoff:
        """Somebody takes it."""
        return self._keep(handoffs.take(self._one(handoff), by))

    async def close(self, handoff: HandoffId, by: str, now: datetime) -> Handoff:
        """People have ended it."""
        return self._keep(handoffs.close(self._one(handoff), by, now))

    async def hand_back(self, handoff: HandoffId, by: str, now: datetime, *, most: int) -> Handoff:
        """The agent gets the conversation again."""
        before = self._one(handoff)
        changed = handoffs.hand_back(before, by, now, most=most)
        if changed is not before:
            self._give_back(changed.envelope.conversation)
        return self._keep(changed)

    async def take_due(self, now: datetime, *, at_most: int = 20) -> Sequence[Handoff]:
        """Those that are due, kept from others for a while."""
        due = [one for one in self._kept.values() if one.delivery.due_at is not None and one.delivery.due_at <= now]
        due.sort(key=lambda one: one.delivery.due_at or now)
        return [self._keep(replace(one, delivery=leased(one.delivery, now))) for one in due[:at_most]]

    async def delivered(self, handoff: HandoffId, reference: str, now: datetime) -> None:
        """It has arrived."""
        found = self._one(handoff)
        arrived = replace(found.delivery, delivered_at=now, reference=reference, problem="", due_at=None)
        self._keep(replace(found, delivery=arrived))

    async def failed(self, handoff: HandoffId, *, again_at: datetime | None, problem: str) -> None:
        """It has not; None gives up."""
        found = self._one(handoff)
        if found.delivery.delivered_at is None:
            self._keep(replace(found, delivery=replace(found.delivery, due_at=again_at, problem=problem)))

    async def stuck(self, *, at_most: int = 50) -> Sequence[Handoff]:
        """Those whose last attempt failed, newest first."""
        found = [
            one
            for one in self._kept.values()
            if one.delivery.delivered_at is None
            and one.delivery.problem
            and (one.open or one.envelope.kind == "message")
        ]
        return found[::-1][:at_most]

    def _entries(self) -> list[Handoff]:
        return [one for one in self._kept.values() if one.envelope.kind != "message"]

    def _one(self, handoff: HandoffId) -> Handoff:
        if handoff not in self._kept:
            raise HandoffUnknown(handoff)
        return self._kept[handoff]

    def _keep(self, handoff: Handoff) -> Handoff:
        self._kept[handoff.envelope.id] = handoff
        return handoff
