"""Hands conversations off: the truth for the customer, a durable entry at Remit's own desk, the parcel to elsewhere.

In this order: `receive` finds out whether people can come, `hand_off` keeps the envelope before it is carried
anywhere, and what did not arrive is tried again beside the turns until it does or a person must carry it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace

from remit.conversations import AgentName, Conversation, HandedOff, IntentName, Turn, TurnId
from remit.conversations.envelope import Envelope, HandoffId, HandoffKind, handoff_id
from remit.errors import HandoffFailed, HandoffUnknown, StoreError
from remit.runtime.enveloping import Addressing, Before, envelope_of
from remit.runtime.ports import Clock, TurnRecord
from remit.runtime.words import NOT_REACHED_TEXT
from remit.supervision.availability import Availability, PeopleCome, ReceptionWords, availability
from remit.supervision.handoffs import OWN_DESK, Handoff, next_attempt
from remit.supervision.opening_hours import OpeningHours
from remit.supervision.ports import HandoffDesk, HandoffDestination, HandoffOutbox, HandoffQueue

CARRY_WITHIN_S = 6.0
"""How long one attempt may take: less than a turn waits, so that a contact centre that hangs is noted as one."""
POLL_S = 1.0
"""How often it is looked for handoffs that are due to be carried."""

RecordsOf = Callable[[TurnId], Awaitable[Sequence[TurnRecord]]]


@dataclass(frozen=True, slots=True)
class Reachable:
    """Where handoffs go, when people are there, and what customers are told.

    `queue_at_most` bounds how many may wait, None nothing; `max_handoffs` how often one conversation is passed on.
    """

    addressing: Addressing = Addressing()
    hours: OpeningHours | None = None
    queue_at_most: int | None = None
    words: ReceptionWords = ReceptionWords()
    max_handoffs: int = 3


@dataclass(frozen=True, slots=True)
class Books:
    """Where handoffs are kept, three views of one store, and where a turn's journal is read."""

    queue: HandoffQueue
    desk: HandoffDesk
    outbox: HandoffOutbox
    records_of: RecordsOf


