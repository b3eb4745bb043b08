"""Simulated customers: scripted lines, or an agenda that is followed whatever the agent asks."""

from remit.adapters.customers.cast import begin_customer

__all__ = ["begin_customer"]
