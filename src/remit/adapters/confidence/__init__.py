"""How sure one may be of a proposal: estimators behind runtime.ports.Confidence."""

from remit.adapters.confidence.signals import SignalConfidence

__all__ = ["SignalConfidence"]
