"""A simulated contact centre whose truth is known: how many conversations come, which go wrong, and when that shows.

Order: a `World` says the truth, `conversations` draws one day of one intent, a rule sees only what has become known.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from remit.conversations import IntentName, ReleaseId
from remit.errors import SimulationError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MINUTES = 24 * 60
_MEAN_DELAY_DAYS = 1.5
"""Failures that show late (a customer comes back) mostly show early: half within a day, few at the window's end."""


@dataclass(frozen=True, slots=True)
class SimulatedIntent:
    """What is true of one intent.

    Args:
        share: Its share of all conversations, in (0, 1].
        error_rates: True rate of wrong contained conversations by release, each in [0, 1].
    """

    share: float
    error_rates: Mapping[ReleaseId, float]


@dataclass(frozen=True, slots=True)
class Drift:
    """From a day on, every release errs by a factor more or less (customers, prices or the back office changed)."""

    day: int
    factor: float


@dataclass(frozen=True, slots=True)
class World:
    """One simulated contact centre.

    Args:
        seed: The same seed draws the same traffic for every rule, so that rules are compared on the same days.
        intents: What is true, by intent.
        first: The release that begins on day 0.
        successors: Releases by the day on which they are offered.
        days: How long it is followed.
        per_day: Expected conversations a day over all intents; each day's count is Poisson.
        day_variation: Coefficient of variation of the error rate from day to day; 0 makes days alike.
        window_days: Days after which a conversation without a failure counts as good.
        judge_sensitivity: Share of failed conversations that the judge flags, in [0, 1].
        judge_specificity: Share of good conversations that it leaves alone, in [0, 1].
        drift: What changes for all releases at once.
    """

    seed: int
    intents: Mapping[IntentName, SimulatedIntent]
    first: ReleaseId
    successors: Mapping[int, ReleaseId] = field(default_factory=dict)
    days: int = 180
    per_day: float = 500.0
    day_variation: float = 0.5
    window_days: int = 7
    judge_sensitivity: float = 0.90
    judge_specificity: float = 0.90
    drift: tuple[Drift, ...] = ()

    def __post_init__(self) -> None:
        rates = [rate for intent in self.intents.values() for rate in intent.error_rates.values()]
        shares = sum(intent.share for intent in self.intents.values())
        if not self.intents or not all(0.0 <= rate <= 1.0 for rate in rates) or not 0.0 < shares <= 1.0 + 1e-9:
            raise SimulationError("error rates lie in [0, 1], and the intents' shares add up to at most 1.")
        known = set.intersection(*(set(intent.error_rates) for intent in self.intents.values()))
        if missing := {self.first, *self.successors.values()} - known:
            raise SimulationError(f"not every intent has an error rate for {', '.join(sorted(missing))}.")

    def true_rate(self, intent: IntentName, release: ReleaseId, day: int) -> float:
        """The mean error rate on a day, day-to-day variation averaged out."""
        rate = self.intents[intent].error_rates[release]
        for change in self.drift:
            rate *= change.factor if day >= change.day else 1.0
        return min(1.0, rate)


@dataclass(frozen=True, slots=True)
class DrawnConversations:
    """Conversations of one intent that start on one day, in the order in which they start. All shapes are (n,).

    Args:
        minute: Minute of the day at which each starts, float64, rising.
        toward_canary: float64 in [0, 1): below the canary's share, the customer belongs to the canary.
        luck: float64 in [0, 1): below the day's error rate of the release that serves it, it goes wrong.
        delay_days: Days until a failure shows, int64 in [0, window).
        judged: float64 in [0, 1): the judge's luck.
        audited: float64 in [0, 1): below its stratum's probability, an expert looks at it.
        day_factor: What the day does to every release's error rate; its mean over days is 1.
    """

    minute: "NDArray[np.float64]"
    toward_canary: "NDArray[np.float64]"
    luck: "NDArray[np.float64]"
    delay_days: "NDArray[np.int64]"
    judged: "NDArray[np.float64]"
    audited: "NDArray[np.float64]"
    day_factor: float

    @property
    def n(self) -> int:
        """How many there are."""
        return int(self.minute.shape[0])

    def failed(self, rate: float) -> "NDArray[np.bool_]":
        """Which of them go wrong if served by a release of this mean error rate."""
        return self.luck < min(1.0, rate * self.day_factor)


def conversations(world: World, intent: IntentName, day: int) -> DrawnConversations:
    """Draw one day of one intent; the same for everybody who asks."""
    index = list(world.intents).index(intent)
    draw = np.random.default_rng([world.seed, index, day])
    n = int(draw.poisson(world.per_day * world.intents[intent].share))
    delay = np.minimum(draw.exponential(_MEAN_DELAY_DAYS, n).astype(np.int64), world.window_days - 1)
    return DrawnConversations(
        minute=np.sort(draw.uniform(0.0, _MINUTES, n)),
        toward_canary=draw.random(n),
        luck=draw.random(n),
        delay_days=delay,
        judged=draw.random(n),
        audited=draw.random(n),
        day_factor=_day_factor(world, draw),
    )


class Traffic:
    """The conversations of one world, drawn once for all the rules that are tried on it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._drawn: dict[tuple[IntentName, int], DrawnConversations] = {}

    def of(self, intent: IntentName, day: int) -> DrawnConversations:
        """One day of one intent."""
        key = (intent, day)
        if key not in self._drawn:
            self._drawn[key] = conversations(self._world, intent, day)
        return self._drawn[key]


def flagged(world: World, drawn: DrawnConversations, failed: "NDArray[np.bool_]") -> "NDArray[np.bool_]":
    """Which conversations the judge flags, given which of them failed; shape (n,)."""
    return np.where(failed, drawn.judged < world.judge_sensitivity, drawn.judged >= world.judge_specificity)


def _day_factor(world: World, draw: np.random.Generator) -> float:
    if world.day_variation == 0.0:
        return 1.0
    shape = 1.0 / world.day_variation**2
    return float(draw.gamma(shape, 1.0 / shape))
