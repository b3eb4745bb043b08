"""How other tools widen and roll back, so that one run can compare them on the same simulated traffic.

Each sees matured, correctly labelled conversations only: kinder to it than its usual use, where labels that
are not there yet count as good.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_Z_95 = 1.959963984540054


class Move(StrEnum):
    """What a rule does with the grant that it watches."""

    STAY = "stay"
    WIDEN = "widen"
    ROLL_BACK = "roll_back"


class Rule(Protocol):
    """Watches one grant of one release, from the day on which it was given; forgets everything when it moves."""

    def look(self, failed: "NDArray[np.bool_]") -> Move:
        """What to do after the conversations that matured today.

        Args:
            failed: Which of them went wrong, shape (n,), in the order in which they started.
        """
        ...


@dataclass(slots=True)
class FixedSample:
    """One look at a sample of a size chosen beforehand: widen if the rate is within the budget, else roll back."""

    eps: float
    n_wanted: int = 500
    _n: int = 0
    _n_failed: int = 0

    def look(self, failed: "NDArray[np.bool_]") -> Move:
        """Nothing until the sample is full."""
        taken = failed[: self.n_wanted - self._n]
        self._n += int(taken.shape[0])
        self._n_failed += int(taken.sum())
        if self._n < self.n_wanted:
            return Move.STAY
        return Move.WIDEN if self._n_failed <= self.eps * self.n_wanted else Move.ROLL_BACK


@dataclass(slots=True)
class FailureLimit:
    """Progressive delivery's analysis: a measurement a day, and a limit of how many may be above the budget.

    A measurement is the error rate of the day's conversations; a day without any is not measured.
    """

    eps: float
    n_wanted: int = 10
    limit: int = 3
    _n_measured: int = 0
    _n_above: int = 0

    def look(self, failed: "NDArray[np.bool_]") -> Move:
        """One measurement more; the first one beyond the limit decides."""
        if not failed.shape[0]:
            return Move.STAY
        self._n_measured += 1
        self._n_above += float(failed.mean()) > self.eps
        if self._n_above > self.limit:
            return Move.ROLL_BACK
        return Move.WIDEN if self._n_measured >= self.n_wanted else Move.STAY


@dataclass(slots=True)
class WilsonAgainAndAgain:
    """A 95 % Wilson interval looked at after every conversation: widen when it lies below the budget."""

    eps: float
    n_min: int = 30
    _n: int = 0
    _n_failed: int = 0

    def look(self, failed: "NDArray[np.bool_]") -> Move:
        """The first crossing of the day decides."""
        n = self._n + np.arange(1, failed.shape[0] + 1)
        errors = self._n_failed + np.cumsum(failed)
        # Wilson's bounds hold eps exactly when |errors / n - eps| <= z sqrt(eps (1 - eps) / n).
        reach = _Z_95 * np.sqrt(self.eps * (1.0 - self.eps) * n)
        outside = (np.abs(errors - n * self.eps) > reach) & (n >= self.n_min)
        if outside.any():
            first = int(outside.argmax())
            return Move.WIDEN if errors[first] < n[first] * self.eps else Move.ROLL_BACK
        self._n, self._n_failed = self._n + int(failed.shape[0]), self._n_failed + int(failed.sum())
        return Move.STAY


@dataclass(slots=True)
class BurnRateAlerts:
    """Site reliability's multi-window alerts, and a widening after a quiet fortnight.

    Windows of a day and of three, at 3 and 1 times the budget (the ticketing pair), since labels come by the day;
    both the window and a sixth of it must burn. `quiet_days` without an alert widen.
    """

    eps: float
    quiet_days: int = 14
    windows: Sequence[tuple[int, float]] = ((1, 3.0), (3, 1.0))
    _days: list[tuple[int, int]] = field(default_factory=list)

    def look(self, failed: "NDArray[np.bool_]") -> Move:
        """One more day."""
        self._days.append((int(failed.shape[0]), int(failed.sum())))
        last_part = failed[-max(1, failed.shape[0] // 6) :]
        burning_now = bool(last_part.shape[0]) and float(last_part.mean()) > self.eps
        if burning_now and any(self._burn(length) > factor for length, factor in self.windows):
            return Move.ROLL_BACK
        return Move.WIDEN if len(self._days) >= self.quiet_days else Move.STAY

    def _burn(self, length: int) -> float:
        days = self._days[-length:]
        n = sum(one for one, _ in days)
        return sum(one for _, one in days) / n / self.eps if n else 0.0


def _fixed_sample(eps: float, *, on_canary: bool) -> Rule:
    return FixedSample(eps, n_wanted=100 if on_canary else 500)


def _failure_limit(eps: float, *, on_canary: bool) -> Rule:
    return FailureLimit(eps, n_wanted=5, limit=1) if on_canary else FailureLimit(eps)


def _wilson(eps: float, *, on_canary: bool) -> Rule:
    del on_canary
    return WilsonAgainAndAgain(eps)


def _burn_rate(eps: float, *, on_canary: bool) -> Rule:
    return BurnRateAlerts(eps, quiet_days=3 if on_canary else 14)


class RuleMaker(Protocol):
    """Makes a rule for one grant; on a canary's step each needs less before it widens."""

    def __call__(self, eps: float, *, on_canary: bool) -> Rule:
        """A rule that has seen nothing, for an error budget."""
        ...


RULES: Mapping[str, RuleMaker] = MappingProxyType(
    {
        "fixed sample": _fixed_sample,
        "failure limit": _failure_limit,
        "Wilson, looked at again and again": _wilson,
        "burn-rate alerts": _burn_rate,
    }
)
RULE_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "fixed sample": "500 matured conversations (100 on a canary's step), one look: widen at a rate within the "
        "budget, else roll back",
        "failure limit": "a measurement a day, ten of them (five on a canary's step): widen unless more than three "
        "(one) are above the budget",
        "Wilson, looked at again and again": "a 95 % Wilson interval after every conversation from the 30th on: "
        "widen when it lies below the budget, roll back when above",
        "burn-rate alerts": "14 days (3 on a canary's step) without an alert widen; alerts at 3 budgets over a day, or "
        "1 over three days, and in the last sixth of a day",
    }
)
