"""Agents that Remit can ask: declared in YAML, each type one builder."""

from remit.adapters.agents.load import LoadedAgent, check_agent, load_agent

__all__ = ["LoadedAgent", "check_agent", "load_agent"]
