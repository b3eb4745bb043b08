"""Which contained conversations experts look at: drawn with a recorded probability, before anybody has looked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from remit.errors import SamplingError

LEAST_SHARE = 0.1
"""Below it the blind spot of whatever flags conversations is not bounded, and evidence grows very slowly."""

Uniform = Callable[[], float]
"""A source of independent numbers in [0, 1), such as `random.Random(seed).random`."""


class Stratum(StrEnum):
    """Which sampling probability applies."""

    FLAGGED = "flagged"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Draw:
    """Whether experts look at one conversation, and how probable that was.

    Args:
        stratum: Which share applied.
        probability: That share, in [0.1, 1]: what evidence is weighed by.
        drawn: Whether it fell on this conversation.
        n_experts: How many experts look independently; 0 if it was not drawn.
    """

    stratum: str
    probability: float
    drawn: bool
    n_experts: int


@dataclass(frozen=True, slots=True)
class SamplingPlan:
    """The share of contained conversations of each stratum that experts look at.

    Args:
        shares: By stratum, each in [0.1, 1]; a stratum that is missing has the share of `other`.
        second_share: Share of the drawn ones at which two experts look, for their agreement; in [0, 1].

    Raises:
        SamplingError: A share is outside its range.
    """

    shares: Mapping[str, float] = field(
        default_factory=lambda: MappingProxyType({Stratum.FLAGGED: 0.5, Stratum.OTHER: LEAST_SHARE})
    )
    second_share: float = 0.1

    def __post_init__(self) -> None:
        if Stratum.OTHER not in self.shares:
            raise SamplingError("the plan has no share for the stratum 'other'", "Every conversation belongs to one.")
        for stratum, share in self.shares.items():
            if not LEAST_SHARE <= share <= 1.0:
                raise SamplingError(
                    f"stratum {stratum!r}: a share of {share:g} is outside [{LEAST_SHARE:g}, 1]",
                    f"Sample at least {LEAST_SHARE:g}: below it a blind spot cannot be bounded.",
                )
        if not 0.0 <= self.second_share <= 1.0:
            raise SamplingError(f"a share of {self.second_share:g} for second experts is outside [0, 1]", "")

    def share_of(self, stratum: str) -> float:
        """The share that applies to the stratum."""
        return self.shares.get(stratum, self.shares[Stratum.OTHER])

    def raised(self, stratum: str, to: float) -> "SamplingPlan":
        """The plan with at least this share of one stratum; a share that is higher already stays."""
        return replace(self, shares={**self.shares, stratum: max(to, self.share_of(stratum))})

    def draw(self, stratum: str, uniform: Uniform) -> Draw:
        """Draw for one conversation. The caller records the draw before anybody labels the conversation."""
        share = self.share_of(stratum)
        drawn = uniform() < share
        n_experts = (2 if uniform() < self.second_share else 1) if drawn else 0
        return Draw(stratum, share, drawn, n_experts)
