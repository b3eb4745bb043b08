"""Grants and the stop flag in SQLite. Reads on the live path come from memory, refreshed by a watcher.

A process that could not confirm the stop flag for `max_age_s` counts as stopped.
"""

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from remit.adapters.store.database import SqliteDatabase
from remit.conversations import AgentName, Conversation, IntentName, ReleaseId
from remit.errors import StoreError
from remit.policy.levels import AutonomyLevel
from remit.policy.rules import IntentRule
from remit.runtime.ports import Clock, GrantState, Permit

Rules = Mapping[IntentName, IntentRule]


@dataclass(frozen=True, slots=True)
class Grant:
    """One earned entry: agent and intent, the level, and why."""

    intent: IntentName
    level: AutonomyLevel
    release: ReleaseId
    policy: str
    why: str


class StoredGrants:
    """Implements `Grants` for one agent.

    Args:
        database: An open database.
        clock: Stamps changes.
        agent: Whose grants.
        permit: What does not come from the store: release, policy, limits of a turn; its rules are the fallback.
        rule_at: Makes the rule of an intent at a level from the policy.
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
        self._made_of: object = None
        self._rules: Rules = permit.rules
        self._state = GrantState(0, stopped=True)
        self._confirmed_at = float("-inf")
        self._watcher: asyncio.Task[None] | None = None

    @property
    def agent(self) -> AgentName:
        """Whose grants these are."""
        return self._permit.agent

    def rules(self) -> Rules:
        """The rules as last read."""
        return self._rules

    async def start(self) -> None:
        """Read once, then keep reading until `close`."""
        await self._refresh()
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
        return replace(self._permit, epoch=state.epoch, rules=self._rules, stopped=state.stopped)

    async def state(self) -> GrantState:
        """The newest confirmed state; stopped if it is too old."""
        if time.monotonic() - self._confirmed_at > self._max_age_s:
            return GrantState(self._state.epoch, stopped=True)
        return self._state

    async def rules_now(self, permit: Permit) -> Rules:
        """The rules as the store has them."""
        return self._rules

    async def give(self, grants: Mapping[IntentName, Grant]) -> None:
        """Replace this agent's grants."""
        now = self._clock.now().isoformat()
        rows = [
            (self.agent, intent, int(grant.level), grant.release, grant.policy, grant.why, now)
            for intent, grant in grants.items()
        ]

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("delete from grants where agent = ?", (self.agent,))
            connection.executemany(
                "insert into grants (agent, intent, level, release, policy, why, granted_at)"
                " values (?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
            raise_epoch(connection, self.agent, "grants changed", now, stopped=None)

        await self._database.write(work)
        await self._refresh()

    async def set_stopped(self, *, stopped: bool, why: str) -> None:
        """Stop the agent, or let it act again."""
        now = self._clock.now().isoformat()
        await self._database.write(lambda connection: raise_epoch(connection, self.agent, why, now, stopped=stopped))
        await self._refresh()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._poll_s)
            # A store that does not answer leaves `_confirmed_at` behind, which stops this process by itself.
            with suppress(StoreError):
                await self._refresh()

    async def _refresh(self) -> None:
        asked_at = time.monotonic()
        epoch, stopped, levels = await self._database.read(lambda connection: _read(connection, self._permit))
        made_of = None if self._revision is None else await self._revision()
        if epoch != self._state.epoch or made_of != self._made_of or self._confirmed_at == float("-inf"):
            self._made_of = made_of
            self._rules = {
                intent: self._rule_at(intent, AutonomyLevel(levels.get(intent, AutonomyLevel.SHADOW)))
                for intent in self._permit.rules
            }
        self._state = GrantState(epoch, stopped)
        self._confirmed_at = asked_at


def _read(connection: sqlite3.Connection, permit: Permit) -> tuple[int, bool, dict[str, int]]:
    """Epoch, stop flag and levels. What another release or another policy earned grants this one nothing."""
    control = connection.execute("select epoch, stopped from control where agent = ?", (permit.agent,)).fetchone()
    levels = connection.execute(
        "select intent, level from grants where agent = ? and release = ? and policy = ?",
        (permit.agent, permit.release, permit.policy),
    )
    epoch, stopped = control or (0, 0)
    return epoch, bool(stopped), dict(levels.fetchall())


def raise_epoch(connection: sqlite3.Connection, agent: AgentName, why: str, now: str, *, stopped: bool | None) -> None:
    """Every process and every turn under way reads the agent's rules again."""
    connection.execute(
        "insert into control (agent, epoch, stopped, why, changed_at) values (?, 1, coalesce(?, 0), ?, ?)"
        " on conflict (agent) do update set epoch = epoch + 1, stopped = coalesce(?, stopped), why = excluded.why,"
        " changed_at = excluded.changed_at",
        (agent, stopped, why, now, stopped),
    )
