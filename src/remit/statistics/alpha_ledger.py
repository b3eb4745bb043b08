"""Alpha ledger: trying again after a failed promotion must not make luck enough."""

from dataclasses import dataclass
from math import pi

from remit.errors import StatisticsError

_SHARE_OF_FIRST = 6.0 / (pi * pi)


@dataclass(frozen=True, slots=True)
class AlphaLedger:
    """How much of the error allowance of one remit's promotion is spent.

    Attempt j gets alpha_j = alpha 6 / (pi^2 j^2); over all attempts for ever the shares add up to alpha, so
    that with any number of retries at most alpha of the releases that do not deserve it are promoted (union
    bound over attempts, each valid at its own share). Only a FAILED promotion opens the next attempt: an
    unchanged release that is undecided carries its evidence on and stays on the same attempt.
    Held by tests/statistical/test_alpha_ledger.py.

    Args:
        alpha: The whole allowance, in (0, 1).
        n_failed: Failed attempts so far, at least 0.
    """

    alpha: float
    n_failed: int = 0

    def __post_init__(self) -> None:
        if not 0.0 < self.alpha < 1.0:
            raise StatisticsError(f"alpha is {self.alpha!r}; it must lie strictly between 0 and 1.")
        if self.n_failed < 0:
            raise StatisticsError(f"{self.n_failed} failed attempts is not possible.")

    @property
    def attempt(self) -> int:
        """Number of the attempt that is running, from 1."""
        return self.n_failed + 1

    @property
    def share(self) -> float:
        """Alpha of the running attempt: the gate needs evidence of 1 / share."""
        return self.alpha * _SHARE_OF_FIRST / (self.attempt * self.attempt)

    @property
    def spent(self) -> float:
        """Alpha that failed attempts have used up."""
        return self.alpha * _SHARE_OF_FIRST * sum(1.0 / (j * j) for j in range(1, self.n_failed + 1))

    def after_failure(self) -> "AlphaLedger":
        """The ledger when the running attempt has failed: the next one needs more evidence."""
        return AlphaLedger(alpha=self.alpha, n_failed=self.n_failed + 1)
