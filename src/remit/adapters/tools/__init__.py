"""Toolboxes: where decided tool calls run. `world` needs nothing; `mcp` loads the MCP SDK, so import it when needed."""

from remit.adapters.tools.world import WorldToolbox

__all__ = ["WorldToolbox"]
