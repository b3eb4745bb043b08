"""Asks an agent that runs elsewhere its probes on a schedule, and acts on suspected drift."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from remit.adapters.agents.load import LoadedAgent, load_agent
from remit.adapters.store import SqliteDatabase, SqliteFingerprints, SqliteGrantBook
from remit.app.centre import Centre
from remit.app.fingerprinting import Taken, probes_of, take_fingerprint
from remit.app.surroundings import surroundings_of
from remit.control.orders import Order
from remit.control.ports import GrantBook
from remit.control.suspected_change import order_on_drift
from remit.errors import AgentError, StoreError
from remit.policy.model import Policy
from remit.releases.ports import Fingerprints
from remit.runtime.ports import Clock

_POLL_S = 60.0
_AGAIN = timedelta(hours=1)


@dataclass(slots=True)
class FingerprintSchedule:
    """Takes a fingerprint when the last one is old enough; whichever process took that.

    Two processes that begin in the same second may both ask; each keeps what it got, and the freeze is one.

    Args:
        load: The agent, anew each time: taking a fingerprint closes it.
        policy: Its harmless examples are the probes, its recipients are told.
        store: Where fingerprints are.
        book: Where promotions freeze.
        clock: Time.
        every: How often; zero or less never asks.
    """

    load: Callable[[], LoadedAgent]
    policy: Policy
    store: Fingerprints
    book: GrantBook
    clock: Clock
    every: timedelta
    _not_before: datetime | None = field(default=None)

    async def look(self) -> Order | None:
        """The order that followed from suspected drift, if this process was the first to carry it out.

        An agent that cannot be asked is asked again an hour later: that is no drift.
        """
        now = self.clock.now()
        if self.every <= timedelta(0) or (self._not_before is not None and now < self._not_before):
            return None
        loaded = self.load()
        probes = probes_of(self.policy)
        last = await self.store.last_taken(loaded.name, loaded.release)
        if not loaded.opaque or not probes or (last is not None and now < last + self.every):
            await loaded.close()
            self._not_before = now + min(_AGAIN, self.every)
            return None
        self._not_before = now + _AGAIN
        try:
            taken = await take_fingerprint(loaded, self.store, self.clock, probes=probes)
        except AgentError:
            return None
        return await act_on(taken, self.policy, self.book, self.clock)

    @asynccontextmanager
    async def running(self, done: Callable[[Order], None] = lambda order: None) -> AsyncIterator[None]:
        """While this is open, it looks beside whatever else is done; a store that is gone for a while is waited for."""

        async def keep_on() -> None:
            while True:
                with suppress(StoreError):
                    order = await self.look()
                    if order is not None:
                        done(order)
                await asyncio.sleep(_POLL_S)

        task = asyncio.create_task(keep_on(), name="remit-fingerprints")
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def act_on(taken: Taken, policy: Policy, book: GrantBook, clock: Clock) -> Order | None:
    """Freeze promotions and open an incident where drift is suspected; None if there is nothing new to do."""
    if taken.check is None or not taken.check.suspected:
        return None
    order = order_on_drift(taken.fingerprint, taken.check, policy, clock.now())
    return order if (await book.enact(order)).tells(order) else None


def fingerprint_schedule(
    centre: Centre,
    policy: Policy,
    database: SqliteDatabase,
    clock: Clock,
    *,
    environ: Mapping[str, str],
    every_h: float,
) -> FingerprintSchedule:
    """The schedule of a contact centre's agent over an open database."""
    return FingerprintSchedule(
        load=lambda: load_agent(centre.agent, environ=environ, clock=clock, surroundings=surroundings_of(policy)),
        policy=policy,
        store=SqliteFingerprints(database),
        book=SqliteGrantBook(database),
        clock=clock,
        every=timedelta(hours=every_h),
    )
