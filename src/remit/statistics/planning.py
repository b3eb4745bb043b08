"""What evidence still costs: how many further losses of a kind until an e-process crosses its threshold."""

from collections.abc import Iterable, Sequence
from math import ceil, exp, floor, inf, log

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


def first_crossing(held: Sequence[float], growth: Sequence[float], *, threshold: float) -> int | None:
    """Steps until log-wealths that each grow by the same at every step hold the threshold together, on average.

    Returns:
        0 if they do already; None if they do not grow, or not within ten million steps.
    """
    if mixture(held) >= threshold:
        return 0
    rising = [(one, gain) for one, gain in zip(held, growth, strict=True) if gain > 0.0 and one > -inf]
    # The mean holds it at the latest where the best bet's own share of it does.
    latest = min([(threshold + log(len(held)) - one) / gain for one, gain in rising], default=inf)
    n = ceil(min(latest, _NOT_WORTH_COUNTING))
    value, slope = _carried(held, growth, n)
    if value < threshold:
        return None
    # Newton's steps from the right never pass the crossing of a convex curve; only rounding could.
    while value >= threshold:
        n -= max(1, floor((value - threshold) / slope))
        if n == 0:
            break
        value, slope = _carried(held, growth, n)
    return n + 1


def _carried(held: Sequence[float], growth: Sequence[float], n: int) -> tuple[float, float]:
    """Log of the mean wealth after n steps, and by how much it grows with one more."""
    carried = [one + n * gain for one, gain in zip(held, growth, strict=True)]
    top = max(carried)
    wealths = [exp(one - top) for one in carried]
    total = sum(wealths)
    gained = sum([one * gain for one, gain in zip(wealths, growth, strict=True) if one])
    return top + log(total / len(held)), gained / total


def _further(wealth: Wealth, growth: tuple[float, ...], alpha: float) -> int | None:
    return first_crossing(wealth.log_wealths, growth, threshold=log(1.0 / alpha))
