"""What became of each intent under one rule: every move, each day's level, and what a bad release did meanwhile."""

from dataclasses import dataclass, field
from enum import StrEnum

from remit.conversations import IntentName


class Kind(StrEnum):
    """What a rule did."""

    PROMOTED = "promoted"
    DEMOTED = "demoted"
    CANARY_TAKEN_BACK = "canary taken back"
    CANARY_MADE_STABLE = "canary made stable"


@dataclass(frozen=True, slots=True)
class Moved:
    """One move.

    Args:
        day: After which day.
        kind: What.
        level: The level that holds afterwards, of the release that moved.
        rate: True error rate of that release on that day.
        budget: The budget that it is held to.
        beside: True error rate of the stable release beside a canary; None if there is none.
    """

    day: int
    kind: Kind
    level: int
    rate: float
    budget: float
    beside: float | None = None

    @property
    def is_false(self) -> bool:
        """Whether the truth did not deserve it.

        Up counts as false from exactly the budget on, down as false up to exactly the budget: at the border both are
        errors, because the tests promise both. A canary that is worse than stable may be taken back even if it is
        within the budget: that is what the rule is for.
        """
        tolerance = 1e-12
        match self.kind:
            case Kind.PROMOTED | Kind.CANARY_MADE_STABLE:
                return self.rate >= self.budget - tolerance
            case Kind.DEMOTED:
                return self.rate <= self.budget + tolerance
            case Kind.CANARY_TAKEN_BACK:
                worse = self.beside is not None and self.rate > self.beside + tolerance
                return self.rate <= self.budget + tolerance and not worse


@dataclass(slots=True)
class Course:
    """One intent of one world under one rule.

    Args:
        intent: Which.
        truth: What is true of it, in words.
        moves: In order.
        levels: Of the release that holds the intent, one a day.
        n_exposed: Conversations that a release above its budget carried on its own (above shadow).
        n_harmed: Those of them that went wrong.
        n_carried: All conversations that were carried above shadow.
    """

    intent: IntentName
    truth: str
    moves: list[Moved] = field(default_factory=list)
    levels: list[int] = field(default_factory=list)
    n_exposed: int = 0
    n_harmed: int = 0
    n_carried: int = 0

    def n_false(self, *kinds: Kind) -> int:
        """False moves of these kinds."""
        return sum(one.is_false for one in self.moves if one.kind in kinds)

    def day_of(self, level: int) -> int | None:
        """How many days it took to reach a level for the first time; None if it was not reached."""
        return next((one.day + 1 for one in self.moves if one.kind is Kind.PROMOTED and one.level >= level), None)
