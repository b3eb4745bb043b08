"""Design effect: how much less a conversation says because those of one day, or one customer, resemble each other.

Order: count clusters (`Clusters`), estimate (`Clusters.effect`), discount the evidence (`discounted_log_e`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf, sqrt

from remit.errors import StatisticsError
from remit.statistics.e_process import Side, grid, mixture


@dataclass(frozen=True, slots=True)
class DesignEffect:
    """Estimated overdispersion between clusters.

    Args:
        phi: Variance between clusters over what independent conversations would give; at least 1.
        phi_upper: phi with one standard error on top, phi (1 + sqrt(2 / (D - 1))); inf with fewer than two
            clusters. This one discounts: n conversations count as n / phi_upper.
        n_clusters: D, clusters with at least one conversation.
    """

    phi: float
    phi_upper: float
    n_clusters: int


@dataclass(frozen=True, slots=True)
class Clusters:
    """Running totals over clusters (days, customers); O(1), five numbers. Add a cluster when it is complete.

    Args:
        n_clusters: Clusters with at least one conversation.
        n: Conversations.
        loss: Sum of losses.
        loss_squared: Sum of squared losses; the same as `loss` for losses of 0 or 1.
        spread: Sum over clusters of (loss of the cluster)^2 / conversations of the cluster.
    """

    n_clusters: int = 0
    n: int = 0
    loss: float = 0.0
    loss_squared: float = 0.0
    spread: float = 0.0

    def after(self, *, n: int, loss: float, loss_squared: float | None = None) -> "Clusters":
        """The totals with one further complete cluster; an empty one changes nothing.

        Args:
            n: Its conversations.
            loss: Sum of its losses, each in [0, 1].
            loss_squared: Sum of their squares; leave out for losses of 0 or 1.

        Raises:
            StatisticsError: The sums are impossible for n losses in [0, 1].
        """
        squared = loss if loss_squared is None else loss_squared
        if n < 0 or not 0.0 <= squared <= loss <= n:
            raise StatisticsError(f"losses that add up to {loss!r} (squares: {squared!r}) in {n} are not possible.")
        if n == 0:
            return self
        return Clusters(
            n_clusters=self.n_clusters + 1,
            n=self.n + n,
            loss=self.loss + loss,
            loss_squared=self.loss_squared + squared,
            spread=self.spread + loss * loss / n,
        )

    def effect(self) -> DesignEffect:
        """The design effect of these clusters: Pearson's dispersion over D - 1 degrees of freedom.

        For equal cluster sizes m it is s^2 / (m p (1 - p)), s^2 the variance of losses per cluster. Without
        any loss, or with nothing but losses, phi is 1: such data show no variation.

        Assumption: clusters are independent of each other. The discounted test is approximate: measured,
        not a theorem (tests/statistical/test_design_effect.py); take at least 14 days, two weekly cycles.
        If several clusterings matter (day and customer), discount by the largest.
        """
        if self.n_clusters < 2:
            return DesignEffect(phi=1.0, phi_upper=inf, n_clusters=self.n_clusters)
        mean = self.loss / self.n
        within = self.loss_squared / self.n - mean * mean
        between = (self.spread - self.loss * mean) / (self.n_clusters - 1)
        phi = max(1.0, between / within) if within > 1e-15 else 1.0
        return DesignEffect(
            phi=phi, phi_upper=phi * (1.0 + sqrt(2.0 / (self.n_clusters - 1))), n_clusters=self.n_clusters
        )


def largest(effects: Iterable[DesignEffect]) -> DesignEffect:
    """The effect that discounts most, for conversations that are clustered in several ways.

    Raises:
        StatisticsError: There is none.
    """
    found = list(effects)
    if not found:
        raise StatisticsError("no clustering was given; cluster by day at least.")
    return max(found, key=lambda effect: effect.phi_upper)


def discounted_log_e(n: int, n_errors: int, *, eps: float, side: Side, effect: DesignEffect) -> float:
    """Log of the grid-mixture evidence at (n / phi_upper, errors / phi_upper).

    Args:
        n: Conversations with losses of 0 or 1.
        n_errors: How many of them were 1, 0 <= n_errors <= n.
        eps: The error budget, in (0, 1).
        side: As for `log_e_value`.
        effect: From `Clusters.effect`; one cluster or none leaves no evidence, 0.0.

    Raises:
        StatisticsError: Counts or eps are impossible.
    """
    if not 0 <= n_errors <= n:
        raise StatisticsError(f"{n_errors} errors among {n} is not possible.")
    bets = grid(eps, side)
    n_clean = n - n_errors
    return mixture(
        ((n_errors * error if n_errors else 0.0) + n_clean * clean) / effect.phi_upper
        for error, clean in zip(bets.log_error, bets.log_clean, strict=True)
    )


def discounted(log_wealths: Iterable[float], *, effect: DesignEffect) -> float:
    """The same for any state that keeps one log-wealth per stake: graded losses, error origin, active sampling."""
    return mixture(held / effect.phi_upper for held in log_wealths)
