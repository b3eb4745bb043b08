"""Which intent a task of the benchmark has: the benchmark names none, so it is read off the reference."""

import re
from collections.abc import Iterable

from remit.conversations import IntentName

NO_WRITE = IntentName("no_write")
"""The right outcome changes nothing: refuse, inform or hand off."""

# The benchmarks name a tool after what it does, so the verb tells a read from a write in every domain.
_READING = ("assert_", "calculate", "can_", "check_", "find_", "get_", "list_", "search_", "think", "transfer_to_")
_FAULT = re.compile(r"^\[(?P<family>\w+)\]")


def intent_of_reference(tools: Iterable[str]) -> IntentName:
    """The set of writing tools of the reference, sorted and joined with `+`."""
    writing = sorted({tool for tool in tools if not tool.startswith(_READING)})
    return IntentName("+".join(writing)) if writing else NO_WRITE


def intent_of_task(task_id: str, agent_tools: Iterable[str]) -> IntentName:
    """The fault family where the task id names one (telecom), else the intent of the reference."""
    family = _FAULT.match(task_id)
    return IntentName(family["family"]) if family else intent_of_reference(agent_tools)
