"""Labels that come late, treated by direction: what is not known yet counts against the claim."""

from dataclasses import dataclass

from remit.errors import StatisticsError
from remit.statistics.e_process import log_e_value


@dataclass(frozen=True, slots=True)
class LateCounts:
    """Conversations with losses of 0 or 1 whose label comes within a window; O(1), four counts.

    Promote counts matured conversations only: those whose window has closed, failed early or not. Roll back
    counts every conversation as good from its start (the stake is paid at once) and refunds it when it fails:

        E = mean over k of  prod over started (1 - lambda_k eps)
                            times prod over failed (1 + lambda_k (1 - eps)) / (1 - lambda_k eps)

    Guarantee, each with probability at most alpha: no promotion while the mean is at least eps, because each
    matured conversation is seen whole; no rollback while it is at most eps, because the wealth is never above
    that of a gambler who is told each outcome at its start. Counting the labels "so far" instead rolls back
    nearly every agent at its target: failures come early, successes only at the end of the window.
    Held by tests/statistical/test_late_labels.py.

    Args:
        n_started: Conversations that have begun to count.
        n_matured: Those whose window has closed.
        n_errors: Failures known so far, pending ones included.
        n_errors_matured: Failures among the matured.
    """

    n_started: int = 0
    n_matured: int = 0
    n_errors: int = 0
    n_errors_matured: int = 0

    def __post_init__(self) -> None:
        n_pending, n_errors_pending = self.n_started - self.n_matured, self.n_errors - self.n_errors_matured
        if not (0 <= self.n_errors_matured <= self.n_matured and 0 <= n_errors_pending <= n_pending):
            raise StatisticsError(
                f"{self.n_errors} errors among {self.n_started} started, {self.n_errors_matured} among "
                f"{self.n_matured} matured: a part cannot be larger than its whole."
            )

    def after_start(self) -> "LateCounts":
        """One further conversation has begun."""
        return LateCounts(self.n_started + 1, self.n_matured, self.n_errors, self.n_errors_matured)

    def after_failure(self) -> "LateCounts":
        """One conversation that was pending has failed."""
        return LateCounts(self.n_started, self.n_matured, self.n_errors + 1, self.n_errors_matured)

    def after_maturity(self, *, failed: bool) -> "LateCounts":
        """The window of one conversation has closed; `failed` if its failure had been counted."""
        return LateCounts(self.n_started, self.n_matured + 1, self.n_errors, self.n_errors_matured + failed)

    def log_e_promote(self, *, eps: float) -> float:
        """Log of the evidence that the rate is below eps, from matured conversations alone."""
        return log_e_value(self.n_matured, self.n_errors_matured, eps=eps, side="promote")

    def log_e_rollback(self, *, eps: float) -> float:
        """Log of the evidence that the rate is above eps: charged at start, refunded at failure."""
        return log_e_value(self.n_started, self.n_errors, eps=eps, side="rollback")
