"""What a valid policy leaves open: things a reader may want to know before trusting it. None is an error."""

from collections.abc import Iterable, Iterator, Sequence

from remit.policy.levels import AutonomyLevel
from remit.policy.model import Policy
from remit.tools import is_write


def describe_gaps(policy: Policy) -> Sequence[str]:
    """One sentence for each gap, without a full stop."""
    return tuple(_gaps(policy))


def _gaps(policy: Policy) -> Iterator[str]:
    if not policy.problem:
        yield "`problem` is empty: nobody can tell whether the agent solved it"
    if silent := [name for name, intent in policy.intents.items() if not intent.examples]:
        yield f"no examples for {_listed(silent)}: the local classifier learns an intent from its examples"
    granted = {tool for intent in policy.intents.values() for tool in intent.tools}
    if idle := [name for name in policy.tools if name not in granted]:
        yield f"no intent is granted {_listed(idle)}"
    for level in AutonomyLevel:
        reached = any(level <= intent.ceiling for intent in policy.intents.values())
        if (
            level is not AutonomyLevel.SHADOW
            and reached
            and not any(gate.mode == "enforce" for gate in policy.gates.get(level, ()))
        ):
            yield f"no gate guards {level.label}: nothing has to be proven before an intent reaches it"
    for name, intent in policy.intents.items():
        waiting = [tool for tool, rule in intent.tools.items() if is_write(rule.effect) and rule.limits is None]
        if waiting and intent.ceiling >= AutonomyLevel.TOOLS_WITHIN_LIMITS:
            yield f"{name} declares no limits for {_listed(waiting)}: at tools_within_limits each of these writes waits"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
