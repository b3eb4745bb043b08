"""A conversation as the messages of the chat-completions protocol."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from remit.conversations import Message, ToolExchange, TranscriptEntry
from remit.runtime.ports import AgentView
from remit.tools import ToolFailed, ToolOutcomeUnknown, ToolResult, ToolSpec, ToolSucceeded

_ROLES = {"customer": "user", "agent": "assistant", "expert": "assistant"}


def render_messages(view: AgentView, prompt: str, *, with_tools: bool) -> list[dict[str, Any]]:
    """System prompt with the coaching, then the conversation, oldest first.

    Args:
        view: What the agent may see.
        prompt: The agent's own instructions; may be empty.
        with_tools: False leaves tool exchanges out, for agents that run tools on their own side.
    """
    system = _system(prompt, view.coaching)
    messages: list[dict[str, Any]] = [{"role": "system", "content": system}] if system else []
    used: set[str] = set()
    for position, entry in enumerate(view.conversation.entries):
        messages.extend(_render(entry, position, used, with_tools=with_tools))
    return messages


def render_tool(spec: ToolSpec) -> dict[str, Any]:
    """A tool as a function declaration."""
    parameters = dict(spec.parameters) or {"type": "object", "properties": {}}
    return {
        "type": "function",
        "function": {"name": spec.name, "description": spec.description, "parameters": parameters},
    }


def _system(prompt: str, coaching: Sequence[str]) -> str:
    if not coaching:
        return prompt.strip()
    advice = "\n".join(f"- {note}" for note in coaching)
    return f"{prompt.strip()}\n\nAdvice from the experts who supervise you:\n{advice}".strip()


def _render(entry: TranscriptEntry, position: int, used: set[str], *, with_tools: bool) -> Iterator[dict[str, Any]]:
    match entry:
        case Message():
            yield {"role": _ROLES[entry.speaker], "content": entry.text}
        case ToolExchange() if with_tools:
            handle = entry.call.id if entry.call.id and entry.call.id not in used else f"call_{position}"
            used.add(handle)
            function = {"name": entry.call.tool, "arguments": json.dumps(entry.call.arguments, ensure_ascii=False)}
            call = {"id": handle, "type": "function", "function": function}
            yield {"role": "assistant", "content": None, "tool_calls": [call]}
            yield {"role": "tool", "tool_call_id": handle, "content": _result(entry.result)}
        case ToolExchange():
            return


def _result(result: ToolResult) -> str:
    match result:
        case ToolSucceeded(content):
            return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, default=str)
        case ToolFailed(message):
            return json.dumps({"error": message}, ensure_ascii=False)
        case ToolOutcomeUnknown(message):
            return json.dumps({"error": message, "outcome": "unknown"}, ensure_ascii=False)
