"""Clocks."""

from datetime import UTC, datetime, timedelta


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present, timezone-aware UTC."""
        return datetime.now(UTC)


class FixedClock:
    """Stands still until it is moved."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        """The time it was set to."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move forward; a negative step is a clock that goes backwards, which is allowed here."""
        self._now += by
