"""Freeze windows: times in which nothing widens."""

from collections.abc import Iterable
from datetime import datetime

from remit.policy.operating import FreezeWindow


def window_that_holds(windows: Iterable[FreezeWindow], now: datetime) -> FreezeWindow | None:
    """The first window that `now` lies in."""
    return next((window for window in windows if window.begins <= now < window.ends), None)


def next_window(windows: Iterable[FreezeWindow], now: datetime) -> FreezeWindow | None:
    """The window that begins next."""
    return min((window for window in windows if window.begins > now), key=lambda one: one.begins, default=None)
