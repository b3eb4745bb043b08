"""Change detection when failures become known days later: charge at the start, refund at the failure."""

from dataclasses import dataclass
from math import inf, log, log1p

from remit.errors import StatisticsError
from remit.statistics.change_detection import detector_stakes, log_one_plus
from remit.statistics.e_process import e_value, mixture


@dataclass(frozen=True, slots=True)
class _Day:
    number: int
    log_sums: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class LateDetector:
    """The change detector for losses of 0 or 1 whose failures are reported within a window.

    A conversation counts as good from its start. When it fails, the bets that were opened on an EARLIER day
    get back what they would have won; those of its own day get nothing, because some of them were opened
    after it. So the statistic is never above that of a `ChangeDetector` that is told each outcome at the
    start, and has its guarantee: at `statistic >= a`, while the conditional mean stays at or below eps, a
    false alarm comes on average not before a conversations. Held by tests/statistical/test_late_detection.py.

    State: one small tuple a day of the window, and one for all days before it; independent of the history.

    Args:
        eps: The error budget, in (0, 1).
        settled: Log sums of the bets of all days whose window has closed.
        days: Open days, oldest first.
    """

    eps: float
    settled: tuple[float, ...] = ()
    days: tuple[_Day, ...] = ()

    def __post_init__(self) -> None:
        if not self.settled:
            object.__setattr__(self, "settled", (-inf,) * len(detector_stakes(self.eps)))

    @property
    def statistic(self) -> float:
        """To compare with `alarm_threshold`; 0 before the first conversation."""
        per_stake = (_log_sum(logs) for logs in zip(self.settled, *(day.log_sums for day in self.days), strict=True))
        return e_value(mixture(per_stake)) if self.settled else 0.0

    def after_start(self, day: int) -> "LateDetector":
        """One further conversation has started on this day; days come in order.

        Raises:
            StatisticsError: The day is before one that has been seen.
        """
        if self.days and day < self.days[-1].number:
            raise StatisticsError(f"day {day} comes after day {self.days[-1].number}; feed conversations in order.")
        charges = tuple(log1p(-stake * self.eps) for stake in detector_stakes(self.eps))
        *earlier, last = self.days if self.days and self.days[-1].number == day else (*self.days, self._opened(day))
        opened = tuple(log_one_plus(held) for held in last.log_sums)
        days = [*earlier, _Day(day, opened)]
        return LateDetector(
            eps=self.eps,
            settled=_plus(self.settled, charges),
            days=tuple(_Day(one.number, _plus(one.log_sums, charges)) for one in days),
        )

    def after_failure(self, day: int) -> "LateDetector":
        """A conversation that started on this day has failed; a failure on a settled day comes too late to count."""
        if all(one.number != day for one in self.days):
            return self
        refunds = tuple(
            log1p(stake * (1.0 - self.eps)) - log1p(-stake * self.eps) for stake in detector_stakes(self.eps)
        )
        return LateDetector(
            eps=self.eps,
            settled=_plus(self.settled, refunds),
            days=tuple(
                _Day(one.number, _plus(one.log_sums, refunds)) if one.number < day else one for one in self.days
            ),
        )

    def after_settling(self, day: int) -> "LateDetector":
        """The window of all conversations up to and including this day has closed."""
        closed = [one.log_sums for one in self.days if one.number <= day]
        settled = tuple(_log_sum(logs) for logs in zip(self.settled, *closed, strict=True))
        return LateDetector(eps=self.eps, settled=settled, days=tuple(one for one in self.days if one.number > day))

    def _opened(self, day: int) -> _Day:
        return _Day(day, (-inf,) * len(self.settled))


def _plus(logs: tuple[float, ...], gains: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(held + gain for held, gain in zip(logs, gains, strict=True))


def _log_sum(logs: tuple[float, ...]) -> float:
    return mixture(logs) + log(len(logs))
