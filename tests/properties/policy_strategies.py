"""Generators of rules, proposals and confidences for the policy's properties."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from remit.conversations import HandoffReason, IntentName
from remit.policy.levels import AutonomyLevel
from remit.policy.proposals import Proposal, ProposedAnswer, ProposedCall, ProposedHandoff
from remit.policy.rules import IntentRule, Limits, ToolRule
from remit.tools import Effect, ToolCall, ToolName

TOOLS = tuple(ToolName(name) for name in ("find_order", "issue_refund", "change_address"))


@dataclass(frozen=True, slots=True)
class FixedLimits:
    """Limits whose answer is known beforehand."""

    allowed: bool

    @property
    def expression(self) -> str:
        return str(self.allowed).lower()

    def allow(self, arguments: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
        del arguments, facts
        return self.allowed


def autonomy_levels() -> st.SearchStrategy[AutonomyLevel]:
    return st.sampled_from(AutonomyLevel)


def probabilities() -> st.SearchStrategy[float]:
    """Mostly from a small grid, so that confidences and thresholds meet, cross and coincide often."""
    return st.one_of(st.sampled_from([0.0, 0.25, 0.5, 0.75, 0.9, 1.0]), st.floats(0.0, 1.0))


def any_number() -> st.SearchStrategy[float]:
    return st.one_of(probabilities(), st.floats(allow_nan=True, allow_infinity=True))


def tool_rules() -> st.SearchStrategy[ToolRule]:
    limits: st.SearchStrategy[Limits | None] = st.one_of(st.none(), st.builds(FixedLimits, st.booleans()))
    return st.builds(ToolRule, st.sampled_from(Effect), limits)


@st.composite
def rules(draw: st.DrawFn, level: AutonomyLevel | None = None) -> IntentRule:
    low, high = sorted([draw(probabilities()), draw(probabilities())])
    return IntentRule(
        intent=IntentName(draw(st.sampled_from(["refund", "order_status", "change_address"]))),
        level=draw(autonomy_levels()) if level is None else level,
        send_threshold=high,
        ask_threshold=low,
        tools=draw(st.dictionaries(st.sampled_from(TOOLS), tool_rules())),
    )


def proposals() -> st.SearchStrategy[Proposal]:
    return st.one_of(
        st.builds(ProposedAnswer, st.text(max_size=20)),
        st.builds(ProposedCall, st.builds(ToolCall, st.sampled_from([*TOOLS, ToolName("unknown_tool")]))),
        st.builds(ProposedHandoff, st.sampled_from(HandoffReason)),
    )


def at(rule: IntentRule, level: AutonomyLevel) -> IntentRule:
    return replace(rule, level=level)
