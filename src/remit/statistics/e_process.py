"""The grid-mixture e-process: evidence about a loss rate that may be looked at as often as one likes.

A gambler bets against the hypothesis "the mean loss is on the wrong side of eps" with a fixed set of
stakes. The wealth E is a non-negative supermartingale under the hypothesis, so that it ever reaches
1/alpha with probability at most alpha (Ville 1939), whatever the stopping rule. Losses are 0 or 1, or
graded in [0, 1]; the state is O(1): two counts for 0/1 losses, one log-wealth per stake for graded ones.

Source: Robbins (1970); Howard et al. (2021), arXiv 1810.08240; Waudby-Smith & Ramdas (2024), arXiv 2010.09686.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import exp, inf, log, log1p
from typing import Literal

from remit.errors import StatisticsError

Side = Literal["promote", "rollback"]

PROMOTE_RATIOS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
ROLLBACK_RATIOS = (1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 5.0, 7.0, 10.0, 14.0, 20.0)
HIGHEST_THETA = 0.95
# exp() overflows above 709; a larger e-value says nothing more to anybody.
_LOG_E_SHOWN_AT_MOST = 700.0


@dataclass(frozen=True, slots=True)
class Grid:
    """The stakes against one hypothesis about the mean loss.

    `promote` bets against "the mean loss is at least eps", `rollback` against "it is at most eps".
    For 0/1 losses the stake for theta is the likelihood ratio of theta to eps.

    Args:
        eps: The error budget, in (0, 1).
        side: Which hypothesis is bet against.
        stakes: lambda of each bet: a loss x multiplies its wealth by 1 + lambda (x - eps).
        log_error: Log factor of a loss of 1 for each bet; -inf for the bet on "no errors at all".
        log_clean: Log factor of a loss of 0 for each bet.
    """

    eps: float
    side: Side
    stakes: tuple[float, ...]
    log_error: tuple[float, ...]
    log_clean: tuple[float, ...]

    def log_factors(self, loss: float) -> tuple[float, ...]:
        """What one loss in [0, 1] adds to each log-wealth.

        Raises:
            StatisticsError: The loss is outside [0, 1].
        """
        if loss == 0.0:
            return self.log_clean
        if loss == 1.0:
            return self.log_error
        if not 0.0 < loss < 1.0:
            raise StatisticsError(f"a loss of {loss!r} is outside [0, 1].")
        return tuple(log1p(stake * (loss - self.eps)) for stake in self.stakes)


@lru_cache(maxsize=4096)
def grid(eps: float, side: Side) -> Grid:
    """The stakes of the specification, uniformly weighted.

    Promote: theta = r eps for r = 0, 0.1, ..., 0.9. Rollback: theta = r eps for twelve r from 1.25 to 20,
    as far as theta < 0.95; for eps >= 0.76 none is left and the wealth stays 1.

    Raises:
        StatisticsError: eps is outside (0, 1).
    """
    if not 0.0 < eps < 1.0:
        raise StatisticsError(f"eps is {eps!r}; an error budget lies strictly between 0 and 1.")
    ratios = PROMOTE_RATIOS if side == "promote" else ROLLBACK_RATIOS
    thetas = [ratio * eps for ratio in ratios if side == "promote" or ratio * eps < HIGHEST_THETA]
    return Grid(
        eps=eps,
        side=side,
        stakes=tuple((theta - eps) / (eps * (1.0 - eps)) for theta in thetas),
        log_error=tuple(log(theta / eps) if theta > 0.0 else -inf for theta in thetas),
        log_clean=tuple(log1p(-theta) - log1p(-eps) for theta in thetas),
    )


def log_e_value(n: int, n_errors: int, *, eps: float, side: Side) -> float:
    """Log of the evidence after n losses of 0 or 1, from the two counts alone.

    Args:
        n: Losses seen.
        n_errors: How many of them were 1, 0 <= n_errors <= n.
        eps: The error budget, in (0, 1).
        side: "promote" to show that the rate is below eps, "rollback" to show that it is above.

    Returns:
        log E; supported (or burned) when it is at least log(1/alpha). 0.0 without data.

    Raises:
        StatisticsError: Counts or eps are impossible.
    """
    if not 0 <= n_errors <= n:
        raise StatisticsError(f"{n_errors} errors among {n} is not possible.")
    bets = grid(eps, side)
    n_clean = n - n_errors
    return mixture(
        (n_errors * error if n_errors else 0.0) + n_clean * clean
        for error, clean in zip(bets.log_error, bets.log_clean, strict=True)
    )


@dataclass(frozen=True, slots=True)
class Wealth:
    """The running state for graded losses: one log-wealth per stake, independent of how many losses came."""

    grid: Grid
    log_wealths: tuple[float, ...]
    n: int = 0

    @classmethod
    def at_start(cls, *, eps: float, side: Side) -> "Wealth":
        """Before any loss: every bet holds 1."""
        bets = grid(eps, side)
        return cls(grid=bets, log_wealths=(0.0,) * len(bets.stakes))

    def after(self, losses: Iterable[float]) -> "Wealth":
        """The wealth after these further losses, each in [0, 1]; their order does not matter."""
        held = list(self.log_wealths)
        n = self.n
        for loss in losses:
            n += 1
            for index, gain in enumerate(self.grid.log_factors(loss)):
                held[index] += gain
        return Wealth(grid=self.grid, log_wealths=tuple(held), n=n)

    @property
    def log_e(self) -> float:
        """Log of the evidence so far."""
        return mixture(self.log_wealths)


def mixture(log_wealths: Iterable[float]) -> float:
    """Log of the mean wealth of uniformly weighted bets; no bets at all hold 1."""
    held = tuple(log_wealths)
    if not held:
        return 0.0
    largest = max(held)
    if largest == -inf:
        return -inf
    return largest + log(sum([exp(one - largest) for one in held])) - log(len(held))


def e_value(log_e: float) -> float:
    """The evidence as people read it; capped far above any threshold instead of overflowing."""
    return exp(min(log_e, _LOG_E_SHOWN_AT_MOST))
