"""What a gate will cost, exactly and before it runs: how many conversations until it is earned or burned.

Losses of 0 or 1 at a constant true rate. The promote boundary is a staircase in (n, errors): with S errors
the gate is earned at the first n that S errors allow, so that it can only be earned at those n. The rollback
boundary is one too, and errors never fall; so the distribution of errors needs to be followed from step to
step of both staircases, not from conversation to conversation.

Source: exact dynamic programming; the boundaries are those of `log_e_value`.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, log
from typing import TYPE_CHECKING

from remit.errors import StatisticsError
from remit.statistics.binomial import binomial_weights
from remit.statistics.e_process import Side, grid, log_e_value

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_NEGLIGIBLE = 1e-13


@dataclass(frozen=True, slots=True)
class OperatingCharacteristics:
    """What becomes of agents of one true error rate at one gate, looked at after every conversation.

    Held by tests/statistical/test_operating_characteristics.py.

    Args:
        earned_at: (n, probability) of being earned at n, n rising; no other n is possible.
        burned_by: (n, probability) of being burned at or before n, at the ends of the boundary's steps.
        n_max: Horizon; who is undecided then is not counted further.
    """

    earned_at: tuple[tuple[int, float], ...]
    burned_by: tuple[tuple[int, float], ...]
    n_max: int

    @property
    def earned_probability(self) -> float:
        """Probability of being earned within the horizon, before being burned."""
        return sum(chance for _, chance in self.earned_at)

    @property
    def burned_probability(self) -> float:
        """Probability of being burned within the horizon, before being earned."""
        return self.burned_by[-1][1] if self.burned_by else 0.0

    def n_to_earn(self, share: float) -> int | None:
        """Conversations by which this share of all agents has earned it; None if not within the horizon."""
        earned = 0.0
        for n, chance in self.earned_at:
            earned += chance
            if earned >= share:
                return n
        return None


def operating_characteristics(
    *, eps: float, true_rate: float, alpha: float, n_max: int | None = None
) -> OperatingCharacteristics:
    """Follow all agents of a true rate through one gate; both sides at the same alpha.

    Args:
        eps: The error budget, in (0, 1).
        true_rate: The agent's error rate, in [0, 1].
        alpha: Of each side, in (0, 1); for a plan the alpha ledger's share.
        n_max: Horizon in conversations; 100 / eps if left out.

    Raises:
        StatisticsError: A number is outside its range.
    """
    horizon = ceil(100.0 / eps) if n_max is None and eps > 0.0 else n_max
    if horizon is None or horizon < 1 or not (0.0 <= true_rate <= 1.0 and 0.0 < alpha < 1.0 and 0.0 < eps < 1.0):
        raise StatisticsError(
            f"eps {eps!r}, true rate {true_rate!r}, alpha {alpha!r}, horizon {n_max!r}: rates lie between 0 and 1, "
            "the horizon is at least one conversation."
        )
    return _follow(eps, true_rate, alpha, horizon)


def conversations_to_earn(*, eps: float, true_rate: float, alpha: float, share: float = 0.5) -> int | None:
    """Conversations by which this share of agents of a true rate has earned the gate.

    At alpha 0.05: 4.2 / eps without an error, 19 / eps (median) and 45 / eps (share 0.9) at half the budget.

    Returns:
        None if not within 100 / eps conversations: such a gate is refused, not waited for.

    Raises:
        StatisticsError: A number is outside its range.
    """
    return operating_characteristics(eps=eps, true_rate=true_rate, alpha=alpha).n_to_earn(share)


def conversations_to_burn(*, eps: float, true_rate: float, alpha: float, share: float = 0.5) -> int | None:
    """Conversations by which this share of agents of a true rate has been burned.

    At alpha 0.05 and share 0.5: 8.2 / eps at twice the budget, 2.4 / eps at three times, 0.8 / eps at five.

    Returns:
        None if not within 100 / eps conversations.

    Raises:
        StatisticsError: A number is outside its range.
    """
    whole = operating_characteristics(eps=eps, true_rate=true_rate, alpha=alpha)
    ends = [(n, chance) for n, chance in whole.burned_by if chance >= share]
    if not ends:
        return None
    high = ends[0][0]
    low = max((n for n, chance in whole.burned_by if chance < share), default=0)
    while high - low > 1:
        middle = (low + high) // 2
        burned = _follow(eps, true_rate, alpha, middle).burned_probability
        low, high = (low, middle) if burned >= share else (middle, high)
    return high


def days_for(
    conversations: int,
    *,
    per_day: float,
    label_share: float = 1.0,
    phi: float = 1.0,
    matured_after_days: float = 0.0,
    min_days: float = 0.0,
) -> float:
    """Days until so many independent, labelled, matured conversations have been seen.

    Args:
        conversations: From `conversations_to_earn`.
        per_day: Contained conversations of the intent a day, > 0.
        label_share: Share of them that gets a confirmed label at random, in (0, 1].
        phi: Design effect expected, at least 1: how many conversations say as much as one independent one.
        matured_after_days: Window after which a label counts, at least 0; it is waited for once.
        min_days: The gate's minimum duration.

    Raises:
        StatisticsError: A number is outside its range.
    """
    if conversations < 0 or not (per_day > 0.0 and 0.0 < label_share <= 1.0 and phi >= 1.0):
        raise StatisticsError(
            f"{conversations} conversations at {per_day!r} a day, {label_share!r} labelled, design effect {phi!r}: "
            "volume must be above 0, the labelled share in (0, 1], the design effect at least 1."
        )
    return max(min_days, conversations * phi / (per_day * label_share) + matured_after_days)


@lru_cache(maxsize=256)
def promote_steps(*, eps: float, alpha: float, n_max: int) -> tuple[int, ...]:
    """For 0, 1, 2, ... errors the first n at which the gate is earned, as far as n <= n_max."""
    steps: list[int] = []
    start = 1
    while True:
        first = _first(lambda n: _crossed(n, len(steps), eps, "promote", alpha), start, n_max)
        if first is None:
            return tuple(steps)
        steps.append(first)
        start = max(first, len(steps))


@lru_cache(maxsize=256)
def rollback_steps(*, eps: float, alpha: float, n_max: int) -> tuple[int, ...]:
    """For 1, 2, 3, ... errors the last n <= n_max at which they burn the gate; 0 if they never do.

    The last entry is n_max, where one is reached; nothing if the budget leaves no stake.
    """
    steps: list[int] = []
    for errors in range(1, n_max + 1 if grid(eps, "rollback").stakes else 0):
        if not _crossed(errors, errors, eps, "rollback", alpha):
            steps.append(0)
            continue
        after = _first(lambda n: not _crossed(n, errors, eps, "rollback", alpha), errors, n_max)  # noqa: B023
        steps.append(n_max if after is None else after - 1)
        if after is None:
            break
    return tuple(steps)


@lru_cache(maxsize=256)
def _follow(eps: float, true_rate: float, alpha: float, n_max: int) -> OperatingCharacteristics:
    import numpy as np

    earns = promote_steps(eps=eps, alpha=alpha, n_max=n_max)
    burns = rollback_steps(eps=eps, alpha=alpha, n_max=n_max)
    undecided = np.ones(1)
    earned_at: list[tuple[int, float]] = []
    burned_by: list[tuple[int, float]] = []
    n = 0
    burned = 0.0
    for next_n in sorted({*earns, *(step for step in burns if step), n_max}):
        undecided = _after_conversations(undecided, next_n - n, true_rate)
        n = next_n
        burning = bisect_left(burns, n) + 1 if burns and burns[-1] >= n else n + 1
        burned += float(undecided[burning:].sum())
        undecided = undecided[:burning]
        burned_by.append((n, burned))
        # The number of errors that earns at n is the last step at or before it.
        earning = bisect_right(earns, n)
        if earning and earns[earning - 1] == n:
            earned_at.append((n, float(undecided[:earning].sum())))
            undecided[:earning] = 0.0
    return OperatingCharacteristics(earned_at=tuple(earned_at), burned_by=tuple(burned_by), n_max=n_max)


def _after_conversations(undecided: "NDArray[np.float64]", n_further: int, true_rate: float) -> "NDArray[np.float64]":
    """Distribution of the number of errors after further conversations; index = errors."""
    import numpy as np

    further = binomial_weights(n_further, true_rate)
    kept = np.flatnonzero(further > _NEGLIGIBLE)
    return np.convolve(undecided, further[: kept[-1] + 1])


def _crossed(n: int, n_errors: int, eps: float, side: Side, alpha: float) -> bool:
    return log_e_value(n, n_errors, eps=eps, side=side) >= log(1.0 / alpha)


def _first(holds: Callable[[int], bool], low: int, high: int) -> int | None:
    """Smallest n in [low, high] from which a predicate that turns true once holds; None if not at `high`."""
    if low > high or not holds(high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low
