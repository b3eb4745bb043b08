"""What was said and called in a recorded conversation, from the message lists of both editions."""

import json
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from remit.adapters.formats.tau.documents import Place
from remit.adapters.formats.tau.tasks import parsed_arguments
from remit.conversations import HandedOff, HandoffReason
from remit.evaluation.recorded import RecordedCall
from remit.tools import ToolCall, ToolName

HANDOFF_TOOL = "transfer_to_human_agents"
_FAILURE = "Error: "
_UNKNOWN_TOOL = "Unknown action "
_TOOL_ANSWER = "API output: "
_SPEAKERS = {"assistant": "agent", "user": "customer"}


@dataclass(frozen=True, slots=True)
class Talk:
    """The content of a message list.

    `customer_calls` counts tools that the customer used on their own device; `last_customer_text` is the
    customer's last message, with the marks that the benchmarks' customers end with.
    """

    calls: tuple[RecordedCall, ...]
    said: tuple[str, ...]
    customer_texts: tuple[str, ...]
    transcript: tuple[tuple[str, str], ...]
    customer_calls: int = 0

    @property
    def last_customer_text(self) -> str:
        """The customer's last message, empty if the customer said nothing."""
        return self.customer_texts[-1] if self.customer_texts else ""

    @property
    def handed_off(self) -> HandedOff | None:
        """The handoff that the agent asked for by tool, if it did."""
        handoff = next((each.call for each in self.calls if each.call.tool == HANDOFF_TOOL), None)
        if handoff is None:
            return None
        return HandedOff(HandoffReason.UNSUPPORTED_REQUEST, "", note=str(handoff.arguments.get("summary", "")))


def tau2_talk(messages: Iterable[Place]) -> Talk:
    """Messages of the second edition: calls carry ids, and customers of some domains have tools too."""
    flat = [inner for message in messages for inner in (message.children("tool_messages") or (message,))]
    # Some models use the same id again and again: answers to it come in the order of its calls.
    answers: dict[str, deque[Place]] = defaultdict(deque)
    for each in flat:
        if each.text("role") == "tool":
            answers[each.text("id")].append(each)
    calls: list[RecordedCall] = []
    talk = _Lines()
    customer_calls = 0
    for message in flat:
        role = message.text("role")
        talk.add(role, words_of(message))
        for call in message.children("tool_calls"):
            waiting = answers[call.text("id")]
            answer = waiting.popleft() if waiting else None
            if role == "user" or call.text("requestor") == "user":
                customer_calls += 1
                continue
            made = ToolCall(ToolName(str(call.required("name"))), _arguments(call), id=call.text("id"))
            calls.append(_recorded(made, answer))
            talk.transcript.append(("tool", f"{made.tool}({_short(made.arguments)})"))
    return Talk(tuple(calls), tuple(talk.said), tuple(talk.heard), tuple(talk.transcript), customer_calls)


def tau1_talk(messages: Iterable[Place]) -> Talk:
    """Messages of the first edition: one call a message, its answer follows; words beside a call are not said."""
    flat = list(messages)
    if not any(message.content.get("tool_calls") for message in flat):
        return _written_actions(flat)
    calls: list[RecordedCall] = []
    talk = _Lines()
    for number, message in enumerate(flat):
        role, asked = message.text("role"), message.children("tool_calls")
        if not asked:
            talk.add(role, words_of(message))
            continue
        function = asked[0].child("function")
        made = ToolCall(ToolName(str(function.required("name"))), _arguments(function), id=asked[0].text("id"))
        following = flat[number + 1] if number + 1 < len(flat) else None
        answer = following if following is not None and following.text("role") == "tool" else None
        calls.append(_recorded(made, answer))
        talk.transcript.append(("tool", f"{made.tool}({_short(made.arguments)})"))
    return Talk(tuple(calls), tuple(talk.said), tuple(talk.heard), tuple(talk.transcript))


def _written_actions(messages: Sequence[Place]) -> Talk:
    """Agents of the first edition without tool calls write `Action: {"name": ..., "arguments": ...}` as text.

    An action called `respond`, or text that is no action, is said to the customer; the answer of any other
    comes back in the customer's place.
    """
    calls: list[RecordedCall] = []
    talk = _Lines()
    pending: ToolCall | None = None
    for message in messages:
        role, words = message.text("role"), words_of(message)
        if role == "user" and pending is not None:
            calls.append(_answered(pending, words.removeprefix(_TOOL_ANSWER)))
            pending = None
        elif role == "assistant":
            pending = _written_action(words)
            if pending is None or pending.tool == "respond":
                talk.add(role, words if pending is None else str(pending.arguments.get("content", "")))
                pending = None
            else:
                talk.transcript.append(("tool", f"{pending.tool}({_short(pending.arguments)})"))
        else:
            talk.add(role, words)
    if pending is not None:
        calls.append(RecordedCall(pending, None))
    return Talk(tuple(calls), tuple(talk.said), tuple(talk.heard), tuple(talk.transcript))


def _written_action(words: str) -> ToolCall | None:
    _, marked, text = words.rpartition("Action:")
    if not marked:
        return None
    try:
        found = json.loads(text)
    except ValueError:
        return None
    if not isinstance(found, dict) or "name" not in found:
        return None
    arguments = found.get("arguments")
    return ToolCall(ToolName(str(found["name"])), arguments if isinstance(arguments, dict) else {})


def words_of(message: Place) -> str:
    """The text of a message; some files keep it in parts."""
    content = message.content.get("content")
    if isinstance(content, list):
        return "\n".join(str(part["text"]) for part in content if isinstance(part, dict) and "text" in part)
    return message.text("content")


class _Lines:
    """Collects words by speaker."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.heard: list[str] = []
        self.transcript: list[tuple[str, str]] = []

    def add(self, role: str, text: str) -> None:
        if role not in _SPEAKERS or not text:
            return
        (self.said if role == "assistant" else self.heard).append(text)
        self.transcript.append((_SPEAKERS[role], text))


def _recorded(call: ToolCall, answer: Place | None) -> RecordedCall:
    if answer is None:
        return RecordedCall(call, None)
    return _answered(call, words_of(answer), failed=answer.content.get("error") is True)


def _answered(call: ToolCall, text: str, *, failed: bool = False) -> RecordedCall:
    failed = failed or text.startswith((_FAILURE, _UNKNOWN_TOOL))
    return RecordedCall(call, text.removeprefix(_FAILURE) if failed else text, failed=failed)


def _arguments(call: Place) -> dict[str, object]:
    found = call.content.get("arguments")
    return dict(found) if isinstance(found, dict) else parsed_arguments(call.text("arguments"))


def _short(arguments: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in arguments.items())
