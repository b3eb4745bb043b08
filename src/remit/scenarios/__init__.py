"""Scenarios: a customer's case with a start state, what the customer knows, and checks on how it ends."""
