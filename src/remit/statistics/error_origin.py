"""Whose error was it? Compares a canary with the stable release on the errors of both alone.

Given that an error happened, the chance that it came from the canary follows from the canary's share of
traffic and from the ratio of the two error rates; how high both rates are cancels out. So the test is
exact while the difficulty of the traffic drifts and while the share is ramped up, where pooled rates fail.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import inf, log
from typing import Literal

from remit.errors import StatisticsError
from remit.statistics.e_process import PROMOTE_RATIOS, ROLLBACK_RATIOS, mixture

Arm = Literal["canary", "stable"]
Claim = Literal["canary_worse", "canary_not_worse"]


@dataclass(frozen=True, slots=True)
class ArmError:
    """One error, as it must be logged when it counts.

    Args:
        arm: The release that carried the conversation.
        canary_share: Probability in (0, 1) with which THIS conversation was given to the canary, as it
            stood when the conversation was assigned, not when its label came.
        loss: Severity in (0, 1]; 1 for an error that is just an error.
    """

    arm: Arm
    canary_share: float
    loss: float = 1.0


@dataclass(frozen=True, slots=True)
class ErrorOrigin:
    """Running state; one log-wealth per alternative, independent of the number of conversations and errors.

    `canary_worse` bets against "error rate of the canary <= that of stable" (alternatives 1.25 to 20 times
    as high): reach 1/alpha and roll back. `canary_not_worse` bets against "the canary's rate is at least
    `margin` times that of stable" (alternatives 0 to 0.9 of the margin): reach 1/alpha and it is non-inferior.

    Guarantee: each is wrongly reached with probability at most alpha, whenever one looks, if a conversation
    is assigned by a draw with the logged share that does not depend on how hard it is, and errors of both
    arms are found and confirmed in the same way. Assignment sticks to the customer, so that two errors of one
    customer are one draw: count the first only. Held by tests/statistical/test_error_origin.py.

    Args:
        claim: What reaching 1/alpha shows.
        margin: Ratio of error rates at the border of the null; 1 for `canary_worse`.
        log_wealths: One per alternative ratio.
        n_errors: Errors that were counted, of both arms.

    Source:
        Turner, Ly & Grunwald (2024), arXiv 2106.02693; Kulldorff et al. (2011), Sequential Analysis 30(1):58-78.
    """

    claim: Claim
    margin: float
    log_wealths: tuple[float, ...]
    n_errors: int = 0

    @classmethod
    def canary_worse(cls) -> "ErrorOrigin":
        """Before any error: reach 1/alpha to roll back."""
        return cls(claim="canary_worse", margin=1.0, log_wealths=(0.0,) * len(ROLLBACK_RATIOS))

    @classmethod
    def canary_not_worse(cls, *, margin: float = 1.5) -> "ErrorOrigin":
        """Before any error: reach 1/alpha to show that the canary errs less than `margin` times as often.

        Raises:
            StatisticsError: margin is not above 0.
        """
        if not margin > 0.0:
            raise StatisticsError(f"a non-inferiority margin of {margin!r} is not a ratio above 0; 1.5 is usual.")
        return cls(claim="canary_not_worse", margin=margin, log_wealths=(0.0,) * len(PROMOTE_RATIOS))

    @property
    def log_e(self) -> float:
        """Log of the evidence for the claim so far."""
        return mixture(self.log_wealths)

    def after(self, errors: Iterable[ArmError]) -> "ErrorOrigin":
        """The state after these further errors, in any order; conversations without an error change nothing.

        Raises:
            StatisticsError: A share is outside (0, 1), or a loss outside [0, 1].
        """
        held = list(self.log_wealths)
        n_errors = self.n_errors
        for error in errors:
            n_errors += 1
            for index, gain in enumerate(_log_gains(self.claim, self.margin, error)):
                held[index] += gain
        return ErrorOrigin(claim=self.claim, margin=self.margin, log_wealths=tuple(held), n_errors=n_errors)


@lru_cache(maxsize=4096)
def _log_gains(claim: Claim, margin: float, error: ArmError) -> tuple[float, ...]:
    if not 0.0 <= error.loss <= 1.0:
        raise StatisticsError(f"a loss of {error.loss!r} is outside [0, 1].")
    # A graded loss stakes only its part: the wealth stays a supermartingale, as for graded losses of a rate.
    kept = (1.0 + error.loss * (factor - 1.0) for factor in _factors(claim, margin, error.canary_share, error.arm))
    return tuple(log(part) if part > 0.0 else -inf for part in kept)


def _factors(claim: Claim, margin: float, share: float, arm: Arm) -> tuple[float, ...]:
    """What an error of this arm multiplies each wealth by: how much likelier it is than at the null's border."""
    if not 0.0 < share < 1.0:
        raise StatisticsError(
            f"a canary share of {share!r} compares nothing: both arms must have had a chance to take the conversation."
        )
    ratios = ROLLBACK_RATIOS if claim == "canary_worse" else tuple(ratio * margin for ratio in PROMOTE_RATIOS)
    at_border = share * margin / (share * margin + 1.0 - share)
    alternatives = (share * ratio / (share * ratio + 1.0 - share) for ratio in ratios)
    if arm == "canary":
        return tuple(chance / at_border for chance in alternatives)
    return tuple((1.0 - chance) / (1.0 - at_border) for chance in alternatives)


_ODDS_RATIOS = (0.5, 0.67, 0.8, 0.9, 0.95, 1.0 / 0.95, 1.0 / 0.9, 1.25, 1.0 / 0.67, 2.0)


@dataclass(frozen=True, slots=True)
class SampleRatio:
    """Were customers really assigned with the declared shares? Running state of the sample-ratio check.

    Bets that the odds of the canary are 0.5 to 2 times what the share says. Guarantee: with correct
    assignment, independent between customers, 1/alpha is ever reached with probability at most alpha, while
    shares are ramped. Count each customer once, when first assigned. A comparison whose sample ratio is off
    is void, whatever it shows; alpha 0.001 is usual, because a finding stops the rollout.
    Held by tests/statistical/test_error_origin.py.

    Source:
        Lindon & Malek (2022), arXiv 2011.03567, here with a grid of alternatives, so that shares may change.
    """

    log_wealths: tuple[float, ...] = (0.0,) * len(_ODDS_RATIOS)
    n: int = 0

    @property
    def log_e(self) -> float:
        """Log of the evidence that assignment does not follow the shares."""
        return mixture(self.log_wealths)

    def after(self, arm: Arm, canary_share: float) -> "SampleRatio":
        """The state after one further customer, who got `arm` where the canary had this share.

        Raises:
            StatisticsError: The share is outside (0, 1).
        """
        gains = _assignment_gains(arm, canary_share)
        held = tuple(wealth + gain for wealth, gain in zip(self.log_wealths, gains, strict=True))
        return SampleRatio(log_wealths=held, n=self.n + 1)


@lru_cache(maxsize=4096)
def _assignment_gains(arm: Arm, share: float) -> tuple[float, ...]:
    if not 0.0 < share < 1.0:
        raise StatisticsError(f"a canary share of {share!r} assigns nobody by chance; the check needs 0 < share < 1.")
    totals = (share * odds + 1.0 - share for odds in _ODDS_RATIOS)
    if arm == "canary":
        return tuple(log(odds / total) for odds, total in zip(_ODDS_RATIOS, totals, strict=True))
    return tuple(-log(total) for total in totals)
