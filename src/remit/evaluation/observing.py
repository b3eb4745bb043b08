"""From trials to the ledger's observations."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from remit.conversations import AgentName, ReleaseId
from remit.evaluation.model import Trial
from remit.evidence import Observation, ObservationKey, Outcome, Source, Strength
from remit.policy.levels import AutonomyLevel
from remit.scenarios.model import Scenario, ScenarioId


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is examined, in which suite, under which policy. `policy` is its digest."""

    agent: AgentName
    release: ReleaseId
    policy: str
    suite: str
    source: Source = Source.SCENARIO_TRIAL
    strength: Strength = Strength.SIMULATED

    @property
    def metric(self) -> str:
        """What the observations measure, as gates look for it."""
        return f"suite:{self.suite}"


def trial_key(subject: Subject, scenario: Scenario, level: AutonomyLevel, index: int, seed: int) -> ObservationKey:
    """Names a trial for good: the same key is the same trial, whenever and wherever it ran."""
    parts = (subject.agent, subject.release, subject.suite, scenario.id, scenario.version, level.label, subject.policy)
    digest = hashlib.sha256("\x1f".join((*parts, str(index), str(seed))).encode()).hexdigest()
    return ObservationKey(f"trial:{digest[:40]}")


def cluster_of(scenario: Scenario, policy: str) -> str:
    """What makes trials dependent: the scenario as it is now, under the policy as it is now.

    A changed scenario or policy begins a new cluster, so that old trials do not speak for it.
    """
    return f"{scenario.id}@{scenario.version[:8]}.{policy[:8]}"


def scenario_of(cluster: str) -> ScenarioId:
    """The scenario's id in a cluster's name."""
    return ScenarioId(cluster.rpartition("@")[0] or cluster)


def observe(
    subject: Subject, scenario: Scenario, level: AutonomyLevel, trial: Trial, *, key: ObservationKey, at: datetime
) -> Observation:
    """What the ledger keeps of a trial: digests and numbers, no words of a customer.

    A trial that does not count gets a key of its own, so that it stays visible and can be run again.
    """
    counted = trial.outcome in (Outcome.PASSED, Outcome.FAILED)
    return Observation(
        key=key if counted else ObservationKey(f"{key}:{trial.outcome.value}:{at.isoformat()}"),
        at=at,
        agent=subject.agent,
        release=subject.release,
        intent=scenario.intent,
        level=level.label,
        source=subject.source,
        strength=subject.strength,
        metric=subject.metric,
        outcome=trial.outcome,
        cluster=cluster_of(scenario, subject.policy),
        policy=subject.policy,
        details={"seed": trial.seed, "index": trial.index, "scenario_version": trial.scenario_version},
    )
