"""A run: every scenario of a suite several times, streamed to the ledger; interrupted runs go on where they stopped."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from remit.conversations import IntentName
from remit.evaluation.baselines import measure_baselines
from remit.evaluation.model import Baseline, Run, RunId, Trial
from remit.evaluation.observing import Subject, observe, recall, trial_key
from remit.evaluation.ports import Stage
from remit.evaluation.references import ReferenceRun, run_reference
from remit.evaluation.retention import Retention
from remit.evaluation.seeds import trial_seed
from remit.evaluation.trial import TrialLimits, TrialPlan, run_trial
from remit.evidence import Ledger, Observation, ObservationKey, Outcome, Selection
from remit.policy.levels import AutonomyLevel
from remit.scenarios.model import Scenario, ScenarioId, Suite

Play = Callable[[TrialPlan], Awaitable[Trial]]
"""Plays one trial, here or in another process; never raises because of what happens in the trial."""

BATCH = 256
"""Observations that are kept together at most; a crash loses no more trials, which then run again."""

LONGEST_WAIT = timedelta(seconds=1)
"""How long an observation waits for others: trials that take their time are kept one by one."""


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What is to be run.

    Args:
        id: Names the run.
        suite: Its scenarios.
        subject: Who is examined.
        level: The level under test.
        levels: The level at which the agent acts for each intent: the level under test or the intent's ceiling.
        n_trials: Trials of each scenario.
        seed: All randomness follows from it.
        concurrency: Trials under way at the same time.
        limits: Bounds of one trial.
    """

    id: RunId
    suite: Suite
    subject: Subject
    level: AutonomyLevel
    levels: Mapping[IntentName, AutonomyLevel]
    n_trials: int
    seed: int
    concurrency: int = 8
    limits: TrialLimits = TrialLimits()

    def level_of(self, scenario: Scenario) -> AutonomyLevel:
        """The level at which the agent acts in this scenario."""
        return self.levels.get(scenario.intent, self.level)


@dataclass(frozen=True, slots=True)
class RunResult:
    """A run and what it left out.

    Args:
        run: The run; whole trials only as `Retention` keeps them.
        n_resumed: Planned trials that were in the ledger already.
        scenario_errors: Scenarios whose own reference fails, with the reason; no trial of them ran.
    """

    run: Run
    n_resumed: int
    scenario_errors: Mapping[ScenarioId, str]


@dataclass(slots=True)
class _Sink:
    """Collects finished trials, and appends their observations in batches."""

    plan: RunPlan
    ledger: Ledger
    stage: Stage
    on_trial: Callable[[Trial], None]
    retention: Retention = field(default_factory=Retention)
    trials: list[Trial] = field(default_factory=list)
    waiting: list[Observation] = field(default_factory=list)
    n_resumed: int = 0
    flushed_at: datetime = datetime.min.replace(tzinfo=UTC)

    async def take(self, key: ObservationKey, plan: TrialPlan, trial: Trial) -> None:
        level, at = self.plan.level_of(plan.scenario), self.stage.clock.now()
        self.waiting.append(observe(self.plan.subject, plan, trial, key=key, level=level, at=at))
        self.trials.append(self.retention.keep(trial))
        self.on_trial(trial)
        if len(self.waiting) >= BATCH or at - self.flushed_at >= LONGEST_WAIT:
            await self.flush()

    def recall(self, plan: TrialPlan, outcome: Outcome) -> None:
        self.n_resumed += 1
        self.trials.append(recall(plan.scenario, plan.index, plan.seed, outcome))
        self.on_trial(self.trials[-1])

    async def flush(self) -> None:
        self.flushed_at = self.stage.clock.now()
        batch, self.waiting = self.waiting, []
        if batch:
            await self.ledger.append(batch)


