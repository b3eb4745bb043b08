"""Screens for what comes in and what would go out: guards behind runtime.ports.Guardrails.

One guard a file; `local.py` says which screens what, and in which order.
"""

from remit.adapters.guards.local import GuardLimits, LocalGuardrails

__all__ = ["GuardLimits", "LocalGuardrails"]
