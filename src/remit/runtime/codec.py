"""Turns what a turn's journal holds into JSON and back, for recorders that write it down.

In a journal values are what they are; on disk each is one tagged object: `{"is": "Send", ...}`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from remit.conversations import Answered, HandedOff, HandoffReason, IntentName, JsonObject, TurnOutcome
from remit.policy.decisions import AskExpert, Decision, HandOff, RunTool, Send, Shadow
from remit.policy.proposals import Proposal, ProposedAnswer, ProposedCall, ProposedHandoff
from remit.runtime.ports import (
    Approved,
    Denied,
    Edited,
    ExpertVerdict,
    IntentEstimate,
    IntentGuess,
    Silence,
    Usage,
)
from remit.tools import ToolCall, ToolFailed, ToolName, ToolOutcomeUnknown, ToolResult, ToolSucceeded

Recordable = Proposal | Decision | ExpertVerdict | ToolResult | TurnOutcome | IntentEstimate | Usage | ToolCall


def encode_content(content: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON object of a journal record's content."""
    return {name: encode(value) if isinstance(value, Recordable) else value for name, value in content.items()}


def decode_content(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content of a journal record that `encode_content` made this from."""
    return {
        name: decode(value) if isinstance(value, dict) and value.get("is") in _DECODERS else value
        for name, value in content.items()
    }


def encode(value: Recordable) -> dict[str, Any]:
    """A JSON object from which `decode` makes an equal value."""
    fields: dict[str, Any] = {"is": type(value).__name__}
    for name in value.__slots__:
        fields[name] = _plain(getattr(value, name))
    return fields


def _plain(value: Any) -> Any:
    if isinstance(value, Proposal | ToolCall | IntentGuess):
        return {"is": type(value).__name__} | {name: _plain(getattr(value, name)) for name in value.__slots__}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, HandoffReason):
        return value.value
    return value


def _call(fields: Mapping[str, Any]) -> ToolCall:
    return ToolCall(tool=ToolName(fields["tool"]), arguments=fields["arguments"], id=fields["id"])


def _answer(fields: Mapping[str, Any]) -> ProposedAnswer:
    return ProposedAnswer(
        text=fields["text"],
        sources=tuple(fields["sources"]),
        stated_confidence=fields["stated_confidence"],
        signals=fields["signals"],
        expects_reply=fields["expects_reply"],
    )


def _proposed_call(fields: Mapping[str, Any]) -> ProposedCall:
    return ProposedCall(
        call=_call(fields["call"]), stated_confidence=fields["stated_confidence"], signals=fields["signals"]
    )


def _estimate(fields: Mapping[str, Any]) -> IntentEstimate:
    return IntentEstimate(
        guesses=tuple(IntentGuess(IntentName(guess["intent"]), guess["probability"]) for guess in fields["guesses"]),
        out_of_scope_probability=fields["out_of_scope_probability"],
        margin=fields["margin"],
        signals=fields["signals"],
    )


def _asked(fields: Mapping[str, Any]) -> ProposedAnswer | ProposedCall:
    return _answer(fields) if fields["is"] == "ProposedAnswer" else _proposed_call(fields)


_DECODERS: Mapping[str, Callable[[Mapping[str, Any]], Recordable]] = {
    "ProposedAnswer": _answer,
    "ProposedCall": _proposed_call,
    "ProposedHandoff": lambda fields: ProposedHandoff(HandoffReason(fields["reason"]), fields["note"]),
    "Send": lambda fields: Send(_answer(fields["answer"]), fields["why"]),
    "RunTool": lambda fields: RunTool(_call(fields["call"]), fields["why"]),
    "AskExpert": lambda fields: AskExpert(_asked(fields["proposal"]), fields["why"]),
    "HandOff": lambda fields: HandOff(HandoffReason(fields["reason"]), fields["why"]),
    "Shadow": lambda fields: Shadow(fields["why"]),
    "Approved": lambda fields: Approved(fields["expert"]),
    "Edited": lambda fields: Edited(fields["expert"], _asked(fields["proposal"])),
    "Denied": lambda fields: Denied(fields["expert"], fields["reason"]),
    "Silence": lambda _: Silence(),
    "ToolSucceeded": lambda fields: ToolSucceeded(fields["content"]),
    "ToolFailed": lambda fields: ToolFailed(fields["message"], fields.get("crashed", False)),  # older stores lack it
    "ToolOutcomeUnknown": lambda fields: ToolOutcomeUnknown(fields["message"]),
    "Answered": lambda fields: Answered(fields["text"], fields["by"]),
    "HandedOff": lambda fields: HandedOff(
        HandoffReason(fields["reason"]),
        fields["text"],
        fields["note"],
        fields["error"],
        fields.get("ticket", False),  # older stores lack it
    ),
    "IntentEstimate": _estimate,
    "Usage": lambda fields: Usage(fields["input_tokens"], fields["output_tokens"], fields["cost_eur"]),
    "ToolCall": _call,
}


def decode(fields: JsonObject) -> Any:
    """The value that `encode` made this from. KeyError if the object is none of ours."""
    return _DECODERS[str(fields["is"])](fields)
