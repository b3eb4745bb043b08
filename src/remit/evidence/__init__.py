"""What was seen: observations, and the ledger that keeps them."""

from remit.evidence.observations import LabelSource, Observation, ObservationKey, Outcome, Source, Strength
from remit.evidence.ports import Aggregate, Ledger, Recorded, RunningStates, Selection

__all__ = [
    "Aggregate",
    "LabelSource",
    "Ledger",
    "Observation",
    "ObservationKey",
    "Outcome",
    "Recorded",
    "RunningStates",
    "Selection",
    "Source",
    "Strength",
]