class HandingOff:
    """Implements `ContactCentre` and `Reception`.

    Args:
        agent: Whose conversations.
        books: Durable.
        destination: A contact centre elsewhere; None if people work at Remit's own desk.
        reachable: See there.
        clock: Time.
        carry_within_s: See CARRY_WITHIN_S.
    """

    def __init__(
        self,
        agent: AgentName,
        books: Books,
        destination: HandoffDestination | None,
        reachable: Reachable,
        clock: Clock,
        *,
        carry_within_s: float = CARRY_WITHIN_S,
    ) -> None:
        self._agent = agent
        self._books = books
        self._destination = destination
        self._reachable = reachable
        self._clock = clock
        self._carry_within_s = carry_within_s

    @property
    def books(self) -> Books:
        """For those who show the queue."""
        return self._books

    # ── before the customer is told ──────────────────────────────────────────────────────────────
    async def receive(self, turn: Turn, before: Conversation, outcome: HandedOff) -> HandedOff:
        """The handoff with the truth for the customer; the same again for the same turn."""
        own = handoff_id(turn.id)
        with suppress(HandoffUnknown):
            kept = (await self._books.queue.handoff(own)).envelope
            return replace(outcome, text=kept.told, ticket=kept.kind == "ticket")
        found = await self._availability(turn, before)
        held = await self._held(turn)
        if held is not None and isinstance(found, PeopleCome):
            return replace(outcome, text=self._reachable.words.held)
        ticket = own if held is None else held.envelope.id
        words = self._reachable.words.for_customer(found, ticket)
        return replace(outcome, text=words, ticket=not isinstance(found, PeopleCome))

    async def _availability(self, turn: Turn, before: Conversation) -> Availability:
        reachable, now = self._reachable, self._clock.now()
        if reachable.hours is not None and not reachable.hours.is_open(now):  # nobody needs to be asked
            return availability(reachable.hours, now, n_before=None, at_most=None, arriving=True)
        queue = reachable.addressing.queue_for(_intents(await self._books.records_of(turn.id)))
        return availability(
            reachable.hours,
            now,
            n_before=await self._n_waiting(queue, before),
            at_most=reachable.queue_at_most,
            arriving=await self._arriving(),
        )

    async def _n_waiting(self, queue: str, before: Conversation) -> int | None:
        """None where nobody counts, or the one who does cannot be reached."""
        destination = self._destination
        if destination is None or not destination.takes(before.id):
            return await self._books.queue.n_waiting(queue)
        with suppress(HandoffFailed):
            return await destination.n_waiting(queue)
        return None

    async def _arriving(self) -> bool:
        """Whether nothing is being tried again: while it is, the next handoff will hardly arrive either."""
        if self._destination is None:
            return True
        return not any(one.delivery.due_at is not None for one in await self._books.outbox.stuck())

    async def _held(self, turn: Turn) -> Handoff | None:
        """The handoff that people hold the conversation by, if they do."""
        known = await self._books.queue.of_conversation(turn.conversation)
        return next((one for one in reversed(known) if one.open and one.envelope.turn != turn.id), None)

    # ── the handoff itself ───────────────────────────────────────────────────────────────────────
    async def hand_off(self, turn: Turn, conversation: Conversation, outcome: HandedOff) -> str:
        """Keep it, then carry it; returns what it is called where it went.

        Raises:
            HandoffFailed: It is kept, and did not arrive at the first attempt; it is tried again.
        """
        destination = self._destination
        there = destination is not None and destination.takes(turn.conversation)
        to = destination.name if destination is not None and there else OWN_DESK
        kept = await self._books.queue.put(await self._envelope(turn, conversation, outcome), to, self._clock.now())
        delivery = kept.handoff.delivery
        if kept.first and to != OWN_DESK:
            return await self._carry(kept.handoff, again=False)
        if delivery.problem:
            raise HandoffFailed(delivery.to, delivery.problem, lasting=delivery.given_up)
        return delivery.reference or kept.handoff.envelope.id

    async def _envelope(self, turn: Turn, conversation: Conversation, outcome: HandedOff) -> Envelope:
        known = await self._books.queue.of_conversation(turn.conversation)
        before = [one for one in known if one.envelope.turn != turn.id]
        kind: HandoffKind = "ticket" if outcome.ticket else "live"
        return envelope_of(
            turn,
            conversation,
            outcome,
            await self._books.records_of(turn.id),
            kind="message" if any(one.open for one in before) else kind,
            before=Before(self._agent, len(before)),
            addressing=self._reachable.addressing,
        )

    async def _carry(self, handoff: Handoff, *, again: bool) -> str:
        envelope = handoff.envelope
        if handoff.delivery.problem:  # the turn has told the customer so
            envelope = replace(envelope, told=NOT_REACHED_TEXT)
        try:
            reference = await self._brought(handoff, envelope, again=again)
        except HandoffFailed as error:
            again_at = None if error.lasting else next_attempt(handoff.delivery, self._clock.now())
            await self._books.outbox.failed(envelope.id, again_at=again_at, problem=error.problem)
            raise
        await self._books.outbox.delivered(envelope.id, reference, self._clock.now())
        return reference

    async def _brought(self, handoff: Handoff, envelope: Envelope, *, again: bool) -> str:
        destination = self._destination_of(handoff)
        try:
            async with asyncio.timeout(self._carry_within_s):
                return await destination.carry(envelope, again=again)
        except TimeoutError as error:
            raise HandoffFailed(destination.name, f"no answer within {self._carry_within_s:g} s") from error

    def _destination_of(self, handoff: Handoff) -> HandoffDestination:
        if self._destination is None or self._destination.name != handoff.delivery.to:
            raise HandoffFailed(handoff.delivery.to, "remit.yaml does not name it any more", lasting=True)
        return self._destination

    # ── beside the turns ─────────────────────────────────────────────────────────────────────────
    async def carry_due(self) -> int:
        """Try again what is due; returns how many arrived. As many processes as you like may do it."""
        n_arrived = 0
        for handoff in await self._books.outbox.take_due(self._clock.now()):
            try:
                # Also after the first attempt of a process that died: it may have arrived.
                await self._carry(handoff, again=True)
            except (HandoffFailed, StoreError):
                continue  # noted with the handoff; or its lease ends and another attempt is made
            except Exception as error:  # noqa: BLE001 - the border of the worker: one handoff must not end all others
                again_at = next_attempt(handoff.delivery, self._clock.now())
                problem = f"carrying it broke ({type(error).__name__})"
                await self._books.outbox.failed(handoff.envelope.id, again_at=again_at, problem=problem)
            else:
                n_arrived += 1
        return n_arrived

    @asynccontextmanager
    async def running(self, *, poll_s: float = POLL_S) -> AsyncIterator[None]:
        """While this is open, what did not arrive is tried again."""
        task = asyncio.create_task(self._keep_carrying(poll_s), name="remit-handoffs")
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _keep_carrying(self, poll_s: float) -> None:
        while True:
            with suppress(StoreError):  # a store that is gone comes back; the handoffs are in it
                await self.carry_due()
            await asyncio.sleep(poll_s)

    # ── what people do ───────────────────────────────────────────────────────────────────────────
    async def hand_back(self, handoff: HandoffId, by: str) -> Handoff:
        """The agent gets the conversation again. Raises HandoffUnknown, HandoffRefused."""
        now, most = self._clock.now(), self._reachable.max_handoffs
        return await self._books.desk.hand_back(handoff, by, now, most=most)

    async def close(self, handoff: HandoffId, by: str) -> Handoff:
        """People have ended it. Raises HandoffUnknown, HandoffRefused."""
        return await self._books.desk.close(handoff, by, self._clock.now())


def _intents(records: Sequence[TurnRecord]) -> list[IntentName]:
    found = next((record.content for record in records if record.kind == "understood"), {})
    return [IntentName(str(intent)) for intent in found.get("intents", ())]
