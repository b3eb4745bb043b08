"""Thresholds with certificates on real messages, vendors' confidences, real LLM agents and judges."""
