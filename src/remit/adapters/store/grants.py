"""Grants and stops on the live path: read from memory, kept fresh by a watcher of the book's epoch.

A process that could not confirm the epoch for `max_age_s` counts as stopped. A waiver ends in the second in which it
expires, whether or not anybody has written that down.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from remit.adapters.store.control import read_epoch, read_remit
from remit.adapters.store.database import SqliteDatabase
from remit.control.grants import GrantKey, Remit
from remit.control.ruling import rule_under
from remit.conversations import AgentName, Conversation, IntentName, ReleaseId
from remit.errors import StoreError
from remit.policy.levels import AutonomyLevel
from remit.policy.rules import IntentRule
from remit.runtime.ports import Clock, GrantState, Permit

Rules = Mapping[IntentName, IntentRule]


@dataclass(frozen=True, slots=True)
class _Made:
    """Rules, and everything that they were made of."""

    of: object
    rules: Rules


class StoredGrants:
    """Implements `Grants` for one agent.

    Args:
        database: An open database.
        clock: Waivers expire by it.
        permit: What does not come from the store: release, policy, limits of a turn; its rules name the intents.
        rule_at: Makes the rule of an intent at a level from the policy and its certificates.
        poll_s: How often the store is asked.
        max_age_s: After so long without an answer from the store, everything counts as stopped.
        revision: What else the rules are made of, as a value that moves with it; they are made again when it moves.
    """

    def __init__(
        self,
        database: SqliteDatabase,
        clock: Clock,
        permit: Permit,
        rule_at: Callable[[IntentName, AutonomyLevel], IntentRule],
        *,
        poll_s: float = 0.25,
        max_age_s: float = 1.0,
        revision: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._permit = permit
        self._rule_at = rule_at
        self._poll_s = poll_s
        self._max_age_s = max_age_s
        self._revision = revision
        self._revised: object = None
        self._remit: Remit | None = None
        self._made = _Made(None, permit.rules)
        self._confirmed_at = float("-inf")
        self._watcher: asyncio.Task[None] | None = None

    @property
    def agent(self) -> AgentName:
        """Whose grants these are."""
        return self._permit.agent

    @property
    def release(self) -> ReleaseId:
        """Which release they are of."""
        return self._permit.release

    def rules(self) -> Rules:
        """The rules as last read, waivers that have expired left out."""
        if self._remit is None:
            return self._permit.rules
        now = self._clock.now()
        of = (self._remit.epoch_at(now), self._revised)
        if self._made.of != of:
            self._made = _Made(of, {intent: self._rule(self._remit, intent) for intent in self._permit.rules})
        return self._made.rules

    async def start(self) -> None:
        """Read once, then keep reading until `close`."""
        await self.refresh()
        self._watcher = asyncio.create_task(self._watch(), name="remit-grants")

    async def close(self) -> None:
        """Stop watching."""
        if self._watcher is not None:
            self._watcher.cancel()
            with suppress(asyncio.CancelledError):
                await self._watcher

    async def permit(self, conversation: Conversation) -> Permit:
        """The permit for a turn that starts now."""
        state = await self.state()
        return replace(self._permit, epoch=state.epoch, rules=self.rules(), stopped=state.stopped)

    async def state(self) -> GrantState:
        """The newest confirmed state; stopped if it is too old."""
        remit = self._remit
        if remit is None:
            return GrantState(0, stopped=True)
        stale = time.monotonic() - self._confirmed_at > self._max_age_s
        stopped = stale or remit.stops_agent(self._permit.release) is not None
        return GrantState(remit.epoch_at(self._clock.now()), stopped)

    async def rules_now(self, permit: Permit) -> Rules:
        """The rules as the store has them."""
        return self.rules()

    async def refresh(self) -> None:
        """Ask the store now. Raises StoreUnavailable."""
        asked_at = time.monotonic()
        epoch = await self._database.read(lambda connection: read_epoch(connection, self.agent))
        if self._remit is None or self._remit.epoch != epoch:
            self._remit = await self._database.read(lambda connection: read_remit(connection, self.agent))
        if self._revision is not None:
            self._revised = await self._revision()
        self.rules()
        self._confirmed_at = asked_at

    def _rule(self, remit: Remit, intent: IntentName) -> IntentRule:
        """What another release or another policy earned grants this one nothing."""
        key = GrantKey(intent, self._permit.release)
        level = remit.level_of(key, policy=self._permit.policy, now=self._clock.now())
        return rule_under(self._rule_at(intent, level), remit, key)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._poll_s)
            # A store that does not answer leaves `_confirmed_at` behind, which stops this process by itself.
            with suppress(StoreError):
                await self.refresh()
