"""From the policy's rollback rules to the monitors that watch for them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from remit.control.events import CanaryMonitor, CriticalMonitor
from remit.control.rates import PooledMonitor, RateMonitor, RateRule
from remit.conversations import AgentName
from remit.documents import digest_of
from remit.evidence import Reducer, Strength
from remit.policy.gates import AtMost, LiveGate
from remit.policy.levels import AutonomyLevel
from remit.policy.model import Policy
from remit.policy.rollback import BudgetSpent, CanaryWorse, ChangeDetected, Do, GuardrailBreach, RollbackRule
from remit.slo import BudgetCounting, BudgetMonitor, BurnCounting, BurnMonitor, Objective, Use

_WEEK_S = 7 * 86_400.0


def monitors_of(policy: Policy, *, least: Strength = Strength.PROOF_OF_VALUE) -> tuple[Reducer[Any], ...]:
    """One or more monitors for each rollback rule of the policy.

    They count what was seen under this very policy: another one has grants, and monitors, of its own.

    Args:
        policy: Whose rules.
        least: Weaker observations do not count; SIMULATED for a simulated contact centre.
    """
    found = [*_rate_monitors(policy, least)]
    for rule in policy.rollback:
        found += _other_monitors(policy, rule, least)
    return tuple({monitor.name: monitor for monitor in found}.values())


def budget_monitors(
    objectives: Sequence[Objective], *, least: Strength = Strength.PROOF_OF_VALUE
) -> tuple[Reducer[Any], ...]:
    """One monitor for each objective."""
    return tuple(
        BurnMonitor(one, least=least) if one.indicator.use is Use.BURN_RATE else BudgetMonitor(one, least=least)
        for one in objectives
    )


def budget_counts(
    objectives: Sequence[Objective], *, least: Strength = Strength.PROOF_OF_VALUE
) -> tuple[Reducer[Any], ...]:
    """The same states, asking for nothing: with them history is read before anything is asked for."""
    return tuple(
        BurnCounting(one, least=least) if one.indicator.use is Use.BURN_RATE else BudgetCounting(one, least=least)
        for one in objectives
    )


def follower_name(agent: AgentName, reducers: Sequence[Reducer[Any]]) -> str:
    """One name, one set of monitors of one agent."""
    return f"control-{digest_of([agent, *sorted(one.name for one in reducers)])[:16]}"


def _rate_monitors(policy: Policy, least: Strength) -> Iterator[Reducer[Any]]:
    """One for each metric and budget: rules on the same share its state."""
    metrics: dict[str, list[tuple[RateRule, Do]]] = {}
    for rule in policy.rollback:
        if isinstance(rule.when, ChangeDetected | BudgetSpent) and not rule.when.pool:
            metrics.setdefault(rule.when.metric, []).append((rule.when, rule.do))
    for metric, rules in metrics.items():
        window_s = window_of(policy, metric)
        for eps, levels in _budgets(policy, metric).items():
            yield RateMonitor(rules, eps=eps, levels=levels, window_s=window_s, policy=policy.digest, least=least)


def _other_monitors(policy: Policy, rule: RollbackRule, least: Strength) -> Iterator[Reducer[Any]]:
    match rule.when:
        case ChangeDetected(pool="") | BudgetSpent(pool=""):
            return
        case ChangeDetected() | BudgetSpent() as rate:
            intents, window_s = policy.calibration.pools.get(rate.pool, ()), window_of(policy, rate.metric)
            for eps, levels in _budgets(policy, rate.metric).items():
                yield PooledMonitor(
                    rate, rule.do, intents, eps=eps, levels=levels, window_s=window_s, policy=policy.digest, least=least
                )
        case CanaryWorse() as worse:
            yield CanaryMonitor(worse, rule.do, policy=policy.digest, least=least)
        case GuardrailBreach() as breach:
            yield CriticalMonitor(breach, rule.do, policy=policy.digest, least=least)


def budget_of(policy: Policy, metric: str, level: AutonomyLevel) -> float | None:
    """The error budget of the metric at a level; None if the policy names none.

    That of the nearest live gate on the metric at the level or below, else that of the nearest above. For bad
    outcomes where no gate speaks of them: the error rate that the level accepts.
    """
    rates = {guarded: rate for guarded in AutonomyLevel for rate in _rates_at(policy.gates.get(guarded, ()), metric)}
    below = [rates[guarded] for guarded in AutonomyLevel if guarded <= level and guarded in rates]
    if below:
        return below[-1]
    if metric == "bad_outcome" and level in policy.levels:
        return policy.levels[level].risk.error_at_most
    return next((rates[guarded] for guarded in AutonomyLevel if guarded in rates), None)


def window_of(policy: Policy, metric: str) -> float:
    """For how long a label of the metric may still come, in seconds: the longest that a gate on it waits."""
    waits = [
        gate.evidence.matured_after_s
        for gates in policy.gates.values()
        for gate in gates
        if isinstance(gate, LiveGate) and gate.metric == metric
    ]
    return max(waits, default=0.0) or _WEEK_S


def _rates_at(gates: Iterable[Any], metric: str) -> Iterator[float]:
    for gate in gates:
        if isinstance(gate, LiveGate) and gate.metric == metric and isinstance(gate.bound, AtMost):
            yield gate.bound.rate


def _budgets(policy: Policy, metric: str) -> Mapping[float, frozenset[str]]:
    """Levels at which the agent acts, by budget."""
    found: dict[float, set[str]] = {}
    for level in AutonomyLevel:
        eps = None if level is AutonomyLevel.SHADOW else budget_of(policy, metric, level)
        if eps is not None:
            found.setdefault(eps, set()).add(level.label)
    return {eps: frozenset(levels) for eps, levels in found.items()}
