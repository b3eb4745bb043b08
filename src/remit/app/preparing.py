"""Reads what an evaluation is made of and sees that it fits together, before anything runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from remit.adapters.agents.load import LoadedAgent, load_agent
from remit.adapters.customers import CustomerModel
from remit.adapters.formats.suites import read_suites, suite_directory
from remit.adapters.guards.local import LocalGuardrails
from remit.app.customers import customer_model
from remit.app.policy_files import read_policy_file
from remit.app.remembered import RememberedIntents
from remit.app.stage import MemoryStage
from remit.app.surroundings import surroundings_of
from remit.app.trial_confidence import TrialConfidence, trial_confidence
from remit.app.understanding import intents_model_beside, trained_intents
from remit.calibration.certificate import Certificate
from remit.documents import suggest
from remit.errors import ScenarioParseError, SettingsError
from remit.evaluation.trial import TrialLimits
from remit.policy.gates import AttackGate, SuiteGate
from remit.policy.levels import AutonomyLevel
from remit.policy.model import Policy
from remit.runtime.ports import Clock, Permit
from remit.scenarios.model import Scenario, Suite


@dataclass(frozen=True, slots=True)
class EvaluationRequest:
    """What is asked for.

    Args:
        agent: The agent's definition.
        policy: The policy document.
        suites: Files or folders of suites.
        n_trials: Trials of each scenario.
        level: The level under test; None takes the highest that the policy guards with a suite.
        seed: All randomness follows from it.
        concurrency: Trials under way at the same time.
        wanted: Only scenarios whose id, intent or tag fits one of these patterns (`*` any text); empty means all.
        limits: Bounds of one trial.
        n_processes: Processes that play trials; more than 1 pays for agents that keep a processor busy.
        baselines: Whether the do-nothing and always-hand-off baselines are run too.
        certificates: In force; those that hold for the agent's release weigh its proposals.
    """

    agent: Path
    policy: Path
    suites: tuple[Path, ...]
    n_trials: int = 4
    level: AutonomyLevel | None = None
    seed: int = 0
    concurrency: int = 8
    wanted: tuple[str, ...] = ()
    limits: TrialLimits = TrialLimits()
    n_processes: int = 1
    baselines: bool = True
    certificates: tuple[Certificate, ...] = ()


@dataclass(frozen=True, slots=True)
class Prepared:
    """Documents that were read and fit together; nothing has run yet."""

    request: EvaluationRequest
    policy: Policy
    loaded: LoadedAgent
    level: AutonomyLevel
    suites: tuple[Suite, ...]
    whole_suites: tuple[Suite, ...]
    customer_model: CustomerModel | None = None

    @property
    def n_planned(self) -> int:
        """Trials that the run will have."""
        return self.request.n_trials * sum(len(suite.scenarios) for suite in self.suites)

    @property
    def limits(self) -> TrialLimits:
        """Bounds of one trial; the policy says how long a turn may take."""
        return replace(self.request.limits, turn_s=self.policy.turn.deadline_s)


def prepare(request: EvaluationRequest, *, environ: Mapping[str, str], clock: Clock) -> Prepared:
    """Read every document and make sure that they fit together, before anything runs.

    Raises:
        DocumentError: One of them cannot be used.
        SettingsError: Nothing would be run.
    """
    policy = read_policy_file(request.policy)
    loaded = load_agent(request.agent, environ=environ, clock=clock, surroundings=surroundings_of(policy))
    whole = tuple(suite for path in request.suites for suite in read_suites(path))
    for suite in whole:
        _check_intents(suite, policy)
    suites = tuple(chosen for suite in whole if (chosen := _chosen(suite, request.wanted)).scenarios)
    if not suites:
        patterns = ", ".join(map(repr, request.wanted))
        raise SettingsError(
            f"no scenario fits --filter {patterns}.\n  Filters fit ids, intents and tags, such as 'refund*'."
        )
    level = highest_tested_level(policy) if request.level is None else request.level
    model = customer_model(suites, environ=environ, clock=clock)
    return Prepared(request, policy, loaded, level, suites, whole, model)


def highest_tested_level(policy: Policy) -> AutonomyLevel:
    """The highest level that a suite guards; autonomous if none does."""
    guarded = [
        level
        for level, gates in policy.gates.items()
        if any(isinstance(gate, SuiteGate | AttackGate) for gate in gates)
    ]
    return max(guarded, default=AutonomyLevel.AUTONOMOUS)


# ── suites ────────────────────────────────────────────────────────────────────────────────────────
def _check_intents(suite: Suite, policy: Policy) -> None:
    for scenario in suite.scenarios:
        if scenario.intent not in policy.intents:
            path, _, line = scenario.source.rpartition(":")
            mend = suggest(scenario.intent, policy.intents, noun="intents")
            problem = f"scenario {scenario.id!r} has the intent {scenario.intent!r}, which the policy does not have"
            raise ScenarioParseError(path or suite.source, int(line) if line.isdecimal() else None, problem, mend)


def _chosen(suite: Suite, wanted: Sequence[str]) -> Suite:
    if not wanted:
        return suite
    return replace(suite, scenarios=tuple(one for one in suite.scenarios if _fits(one, wanted)))


def _fits(scenario: Scenario, wanted: Sequence[str]) -> bool:
    names = (scenario.id, scenario.id.partition("[")[0], scenario.intent, *scenario.tags)
    return any(pattern == name or fnmatchcase(name, pattern) for pattern in wanted for name in names)


def weighing_of(prepared: Prepared, clock: Clock) -> TrialConfidence:
    """How the trials' proposals are weighed."""
    loaded, known = prepared.loaded, prepared.request.certificates
    return trial_confidence(prepared.policy, prepared.level, loaded.release, known, clock.now())


# ── the stage ─────────────────────────────────────────────────────────────────────────────────────
def stage_for(prepared: Prepared, clock: Clock) -> MemoryStage:
    """Where trials of the prepared agent play, at the level under test."""
    policy, weighing = prepared.policy, weighing_of(prepared, clock)
    permit = Permit(
        agent=prepared.loaded.name,
        release=prepared.loaded.release,
        policy=policy.digest,
        epoch=0,
        rules=weighing.rules,
        max_steps=policy.turn.max_steps,
        approval_wait_s=policy.levels[prepared.level].review.wait_s if prepared.level in policy.levels else 0.0,
    )
    return MemoryStage(
        agent=prepared.loaded.agent,
        permit=permit,
        intents=RememberedIntents(trained_intents(policy, intents_model_beside(prepared.request.policy))),
        confidence=weighing.port,
        guardrails=LocalGuardrails(),
        directory=suite_directory(prepared.suites[0]),
        effects={tool.name: tool.effect for tool in policy.tools.values()},
        clock=clock,
        customer_model=prepared.customer_model,
    )
