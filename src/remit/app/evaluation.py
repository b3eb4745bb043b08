"""From a prepared evaluation to verdicts: runs the suites and judges the ledger."""

import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial

from remit.adapters.agents.load import check_agent
from remit.adapters.formats.suites import suite_directory
from remit.app.earning import evidence_on
from remit.app.preparing import EvaluationRequest, Prepared, prepare, stage_for, weighing_of
from remit.app.processes import ProcessPlayers
from remit.app.stage import MemoryStage
from remit.app.trial_confidence import TrialConfidence
from remit.calibration.certificate import Certificate
from remit.conversations import IntentName
from remit.evaluation.baselines import AlwaysHandsOff
from remit.evaluation.model import RunId, Trial
from remit.evaluation.observing import Subject
from remit.evaluation.run import RunPlan, RunResult, run_suite
from remit.evidence import Ledger
from remit.evidence.verdicts import GateVerdict
from remit.gates.verdicts import exit_code, grants_from, judge, worst_exit_code
from remit.policy.gate_words import statement
from remit.policy.gates import AttackGate, SuiteGate
from remit.policy.levels import AutonomyLevel
from remit.policy.model import Policy
from remit.runtime.ports import Clock
from remit.scenarios.model import Suite

__all__ = ["Evaluation", "EvaluationRequest", "Prepared", "evaluate", "levels_at", "prepare"]

EXIT_ERROR = 3


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What came of it.

    `verdicts` are those that the suites could settle; `levels` what each intent has earned, gates on live
    conversations and attestations included; `confidence` says how proposals were weighed. `exit_code`: 0 supported,
    1 refuted, 2 undecided, 3 a scenario is in error.
    """

    policy: Policy
    level: AutonomyLevel
    results: tuple[RunResult, ...]
    verdicts: tuple[GateVerdict, ...]
    levels: Mapping[IntentName, AutonomyLevel]
    exit_code: int
    confidence: str = ""

    def verdicts_on(self, suite: str) -> tuple[GateVerdict, ...]:
        """Those of gates that name the suite."""
        statements = _statements(self.policy, {suite})
        return tuple(one for one in self.verdicts if one.gate in statements)


async def evaluate(
    prepared: Prepared,
    ledger: Ledger,
    clock: Clock,
    *,
    certificates: Sequence[Certificate] = (),
    on_trial: Callable[[Trial], None] = lambda _: None,
) -> Evaluation:
    """Run every suite and look at the ledger.

    Args:
        prepared: What is run.
        ledger: Where trials are kept.
        clock: Time.
        certificates: In force; those that hold for this release and level weigh the agent's proposals.
        on_trial: Told of each trial.

    Raises:
        AgentError: The agent cannot be reached; nothing was run.
        StoreError: The ledger cannot keep what was seen.
    """
    request = replace(prepared.request, certificates=tuple(certificates))
    prepared = replace(prepared, request=request)
    weighing = weighing_of(prepared, clock)
    try:
        await check_agent(prepared.loaded)
        stage = stage_for(prepared, clock)
        with _players(prepared) as players:
            results = [
                await _run(prepared, suite, stage, ledger, weighing, players=players, on_trial=on_trial)
                for suite in prepared.suites
            ]
    finally:
        await prepared.loaded.close()
        if prepared.customer_model is not None:
            await prepared.customer_model.client.close()
    every = await _judge(prepared, ledger, [result.run.id for result in results])
    verdicts, levels = _settled_here(prepared, every), grants_from(prepared.policy, every)
    codes = [exit_code(verdicts), *(EXIT_ERROR for result in results if result.scenario_errors)]
    return Evaluation(
        prepared.policy, prepared.level, tuple(results), verdicts, levels, worst_exit_code(codes), weighing.words
    )


# ── running ───────────────────────────────────────────────────────────────────────────────────────
def _players(prepared: Prepared) -> AbstractContextManager[ProcessPlayers | None]:
    if prepared.request.n_processes == 1:
        return nullcontext()
    return ProcessPlayers(prepared.request, prepared.request.n_processes, agent=prepared.loaded.name)


async def _run(
    prepared: Prepared,
    suite: Suite,
    stage: MemoryStage,
    ledger: Ledger,
    weighing: TrialConfidence,
    *,
    players: ProcessPlayers | None,
    on_trial: Callable[[Trial], None],
) -> RunResult:
    request, policy = prepared.request, prepared.policy
    own = replace(stage, directory=suite_directory(suite))
    plan = RunPlan(
        id=RunId(uuid.uuid4().hex[:12]),
        suite=suite,
        subject=Subject(
            prepared.loaded.name, prepared.loaded.release, policy.digest, suite.name, weighing=weighing.name
        ),
        level=prepared.level,
        levels=levels_at(policy, prepared.level),
        n_trials=request.n_trials,
        seed=request.seed,
        concurrency=request.concurrency,
        limits=prepared.limits,
    )
    handing_off = own.around(AlwaysHandsOff()) if request.baselines else None
    play = None if players is None else partial(players.play, directory=own.directory)
    return await run_suite(plan, own, ledger, handing_off=handing_off, play=play, on_trial=on_trial)


def levels_at(policy: Policy, level: AutonomyLevel) -> Mapping[IntentName, AutonomyLevel]:
    """The level at which each intent acts when a level is tested: never above its ceiling."""
    return {intent.name: min(level, intent.ceiling) for intent in policy.intents.values()}


# ── judging ───────────────────────────────────────────────────────────────────────────────────────
async def _judge(prepared: Prepared, ledger: Ledger, runs: Sequence[RunId]) -> tuple[GateVerdict, ...]:
    """Verdicts of every gate, on the evidence of these very scenarios and this policy."""
    policy, loaded = prepared.policy, prepared.loaded
    aggregates = await evidence_on(policy, loaded, prepared.whole_suites, ledger, runs=runs)
    return judge(policy, aggregates, agent=loaded.name, release=loaded.release)


def _settled_here(prepared: Prepared, verdicts: Sequence[GateVerdict]) -> tuple[GateVerdict, ...]:
    """Those that these suites, at this level, can settle."""
    touched = {scenario.intent for suite in prepared.suites for scenario in suite.scenarios}
    statements = _statements(prepared.policy, {suite.name for suite in prepared.suites})
    return tuple(
        one
        for one in verdicts
        if one.gate in statements
        and AutonomyLevel.named(one.level) <= prepared.level
        and (not prepared.request.wanted or one.intent in touched)
    )


def _statements(policy: Policy, suites: Collection[str]) -> frozenset[str]:
    """The gates that name one of these suites, in the words that verdicts carry."""
    return frozenset(
        statement(gate)
        for gates in policy.gates.values()
        for gate in gates
        if isinstance(gate, SuiteGate | AttackGate) and gate.suite in suites
    )
