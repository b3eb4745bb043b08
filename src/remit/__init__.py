"""Remit: an AI customer-service agent does only what it has earned with evidence, intent by intent."""

__version__ = "0.1.0"
