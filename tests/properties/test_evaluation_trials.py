"""Whatever of ours breaks in a trial, it is never scored as the agent's; seeds and what is kept follow their rules."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.adapters.memory import FixedClock
from remit.app.evaluation import EvaluationRequest, prepare
from remit.app.preparing import stage_for
from remit.app.stage import MemoryStage
from remit.conversations import ConversationId, IntentName
from remit.errors import CustomerError, RemitError, StoreUnavailable
from remit.evaluation.model import CheckResult, RunId, Trial
from remit.evaluation.ports import Setup
from remit.evaluation.retention import Retention
from remit.evaluation.seeds import trial_seed
from remit.evaluation.trial import TrialLimits, TrialPlan, run_trial
from remit.evidence import Outcome
from remit.runtime.ports import StepKey, Toolbox
from remit.scenarios.model import Scenario, ScenarioId
from remit.tools import ToolCall, ToolFailed, ToolName, ToolResult, ToolSpec

CENTRE = Path(__file__).parents[1] / "integration/evaluation/centre"
CLOCK = FixedClock(datetime(2026, 11, 1, 9, 0, tzinfo=UTC))


@cache
def parcels() -> tuple[MemoryStage, dict[str, Scenario]]:
    request = EvaluationRequest(CENTRE / "careful.yaml", CENTRE / "policy.yaml", (CENTRE / "suite.yaml",))
    prepared = prepare(request, environ={}, clock=CLOCK)
    return stage_for(prepared, CLOCK), {one.id: one for one in prepared.suites[0].scenarios}


class Failing:
    """Stands before something and fails when a method is called for the n-th time."""

    def __init__(self, inner: Any, method: str, error: Exception, *, at: int) -> None:
        self._inner, self._method, self._error, self._left = inner, method, error, at

    def __getattr__(self, name: str) -> Any:
        if name != self._method:
            return getattr(self._inner, name)
        self._left -= 1
        if self._left > 0:
            return getattr(self._inner, name)
        return self._fail

    async def _fail(self, *_: Any, **__: Any) -> Any:
        raise self._error


@dataclass(frozen=True)
class Sabotage:
    """A stage of which one part fails."""

    stage: MemoryStage
    part: str
    method: str
    error: Exception
    at: int

    @property
    def clock(self) -> FixedClock:
        return CLOCK

    async def set_up(self, scenario: Scenario, conversation: ConversationId, seed: int) -> Setup:
        if self.part == "stage":
            raise self.error
        setup = await self.stage.set_up(scenario, conversation, seed)
        if self.part in ("world", "customer"):
            return replace(setup, **{self.part: self._failing(getattr(setup, self.part))})
        ports = replace(setup.ports, **{self.part: self._failing(getattr(setup.ports, self.part))})
        return replace(setup, ports=ports)

    def _failing(self, inner: Any) -> Any:
        return Failing(inner, self.method, self.error, at=self.at)

    tools: Callable[..., Any] = MemoryStage.tools
    fresh_world: Callable[..., Any] = MemoryStage.fresh_world


@dataclass(frozen=True)
class SameResult:
    """Stands before a toolbox: whatever is called, this comes back."""

    inner: Toolbox
    result: ToolResult

    async def catalogue(self) -> Mapping[ToolName, ToolSpec]:
        return await self.inner.catalogue()

    async def run(self, call: ToolCall, key: StepKey) -> ToolResult:
        return self.result


@dataclass(frozen=True)
class SameResultStage(Sabotage):
    """A stage all of whose tools bring back the same."""

    result: ToolResult = ToolFailed("no")

    async def set_up(self, scenario: Scenario, conversation: ConversationId, seed: int) -> Setup:
        setup = await self.stage.set_up(scenario, conversation, seed)
        return replace(setup, ports=replace(setup.ports, toolbox=SameResult(setup.ports.toolbox, self.result)))


PARTS = st.sampled_from(
    [
        ("stage", ""),
        ("world", "changes"),
        ("customer", "next_message"),
        ("intents", "estimate"),
        ("confidence", "assess"),
        ("grants", "permit"),
        ("recorder", "open"),
        ("recorder", "record"),
        ("recorder", "close"),
        ("toolbox", "catalogue"),
        ("toolbox", "run"),
        ("contact_centre", "hand_off"),
    ]
)
ERRORS = st.sampled_from(
    [
        RuntimeError("broken"),
        KeyError("x"),
        TimeoutError(),
        OSError("disk"),
        StoreUnavailable("ledger.db", "the disk is full"),
        RemitError("something"),
        CustomerError("it lost its script"),
    ]
)


@given(PARTS, ERRORS, st.integers(1, 2), st.sampled_from(["order_status[1]", "cancel", "person"]))
def test_a_failure_of_ours_is_never_scored(part: tuple[str, str], error: Exception, at: int, scenario: str) -> None:
    stage, scenarios = parcels()
    plan = TrialPlan(RunId("r"), scenarios[scenario], 0, 1, reference_changes=None)

    sound = asyncio.run(run_trial(plan, stage, TrialLimits()))
    trial = asyncio.run(run_trial(plan, Sabotage(stage, *part, error, at), TrialLimits()))

    assert trial.outcome not in (Outcome.FAILED, Outcome.PASSED) or (trial.outcome, trial.checks) == (
        sound.outcome,
        sound.checks,
    )
    if not trial.outcome.counts:
        assert trial.error
        assert trial.attributed_to in ("customer", "infrastructure")


@pytest.mark.parametrize("part", ["message", "proposal", "result"])
def test_a_guard_that_fails_is_no_failure_of_the_agent(part: str) -> None:
    stage, scenarios = parcels()
    plan = TrialPlan(RunId("r"), scenarios["order_status[1]"], 0, 1, reference_changes=None)
    broken = Sabotage(stage, "guardrails", f"screen_{part}", RuntimeError("no model"), 1)

    trial = asyncio.run(run_trial(plan, broken, TrialLimits()))

    assert trial.outcome is Outcome.INFRASTRUCTURE_ERROR


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (ToolFailed("no such order"), Outcome.FAILED),
        (ToolFailed("it broke off: KeyError", crashed=True), Outcome.INFRASTRUCTURE_ERROR),
    ],
)
def test_a_tool_that_refuses_is_the_agents_to_handle_and_one_that_breaks_is_ours(
    result: ToolResult, outcome: Outcome
) -> None:
    stage, scenarios = parcels()
    plan = TrialPlan(RunId("r"), scenarios["order_status[1]"], 0, 1, reference_changes=None)

    trial = asyncio.run(
        run_trial(plan, SameResultStage(stage, "", "", RuntimeError(), 0, result=result), TrialLimits())
    )

    assert trial.outcome is outcome
    assert trial.attributed_to == ("agent" if outcome is Outcome.FAILED else "infrastructure")


@given(st.lists(st.tuples(st.integers(), st.text(max_size=5), st.integers(0, 9)), unique=True, max_size=50))
def test_every_trial_has_a_seed_of_its_own_that_never_changes(trials: list[tuple[int, str, int]]) -> None:
    seeds = [trial_seed(run, ScenarioId(name), index) for run, name, index in trials]

    assert len(set(seeds)) == len(seeds)
    assert seeds == [trial_seed(run, ScenarioId(name), index) for run, name, index in trials]
    assert all(0 <= seed < 2**48 for seed in seeds)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(Outcome)), max_size=80))
def test_what_is_kept_is_bounded_and_no_outcome_is_lost(seen: list[tuple[str, Outcome]]) -> None:
    retention = Retention(failures_per_scenario=2, failures=5, examples=2)
    given_trials = [
        Trial(
            scenario=ScenarioId(name),
            scenario_version="v",
            intent=IntentName("i"),
            index=index,
            seed=index,
            outcome=outcome,
            attributed_to=None if outcome is Outcome.PASSED else "agent",
            checks=(CheckResult("state", held=outcome is Outcome.PASSED, detail="long"),),
            changes=(("marks a whole trial"),),  # type: ignore[arg-type]
            error="late",
            duration_ms=1.5,
            cost_eur=0.25,
            published_reward=1.0,
            transcript=(("agent", "hello"),),
            details={"turns": 1},
        )
        for index, (name, outcome) in enumerate(seen)
    ]
    kept = [retention.keep(trial) for trial in given_trials]
    whole = [trial for trial in kept if trial.changes]

    assert [trial.outcome for trial in kept] == [outcome for _, outcome in seen]
    assert sum(trial.outcome is Outcome.PASSED for trial in whole) <= 2
    assert sum(trial.outcome is not Outcome.PASSED for trial in whole) <= 5
    assert all(not any(check.detail for check in trial.checks) for trial in kept if not trial.changes)
    assert all(
        trial == replace(before, turns=(), changes=(), checks=trial.checks)
        for before, trial in zip(given_trials, kept, strict=True)
        if not trial.changes
    )
