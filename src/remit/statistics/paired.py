"""Compare two releases on the same scenarios: only the scenarios on which they differ say anything."""

from dataclasses import dataclass
from fractions import Fraction
from math import comb, log
from typing import TYPE_CHECKING, Literal

from remit.errors import StatisticsError
from remit.statistics.binomial import binomial_weights
from remit.statistics.e_process import log_e_value

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Form = Literal["exact", "anytime"]


@dataclass(frozen=True, slots=True)
class PairedCounts:
    """Scenarios that both releases played, each with one verdict per release.

    Args:
        n_better: Only the new release passed.
        n_worse: Only the old release passed.
        n_same: Both passed or both failed.
    """

    n_better: int
    n_worse: int
    n_same: int = 0

    def __post_init__(self) -> None:
        if min(self.n_better, self.n_worse, self.n_same) < 0:
            raise StatisticsError(
                f"{self.n_better} better, {self.n_worse} worse, {self.n_same} same: a count is negative."
            )

    @property
    def difference(self) -> float | None:
        """Pass rate of the new release minus that of the old; None without scenarios."""
        n = self.n_better + self.n_worse + self.n_same
        return (self.n_better - self.n_worse) / n if n else None


def mcnemar_p_value(counts: PairedCounts, *, two_sided: bool = True) -> float:
    """Exact McNemar test: how often a fair coin would split the differing scenarios at least so unevenly.

    For ONE look at a fixed set of scenarios. One-sided: small when the new release is better. Assumption:
    scenarios are independent. Held by tests/statistical/test_paired.py.

    Source:
        McNemar (1947), Psychometrika 12:153-157, with binomial tails.
    """
    n = counts.n_better + counts.n_worse
    if two_sided:
        return min(1.0, 2.0 * _fair_tail(n, max(counts.n_better, counts.n_worse)))
    return _fair_tail(n, counts.n_better)


def paired_log_e(counts: PairedCounts, *, worse_odds: float = 1.0) -> float:
    """Log of the evidence that the new release is better; may be looked at after every scenario.

    Bets against "given that a scenario differs, the odds that it got worse are at least `worse_odds` to 1"
    with the promote grid at eps = worse_odds / (1 + worse_odds). Swap the counts to show that it is worse.

    Guarantee: 1/alpha is ever reached wrongly with probability at most alpha, for scenarios drawn one after
    the other, whatever the stopping rule. Held by tests/statistical/test_paired.py.

    Args:
        counts: Scenarios so far.
        worse_odds: 1 to show "better"; above 1 to show "not much worse", where 1.5 tolerates three scenarios
            that got worse for every two that got better.

    Raises:
        StatisticsError: worse_odds is not above 0.
    """
    if not worse_odds > 0.0:
        raise StatisticsError(f"odds of {worse_odds!r} are not above 0; 1 means that neither release is favoured.")
    n = counts.n_better + counts.n_worse
    return log_e_value(n, counts.n_worse, eps=worse_odds / (1.0 + worse_odds), side="promote")


def paired_loss(*, new_pass_rate: float, old_pass_rate: float) -> float:
    """One scenario with several trials a release, as a loss for `Wealth.at_start(eps=0.5, side="promote")`.

    0.5 where both releases do alike, below it where the new one does better. Single trials give what
    `paired_log_e` counts.

    Raises:
        StatisticsError: A pass rate is outside [0, 1].
    """
    if not (0.0 <= new_pass_rate <= 1.0 and 0.0 <= old_pass_rate <= 1.0):
        raise StatisticsError(f"pass rates {new_pass_rate!r} and {old_pass_rate!r} must lie in [0, 1].")
    return (1.0 - (new_pass_rate - old_pass_rate)) / 2.0


