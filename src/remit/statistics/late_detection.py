"""Change detection when failures become known days later: charge at the start, refund at the failure."""

from dataclasses import dataclass
from functools import lru_cache
from math import exp, inf, log, log1p

from remit.errors import StatisticsError
from remit.statistics.change_detection import detector_stakes, log_one_plus
from remit.statistics.e_process import e_value, mixture


@dataclass(frozen=True, slots=True)
class OpenDay:
    """The bets that were opened on one day: log of their sum for each stake, before the charges so far."""

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
        settled: The bets of all days whose window has closed, as in `OpenDay`.
        days: Open days, oldest first.
        n_charged: Conversations since the last settling; their charges are kept apart from the days, so that
            a start touches one day only.
        log_sums: Log of the sum over all days for each stake, charges included: what is shown.
    """

    eps: float
    settled: tuple[float, ...] = ()
    days: tuple[OpenDay, ...] = ()
    n_charged: int = 0
    log_sums: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not self.settled:
            n_stakes = len(detector_stakes(self.eps))
            object.__setattr__(self, "settled", (-inf,) * n_stakes)
            object.__setattr__(self, "log_sums", (-inf,) * n_stakes)

    @property
    def statistic(self) -> float:
        """To compare with `alarm_threshold`; 0 before the first conversation."""
        return e_value(mixture(self.log_sums)) if self.log_sums else 0.0

    def after_start(self, day: int) -> "LateDetector":
        """One further conversation has started on this day; days come in order.

        Raises:
            StatisticsError: The day is before one that has been seen.
        """
        if self.days and day < self.days[-1].number:
            raise StatisticsError(f"day {day} comes after day {self.days[-1].number}; feed conversations in order.")
        is_open = bool(self.days) and self.days[-1].number == day
        held = self.days[-1].log_sums if is_open else (-inf,) * len(self.settled)
        charge = _charge_and_refund(self.eps)[0]
        n = self.n_charged
        opened = [log_one_plus(one + n * paid) - n * paid for one, paid in zip(held, charge, strict=True)]
        log_sums = [log_one_plus(one) + paid for one, paid in zip(self.log_sums, charge, strict=True)]
        return LateDetector(
            eps=self.eps,
            settled=self.settled,
            days=(*(self.days[:-1] if is_open else self.days), OpenDay(day, tuple(opened))),
            n_charged=n + 1,
            log_sums=tuple(log_sums),
        )

    def after_failure(self, day: int) -> "LateDetector":
        """A conversation that started on this day has failed; a failure on a settled day comes too late to count."""
        if all(one.number != day for one in self.days):
            return self
        refund = _charge_and_refund(self.eps)[1]
        settled = _plus(self.settled, refund)
        days = tuple(OpenDay(one.number, _plus(one.log_sums, refund)) if one.number < day else one for one in self.days)
        sums = [_log_sum(logs) for logs in zip(settled, *(one.log_sums for one in days), strict=True)]
        return LateDetector(
            eps=self.eps,
            settled=settled,
            days=days,
            n_charged=self.n_charged,
            log_sums=_plus(tuple(sums), self._charges()),
        )

    def after_settling(self, day: int) -> "LateDetector":
        """The window of all conversations up to and including this day has closed."""
        charges = self._charges()
        closed = [self.settled, *(one.log_sums for one in self.days if one.number <= day)]
        return LateDetector(
            eps=self.eps,
            # Charges are paid into the sums here, once a day, so that neither grows without bound.
            settled=_plus(tuple(_log_sum(logs) for logs in zip(*closed, strict=True)), charges),
            days=tuple(OpenDay(one.number, _plus(one.log_sums, charges)) for one in self.days if one.number > day),
            log_sums=self.log_sums,
        )

    def _charges(self) -> tuple[float, ...]:
        return tuple(self.n_charged * paid for paid in _charge_and_refund(self.eps)[0])


@lru_cache(maxsize=4096)
def _charge_and_refund(eps: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    stakes = detector_stakes(eps)
    charge = tuple(log1p(-stake * eps) for stake in stakes)
    return charge, tuple(log1p(stake * (1.0 - eps)) - paid for stake, paid in zip(stakes, charge, strict=True))


def _plus(logs: tuple[float, ...], gains: tuple[float, ...]) -> tuple[float, ...]:
    return tuple([held + gain for held, gain in zip(logs, gains, strict=True)])


def _log_sum(logs: tuple[float, ...]) -> float:
    largest = max(logs)
    return largest if largest == -inf else largest + log(sum(exp(one - largest) for one in logs))
