"""Evaluation measured against other harnesses."""
