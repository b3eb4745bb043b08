"""What the ledger says of one release under one policy, and the grants that follow."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

from remit.adapters.agents.load import LoadedAgent
from remit.control.grants import GrantKey
from remit.control.orders import Order, Widen
from remit.control.ports import GrantBook
from remit.control.widening import Earned, Support, supported_level
from remit.conversations import IntentName
from remit.documents import digest_of
from remit.evaluation.model import RunId
from remit.evaluation.observing import cluster_of, exclusion_cluster_of
from remit.evidence import Aggregate, Ledger, Selection
from remit.evidence.verdicts import Finding, GateVerdict
from remit.gates.verdicts import judge
from remit.identity import CONTROLLER
from remit.policy.levels import AutonomyLevel
from remit.policy.model import Policy
from remit.runtime.ports import Clock
from remit.scenarios.model import Suite

_WHY = "the gates of this level and of all below it are supported, on evidence from a simulated world"


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


async def verdicts_on(
    policy: Policy, agent: LoadedAgent, suites: Iterable[Suite], ledger: Ledger
) -> Sequence[GateVerdict]:
    """One look at the ledger: a verdict for each intent and gate."""
    aggregates = await evidence_on(policy, agent, suites, ledger)
    return judge(policy, aggregates, agent=agent.name, release=agent.release)


def supports_of(policy: Policy, agent: LoadedAgent, verdicts: Iterable[GateVerdict]) -> tuple[Support, ...]:
    """The supported ones of these verdicts, each named by the digest of what it says."""
    return tuple(
        Support(_name_of(policy, agent, verdict), agent.name, agent.release, policy.digest, verdict)
        for verdict in verdicts
        if verdict.finding is Finding.SUPPORTED
    )


def _name_of(policy: Policy, agent: LoadedAgent, verdict: GateVerdict) -> str:
    content = {key: str(value) for key, value in asdict(verdict).items()}
    return digest_of({"agent": agent.name, "release": agent.release, "policy": policy.digest, **content})[:16]


async def grant_on_simulated_evidence(
    book: GrantBook, policy: Policy, agent: LoadedAgent, verdicts: Sequence[GateVerdict], clock: Clock
) -> Mapping[IntentName, AutonomyLevel]:
    """Grant what these verdicts support, each level once; returns what holds now.

    For a simulated world only, where nobody real is served. What was narrowed since is not widened again by the
    same level: the key of the order is spent.
    """
    supports = supports_of(policy, agent, verdicts)
    remit = await book.remit(agent.name)
    for intent in policy.intents:
        level = supported_level(policy, supports, agent=agent.name, intent=intent, release=agent.release)
        key = GrantKey(intent, agent.release)
        now = clock.now()
        held = remit.level_of(key, policy=policy.digest, now=now)
        grant = remit.grants.get(key)
        if level <= held or (grant is not None and grant.bars(level)):
            continue
        earned = Earned(
            policy=policy,
            agent=agent.name,
            intent=intent,
            release=agent.release,
            level=level,
            above=held,
            supports=tuple(one for one in supports if one.verdict.intent == intent),
            proposed_by=CONTROLLER,
            at=now,
            simulated=True,
        )
        name = f"simulated:{agent.name}:{intent}:{agent.release}:{policy.digest[:16]}:{level.label}"
        await book.enact(Order(name, agent.name, now, CONTROLLER, _WHY, (Widen(earned),)))
    remit, now = await book.remit(agent.name), clock.now()
    return {
        intent: remit.level_of(GrantKey(intent, agent.release), policy=policy.digest, now=now)
        for intent in policy.intents
    }


async def levels_held(
    book: GrantBook, policy: Policy, agent: LoadedAgent, clock: Clock
) -> Mapping[IntentName, AutonomyLevel]:
    """The level of each intent as the book has it, waivers included."""
    remit, now = await book.remit(agent.name), clock.now()
    return {
        intent: remit.level_of(GrantKey(intent, agent.release), policy=policy.digest, now=now)
        for intent in policy.intents
    }
