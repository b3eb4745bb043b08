"""Where a release stands for one intent, from registered to stable, and back."""

from dataclasses import dataclass
from enum import Enum


class CanaryStep(Enum):
    """The share of conversations that the canary carries.

    `exposure_factor` over the error budget is the least number of conversations of a step: with 0.8 / budget
    conversations every second release that errs five times as often as it may has been found, with 2.4 / budget
    every second one that errs three times as often (docs/design/statistics.md, rollback side, medians).
    """

    FIRST = (0.05, 0.8)
    QUARTER = (0.25, 2.4)
    HALF = (0.50, 2.4)
    WHOLE = (1.0, 2.4)

    def __init__(self, share: float, exposure_factor: float) -> None:
        self.share = share
        self.exposure_factor = exposure_factor

    @property
    def following(self) -> "CanaryStep | None":
        """The next step; None after the last."""
        steps = list(CanaryStep)
        place = steps.index(self)
        return steps[place + 1] if place + 1 < len(steps) else None

    @property
    def label(self) -> str:
        """Such as `25 %`."""
        return f"{self.share:.0%}".replace("%", " %")


@dataclass(frozen=True, slots=True)
class Registered:
    """Known, and nothing seen of it."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Trials of suites count for it."""


@dataclass(frozen=True, slots=True)
class Shadow:
    """Proposes beside the people or the stable release; acts nowhere."""


@dataclass(frozen=True, slots=True)
class Canary:
    """Carries a share of the conversations; `salt` makes this canary's draws its own."""

    step: CanaryStep
    salt: str


@dataclass(frozen=True, slots=True)
class Stable:
    """Holds the grant of the intent."""


@dataclass(frozen=True, slots=True)
class Retired:
    """Carries nothing any more; `why` in words."""

    why: str


Stage = Registered | Evaluated | Shadow | Canary | Stable | Retired


def in_words(stage: Stage) -> str:
    """The stage as tables show it."""
    match stage:
        case Canary(step=step):
            return f"canary {step.label}"
        case Retired():
            return "retired"
        case _:
            return type(stage).__name__.lower()
