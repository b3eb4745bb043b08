"""Puts the controller together: monitors over the ledger, the book of grants, incidents, and who is told."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from remit.adapters.notices import MailServer, Messengers, SmtpMessenger, WebhookMessenger
from remit.adapters.store import (
    SqliteAssignments,
    SqliteDatabase,
    SqliteExposure,
    SqliteGrantBook,
    SqliteIncidents,
    SqliteLedger,
    SqliteOutbox,
    SqliteReleases,
    SqliteRunningStates,
)
from remit.app.centre import Centre
from remit.app.objectives import read_objectives
from remit.app.settling import follow_up, settle_due
from remit.control.controller import Controller
from remit.control.exposure import ExposureCaps
from remit.control.monitors import budget_counts, budget_monitors, follower_name, monitors_of
from remit.control.orders import Order
from remit.control.ports import Messenger, Outbox
from remit.control.sample_ratio import RatioWatch
from remit.control.telling import tell_recipients
from remit.conversations import AgentName, IntentName, ReleaseId
from remit.errors import StoreError
from remit.evidence import Ledger, LedgerFollower, Selection, Strength
from remit.policy.levels import AutonomyLevel
from remit.policy.model import Policy
from remit.policy.operating import Exposure
from remit.runtime.ports import Clock
from remit.settings import Settings
from remit.slo import Objective

POLL_S = 0.5
"""How often the ledger is asked for something new."""


@dataclass(frozen=True, slots=True)
class Observed:
    """Implements `Contained` over the ledger's running counts."""

    ledger: Ledger

    async def contained(
        self, agent: AgentName, release: ReleaseId
    ) -> Mapping[tuple[IntentName, AutonomyLevel], tuple[int, int]]:
        """Contained and all conversations, by intent and level."""
        found: dict[tuple[IntentName, AutonomyLevel], tuple[int, int]] = {}
        selection = Selection(agent=agent, release=release, metric="containment")
        for one in await self.ledger.aggregates(selection):
            key = (one.intent, AutonomyLevel.named(one.level))
            n_contained, n = found.get(key, (0, 0))
            found[key] = (n_contained + one.n_passed, n + one.n_passed + one.n_failed)
        return found


@dataclass(frozen=True, slots=True)
class Controlling:
    """A controller, and what carries its notices."""

    controller: Controller
    outbox: Outbox
    messenger: Messenger
    clock: Clock
    ledger: Ledger
    follow_up: LedgerFollower
    ratios: RatioWatch

    async def round(self) -> Sequence[Order]:
        """Close what has matured, do what the evidence asks for, then tell whom it concerns.

        Returns the orders that this process was the first to carry out.
        """
        await settle_due(self.follow_up, self.ledger, self.clock.now())
        step = await self.controller.step()
        off = await self.ratios.look(self.clock.now())
        await tell_recipients(self.outbox, self.messenger, self.clock)
        return (*step.orders, *off)

    async def keep_on(self, *, poll_s: float = POLL_S, done: Callable[[Order], None] | None = None) -> None:
        """Rounds until cancelled. A store that is gone for a while is waited for: the ledger keeps what happens."""
        while True:
            with suppress(StoreError):
                for order in await self.round():
                    if done is not None:
                        done(order)
            await asyncio.sleep(poll_s)

    @asynccontextmanager
    async def running(self, *, poll_s: float = POLL_S) -> AsyncIterator[None]:
        """While this is open, rounds go on beside whatever else is done."""
        task = asyncio.create_task(self.keep_on(poll_s=poll_s), name="remit-controller")
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def controlling(
    policy: Policy,
    agent: AgentName,
    database: SqliteDatabase,
    clock: Clock,
    *,
    settings: Settings,
    environ: Mapping[str, str],
    objectives: Sequence[Objective] = (),
    simulated: bool = False,
) -> Controlling:
    """A controller over an open database.

    Args:
        policy: In force.
        agent: Whose remit.
        database: Open; stays open.
        clock: Time.
        settings: The mail server.
        environ: Where keys of webhooks are looked up.
        objectives: The policy's, as read.
        simulated: Whether observations of a simulated world count.
    """
    least = Strength.SIMULATED if simulated else Strength.PROOF_OF_VALUE
    ledger, states = SqliteLedger(database), SqliteRunningStates(database)
    rules = monitors_of(policy, least=least)
    followers = [LedgerFollower(follower_name(agent, rules), rules, ledger, states)] if rules else []
    if objectives:
        monitors = budget_monitors(objectives, least=least)
        name = follower_name(agent, monitors)
        followers.append(LedgerFollower(name, monitors, ledger, states))
        # Objectives that are new to this store read its history without asking for anything: it has been acted on.
        if await states.position(name) == 0:
            await LedgerFollower(name, budget_counts(objectives, least=least), ledger, states).catch_up()
    book, lives = SqliteGrantBook(database), SqliteReleases(database)
    controller = Controller(
        agent,
        policy,
        followers,
        book,
        incidents=SqliteIncidents(database),
        clock=clock,
        ledger=ledger,
        lives=lives,
        contained=Observed(ledger),
    )
    messenger = Messengers(SmtpMessenger(mail_server(settings)), WebhookMessenger(environ))
    ratios = RatioWatch(agent, policy, lives, SqliteAssignments(database), book)
    return Controlling(controller, SqliteOutbox(database), messenger, clock, ledger, follow_up(ledger, states), ratios)


def mail_server(settings: Settings) -> MailServer:
    """As the settings say."""
    return MailServer(
        settings.smtp_host,
        settings.smtp_port,
        settings.mail_from,
        settings.smtp_user,
        settings.smtp_password,
        encrypt=settings.smtp_encrypt == "starttls",
    )


def objectives_of(policy: Policy, centre: Centre) -> tuple[Objective, ...]:
    """The objectives that the policy names, from the files beside it."""
    return read_objectives(policy, centre.policy)


def exposure_caps(policy: Policy, database: SqliteDatabase, clock: Clock) -> ExposureCaps | None:
    """The policy's caps on a day; None where it names none."""
    if policy.exposure == Exposure():
        return None
    return ExposureCaps(policy.exposure, SqliteExposure(database), clock)