def minimum_detectable_difference(
    n_scenarios: int, *, differing: float, alpha: float = 0.05, power: float = 0.8, form: Form = "exact"
) -> float | None:
    """The least gain in pass rate that a comparison on so many scenarios would probably show; say it BEFORE the run.

    Args:
        n_scenarios: Scenarios that both releases will play, one trial each, at least 1.
        differing: Share of scenarios expected to differ between the releases, in (0, 1].
        alpha: Two-sided level of the exact test, one-sided of the anytime form, in (0, 1).
        power: Wanted probability to show the gain, in (0, 1).
        form: `exact` for one look, `anytime` for a look after each scenario up to n_scenarios.

    Returns:
        A difference in (0, differing], exact to 1e-4; None if even a release that is never worse where they
        differ would not be shown with this power: more scenarios are needed.

    Raises:
        StatisticsError: A number is out of its range.
    """
    if n_scenarios < 1 or not (0.0 < differing <= 1.0 and 0.0 < alpha < 1.0 and 0.0 < power < 1.0):
        raise StatisticsError(
            f"{n_scenarios} scenarios, {differing!r} differing, alpha {alpha!r}, power {power!r}: "
            "need at least one scenario and rates strictly between 0 and 1."
        )
    # Scenarios that differ number Binomial(n, differing); only their split moves with the gain.
    weights = binomial_weights(n_scenarios, differing)
    worse_at_most = _worse_at_most(n_scenarios, alpha, form)
    shown_by = _shown_looking_once if form == "exact" else _shown_looking_always

    def shown(better: float) -> float:
        return float(weights @ shown_by(worse_at_most, better))

    if shown(1.0) < power:
        return None
    low, high = 0.5, 1.0
    while high - low > 2e-5:
        middle = (low + high) / 2.0
        low, high = (low, middle) if shown(middle) >= power else (middle, high)
    return differing * (2.0 * high - 1.0)


def _worse_at_most(n_max: int, alpha: float, form: Form) -> list[int]:
    """For each number of differing scenarios, the most that may have got worse; -1 where nothing shows a gain."""
    from scipy.special import bdtr

    def is_shown(n: int, worse: int) -> bool:
        if form == "anytime":
            return paired_log_e(PairedCounts(n - worse, worse)) >= log(1.0 / alpha)
        return 2 * worse < n and 2.0 * float(bdtr(float(worse), n, 0.5)) <= alpha

    allowed, worse = [-1], -1
    for n in range(1, n_max + 1):
        while worse < n and is_shown(n, worse + 1):
            worse += 1
        allowed.append(worse)
    return allowed


def _shown_looking_once(worse_at_most: list[int], better: float) -> "NDArray[np.float64]":
    """Probability that a gain is shown if 0, 1, 2, ... scenarios differ, each better with this probability."""
    import numpy as np
    from scipy.special import bdtr

    allowed = np.asarray(worse_at_most, dtype=np.float64)
    at_most = bdtr(np.maximum(allowed, 0.0), np.arange(len(allowed)), 1.0 - better)
    return np.where(allowed >= 0.0, at_most, 0.0)


def _shown_looking_always(worse_at_most: list[int], better: float) -> "NDArray[np.float64]":
    """The same when one looks after every scenario: follows the number that got worse while nothing is shown."""
    import numpy as np

    undecided = np.zeros(len(worse_at_most) + 1)
    undecided[0] = 1.0
    shown = np.zeros(len(worse_at_most))
    for n, allowed in enumerate(worse_at_most[1:], start=1):
        undecided[1:] = undecided[1:] * better + undecided[:-1] * (1.0 - better)
        undecided[0] *= better
        shown[n] = undecided[: allowed + 1].sum()
        undecided[: allowed + 1] = 0.0
    return np.cumsum(shown)


def _fair_tail(n: int, at_least: int) -> float:
    """P(a fair coin shows heads at least so often in n throws), in exact integers."""
    favourable = sum(comb(n, heads) for heads in range(at_least, n + 1))
    return float(Fraction(favourable, 2**n))
