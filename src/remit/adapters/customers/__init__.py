"""Simulated customers: scripted lines, an agenda that is followed whatever the agent asks, or a language model."""

from remit.adapters.customers.cast import begin_customer
from remit.adapters.customers.instructed import CustomerModel

__all__ = ["CustomerModel", "begin_customer"]
