"""Simulated customers: scripted, and with an agenda."""
