"""Losses in forty-one classes: enough for every error budget at once, whatever the length of history."""

from collections.abc import Mapping
from math import ceil, floor

from remit.statistics.e_process import Side, grid

CLASSES = 40
_TWENTIETHS = 20

Losses = Mapping[int, int]
"""How often each class was seen. Even classes are exact twentieths: 0 is a loss of 0, 40 one of 1; an odd class 2 i + 1
holds what lies strictly between i / 20 and (i + 1) / 20."""


def class_of(loss: float) -> int:
    """The class of a loss in [0, 1]."""
    scaled = loss * _TWENTIETHS
    below = floor(scaled)
    return 2 * below if scaled == below else 2 * below + 1


def log_wealths(losses: Losses, *, eps: float, side: Side) -> tuple[float, ...]:
    """Log-wealth of each stake of the grid after these losses; their order does not matter.

    Between two twentieths a loss counts as the one that is worse for the bet, so that rounding never makes evidence.
    """
    bets = grid(eps, side)
    held = [0.0] * len(bets.stakes)
    for each, n in losses.items():
        if not n:
            continue
        for index, gain in enumerate(bets.log_factors(_counted_as(each, side))):
            held[index] += n * gain
    return tuple(held)


def total(losses: Losses) -> int:
    """How many there are."""
    return sum(losses.values())


def _counted_as(each: int, side: Side) -> float:
    twentieths = each / 2.0
    return (ceil(twentieths) if side == "promote" else floor(twentieths)) / _TWENTIETHS
