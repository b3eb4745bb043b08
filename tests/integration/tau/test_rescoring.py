"""The outside referee: every published airline and retail reward is computed again and is the same."""

import asyncio
import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from integration.tau.shared_data import read_json, read_lines, tau_data
from remit.adapters.formats.tau import read_results, read_tasks
from remit.adapters.worlds.tau.editions import Edition
from remit.adapters.worlds.tau.files import load_tau_worlds
from remit.adapters.worlds.tau.world import HANDOFF_TOOL, Domain
from remit.app.replay import Replay, parse_gate, replay_file
from remit.errors import ImportFormatError
from remit.evaluation.replay import ReferenceEnd, run_reference, score_baselines
from remit.evidence import Outcome
from remit.evidence.verdicts import Finding
from remit.scenarios.model import Scenario
from remit.scenarios.ports import World

pytestmark = pytest.mark.shared

GATE = parse_gate("pass^4>=0.9")
TELECOM = ("tau2/gpt-4.1__telecom_test40", "tau2/gpt-4.1-ft__telecom_test40", "tau2/gpt-4o__telecom_20")
RESCORED = (
    "tau1/gpt-4o__airline_50x4",
    "tau1/gpt-4o__retail_100",
    "tau2/gpt-4.1__airline_test20",
    "tau2/gpt-4.1-ft__airline_test20",
    "tau2/gpt-4o__airline_50",
    "tau2/gpt-4.1__retail_test40",
    "tau2/gpt-4.1-ft__retail_test40",
)


@functools.cache
def replayed(path: Path) -> Replay:
    """A results file replayed on the published databases."""
    return asyncio.run(replay_file(path, data=tau_data(), gate=GATE))


def trajectories(name: str) -> Path:
    """A published results file."""
    return tau_data() / "trajectories" / f"{name}.json"


def published_row(name: str) -> dict[str, Any]:
    """What the reference answers say of a file."""
    rows = read_json(tau_data() / "reference.json")["rows"]
    return next(row for row in rows if row["name"] == name)


@pytest.mark.parametrize("name", RESCORED)
def test_every_reward_is_recomputed_and_identical_and_pass_hat_k_is_the_published_one(name: str) -> None:
    replay = replayed(trajectories(name))
    row = published_row(name)
    states = list(read_lines(tau_data() / "trajectories" / f"{name}.state.jsonl"))

    assert replay.n_recomputed == len(replay.run.trials) == row["sims"]
    assert replay.differences == ()
    assert [trial.details["recomputed_reward"] for trial in replay.run.trials] == [
        state["recomputed"] for state in states
    ]
    assert [trial.published_reward for trial in replay.run.trials] == [state["published"] for state in states]
    for k, value in row["pass_hat_k"].items():
        # The reference answers are rounded to six digits.
        assert replay.pass_hat_k[int(k)].estimate == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize("name", RESCORED)
def test_no_honest_conversation_is_called_altered_misfiled_or_double(name: str) -> None:
    replay = replayed(trajectories(name))

    assert not [trial for trial in replay.run.trials if trial.outcome is Outcome.INFRASTRUCTURE_ERROR]
    compared = sum(int(trial.details["n_answers_compared"] or 0) for trial in replay.run.trials)
    same = sum(int(trial.details["n_answers_same"] or 0) for trial in replay.run.trials)
    assert same == compared > 0


@pytest.mark.parametrize("name", TELECOM)
def test_telecom_is_imported_as_published_and_says_so(name: str) -> None:
    replay = replayed(trajectories(name))
    row = published_row(name)

    assert replay.n_recomputed == 0
    assert replay.run.baselines == ()
    assert replay.pass_hat_k[1].estimate == pytest.approx(row["pass_hat_k"]["1"], abs=1e-6)
    assert all("no world" in str(trial.details["not_recomputed"]) for trial in replay.run.trials)


def test_four_trials_refute_the_gate_and_fewer_leave_it_undecided() -> None:
    four = {verdict.finding for verdict in replayed(trajectories("tau1/gpt-4o__airline_50x4")).verdicts}
    one = replayed(trajectories("tau2/gpt-4o__airline_50"))

    assert four == {Finding.REFUTED, Finding.UNDECIDED}
    assert {verdict.finding for verdict in one.verdicts} == {Finding.UNDECIDED}
    # 47 tasks have one counted trial, 3 have none: the simulated customer left them.
    assert sum(each.n_missing_trials for each in one.missing_for_gate.values()) == 47 * 3 + 3 * 4


