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
from remit.adapters.worlds.sqlite_state import SqliteState

__all__ = [
    "JsonState",
    "SqliteState",
    "State",
    "StateCopy",
    "StateSource",
    "ToolRefusal",
    "WorldDefinition",
    "WorldTool",
    "load_world",
    "tool",
]
