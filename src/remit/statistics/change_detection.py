"""Shiryaev-Roberts mixture: notices when a loss rate that was within its budget no longer is."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from math import exp, inf, log1p

from remit.errors import StatisticsError
from remit.statistics.e_process import HIGHEST_THETA, e_value, mixture

RATIOS = (1.5, 2.0, 3.0, 5.0, 8.0)


@dataclass(frozen=True, slots=True)
class ChangeDetector:
    """Running state of the detector; O(1): the logs of at most five sums, whatever the history.

        R_k after x = (1 + R_k before) (1 + lambda_k (x - eps)),   theta_k = r eps, r in 1.5, 2, 3, 5, 8

    Guarantee: while the conditional mean of the next loss, given the past, stays at or below eps, an alarm
    at `statistic >= a` comes on average not before a losses, whatever their distribution. It needs no
    calibration; it says nothing about the probability of an alarm by a fixed date. Confirmed errors per
    conversation may be fed instead of true losses: they only undercount, so that the guarantee stays.
    Held by tests/statistical/test_change_detection.py.

    Stakes whose theta reaches 0.95 are left out, because the bet could lose more than it holds. With
    eps >= 0.64 none is left: such a detector never alarms.

    Args:
        eps: The error budget, in (0, 1).
        log_sums: Log of each R_k; -inf at the start.

    Raises:
        StatisticsError: eps is outside (0, 1).

    Source:
        Shin, Ramdas & Rinaldo (2024), NEJSDS, arXiv 2203.03532.
    """

    eps: float
    log_sums: tuple[float, ...] = field(default=())

    def __post_init__(self) -> None:
        if not self.log_sums:
            object.__setattr__(self, "log_sums", (-inf,) * len(detector_stakes(self.eps)))

    @property
    def log_statistic(self) -> float:
        """Log of the mean of the running sums; -inf before the first loss."""
        return mixture(self.log_sums) if self.log_sums else -inf

    @property
    def statistic(self) -> float:
        """Mean of the running sums, to compare with `alarm_threshold`; capped far above any threshold."""
        return e_value(self.log_statistic)

    def after(self, loss: float) -> "ChangeDetector":
        """The state after one further loss in [0, 1].

        Raises:
            StatisticsError: The loss is outside [0, 1].
        """
        if not 0.0 <= loss <= 1.0:
            raise StatisticsError(f"a loss of {loss!r} is outside [0, 1].")
        excess = loss - self.eps
        pairs = zip(self.log_sums, detector_stakes(self.eps), strict=True)
        # A list, not a generator: this runs for every conversation of every monitor.
        grown = [log_one_plus(held) + log1p(stake * excess) for held, stake in pairs]
        return ChangeDetector(eps=self.eps, log_sums=tuple(grown))


@lru_cache(maxsize=4096)
def detector_stakes(eps: float) -> tuple[float, ...]:
    """The stake lambda of each bet of the detector, for the ratios that keep theta below 0.95.

    Raises:
        StatisticsError: eps is outside (0, 1).
    """
    if not 0.0 < eps < 1.0:
        raise StatisticsError(f"eps is {eps!r}; an error budget lies strictly between 0 and 1.")
    return tuple((ratio - 1.0) / (1.0 - eps) for ratio in RATIOS if ratio * eps < HIGHEST_THETA)


def alarm_threshold(*, days_between_false_alarms: float, conversations_per_day: float) -> float:
    """What the statistic must reach: at least this many conversations pass, on average, before a false alarm.

    Args:
        days_between_false_alarms: Wanted mean time, > 0; 90 is the policy's default.
        conversations_per_day: Volume that reaches the detector, > 0. If the volume grows later, false
            alarms come sooner in days, not in conversations.

    Raises:
        StatisticsError: A number is not positive, or together they make less than one conversation.
    """
    if not (days_between_false_alarms > 0.0 and conversations_per_day > 0.0):
        raise StatisticsError(
            f"{days_between_false_alarms!r} days at {conversations_per_day!r} conversations a day: "
            "both must be above 0."
        )
    threshold = days_between_false_alarms * conversations_per_day
    if threshold < 1.0:
        raise StatisticsError(
            f"{days_between_false_alarms!r} days at {conversations_per_day!r} conversations a day are less than one "
            "conversation; ask for more days between false alarms, or watch several intents together."
        )
    return threshold


def total_statistic(detectors: Iterable[ChangeDetector]) -> float:
    """One statistic for several intents that are watched together, on one common clock.

    The sum over intents reaches `alarm_threshold` of their *total* volume, on average, not before that
    many conversations of all of them; equivalently the average of the statistics against the average
    volume. Valid under any dependence between intents while each keeps its own budget; the intents must
    be named before the data are seen. Held by tests/statistical/test_change_detection.py.
    """
    return sum(detector.statistic for detector in detectors)


def log_one_plus(log_sum: float) -> float:
    """The log of 1 + R from the log of R, without leaving log space when R is huge."""
    return log1p(exp(log_sum)) if log_sum <= 0.0 else log_sum + log1p(exp(-log_sum))
