"""Seeds: every trial has its own, and the same run seed always gives the same ones."""

import hashlib

from remit.scenarios.model import ScenarioId

_BYTES = 6  # 48 bits fit a JSON number and a database integer without loss


def trial_seed(run_seed: int, scenario: ScenarioId, index: int) -> int:
    """The seed of one trial: independent of the order of trials and of which others run."""
    text = f"{run_seed}/{scenario}/{index}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:_BYTES], "big")
