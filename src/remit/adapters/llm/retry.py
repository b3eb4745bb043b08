"""When a request may be sent again, and after which pause."""

from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

OVERLOADED = frozenset({408, 425, 429, 500, 502, 503, 504, 529})
"""Statuses after which the same request can succeed."""

NOT_BEGUN = frozenset({425, 429})
"""Statuses that say that nothing was done: even a request that acts may be sent again."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Pauses double from `first_pause_s` to `longest_pause_s`, without jitter: runs stay reproducible."""

    max_retries: int = 2
    first_pause_s: float = 0.5
    longest_pause_s: float = 8.0

    def pause_s(self, n_failed: int, asked_s: float | None) -> float:
        """Seconds to wait after so many failed attempts (1 or more); the service's own wish rules if it is longer."""
        own = min(self.first_pause_s * 2.0 ** (n_failed - 1), self.longest_pause_s)
        return own if asked_s is None else max(own, asked_s)


DEFAULT_RETRY = RetryPolicy()


def read_retry_after(header: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for, given as seconds or as a date; None if it says nothing."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return max((moment - now).total_seconds(), 0.0) if moment.tzinfo is not None else None
