"""Agreement of two people, or of a judge and the experts, beyond what chance gives."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from remit.errors import StatisticsError


@dataclass(frozen=True, slots=True)
class Kappa:
    """Cohen's kappa.

    Args:
        estimate: 1 is full agreement, 0 what chance gives, negative worse than chance; None if undefined,
            because both raters put everything into one and the same class.
        low: Lower bound of the interval, at least -1; -1 when undefined.
        high: Upper bound, at most 1; 1 when undefined.
        agreement: Share of items on which both agree.
        n: Items rated by both.
    """

    estimate: float | None
    low: float
    high: float
    agreement: float
    n: int


def cohen_kappa(table: Sequence[Sequence[int]], *, delta: float = 0.05) -> Kappa:
    """Agreement of two raters with a large-sample interval, for one look.

    Args:
        table: Square; table[i][j] items that the first rater put into class i and the second into class j.
        delta: Allowed miscoverage in (0, 1); approximate, too narrow below about 30 items or for kappa near 1.

    Raises:
        StatisticsError: The table is not square, is empty, or holds a negative count; delta outside (0, 1).

    Source:
        Cohen (1960), Educ. Psychol. Meas. 20:37-46; variance of Fleiss, Cohen & Everitt (1969),
        Psychological Bulletin 72(5):323-327. Held by tests/statistical/test_agreement.py.
    """
    size = len(table)
    n = sum(sum(row) for row in table)
    if not 0.0 < delta < 1.0:
        raise StatisticsError(f"delta is {delta!r}; an interval needs a miscoverage strictly between 0 and 1.")
    if any(len(row) != size for row in table) or any(count < 0 for row in table for count in row) or n == 0:
        raise StatisticsError("agreement needs a square table of counts with at least one item.")
    share = [[count / n for count in row] for row in table]
    first = [sum(row) for row in share]
    second = [sum(row[j] for row in share) for j in range(size)]
    agreement = sum(share[i][i] for i in range(size))
    by_chance = sum(a * b for a, b in zip(first, second, strict=True))
    if by_chance >= 1.0 - 1e-12:
        return Kappa(estimate=None, low=-1.0, high=1.0, agreement=agreement, n=n)
    kappa = (agreement - by_chance) / (1.0 - by_chance)
    half = _normal_quantile(1.0 - delta / 2.0) * _standard_error(share, first, second, kappa, n)
    return Kappa(estimate=kappa, low=max(-1.0, kappa - half), high=min(1.0, kappa + half), agreement=agreement, n=n)


def _standard_error(share: list[list[float]], first: list[float], second: list[float], kappa: float, n: int) -> float:
    size = len(share)
    by_chance = sum(a * b for a, b in zip(first, second, strict=True))
    on_diagonal = sum(share[i][i] * (1.0 - (first[i] + second[i]) * (1.0 - kappa)) ** 2 for i in range(size))
    off_diagonal = (1.0 - kappa) ** 2 * sum(
        share[i][j] * (second[i] + first[j]) ** 2 for i in range(size) for j in range(size) if i != j
    )
    variance = on_diagonal + off_diagonal - (kappa - by_chance * (1.0 - kappa)) ** 2
    return sqrt(max(0.0, variance) / n) / (1.0 - by_chance)


def _normal_quantile(probability: float) -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf(probability)
