"""What reads of this conversation have shown, named so that limits can speak of it.

A read that returns `{"order": {"order_id": "10423", "delivered": true}}` makes the fact `order`. A call is judged
only by facts about the very records it names: for `order_id: "10423"` an `order` with another id is no fact. However
the call names a record (`orderId`, `order_number`, inside a list, as text instead of a number), a name that is not
exactly the record's id takes the fact away. So does a bare `id`, unless the call says elsewhere which record it means.
Without its fact no limit holds, and an expert is asked.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from remit.conversations import ToolExchange
from remit.tools import ToolCall, ToolFailed, ToolSucceeded

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_ID_WORDS = frozenset({"id", "uuid", "number", "no", "nr", "ref", "reference", "key", "code"})


def facts_for(call: ToolCall, exchanges: Iterable[ToolExchange], *, writes: bool) -> dict[str, Any]:
    """The newest object of each name that fits the ids in the call's arguments.

    Args:
        call: The call to be judged.
        exchanges: Tool exchanges of the conversation, oldest first.
        writes: The call changes the world: what was read before the same tool last changed it is stale, or one
            `order.refundable` would allow any number of refunds.
    """
    facts: dict[str, Any] = {}
    named = tuple(_named(call.arguments))
    for exchange in exchanges:
        if writes and exchange.call.tool == call.tool and not isinstance(exchange.result, ToolFailed):
            facts.clear()
        if not isinstance(exchange.result, ToolSucceeded) or not isinstance(exchange.result.content, Mapping):
            continue
        for name, value in exchange.result.content.items():
            if isinstance(value, Mapping) and _is_about(named, str(name), value):
                facts[str(name)] = value
    return facts


def _is_about(named: Iterable[tuple[str, Any]], name: str, record: Mapping[str, Any]) -> bool:
    """Whether the record is the one the call names; records without an id never speak for a named one."""
    own = [record[key] for key in (f"{name}_id", "id") if key in record]
    wanted = [value for key, value in named if _names(key, name)] or [value for key, value in named if _names(key, "")]
    if any(not own or any(not _same(value, one) for one in own) for value in wanted):
        return False
    # A shipment is about an order too: whatever else they both name must be the same.
    return all(_same(value, record[key]) for key, value in named if key.endswith("_id") and key in record)


def _named(arguments: Any) -> Iterator[tuple[str, Any]]:
    """Every key of the arguments with its value, at any depth."""
    if isinstance(arguments, Mapping):
        for key, value in arguments.items():
            yield str(key), value
            yield from _named(value)
    elif isinstance(arguments, list | tuple):
        for item in arguments:
            yield from _named(item)


def _names(key: str, record: str) -> bool:
    """Whether an argument of this key says which record is meant: `order`, `orderId`, `order_ids`, `the-order-no`."""
    words, of_record = _words(key), _words(record)
    while words and words[-1] in _ID_WORDS:
        words = words[:-1]
        if not of_record and not words:
            return True
    return bool(of_record) and words[-len(of_record) :] == of_record


def _words(name: str) -> list[str]:
    return [word.lower().removesuffix("s") for word in _WORDS.findall(name)]


def _same(one: Any, other: Any) -> bool:
    # 1, 1.0, "1" and true may be four records to the tool.
    return type(one) is type(other) and one == other
