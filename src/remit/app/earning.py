"""What the ledger says of one release under one policy, and the grants that follow."""

from collections.abc import Iterable, Mapping, Sequence

from remit.adapters.agents.load import LoadedAgent
from remit.adapters.store.grants import Grant
from remit.conversations import IntentName
from remit.evaluation.model import RunId
from remit.evaluation.observing import cluster_of, exclusion_cluster_of
from remit.evidence import Aggregate, Ledger, Selection
from remit.gates.verdicts import grants_from, judge
from remit.policy.levels import AutonomyLevel
from remit.policy.model import Policy
from remit.scenarios.model import Suite


async def evidence_on(
    policy: Policy, agent: LoadedAgent, suites: Iterable[Suite], ledger: Ledger, *, runs: Sequence[RunId] = ()
) -> Sequence[Aggregate]:
    """Running counts of this very release, policy and scenarios: nothing that was seen under others speaks for it.

    Args:
        policy: The policy in force.
        agent: Whose release.
        suites: The suites as they are now.
        ledger: Where to look.
        runs: Runs whose excluded trials count as excluded.
    """
    scenarios = [scenario for suite in suites for scenario in suite.scenarios]
    clusters = {cluster_of(scenario, policy.digest) for scenario in scenarios}
    clusters |= {exclusion_cluster_of(scenario, policy.digest, run) for scenario in scenarios for run in runs}
    selection = Selection(agent=agent.name, release=agent.release)
    return [one for one in await ledger.aggregates(selection) if one.cluster in clusters]


async def earned_levels(
    policy: Policy, agent: LoadedAgent, suites: Iterable[Suite], ledger: Ledger
) -> Mapping[IntentName, AutonomyLevel]:
    """The level of each intent up to which every enforcing gate is supported."""
    aggregates = await evidence_on(policy, agent, suites, ledger)
    return grants_from(policy, judge(policy, aggregates, agent=agent.name, release=agent.release))


def grants_of(
    policy: Policy, agent: LoadedAgent, levels: Mapping[IntentName, AutonomyLevel]
) -> Mapping[IntentName, Grant]:
    """The grants that these levels make, each with its reason."""
    why = "the gates of this level and of all below it are supported by the ledger"
    return {
        intent: Grant(intent, level, agent.release, policy.digest, why if level else "nothing has been earned yet")
        for intent, level in levels.items()
    }
