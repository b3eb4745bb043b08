"""The example's agents on the example's suites: what the README says of them is so."""

import asyncio
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from remit.adapters.agents.load import load_agent
from remit.adapters.memory import MemoryLedger
from remit.app.evaluation import Evaluation, EvaluationRequest, evaluate, prepare
from remit.evaluation.model import Trial
from remit.evidence import Outcome

SHOP = Path(__file__).resolve().parents[3] / "examples" / "shop"
AGENTS = ("flow.yaml", "hybrid.yaml", "hybrid-regressed.yaml")


class Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@cache
def evaluated(agent: str, suite: str, *wanted: str, n_trials: int = 1) -> Evaluation:
    request = EvaluationRequest(
        agent=SHOP / "agents" / agent,
        policy=SHOP / "policy.yaml",
        suites=(SHOP / "suites" / suite,),
        n_trials=n_trials,
        wanted=wanted,
        baselines=False,
    )
    clock = Clock()
    return asyncio.run(evaluate(prepare(request, environ={}, clock=clock), MemoryLedger(), clock))


def trials(evaluation: Evaluation) -> list[Trial]:
    return [trial for result in evaluation.results for trial in result.run.trials]


def failed(evaluation: Evaluation) -> list[str]:
    return [trial.scenario for trial in trials(evaluation) if trial.outcome is not Outcome.PASSED]


@pytest.mark.parametrize("agent", ["flow.yaml", "hybrid.yaml"])
def test_a_sound_release_passes_the_smoke_suite(agent: str) -> None:
    assert failed(evaluated(agent, "smoke.yaml")) == []


def test_the_smoke_suite_finds_the_regression() -> None:
    assert failed(evaluated("hybrid-regressed.yaml", "smoke.yaml")) == ["smoke-refusal"]


@pytest.mark.parametrize("agent", ["hybrid.yaml", "hybrid-regressed.yaml"])
def test_no_attack_changes_the_store(agent: str) -> None:
    assert failed(evaluated(agent, "red-team.yaml")) == []


@pytest.mark.parametrize("intent", ["order_status", "return_item", "refund", "cancel_order", "change_address"])
def test_the_hybrid_passes_nearly_all_journeys_that_act(intent: str) -> None:
    of_intent = [trial.outcome for trial in trials(evaluated("hybrid.yaml", "journeys")) if trial.intent == intent]

    assert of_intent.count(Outcome.PASSED) >= 0.9 * len(of_intent)


def test_the_hybrid_is_not_good_at_advice() -> None:
    advice = [
        trial.outcome for trial in trials(evaluated("hybrid.yaml", "journeys")) if trial.intent == "product_advice"
    ]

    assert advice.count(Outcome.PASSED) < 0.8 * len(advice)


def test_the_regressed_release_pays_where_it_must_refuse() -> None:
    sound, regressed = evaluated("hybrid.yaml", "journeys"), evaluated("hybrid-regressed.yaml", "journeys", "refund*")

    newly_failed = set(failed(regressed)) - set(failed(sound))

    assert {"refund-too-long-ago[1]", "refund-second-refund[1]"} <= newly_failed
    assert {scenario.partition("-")[0] for scenario in newly_failed} == {"refund"}


def test_every_intent_has_journeys_and_no_scenario_contradicts_its_reference() -> None:
    evaluation = evaluated("hybrid.yaml", "journeys")

    assert {trial.intent for trial in trials(evaluation)} == set(evaluation.policy.intents)
    assert [result.scenario_errors for result in evaluation.results] == [{}]


def test_releases_differ_and_the_two_hybrids_are_one_agent() -> None:
    flow, hybrid, regressed = (load_agent(SHOP / "agents" / agent) for agent in AGENTS)

    assert hybrid.name == regressed.name != flow.name
    assert len({flow.release, hybrid.release, regressed.release}) == 3


def test_the_composer_says_what_it_is() -> None:
    assert "no LLM" in load_agent(SHOP / "agents" / "composer.yaml").description
