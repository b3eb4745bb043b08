"""How long after wrong passwords the next attempt has to wait."""

from dataclasses import dataclass
from datetime import datetime, timedelta

FREE_ATTEMPTS = 5
LONGEST_WAIT_S = 900.0
FORGOTTEN_AFTER = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Attempts:
    """Wrong attempts for one name in a row, and when the last one began."""

    n_failed: int
    last_at: datetime

    def wait_s(self, now: datetime) -> float:
        """Seconds until the next attempt counts; 0 if it does now.

        Five are free, then 1, 2, 4, ... seconds up to a quarter of an hour. A day without an attempt forgets them
        all. At the longest wait that leaves 96 guesses a day. A clock that went backwards waits no longer than the
        step itself.
        """
        if self.n_failed < FREE_ATTEMPTS or now - self.last_at >= FORGOTTEN_AFTER:
            return 0.0
        step = min(LONGEST_WAIT_S, 2.0 ** min(self.n_failed - FREE_ATTEMPTS, 30))
        return min(step, max(0.0, step - (now - self.last_at).total_seconds()))

    def after_another(self, now: datetime) -> "Attempts":
        """With one more attempt, counted as wrong until it is known to be right."""
        forgotten = now - self.last_at >= FORGOTTEN_AFTER
        return Attempts(1 if forgotten else self.n_failed + 1, now)
