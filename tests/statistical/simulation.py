"""What seeded simulations share: a printed seed, and how many violations noise explains."""

import numpy as np
from scipy.special import bdtrc

from remit.statistics.change_detection import detector_stakes


def seeded(seed: int) -> np.random.Generator:
    print(f"seed {seed}")
    return np.random.default_rng(seed)


def allowed(n_runs: int, probability: float) -> int:
    """Most violations that binomial noise explains, at 1e-6, if each run violates with this probability."""
    k = int(n_runs * probability)
    while bdtrc(float(k), n_runs, probability) > 1e-6:
        k += 1
    return k


class DetectorBatch:
    """Many Shiryaev-Roberts detectors side by side, in plain products; checked against `ChangeDetector`."""

    def __init__(self, n_runs: int, *, eps: float) -> None:
        self.eps = eps
        self.stakes = np.array(detector_stakes(eps))[:, None]
        self.sums = np.zeros((len(self.stakes), n_runs))
        self.clean = 1.0 - self.stakes * eps
        self.failed = 1.0 + self.stakes * (1.0 - eps)

    def see(self, failed: np.ndarray) -> np.ndarray:
        """One further loss of 0 or 1 for each run; returns the statistics, shape (n_runs,)."""
        self.sums += 1.0
        self.sums *= np.where(failed, self.failed, self.clean)
        return np.asarray(self.sums.mean(axis=0))

    def restart(self, where: np.ndarray) -> None:
        self.sums[:, where] = 0.0
