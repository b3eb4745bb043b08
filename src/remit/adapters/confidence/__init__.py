"""How sure one may be of a proposal: estimators behind runtime.ports.Confidence."""

from remit.adapters.confidence.calibrated import CalibratedConfidence
from remit.adapters.confidence.reading import signals_of, signals_of_step
from remit.adapters.confidence.signals import SignalConfidence

__all__ = ["CalibratedConfidence", "SignalConfidence", "signals_of", "signals_of_step"]
