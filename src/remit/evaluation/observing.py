"""From trials to the ledger's observations."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from remit import __version__
from remit.conversations import AgentName, ReleaseId
from remit.evaluation.model import RunId, Trial
from remit.evaluation.trial import TrialPlan
from remit.evidence import Observation, ObservationKey, Outcome, Source, Strength
from remit.policy.levels import AutonomyLevel
from remit.scenarios.model import Scenario


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is examined, in which suite, under which policy. `policy` is its digest.

    `weighing` names the certificates whose scores decide; empty where none does.
    """

    agent: AgentName
    release: ReleaseId
    policy: str
    suite: str
    source: Source = Source.SCENARIO_TRIAL
    strength: Strength = Strength.SIMULATED
    weighing: str = ""

    @property
    def metric(self) -> str:
        """What the observations measure, as gates look for it."""
        return f"suite:{self.suite}"


def trial_key(subject: Subject, scenario: Scenario, level: AutonomyLevel, index: int, seed: int) -> ObservationKey:
    """Names a trial for good: the same key is the same trial, whenever and wherever it ran."""
    what = (subject.agent, subject.release, subject.suite, scenario.id, scenario.version, level.label, subject.policy)
    parts = (*what, __version__, *([subject.weighing] if subject.weighing else []))
    digest = hashlib.sha256("\x1f".join((*parts, str(index), str(seed))).encode()).hexdigest()
    return ObservationKey(f"trial:{digest[:40]}")


def cluster_of(scenario: Scenario, policy: str) -> str:
    """What makes trials dependent: the scenario, the policy and Remit itself as they are now.

    A changed scenario, policy or version of Remit (its classifier and guards took part) begins a new cluster, so
    that old trials do not speak for it.
    """
    return f"{scenario.id}@{scenario.version[:8]}.{policy[:8]}.{__version__}"


def exclusion_cluster_of(scenario: Scenario, policy: str, run: RunId) -> str:
    """Where a run's trials that do not count are kept: visible for good, but only this run answers for them.

    The next run tries them again; what has been made up for must not weigh on its verdicts.
    """
    return f"{cluster_of(scenario, policy)}!{run}"


def observe(
    subject: Subject, plan: TrialPlan, trial: Trial, *, key: ObservationKey, level: AutonomyLevel, at: datetime
) -> Observation:
    """What the ledger keeps of a trial: digests and numbers, no words of a customer.

    Args:
        subject: Who was examined.
        plan: The trial as it was planned.
        trial: What came of it.
        key: Its name, from `trial_key`.
        level: The level at which the agent acted.
        at: Now.
    """
    scenario, run = plan.scenario, plan.run
    cluster = cluster_of(scenario, subject.policy)
    if not trial.outcome.counts:
        key, cluster = ObservationKey(f"{key}!{run}"), exclusion_cluster_of(scenario, subject.policy, run)
    return Observation(
        key=key,
        at=at,
        agent=subject.agent,
        release=subject.release,
        intent=scenario.intent,
        level=level.label,
        source=subject.source,
        strength=subject.strength,
        metric=subject.metric,
        outcome=trial.outcome,
        cluster=cluster,
        policy=subject.policy,
        details={"seed": trial.seed, "index": trial.index, "scenario_version": trial.scenario_version},
    )


def recall(scenario: Scenario, index: int, seed: int, outcome: Outcome) -> Trial:
    """A trial that an earlier run left in the ledger: its outcome, no words."""
    return Trial(
        scenario=scenario.id,
        scenario_version=scenario.version,
        intent=scenario.intent,
        index=index,
        seed=seed,
        outcome=outcome,
        attributed_to="agent" if outcome is Outcome.FAILED else None,
        checks=(),
        details={"from_ledger": True},
    )
