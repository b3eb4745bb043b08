"""The one MCP client: a connection that is made when needed, made again when lost, and honest about doubt."""

from remit.adapters.mcp.connection import HttpServer, McpCallError, McpConnection, McpServer, StdioServer

__all__ = ["HttpServer", "McpCallError", "McpConnection", "McpServer", "StdioServer"]
