"""What was seen: observations, and the ledger that keeps them."""

from remit.evidence.following import InRuns, LedgerFollower, Monitor, Reducer
from remit.evidence.observations import LabelSource, Observation, ObservationKey, Outcome, Source, Strength
from remit.evidence.ports import Aggregate, Ledger, Recorded, RunningStates, Selection, VerdictRecords

__all__ = [
    "Aggregate",
    "InRuns",
    "LabelSource",
    "Ledger",
    "LedgerFollower",
    "Monitor",
    "Observation",
    "ObservationKey",
    "Outcome",
    "Recorded",
    "Reducer",
    "RunningStates",
    "Selection",
    "Source",
    "Strength",
    "VerdictRecords",
]
