"""Simulated months under Remit and under the rules of others: the figures of docs/explanation/simulated-months.md."""
