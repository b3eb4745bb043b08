"""Sends what waits in the outbox: each notice until it arrives, its attempts are spent, or its deadline passes."""

from dataclasses import dataclass

from remit.control.controller import Clock
from remit.control.notices import Waiting, next_attempt
from remit.control.ports import Messenger, Outbox
from remit.errors import NoticeFailed


@dataclass(frozen=True, slots=True)
class Told:
    """What one round did."""

    n_sent: int = 0
    n_failed: int = 0
    n_given_up: int = 0


async def tell_recipients(outbox: Outbox, messenger: Messenger, clock: Clock) -> Told:
    """One round. A process that dies in it leaves its notices to another one, when their lease is over.

    A notice may so arrive twice; it carries the same key both times.
    """
    n_sent = n_failed = n_given_up = 0
    for waiting in await outbox.take(clock.now()):
        try:
            await messenger.send(waiting.notice)
        except NoticeFailed as error:
            given_up = await _failed(waiting, error, outbox, clock)
            n_given_up += given_up
            n_failed += not given_up
        else:
            await outbox.sent(waiting.notice.key, clock.now())
            n_sent += 1
    return Told(n_sent, n_failed, n_given_up)


async def _failed(waiting: Waiting, error: NoticeFailed, outbox: Outbox, clock: Clock) -> bool:
    again = None if error.lasting else next_attempt(waiting.n_attempts, clock.now(), waiting.deadline)
    await outbox.failed(waiting.notice.key, again_at=again, problem=error.problem)
    return again is None
