"""The shared nouns of tools: what they do to the world, how they are called, how a call ends."""

from remit.tools.model import (
    Effect,
    ToolCall,
    ToolFailed,
    ToolName,
    ToolOutcomeUnknown,
    ToolResult,
    ToolSpec,
    ToolSucceeded,
    is_write,
)

__all__ = [
    "Effect",
    "ToolCall",
    "ToolFailed",
    "ToolName",
    "ToolOutcomeUnknown",
    "ToolResult",
    "ToolSpec",
    "ToolSucceeded",
    "is_write",
]
