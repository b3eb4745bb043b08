"""What evidence still costs: how many further losses of a kind until an e-process crosses its threshold."""

from collections.abc import Iterable
from math import inf, log

from remit.errors import StatisticsError
from remit.statistics.e_process import Wealth, grid, mixture

_NOT_WORTH_COUNTING = 10_000_000


def further_without_error(wealth: Wealth, *, alpha: float) -> int | None:
    """Further losses of exactly 0 after which the promote side holds at least 1/alpha.

    Returns:
        0 if it does already; None if not within ten million.
    """
    return _further(wealth, wealth.grid.log_clean, alpha)


def further_without_error_from_counts(
    n: int, n_errors: int, *, eps: float, alpha: float, phi_upper: float = 1.0
) -> int | None:
    """Further losses of 0 that support a budget of eps, after n losses of 0 or 1, under a design effect.

    Args:
        n: Losses that count so far.
        n_errors: How many of them were 1, 0 <= n_errors <= n.
        eps: The error budget, in (0, 1).
        alpha: The gate's share, in (0, 1).
        phi_upper: Design effect as it stands, at least 1; later clusters will change it.

    Returns:
        0 if it is supported already; None if not within ten million, or while no design effect is known (inf).

    Raises:
        StatisticsError: A number is outside its range.
    """
    if not 0 <= n_errors <= n or not phi_upper >= 1.0:
        raise StatisticsError(f"{n_errors} errors among {n}, design effect {phi_upper!r}: not possible.")
    if phi_upper == inf:
        return None
    bets = grid(eps, "promote")
    held = tuple(
        ((n_errors * error if n_errors else 0.0) + (n - n_errors) * clean) / phi_upper
        for error, clean in zip(bets.log_error, bets.log_clean, strict=True)
    )
    growth = tuple(clean / phi_upper for clean in bets.log_clean)
    return _further(Wealth(grid=bets, log_wealths=held, n=n), growth, alpha)


def further_at_present_rate(wealth: Wealth, losses: Iterable[float], *, alpha: float) -> int | None:
    """Further losses, distributed like those seen, after which this side is expected to hold 1/alpha.

    Each bet's log-wealth is carried on at its present mean growth: a plan, not a promise. On the promote
    side it answers "when would it be earned", on the rollback side "when would it be burned".

    Returns:
        0 if it does already; None without data, or if the evidence does not grow at this rate.
    """
    seen = list(losses)
    if not seen:
        return 0 if wealth.log_e >= log(1.0 / alpha) else None
    totals = [0.0] * len(wealth.log_wealths)
    for loss in seen:
        for index, gain in enumerate(wealth.grid.log_factors(loss)):
            totals[index] += gain
    return _further(wealth, tuple(total / len(seen) for total in totals), alpha)


def expected_without_error(*, eps: float, alpha: float) -> int:
    """Losses of 0, from the start, that earn a budget of eps: about 4.2 / eps at alpha 0.05."""
    n = further_without_error(Wealth.at_start(eps=eps, side="promote"), alpha=alpha)
    return _NOT_WORTH_COUNTING if n is None else n


def _further(wealth: Wealth, growth: tuple[float, ...], alpha: float) -> int | None:
    threshold = log(1.0 / alpha)

    def crossed(n: int) -> bool:
        carried = (held + n * gain if n else held for held, gain in zip(wealth.log_wealths, growth, strict=True))
        return mixture(carried) >= threshold

    if crossed(0):
        return 0
    # The log of a mean of exponentials in n is convex and starts below the threshold: it crosses once.
    if max(growth, default=0.0) <= 0.0:
        return None
    low, high = 0, 1
    while not crossed(high):
        low, high = high, high * 2
        if high > _NOT_WORTH_COUNTING:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if crossed(middle) else (middle, high)
    return high
