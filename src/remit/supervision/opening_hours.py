"""When people are there: hours by weekday in a time zone, and days on which nobody is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo

LOOK_AHEAD = timedelta(days=31)
"""How far the next opening is looked for; a centre closed for longer names none."""


@dataclass(frozen=True, slots=True)
class Span:
    """From `opens` to `closes` on one day, the end excluded; `closes` at midnight means the end of the day."""

    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Office hours of a contact centre.

    Args:
        zone: In which the hours are meant; changes of the clock are its business.
        weekly: Spans by weekday, 0 is Monday; a missing day is closed.
        closed_on: Days on which nobody is there whatever the weekday.
        zone_name: For people.
    """

    zone: tzinfo
    weekly: Mapping[int, tuple[Span, ...]]
    closed_on: frozenset[date] = field(default_factory=frozenset)
    zone_name: str = ""

    def is_open(self, at: datetime) -> bool:
        """Whether people are there; `at` is timezone-aware."""
        return any(opens <= at < closes for opens, closes in self._spans(at.astimezone(self.zone).date()))

    def opens_next(self, at: datetime) -> datetime | None:
        """The next opening after `at`, in the centre's time zone; None if there is none within LOOK_AHEAD."""
        day = at.astimezone(self.zone).date()
        last = day + LOOK_AHEAD
        while day <= last:
            later = [opens for opens, _ in self._spans(day) if opens > at]
            if later:
                return min(later)
            day += timedelta(days=1)
        return None

    def _spans(self, day: date) -> list[tuple[datetime, datetime]]:
        """Of one day, as moments."""
        if day in self.closed_on:
            return []
        return [(self._at(day, span.opens), self._end(day, span.closes)) for span in self.weekly.get(day.weekday(), ())]

    def _end(self, day: date, closes: time) -> datetime:
        return self._at(day + timedelta(days=1), closes) if closes == time() else self._at(day, closes)

    def _at(self, day: date, moment: time) -> datetime:
        return datetime.combine(day, moment, self.zone)