async def run_suite(
    plan: RunPlan,
    stage: Stage,
    ledger: Ledger,
    *,
    handing_off: Stage | None = None,
    play: Play | None = None,
    on_trial: Callable[[Trial], None] = lambda _: None,
) -> RunResult:
    """Run what the ledger does not hold yet, and keep every outcome there.

    Args:
        plan: What to run.
        stage: Where trials of the agent play.
        ledger: Keeps the observations; trials it holds already are not run again.
        handing_off: The stage around an agent that always hands off; None leaves the baselines out.
        play: Plays the trials elsewhere; None plays them here.
        on_trial: Called for each trial, also for those from the ledger; for a progress bar.

    Raises:
        StoreUnavailable: The ledger cannot keep any more; what was appended before is kept.
    """
    started_at = stage.clock.now()
    references = {scenario.id: await run_reference(scenario, stage) for scenario in plan.suite.scenarios}
    sink = _Sink(plan, ledger, stage, on_trial)
    todo = _not_yet_run(plan, references, sink, await _known_outcomes(plan, ledger))
    try:
        await _work(plan, play or _player(plan, stage), sink, references, todo)
    finally:
        await sink.flush()
    baselines: tuple[Baseline, ...] = ()
    if handing_off is not None:
        sound = [scenario for scenario in plan.suite.scenarios if not references[scenario.id].problem]
        firsts = [_trial_plan(plan, scenario, 0, references) for scenario in sound]
        baselines = await measure_baselines(firsts, stage, handing_off, plan.limits)
    order = {scenario.id: place for place, scenario in enumerate(plan.suite.scenarios)}
    planned = plan.n_trials * len(plan.suite.scenarios)
    run = Run(
        id=plan.id,
        suite=plan.suite.name,
        agent=plan.subject.agent,
        release=plan.subject.release,
        policy=plan.subject.policy,
        level=plan.level,
        started_at=started_at,
        planned=planned,
        trials=tuple(sorted(sink.trials, key=lambda trial: (order[trial.scenario], trial.index))),
        baselines=baselines,
        simulated=plan.suite.simulated,
        source=plan.suite.source,
    )
    problems = {name: reference.problem for name, reference in references.items() if reference.problem}
    return RunResult(run, sink.n_resumed, problems)


async def _known_outcomes(plan: RunPlan, ledger: Ledger) -> Mapping[ObservationKey, Outcome]:
    subject = plan.subject
    selection = Selection(agent=subject.agent, release=subject.release, metric=subject.metric, source=subject.source)
    return {seen.key: seen.outcome async for seen in ledger.select(selection)}


def _not_yet_run(
    plan: RunPlan,
    references: Mapping[ScenarioId, ReferenceRun],
    sink: _Sink,
    known: Mapping[ObservationKey, Outcome],
) -> Iterator[tuple[ObservationKey, TrialPlan]]:
    """The trials that the ledger does not hold with their keys, one at a time; what it holds goes to the sink."""
    for one in _all_trials(plan, references):
        key = trial_key(plan.subject, one.scenario, plan.level_of(one.scenario), one.index, one.seed)
        if key in known:
            sink.recall(one, known[key])
        else:
            yield key, one


def _all_trials(plan: RunPlan, references: Mapping[ScenarioId, ReferenceRun]) -> Iterator[TrialPlan]:
    """Round by round, so that an interrupted run has something on every scenario."""
    for index in range(plan.n_trials):
        for scenario in plan.suite.scenarios:
            yield _trial_plan(plan, scenario, index, references)


def _trial_plan(
    plan: RunPlan, scenario: Scenario, index: int, references: Mapping[ScenarioId, ReferenceRun]
) -> TrialPlan:
    return TrialPlan(
        run=plan.id,
        scenario=scenario,
        index=index,
        seed=trial_seed(plan.seed, scenario.id, index),
        reference_changes=references[scenario.id].changes,
    )


def _player(plan: RunPlan, stage: Stage) -> Play:
    return lambda trial: run_trial(trial, stage, plan.limits)


async def _work(
    plan: RunPlan,
    play: Play,
    sink: _Sink,
    references: Mapping[ScenarioId, ReferenceRun],
    todo: Iterator[tuple[ObservationKey, TrialPlan]],
) -> None:
    async def worker() -> None:
        for key, trial_plan in todo:
            problem = references[trial_plan.scenario.id].problem
            if problem:
                trial = _not_run(trial_plan, problem)
            else:
                trial = await play(trial_plan)
            await sink.take(key, trial_plan, trial)
            await asyncio.sleep(0)  # an agent that never waits must not starve the others, nor Ctrl-C

    # Not a TaskGroup: the caller wants the store's own error, not a group around it.
    workers = [asyncio.create_task(worker()) for _ in range(plan.concurrency)]
    try:
        await asyncio.gather(*workers)
    finally:
        for one in workers:
            one.cancel()


def _not_run(plan: TrialPlan, problem: str) -> Trial:
    return Trial(
        scenario=plan.scenario.id,
        scenario_version=plan.scenario.version,
        intent=plan.scenario.intent,
        index=plan.index,
        seed=plan.seed,
        outcome=Outcome.SCENARIO_ERROR,
        attributed_to="scenario",
        checks=(),
        error=f"its reference fails: {problem}",
    )
