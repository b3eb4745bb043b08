"""Why a conversation goes to people, and what kind of reason that is."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

Priority = Literal["urgent", "high", "normal", "low"]
"""How soon people should look; the same words that contact centres use."""
PRIORITIES: tuple[Priority, ...] = ("urgent", "high", "normal", "low")


class ReasonCategory(StrEnum):
    """What a contact centre routes and reports by; each reason has one."""

    CUSTOMER = "customer"
    """The customer wants a person, or owes an answer."""
    KNOWLEDGE = "knowledge"
    """The agent does not know this, or was never made for it."""
    POLICY = "policy"
    """A rule or an expert said no."""
    CONFIDENCE = "confidence"
    """Nobody says that it is wrong; it was not sure enough."""
    SAFETY = "safety"
    """A guard found something."""
    OPERATIONS = "operations"
    """Remit was told to let people work: stopped, in shadow, out of time or budget."""
    FAILURE = "failure"
    """Something broke; people may have to find out what happened."""


class HandoffReason(StrEnum):
    """The one list of reasons; reports, metrics and the contact centre use these words."""

    CUSTOMER_REQUEST = "customer_request"
    MISSING_KNOWLEDGE = "missing_knowledge"
    UNSUPPORTED_REQUEST = "unsupported_request"
    POLICY_RESTRICTION = "policy_restriction"
    TOOL_FAILURE = "tool_failure"
    PENDING_CLARIFICATION = "pending_clarification"
    LOW_CONFIDENCE = "low_confidence"
    GUARDRAIL = "guardrail"
    APPROVAL_DENIED = "approval_denied"
    BUDGET_EXHAUSTED = "budget_exhausted"
    KILL_SWITCH = "kill_switch"
    OUTCOME_UNKNOWN = "outcome_unknown"
    DEADLINE = "deadline"
    OUT_OF_SCOPE = "out_of_scope"
    AGENT_ERROR = "agent_error"
    PROCESS_RULE = "process_rule"
    SHADOW = "shadow"
    """The intent is at level shadow: people answer, the agent's proposal is only recorded."""
    INTERNAL_ERROR = "internal_error"
    """Something of Remit's own broke; says nothing about the agent."""

    @property
    def category(self) -> ReasonCategory:
        """What kind of reason it is."""
        return _CATEGORIES[self]

    @property
    def priority(self) -> Priority:
        """How soon people should look, if nothing else is known."""
        return _PRIORITIES.get(self, "normal")


_CATEGORIES: Mapping[HandoffReason, ReasonCategory] = {
    HandoffReason.CUSTOMER_REQUEST: ReasonCategory.CUSTOMER,
    HandoffReason.PENDING_CLARIFICATION: ReasonCategory.CUSTOMER,
    HandoffReason.MISSING_KNOWLEDGE: ReasonCategory.KNOWLEDGE,
    HandoffReason.UNSUPPORTED_REQUEST: ReasonCategory.KNOWLEDGE,
    HandoffReason.OUT_OF_SCOPE: ReasonCategory.KNOWLEDGE,
    HandoffReason.POLICY_RESTRICTION: ReasonCategory.POLICY,
    HandoffReason.PROCESS_RULE: ReasonCategory.POLICY,
    HandoffReason.APPROVAL_DENIED: ReasonCategory.POLICY,
    HandoffReason.LOW_CONFIDENCE: ReasonCategory.CONFIDENCE,
    HandoffReason.GUARDRAIL: ReasonCategory.SAFETY,
    HandoffReason.BUDGET_EXHAUSTED: ReasonCategory.OPERATIONS,
    HandoffReason.KILL_SWITCH: ReasonCategory.OPERATIONS,
    HandoffReason.DEADLINE: ReasonCategory.OPERATIONS,
    HandoffReason.SHADOW: ReasonCategory.OPERATIONS,
    HandoffReason.TOOL_FAILURE: ReasonCategory.FAILURE,
    HandoffReason.OUTCOME_UNKNOWN: ReasonCategory.FAILURE,
    HandoffReason.AGENT_ERROR: ReasonCategory.FAILURE,
    HandoffReason.INTERNAL_ERROR: ReasonCategory.FAILURE,
}

_PRIORITIES: Mapping[HandoffReason, Priority] = {
    # A write may have happened twice or not at all, and nobody but a person can find out.
    HandoffReason.OUTCOME_UNKNOWN: "urgent",
    HandoffReason.CUSTOMER_REQUEST: "high",
    HandoffReason.GUARDRAIL: "high",
    HandoffReason.TOOL_FAILURE: "high",
}
