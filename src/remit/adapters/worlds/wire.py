"""Start states and changes as MCP carries them, for the server of a world and for its client."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from remit.scenarios.model import StartState, StateChange
from remit.tools import ToolCall, ToolName

START: Final = ToolName("remit_world_start")
CHANGES: Final = ToolName("remit_world_changes")
CLOSE: Final = ToolName("remit_world_close")


def start_to_wire(start: StartState) -> dict[str, Any]:
    """As arguments of the tool that starts a copy."""
    return {
        "world": start.world,
        "changes": changes_to_wire(start.changes),
        "calls": [{"tool": call.tool, "arguments": dict(call.arguments)} for call in start.calls],
    }


def start_from_wire(arguments: Mapping[str, Any]) -> StartState:
    """The inverse of `start_to_wire`; everything may be left out."""
    calls = [ToolCall(ToolName(each["tool"]), each.get("arguments", {})) for each in arguments.get("calls", [])]
    return StartState(str(arguments.get("world", "")), changes_from_wire(arguments.get("changes", [])), tuple(calls))


def changes_to_wire(changes: Sequence[StateChange]) -> list[dict[str, Any]]:
    """As JSON objects."""
    return [
        {"pointer": change.pointer, "before": change.before, "after": change.after, "kind": change.kind}
        for change in changes
    ]


def changes_from_wire(changes: Sequence[Mapping[str, Any]]) -> tuple[StateChange, ...]:
    """The inverse of `changes_to_wire`."""
    return tuple(
        StateChange(each["pointer"], each.get("before"), each.get("after"), each.get("kind", "changed"))
        for each in changes
    )