# ── tasks and baselines ───────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("domain", "expected"), [("airline", 50), ("retail", 114), ("telecom", 134), ("mock", 10)])
def test_every_task_is_imported_with_its_basis_and_what_the_customer_knows(domain: str, expected: int) -> None:
    path = tau_data() / "tau2" / domain / "tasks.json"
    raw = read_json(path)

    scenarios = read_tasks(path)

    assert len(scenarios) == expected
    assert [scenario.id for scenario in scenarios] == [task["id"] for task in raw]
    for scenario, task in zip(scenarios, raw, strict=True):
        instructions = task["user_scenario"]["instructions"]
        known = instructions.get("known_info") if isinstance(instructions, dict) else None
        assert scenario.extra["task"] == task
        assert "".join(scenario.known).replace(" ", "") == "".join((known or "").split())
        criteria = task["evaluation_criteria"] or {}
        assert list(scenario.extra["reward_basis"]) == criteria.get("reward_basis", ["DB", "COMMUNICATE"])


def test_the_base_split_of_telecom_is_complete() -> None:
    folder = tau_data() / "tau2" / "telecom"

    ids = {scenario.id for scenario in read_tasks(folder / "tasks.json")}

    base = set(read_json(folder / "splits.json")["base"])
    assert len(base) == 114
    assert base <= ids


@pytest.mark.parametrize("domain", ["airline", "retail", "telecom"])
def test_intents_read_off_the_references_are_the_derived_ones(domain: str) -> None:
    folder = tau_data() / "tau2" / domain
    derived = read_json(folder / "intents.json")

    assert {scenario.id: scenario.intent for scenario in read_tasks(folder / "tasks.json")} == {
        name: each["intent"] for name, each in derived.items()
    }


@pytest.mark.parametrize(("domain", "doing_nothing", "failed_writes"), [("airline", 23, 0), ("retail", 11, 2)])
def test_doing_nothing_is_run_and_passes_what_it_passes(domain: Domain, doing_nothing: int, failed_writes: int) -> None:
    # The retail tasks of this version also ask an LLM judge; here only their state counts.
    folder = tau_data() / "tau2" / domain
    world = load_tau_worlds(folder, domain, Edition.TAU2, checks_arguments=False)["current"]
    scenarios = read_tasks(folder / "tasks.json")
    references = asyncio.run(_references(scenarios, world))

    nothing, handoff = score_baselines(scenarios, references, handoff_tool=HANDOFF_TOOL)

    assert (nothing.n_passed, nothing.n_scenarios) == (doing_nothing, len(scenarios))
    assert handoff.n_passed == doing_nothing
    assert sum(bool(each.failed_writes) for each in references.values()) == failed_writes


async def _references(scenarios: tuple[Scenario, ...], world: World) -> dict[str, ReferenceEnd]:
    return {scenario.version: await run_reference(scenario, world) for scenario in scenarios}


# ── damaged files ─────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("name", ["tau1/gpt-4o__retail_100", "tau2/gpt-4.1__retail_test40"])
def test_a_published_file_cut_in_half_is_refused(name: str, tmp_path: Path) -> None:
    content = trajectories(name).read_bytes()
    half = tmp_path / "half.json"
    half.write_bytes(content[: len(content) // 2])

    with pytest.raises(ImportFormatError, match="breaks off"):
        read_results(half)


def _flip_reward(simulations: list[dict[str, Any]]) -> None:
    simulations[3]["reward_info"]["reward"] = 1.0 - simulations[3]["reward_info"]["reward"]


def _drop_three(simulations: list[dict[str, Any]]) -> None:
    del simulations[5:8]


def _repeat_one(simulations: list[dict[str, Any]]) -> None:
    simulations.append(simulations[0] | {"id": "copy"})


def _change_an_answer(simulations: list[dict[str, Any]]) -> None:
    answers = [each for each in simulations[0]["messages"] if each["role"] == "tool" and '"price"' in each["content"]]
    answers[0]["content"] = answers[0]["content"].replace('"price": ', '"price": 1')


def _swap_two_tasks(simulations: list[dict[str, Any]]) -> None:
    first, second = simulations[0], simulations[1]
    first["task_id"], second["task_id"] = second["task_id"], first["task_id"]


@pytest.mark.parametrize(
    ("damage", "finding"),
    [
        (_drop_three, "3 attempts missing, of 3 scenarios"),
        (_repeat_one, "duplicate of"),
        (_change_an_answer, "recorded answers contradict the world's"),
        (_swap_two_tasks, "does not belong to its task"),
    ],
)
def test_damage_to_a_published_file_is_noticed(
    damage: Callable[[list[dict[str, Any]]], None], finding: str, tmp_path: Path
) -> None:
    content = read_json(trajectories("tau2/gpt-4.1__retail_test40"))
    damage(content["simulations"])
    path = tmp_path / "damaged.json"
    path.write_text(json.dumps(content), encoding="utf-8")

    assert any(finding in each for each in replayed(path).findings)


def test_a_changed_published_reward_is_the_only_difference(tmp_path: Path) -> None:
    content = read_json(trajectories("tau2/gpt-4.1__retail_test40"))
    _flip_reward(content["simulations"])
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(content), encoding="utf-8")

    (difference,) = replayed(path).differences

    assert difference.conversation == content["simulations"][3]["id"]
    assert difference.why.startswith("the re-computed one")
