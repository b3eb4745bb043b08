"""What of a policy can be simulated: live gates on bad outcomes with a budget; everything else is taken as given."""

from remit.control.monitors import budget_of
from remit.conversations import IntentName
from remit.errors import SimulationError
from remit.evidence.live import Metric
from remit.evidence.verdicts import Finding, GateVerdict
from remit.policy.gate_words import statement
from remit.policy.gates import AtMost, Gate, LiveGate
from remit.policy.levels import AutonomyLevel
from remit.policy.model import Policy
from remit.policy.rollback import BudgetSpent, CanaryWorse, ChangeDetected, RollbackRule, condition_words
from remit.simulation.served import EVERYTHING, Stratum

METHOD = "taken as given by the simulation"
_GUIDED = ("flagged", "other")


def is_simulated(gate: Gate) -> bool:
    """Whether the simulator knows the truth that the gate asks for."""
    return isinstance(gate, LiveGate) and gate.metric == Metric.BAD_OUTCOME and isinstance(gate.bound, AtMost)


def given(policy: Policy, intent: IntentName, level: AutonomyLevel) -> tuple[GateVerdict, ...]:
    """Verdicts on the enforcing gates of a level that are not simulated: supported, because nothing is known."""
    return tuple(
        GateVerdict(
            gate=statement(gate),
            level=level.label,
            intent=intent,
            finding=Finding.SUPPORTED,
            method=METHOD,
            alpha=0.05,
            observed_only=False,
            why="The simulator has no truth for this gate and takes it as supported.",
        )
        for gate in policy.gates.get(level, ())
        if gate.mode == "enforce" and not is_simulated(gate)
    )


def not_simulated(policy: Policy) -> tuple[str, ...]:
    """Gates and rules of the policy that take no part, in words."""
    gates = [
        f"gate {statement(gate)!r} of {level.label} is taken as supported"
        for level, gates in policy.gates.items()
        for gate in gates
        if gate.mode == "enforce" and not is_simulated(gate)
    ]
    rules = [f"rule {condition_words(rule.when)!r} never fires" for rule in policy.rollback if not _fires(rule)]
    return tuple(dict.fromkeys((*gates, *rules)))


def _fires(rule: RollbackRule) -> bool:
    match rule.when:
        case ChangeDetected(metric=metric, pool=pool) | BudgetSpent(metric=metric, pool=pool):
            return metric == Metric.BAD_OUTCOME and not pool
        case CanaryWorse():
            return True
        case _:
            return False


def budget_at(policy: Policy, level: AutonomyLevel) -> float:
    """The error budget at a level at which the agent acts."""
    found = budget_of(policy, Metric.BAD_OUTCOME, level)
    return policy.levels[level].risk.error_at_most if found is None else found


def strictest_budget(policy: Policy) -> float:
    """The smallest budget of a gate that is simulated.

    Raises:
        SimulationError: The policy has no such gate, so that nothing could be earned or lost.
    """
    rates = [
        gate.bound.rate
        for gates in policy.gates.values()
        for gate in gates
        if isinstance(gate, LiveGate) and is_simulated(gate) and isinstance(gate.bound, AtMost)
    ]
    if not rates:
        raise SimulationError(
            f"policy {policy.name!r} has no live gate on bad_outcome with `at_most`.\n"
            "  Add one, or leave --policy out: the simulator has a policy of its own."
        )
    return min(rates)


def strata_at(policy: Policy, level: AutonomyLevel) -> tuple[Stratum, ...]:
    """How experts choose what they look at while the agent acts at a level: as the next gate wants it.

    Raises:
        SimulationError: The gate draws from strata that the simulated judge does not make.
    """
    above = [one for one in AutonomyLevel if one > level]
    for guarded in (*above, *reversed([one for one in AutonomyLevel if one <= level])):
        for gate in policy.gates.get(guarded, ()):
            if isinstance(gate, LiveGate) and is_simulated(gate):
                return _strata(gate)
    return EVERYTHING


def _strata(gate: LiveGate) -> tuple[Stratum, ...]:
    sampling = gate.evidence.sampling
    if not sampling:
        return EVERYTHING
    if len(sampling) == 1:
        ((name, share),) = sampling.items()
        return (Stratum(name, share),)
    if set(sampling) != set(_GUIDED):
        raise SimulationError(
            f"gate {statement(gate)!r} draws from {', '.join(sampling)}; the simulated judge knows `flagged` and "
            "`other`.\n  Name the strata so, or sample everything alike."
        )
    return tuple(Stratum(name, sampling[name]) for name in _GUIDED)
