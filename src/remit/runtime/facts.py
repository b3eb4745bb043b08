"""What reads of this conversation have shown, named so that limits can speak of it.

A read that returns `{"order": {"order_id": "10423", "delivered": true}}` makes the fact `order`. A call is judged
only by facts about the very records it names: for `order_id: "10423"` an `order` with another id is no fact.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from remit.conversations import ToolExchange
from remit.tools import ToolCall, ToolSucceeded


def facts_for(call: ToolCall, exchanges: Iterable[ToolExchange]) -> dict[str, Any]:
    """The newest object of each name that fits the ids in the call's arguments.

    Args:
        call: The call to be judged.
        exchanges: Tool exchanges of the conversation, oldest first.
    """
    facts: dict[str, Any] = {}
    for exchange in exchanges:
        if not isinstance(exchange.result, ToolSucceeded) or not isinstance(exchange.result.content, Mapping):
            continue
        for name, value in exchange.result.content.items():
            if isinstance(value, Mapping) and _is_about(call, str(name), value):
                facts[str(name)] = value
    return facts


def _is_about(call: ToolCall, name: str, record: Mapping[str, Any]) -> bool:
    """Whether the record is the one the call names; records without an id never speak for a named one."""
    wanted = call.arguments.get(f"{name}_id")
    if wanted is None:
        return True
    return wanted in (record.get(f"{name}_id"), record.get("id"))
