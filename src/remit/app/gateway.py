"""Puts the live path together: one agent, one policy, one store, served by `handle_turn`."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from weakref import WeakValueDictionary

from remit.adapters.store import SqliteRecorder, StoredGrants
from remit.app.arms import Arms
from remit.app.certificate_watch import CertificateWatch
from remit.app.handing_off import HandingOff
from remit.app.observing import Observer
from remit.conversations import Conversation, ConversationId, Message, Turn, TurnId
from remit.errors import JournalConflict, StoreError, TurnInProgress
from remit.policy.model import Policy
from remit.runtime.identity_of_turns import turn_id
from remit.runtime.ports import TurnPorts
from remit.runtime.report import TurnReport, report_from
from remit.runtime.turn import handle_turn

Turns = tuple[tuple[Turn, TurnReport], ...]
"""Turns that have ended, oldest first, each with its report."""


@dataclass
class Gateway:
    """Carries messages of conversations to their end, one at a time within a conversation.

    Args:
        policy: The policy in force.
        agent_name: For people.
        ports: What a turn needs.
        recorder: The same recorder as in `ports`, for reading conversations.
        grants: The same grants as in `ports`, for showing and stopping.
        simulated: True if the world behind the tools is not real; shown on every page.
        notice: What the page says of where the grants come from.
        examples: Messages to try on the page.
        report: The evaluation's report, if there is one to show.
        sweep_s: How often turns are looked for whose process died.
        observer: Makes evidence of turns behind them; None if nothing is observed.
        observe_every_s: How often it looks for turns that have ended.
        arms: Other releases that have a place, such as a canary; None if there is only one.
        settle_every_s: How often it looks for quiet conversations and outcomes that have matured.
        watch: Folds what was observed into the monitors of certificates; None if there are none.
        handing_off: What people do with handoffs; None where they are kept in no queue.
    """

    policy: Policy
    agent_name: str
    ports: TurnPorts
    recorder: SqliteRecorder
    grants: StoredGrants
    simulated: bool = False
    notice: str = ""
    examples: tuple[str, ...] = ()
    report: Path | None = None
    sweep_s: float = 2.0
    observer: Observer | None = None
    observe_every_s: float = 1.0
    settle_every_s: float = 30.0
    arms: Arms | None = None
    handing_off: HandingOff | None = None
    watch: CertificateWatch | None = None
    _locks: "WeakValueDictionary[ConversationId, asyncio.Lock]" = field(default_factory=WeakValueDictionary)

    async def begin(self, conversation: ConversationId, *, channel: str) -> None:
        """Make the conversation if it is new."""
        await self.recorder.begin(conversation, channel=channel)

    async def answer(self, conversation: ConversationId, text: str, *, digest: str, key: str = "") -> TurnReport:
        """Carry one customer message to its end.

        Args:
            conversation: Where it was said.
            text: What the customer said.
            digest: Digest of what the client sent; the same digest as the conversation's last turn is a retry.
            key: The client's own idempotency key; if given, only the key decides what a retry is.
        """
        async with self._lock(conversation):
            turn = await self._turn(conversation, text, digest, key)
            return await handle_turn(turn, await self._ports_for(turn))

    async def _ports_for(self, turn: Turn) -> TurnPorts:
        """Those of the release that carries the conversation."""
        return self.ports if self.arms is None else await self.arms.ports_for(turn)

    def _lock(self, conversation: ConversationId) -> asyncio.Lock:
        lock = self._locks.get(conversation)
        return self._locks.setdefault(conversation, asyncio.Lock()) if lock is None else lock

    async def _turn(self, conversation: ConversationId, text: str, digest: str, key: str) -> Turn:
        now = self.ports.clock.now()
        identity = await self._identify(conversation, digest, key)
        deadline = now + timedelta(seconds=self.policy.turn.deadline_s)
        return Turn(identity, conversation, Message("customer", text, now), deadline)

    async def _identify(self, conversation: ConversationId, digest: str, key: str) -> TurnId:
        if key:
            return turn_id(conversation, 0, key)
        n_turns, last = await self.recorder.last_turn(conversation)
        if last is not None and last == turn_id(conversation, n_turns, digest):
            return last
        return turn_id(conversation, n_turns + 1, digest)

    async def conversation(self, conversation: ConversationId) -> tuple[Conversation, Turns] | None:
        """The conversation and the reports of its turns, or None if it does not exist."""
        found = await self.recorder.conversation(conversation)
        if found is None:
            return None
        turns = await self.recorder.turns(conversation)
        return found, tuple((turn, report_from(turn, found, records)) for turn, records in turns)

    async def finish_interrupted(self) -> int:
        """Carry turns whose process died to their end; returns how many there were.

        A turn that another process takes at the same moment is left to it, and one that this process is carrying
        longer than its lease to itself.
        """
        n_finished = 0
        for turn in await self.recorder.unfinished():
            lock = self._lock(turn.conversation)
            if lock.locked():
                continue
            async with lock:
                with suppress(TurnInProgress, JournalConflict):
                    await handle_turn(turn, await self._ports_for(turn))
                    n_finished += 1
        return n_finished

    async def _keep_finishing(self) -> None:
        """Leases run out while this process lives: another one may have died a second ago."""
        while True:
            await asyncio.sleep(self.sweep_s)
            with suppress(StoreError):  # a store that is gone comes back, or the messages themselves complain
                await self.finish_interrupted()

    async def _keep_observing(self, observer: Observer) -> None:
        """Behind the turns: what is not observed now is observed later, by this process or the next."""
        rounds = max(1, round(self.settle_every_s / self.observe_every_s))
        for number in count():
            with suppress(StoreError):  # as above
                await (observer.observe() if number % rounds == 0 else observer.catch_up())
                if self.watch is not None:
                    await self.watch.follow()
            await asyncio.sleep(self.observe_every_s)

    def levels(self) -> Mapping[str, str]:
        """The level of every intent, by name, as the grants stand now."""
        return {intent: rule.level.label for intent, rule in self.grants.rules().items()}

    async def _end(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        """Stop what runs beside the turns, and observe what they have shown until now."""
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self.observer is not None:
            with suppress(StoreError):
                await self.observer.catch_up()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While this is open, grants are watched and interrupted turns have been finished."""
        await self.grants.start()
        try:
            await self.finish_interrupted()
            tasks = [asyncio.create_task(self._keep_finishing(), name="remit-interrupted-turns")]
            if self.observer is not None:
                observing = self._keep_observing(self.observer)
                tasks.append(asyncio.create_task(observing, name="remit-observing"))
            try:
                yield
            finally:
                await self._end(tasks)
                if self.arms is not None:
                    await self.arms.close()
        finally:
            await self.grants.close()
