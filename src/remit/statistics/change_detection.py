"""Shiryaev-Roberts mixture: notices when a loss rate that was within its budget no longer is."""

from dataclasses import dataclass

RATIOS = (1.5, 2.0, 3.0, 5.0, 8.0)


@dataclass(frozen=True, slots=True)
class ChangeDetector:
    """Running state of the detector; O(1), five numbers.

    An alarm at `statistic >= a` comes, while the conditional mean loss stays at or below eps, on average
    not before a losses, whatever their distribution. Held by tests/statistical/test_acceptance.py.

    Source:
        Shin, Ramdas & Rinaldo (2024), NEJSDS, arXiv 2203.03532.
    """

    eps: float
    sums: tuple[float, ...] = (0.0,) * len(RATIOS)

    @property
    def statistic(self) -> float:
        """Mean of the five running sums, to compare with the wanted losses between false alarms."""
        return sum(self.sums) / len(self.sums)

    def after(self, loss: float) -> "ChangeDetector":
        """The state after one further loss in [0, 1]."""
        stakes = ((ratio - 1.0) / (1.0 - self.eps) for ratio in RATIOS)
        grown = (
            (1.0 + held) * (1.0 + stake * (loss - self.eps)) for held, stake in zip(self.sums, stakes, strict=True)
        )
        return ChangeDetector(eps=self.eps, sums=tuple(grown))
