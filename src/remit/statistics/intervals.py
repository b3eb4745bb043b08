"""Bounds of a rate, as the methods of this package return them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """A closed interval of rates, 0 <= low <= high <= 1."""

    low: float
    high: float

    def mirrored(self) -> "Bounds":
        """The bounds of 1 - rate: a loss becomes a pass."""
        return Bounds(low=1.0 - self.high, high=1.0 - self.low)
