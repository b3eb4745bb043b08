"""Deadlines as `asyncio.timeout` has them, all of one event loop on one timer.

A timer of its own for every turn and every trial costs more than many an agent's whole proposal, and nearly all of
them are cancelled. Here a deadline that is kept costs no timer: only the earliest one is waited for.
"""

import asyncio
import math
from types import TracebackType
from weakref import WeakKeyDictionary


class Deadline:
    """A context that is cancelled after so many seconds and then raises TimeoutError; used once.

    Args:
        within_s: Seconds; at 0 or less the first wait inside is cancelled.
    """

    __slots__ = ("_before", "_expired", "_task", "_waiting", "_within_s", "due")

    def __init__(self, within_s: float) -> None:
        self._within_s = within_s
        self._expired = False
        self.due = 0.0
        """When it expires, on the loop's clock."""

    def __enter__(self) -> "Deadline":
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a deadline needs a task that it can cancel")
        self._task = task
        self._before = task.cancelling()
        loop = asyncio.get_running_loop()
        self.due = loop.time() + self._within_s
        self._waiting = _waiting(loop)
        self._waiting.add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._expired:
            self._waiting.remove(self)
        # As in `asyncio.timeout`: somebody else's cancellation stays one.
        elif self._task.uncancel() <= self._before and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def expired(self) -> bool:
        """Whether the time was up."""
        return self._expired

    def expire(self) -> None:
        """The time is up."""
        self._expired = True
        self._task.cancel()


class _Waiting:
    """The deadlines of one loop that are neither kept nor missed yet, and when the timer for them goes off.

    It holds no timer, for a timer holds its loop: one that is too late for a new deadline goes off in vain.
    """

    def __init__(self) -> None:
        self._deadlines: set[Deadline] = set()
        self._next = math.inf

    def add(self, deadline: Deadline) -> None:
        self._deadlines.add(deadline)
        if deadline.due < self._next:
            self._wait_until(deadline.due)

    def remove(self, deadline: Deadline) -> None:
        # The timer stays: moving it would cost what this saves.
        self._deadlines.remove(deadline)

    def _wait_until(self, due: float) -> None:
        self._next = due
        asyncio.get_running_loop().call_at(due, self._look, due)

    def _look(self, due: float) -> None:
        # The loop may call a hair early.
        now = max(due, asyncio.get_running_loop().time())
        for deadline in [each for each in self._deadlines if each.due <= now]:
            self._deadlines.remove(deadline)
            deadline.expire()
        if due == self._next:
            self._next = math.inf
            if self._deadlines:
                self._wait_until(min(each.due for each in self._deadlines))


_BY_LOOP: "WeakKeyDictionary[asyncio.AbstractEventLoop, _Waiting]" = WeakKeyDictionary()


def _waiting(loop: asyncio.AbstractEventLoop) -> _Waiting:
    found = _BY_LOOP.get(loop)
    if found is None:
        found = _BY_LOOP[loop] = _Waiting()
    return found
