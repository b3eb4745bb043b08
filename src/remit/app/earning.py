"""What the ledger supports for one release, and the grants that follow."""

from collections.abc import Mapping

from remit.adapters.agents.load import LoadedAgent
from remit.adapters.store.grants import Grant
from remit.conversations import IntentName
from remit.evaluation.verdicts import grants_from, judge
from remit.evidence import Ledger, Selection
from remit.policy.levels import AutonomyLevel
from remit.policy.model import Policy


async def earned_levels(policy: Policy, agent: LoadedAgent, ledger: Ledger) -> Mapping[IntentName, AutonomyLevel]:
    """The level of each intent that every enforcing gate up to it supports, for this very release."""
    aggregates = await ledger.aggregates(Selection(agent=agent.name, release=agent.release))
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
