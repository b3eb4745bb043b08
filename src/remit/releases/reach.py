"""Which intents a part of an agent can have an effect on: some by name, or all but some by name."""

from collections.abc import Iterable
from dataclasses import dataclass

from remit.conversations import IntentName


@dataclass(frozen=True, slots=True)
class Reach:
    """A set of intents that may be open upwards: an agent does not know every intent of its policy.

    Args:
        named: The intents that are reached; with `all_others`, those that are not.
        all_others: Whether every intent that is not named is reached.
    """

    named: frozenset[IntentName] = frozenset()
    all_others: bool = False

    def covers(self, intent: IntentName) -> bool:
        """Whether the part can have an effect on this intent."""
        return (intent in self.named) is not self.all_others

    def among(self, intents: Iterable[IntentName]) -> tuple[IntentName, ...]:
        """Those of the intents that are reached, in their order."""
        return tuple(intent for intent in intents if self.covers(intent))

    def __or__(self, other: "Reach") -> "Reach":
        match self.all_others, other.all_others:
            case False, False:
                return Reach(self.named | other.named)
            case True, True:
                return Reach(self.named & other.named, all_others=True)
            case True, False:
                return Reach(self.named - other.named, all_others=True)
            case _:
                return Reach(other.named - self.named, all_others=True)

    def __and__(self, other: "Reach") -> "Reach":
        return ~(~self | ~other)

    def __invert__(self) -> "Reach":
        return Reach(self.named, all_others=not self.all_others)

    def __xor__(self, other: "Reach") -> "Reach":
        return (self | other) & ~(self & other)

    def __bool__(self) -> bool:
        return self.all_others or bool(self.named)

    def __str__(self) -> str:
        names = ", ".join(sorted(self.named))
        if not self.all_others:
            return names or "no intent"
        return f"every intent but {names}" if names else "every intent"


ALL = Reach(all_others=True)
NOTHING = Reach()


def only(*intents: str) -> Reach:
    """Exactly these intents."""
    return Reach(frozenset(map(IntentName, intents)))


def everything_but(*intents: str) -> Reach:
    """Every intent save these, whatever the policy names."""
    return Reach(frozenset(map(IntentName, intents)), all_others=True)
