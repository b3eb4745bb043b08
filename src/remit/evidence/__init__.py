"""What was seen: observations, and the ledger that keeps them."""

from remit.evidence.observations import Observation, ObservationKey, Outcome, Source, Strength
from remit.evidence.ports import Aggregate, Ledger, Selection

__all__ = [
    "Aggregate",
    "Ledger",
    "Observation",
    "ObservationKey",
    "Outcome",
    "Selection",
    "Source",
    "Strength",
]
