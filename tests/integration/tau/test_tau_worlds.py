"""The worlds of our own do what the published environments did: end states, refusals, every word of every result."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest

from integration.tau.shared_data import as_published, read_json, read_lines, tau_data
from remit.adapters.worlds.tau.editions import Edition
from remit.adapters.worlds.tau.files import load_tau_worlds
from remit.adapters.worlds.tau.world import Domain
from remit.scenarios.model import StartState
from remit.scenarios.ports import World
from remit.tools import ToolCall, ToolName, ToolResult, ToolSucceeded, is_write

pytestmark = pytest.mark.shared

TAU2_FILES = (
    ("gpt-4.1__airline_test20", "airline"),
    ("gpt-4.1-ft__airline_test20", "airline"),
    ("gpt-4o__airline_50", "airline"),
    ("gpt-4.1__retail_test40", "retail"),
    ("gpt-4.1-ft__retail_test40", "retail"),
)
TAU1_FILES = (("gpt-4o__airline_50x4", "airline", "2024-11"), ("gpt-4o__retail_100", "retail", "current"))


@pytest.mark.parametrize("domain", ["airline", "retail"])
def test_reference_actions_of_every_task_end_in_the_published_state(domain: Domain) -> None:
    folder = tau_data() / "tau2" / domain
    world = load_tau_worlds(folder, domain, Edition.TAU2, checks_arguments=False)["current"]
    tasks = {task["id"]: task for task in read_json(folder / "tasks.json")}
    states = list(read_lines(folder / "gold_states.jsonl"))

    assert len(states) == len(tasks)
    for state in states:
        actions = tasks[state["task_id"]]["evaluation_criteria"]["actions"]
        results, delta = run_calls(world, [_call(each["name"], each["arguments"]) for each in actions])
        failed = [
            f"{action['name']}: {text.removeprefix('Error: ')}"
            for action, text in zip(actions, map(published_text, results), strict=True)
            if text.startswith("Error: ")
        ]
        assert delta == sorted(state["gold_delta"]), state["task_id"]
        assert failed == state["gold_action_errors"], state["task_id"]


@pytest.mark.parametrize(("name", "domain"), TAU2_FILES)
def test_replayed_tau2_conversations_give_the_published_results_and_end_states(name: str, domain: Domain) -> None:
    folder = tau_data()
    world = load_tau_worlds(folder / "tau2" / domain, domain, Edition.TAU2, checks_arguments=False)["current"]
    simulations = read_json(folder / "trajectories" / "tau2" / f"{name}.json")["simulations"]
    states = read_lines(folder / "trajectories" / "tau2" / f"{name}.state.jsonl")

    for simulation, state in zip(simulations, states, strict=True):
        messages = simulation["messages"]
        recorded = {each["id"]: each.get("content") or "" for each in messages if each["role"] == "tool"}
        calls = [call for message in messages for call in message.get("tool_calls") or ()]
        results, delta = run_calls(world, [_call(each["name"], each["arguments"]) for each in calls])
        assert delta == sorted(state["final_delta"]), simulation["id"]
        assert [published_text(each) for each in results] == [recorded[call["id"]] for call in calls], simulation["id"]


@pytest.mark.parametrize(("name", "domain", "variant"), TAU1_FILES)
def test_replayed_tau1_conversations_give_the_published_results_and_end_states(
    name: str, domain: Domain, variant: str
) -> None:
    folder = tau_data()
    world = load_tau_worlds(folder / "tau1" / domain, domain, Edition.TAU1, checks_arguments=False)[variant]
    conversations = read_json(folder / "trajectories" / "tau1" / f"{name}.json")
    states = read_lines(folder / "trajectories" / "tau1" / f"{name}.state.jsonl")

    for conversation, state in zip(conversations, states, strict=True):
        calls, recorded = _tau1_calls(conversation["traj"])
        results, delta = run_calls(world, calls)
        assert [published_text(each) for each in results] == recorded, conversation["task_id"]
        if state["done"]:
            actions = [_call(each["name"], each["kwargs"]) for each in conversation["info"]["task"]["actions"]]
            assert delta == sorted(state["final_delta"]), conversation["task_id"]
            assert run_calls(world, actions)[1] == sorted(state["gold_delta"]), conversation["task_id"]


@pytest.mark.parametrize("edition", list(Edition))
@pytest.mark.parametrize("domain", ["airline", "retail"])
def test_the_tools_are_the_published_ones(domain: Domain, edition: Edition) -> None:
    folder = tau_data() / edition.value / domain
    published = read_json(folder / "tools.json")
    schemas = published["tools"] if isinstance(published, dict) else published

    catalogue = asyncio.run(load_tau_worlds(folder, domain, edition)["current"].catalogue())

    assert set(catalogue) == {each["function"]["name"] for each in schemas}
    for each in schemas:
        spec = catalogue[ToolName(each["function"]["name"])]
        assert spec.parameters == each["function"]["parameters"]
        assert each.get("x-tau-mutates", is_write(spec.effect)) == is_write(spec.effect)


def run_calls(world: World, calls: Sequence[ToolCall]) -> tuple[list[ToolResult], list[list[Any]]]:
    """The results of the calls on a fresh world, and what they changed in the published form."""

    async def run() -> tuple[list[ToolResult], list[list[Any]]]:
        session = await world.start(StartState("tau"))
        results = [await session.call(call, str(index)) for index, call in enumerate(calls)]
        changes = as_published(await session.changes())
        await session.close()
        return results, changes

    return asyncio.run(run())


def published_text(result: ToolResult) -> str:
    """A result as the published environments printed it."""
    if not isinstance(result, ToolSucceeded):
        return f"Error: {result.message}"
    return result.content if isinstance(result.content, str) else json.dumps(result.content)


def _call(name: str, arguments: dict[str, Any]) -> ToolCall:
    return ToolCall(ToolName(name), arguments)


def _tau1_calls(messages: list[dict[str, Any]]) -> tuple[list[ToolCall], list[str]]:
    asked = [message["tool_calls"][0]["function"] for message in messages if message.get("tool_calls")]
    recorded = [message["content"] for message in messages if message["role"] == "tool"]
    return [_call(each["name"], json.loads(each["arguments"])) for each in asked], recorded
