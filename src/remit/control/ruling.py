"""The rule of an intent under what stands over it: stops, and limits that narrow its grant."""

from dataclasses import replace

from remit.control.grants import GrantKey, Remit, Scope, ScopeKind
from remit.policy.limits import AllLimits, compile_limits
from remit.policy.rules import IntentRule, ToolRule
from remit.tools import ToolName


def rule_under(rule: IntentRule, remit: Remit, key: GrantKey) -> IntentRule:
    """The rule, or a narrower one: never a freer one (held by tests/properties/test_grant_book.py)."""
    stop = remit.stops.get(Scope(ScopeKind.INTENT, key.intent))
    grant = remit.grants.get(key)
    limits = {} if grant is None else grant.limits
    stopped = {scope.subject for scope in remit.stops if scope.kind is ScopeKind.TOOL}
    if stop is None and not limits and not stopped:
        return rule
    tools = {
        name: _limited(tool, limits[name]) if name in limits else tool
        for name, tool in rule.tools.items()
        if name not in stopped
    }
    return replace(rule, tools=tools, stopped="" if stop is None else stop.why or "stopped")


def _limited(tool: ToolRule, limit: str) -> ToolRule:
    compiled = compile_limits(limit)
    both = compiled if tool.limits is None else AllLimits((tool.limits, compiled))
    return replace(tool, limits=both)


def tools_stopped(remit: Remit) -> tuple[ToolName, ...]:
    """Tools that no intent may use now."""
    return tuple(ToolName(scope.subject) for scope in remit.stops if scope.kind is ScopeKind.TOOL)
