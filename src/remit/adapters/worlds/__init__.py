"""Worlds: places with tools and state where scenarios play. In process, in SQLite, or behind MCP."""

from remit.adapters.worlds.definition import (
    StateCopy,
    StateSource,
    ToolRefusal,
    WorldDefinition,
    WorldTool,
    tool,
)
from remit.adapters.worlds.json_state import JsonState, State
from remit.adapters.worlds.load import load_world

__all__ = [
    "JsonState",
    "State",
    "StateCopy",
    "StateSource",
    "ToolRefusal",
    "WorldDefinition",
    "WorldTool",
    "load_world",
    "tool",
]
