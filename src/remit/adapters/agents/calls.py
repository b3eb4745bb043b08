"""From a function call of a model to a proposal: only granted tools, only arguments that fit their schema."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import jsonschema
import referencing
import referencing.exceptions

from remit.adapters.agents.messages import render_tool
from remit.conversations import HandoffReason
from remit.errors import AgentProtocolError
from remit.policy.proposals import Proposal, ProposedCall, ProposedHandoff
from remit.tools import ToolCall, ToolSpec

HAND_OFF = "hand_off"
"""The built-in function by which a model passes a conversation to people. It takes the place of a tool of that name."""

AGENT_REASONS = (
    HandoffReason.CUSTOMER_REQUEST,
    HandoffReason.MISSING_KNOWLEDGE,
    HandoffReason.UNSUPPORTED_REQUEST,
    HandoffReason.POLICY_RESTRICTION,
    HandoffReason.TOOL_FAILURE,
    HandoffReason.PENDING_CLARIFICATION,
    HandoffReason.OUT_OF_SCOPE,
    HandoffReason.PROCESS_RULE,
)
"""The reasons an agent can state; the others are Remit's own findings."""

HAND_OFF_DECLARATION: Mapping[str, Any] = {
    "type": "function",
    "function": {
        "name": HAND_OFF,
        "description": "Pass the conversation to a person. Use it whenever you cannot or may not help.",
        "parameters": {
            "type": "object",
            "properties": {
                "reason": {"type": "string", "enum": [reason.value for reason in AGENT_REASONS]},
                "note": {"type": "string", "description": "What the person should know; the customer does not see it."},
            },
            "required": ["reason"],
        },
    },
}


def declare_tools(tools: Sequence[ToolSpec]) -> list[Mapping[str, Any]]:
    """The granted tools and `hand_off` as function declarations."""
    return [*(render_tool(spec) for spec in tools if spec.name != HAND_OFF), HAND_OFF_DECLARATION]


def propose_call(
    name: str, arguments: Mapping[str, Any], handle: str, tools: Sequence[ToolSpec], *, owner: str
) -> Proposal:
    """The proposal that a function call means.

    Raises:
        AgentProtocolError: The function is not granted, or its arguments violate its schema.
    """
    if name == HAND_OFF:
        return read_hand_off(arguments, owner=owner)
    spec = next((spec for spec in tools if spec.name == name), None)
    if spec is None:
        known = ", ".join(repr(str(tool.name)) for tool in tools) or "none"
        raise AgentProtocolError(
            owner,
            f"its model called {name[:64]!r}, which is not among the tools granted here",
            f"Granted: {known}. Name no other tools in the prompt.",
        )
    _expect_fit(spec, arguments, owner=owner)
    return ProposedCall(ToolCall(spec.name, dict(arguments), handle))


def read_hand_off(arguments: Mapping[str, Any], *, owner: str) -> ProposedHandoff:
    """A handoff with the model's reason and note."""
    reason, note = arguments.get("reason"), arguments.get("note") or ""
    if reason not in [known.value for known in AGENT_REASONS] or not isinstance(note, str):
        raise AgentProtocolError(
            owner,
            f"its model called {HAND_OFF!r} without a known reason",
            f"Known reasons: {', '.join(AGENT_REASONS)}.",
        )
    return ProposedHandoff(HandoffReason(reason), note)


def _expect_fit(spec: ToolSpec, arguments: Mapping[str, Any], *, owner: str) -> None:
    try:
        jsonschema.Draft202012Validator.check_schema(spec.parameters)
        # An empty registry: a schema that points elsewhere must not make us fetch it.
        validator = jsonschema.Draft202012Validator(spec.parameters, registry=referencing.Registry())
        violation = jsonschema.exceptions.best_match(validator.iter_errors(arguments))
    except (
        jsonschema.exceptions.SchemaError,
        referencing.exceptions.Unresolvable,
        re.error,
        RecursionError,
    ) as error:
        raise AgentProtocolError(
            owner, f"the schema of tool {spec.name!r} is not usable ({type(error).__name__})", "Mend the tool's schema."
        ) from error
    if violation is not None:
        # Path and rule only: the sentence of the validator quotes the value.
        raise AgentProtocolError(
            owner,
            f"its model called {spec.name!r} with arguments that violate its schema"
            f" at {violation.json_path} ({violation.validator})",
            "Describe the argument better in the tool's schema or in the prompt.",
        )
