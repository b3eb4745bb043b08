"""Why a conversation goes to people."""

from enum import StrEnum


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
