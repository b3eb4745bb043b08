"""Tools and results as MCP carries them, both ways, and the names that Remit adds in `_meta`."""

import json
from collections.abc import Mapping
from typing import Any, Final

from mcp.types import CallToolResult, TextContent, Tool, ToolAnnotations

from remit.tools import (
    Effect,
    ToolFailed,
    ToolName,
    ToolOutcomeUnknown,
    ToolResult,
    ToolSpec,
    ToolSucceeded,
)

# ── on requests ───────────────────────────────────────────────────────────────────────────────────
IDEMPOTENCY_KEY: Final = "remit/idempotency-key"
"""A write with a key that ran before does nothing and returns its first result."""
WORLD_SESSION: Final = "remit/world-session"
"""Which copy of the world a call is for; without it, the one copy that everybody shares."""
CONTROL: Final = "remit/control"
"""True lets a request see and call the tools that start and end copies of the world. Agents cannot set it."""

# ── on tools ──────────────────────────────────────────────────────────────────────────────────────
_EFFECT: Final = "remit/effect"
_TAKES_KEY: Final = "remit/takes-idempotency-key"

# ── on results ────────────────────────────────────────────────────────────────────────────────────
_IS_TEXT: Final = "remit/text"
_UNKNOWN: Final = "remit/outcome-unknown"
_CRASHED: Final = "remit/crashed"


def tool_to_wire(spec: ToolSpec) -> Tool:
    """A tool with its effect as hints for other clients, and exactly in `_meta` for Remit."""
    return Tool(
        name=spec.name,
        description=spec.description,
        input_schema=dict(spec.parameters),
        annotations=ToolAnnotations(
            read_only_hint=spec.effect is Effect.READ,
            destructive_hint=spec.effect is Effect.IRREVERSIBLE_WRITE,
            open_world_hint=False,
        ),
        _meta={_EFFECT: spec.effect.value, _TAKES_KEY: spec.takes_idempotency_key},
    )


def tool_from_wire(tool: Tool, effect: Effect) -> ToolSpec:
    """A tool under the effect that the caller says it has; the server's own word on it is not asked."""
    takes_key = bool((tool.meta or {}).get(_TAKES_KEY, False))
    return ToolSpec(ToolName(tool.name), tool.description or "", tool.input_schema, effect, takes_key)


def declared_effect(tool: Tool) -> Effect:
    """What the server says of the tool's effect; to be used only where the server is trusted. In doubt, the worst."""
    declared = (tool.meta or {}).get(_EFFECT)
    if declared in list(Effect):
        return Effect(declared)
    hints = tool.annotations
    if hints is not None and hints.read_only_hint:
        return Effect.READ
    if hints is not None and hints.destructive_hint is False:
        return Effect.REVERSIBLE_WRITE
    return Effect.IRREVERSIBLE_WRITE


def result_to_wire(result: ToolResult) -> CallToolResult:
    """Objects are structured content, with their JSON as text beside it for clients that read text only."""
    match result:
        case ToolSucceeded(content):
            text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
            return CallToolResult(
                content=[TextContent(type="text", text=text)],
                structured_content=content if isinstance(content, Mapping) else None,
                _meta={_IS_TEXT: isinstance(content, str)},
            )
        case ToolFailed(message, crashed):
            words = TextContent(type="text", text=message)
            return CallToolResult(content=[words], is_error=True, _meta={_CRASHED: True} if crashed else None)
        case ToolOutcomeUnknown(message):
            words = TextContent(type="text", text=message)
            return CallToolResult(content=[words], is_error=True, _meta={_UNKNOWN: True})


def result_from_wire(result: CallToolResult) -> ToolResult:
    """The result as Remit reads it. Text that is JSON is read as such, save if the server says that it is text."""
    meta: Mapping[str, Any] = result.meta or {}
    text = "\n".join(block.text if isinstance(block, TextContent) else f"[{block.type}]" for block in result.content)
    if result.is_error:
        if meta.get(_UNKNOWN):
            return ToolOutcomeUnknown(text)
        return ToolFailed(text or "The tool failed without a word.", crashed=bool(meta.get(_CRASHED)))
    if result.structured_content is not None:
        return ToolSucceeded(result.structured_content)
    return ToolSucceeded(text if meta.get(_IS_TEXT) else _read(text, always=_IS_TEXT in meta))


def _read(text: str, *, always: bool) -> Any:
    """JSON if it is; a foreign server's plain `12` or `true` stays text, its objects and lists do not."""
    if not always and not text.lstrip().startswith(("{", "[")):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
