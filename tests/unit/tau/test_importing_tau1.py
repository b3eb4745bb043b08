"""Results of the first edition: calls as JSON text, one call a message, agents that write their actions."""

import json
from pathlib import Path
from typing import Any

import pytest

from remit.adapters.formats.tau import read_results
from remit.errors import ImportFormatError
from remit.scenarios.model import StateCheck
from unit.tau.small_shop import ANA, ANAS_ORDER, hears, says, write

TASK = {
    "user_id": ANA,
    "instruction": f"You are {ANA}. Cancel {ANAS_ORDER} and ask what comes back.",
    "actions": [{"name": "cancel_pending_order", "kwargs": {"order_id": ANAS_ORDER, "reason": "no longer needed"}}],
    "outputs": ["10.5"],
}


def row(messages: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    """One conversation of the first edition."""
    info = {"task": TASK, "reward_info": {"reward": 1.0, "actions": TASK["actions"]}}
    return {"task_id": 0, "reward": 1.0, "info": info, "traj": messages, "trial": 0, **fields}


def called(name: str, answer: str, *, beside: str = "", **arguments: Any) -> list[dict[str, Any]]:
    """A call as this edition records it, with words beside it."""
    function = {"name": name, "arguments": json.dumps(arguments)}
    return [
        {"role": "assistant", "content": beside or None, "tool_calls": [{"id": "c", "function": function}]},
        {"role": "tool", "tool_call_id": "c", "name": name, "content": answer},
    ]


def test_words_beside_a_call_were_never_said(tmp_path: Path) -> None:
    messages = [hears("Hello"), *called("get_user_details", "{}", beside="10.5", user_id=ANA), says("Bye"), hears("ok")]

    (conversation,) = read_results(write(tmp_path, [row(messages)])).conversations

    assert conversation.said == ("Bye",)
    assert conversation.calls[0].call.arguments == {"user_id": ANA}


@pytest.mark.parametrize(
    ("last", "completed"),
    [
        ([hears("Bye ###STOP###")], True),
        ([hears("Bye")], False),
        (called("transfer_to_human_agents", "Transfer successful", summary="help"), True),
    ],
)
def test_only_a_stop_or_a_transfer_completes(tmp_path: Path, last: list[dict[str, Any]], completed: bool) -> None:
    messages = [hears("Hello"), *called("get_order_details", "{}", order_id=ANAS_ORDER), says("Yes?"), *last]

    (conversation,) = read_results(write(tmp_path, [row(messages)])).conversations

    assert conversation.end.completed is completed


def test_the_older_rule_does_not_look_at_the_state_where_words_are_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path, [row([hears("Hello ###STOP###")])])

    current = read_results(path).conversations[0].scenario
    older = read_results(path, tau1_rule="2024-11").conversations[0].scenario

    assert StateCheck(from_reference=True) in current.checks
    assert StateCheck(from_reference=True) not in older.checks
    assert current.version != older.version


def test_agents_that_write_their_actions_are_read_too(tmp_path: Path) -> None:
    asked = json.dumps({"name": "get_order_details", "arguments": {"order_id": ANAS_ORDER}})
    answered = json.dumps({"name": "respond", "arguments": {"content": "It is 10.5."}})
    messages = [
        hears("Hello"),
        says(f"Thought:\nI must look.\nAction:\n{asked}"),
        hears("API output: Error: order not found"),
        says(f"Thought:\nNow tell.\nAction:\n{answered}"),
        hears("Thanks ###STOP###"),
    ]

    (conversation,) = read_results(write(tmp_path, [row(messages)])).conversations

    assert [(each.call.tool, each.text, each.failed) for each in conversation.calls] == [
        ("get_order_details", "order not found", True)
    ]
    assert conversation.said == ("It is 10.5.",)


def test_a_conversation_scored_with_another_reference_is_noticed(tmp_path: Path) -> None:
    altered = row([hears("###STOP###")])
    altered["info"]["reward_info"] = {"actions": []}

    (conversation,) = read_results(write(tmp_path, [altered])).conversations

    assert conversation.end.excluded_by == "infrastructure"


def test_a_task_that_changes_between_trials_is_noticed(tmp_path: Path) -> None:
    second = row([hears("Hi ###STOP###")])
    second["info"] = {"task": {**TASK, "outputs": ["11"]}}

    first, changed = read_results(write(tmp_path, [row([hears("Hello ###STOP###")]), second])).conversations

    assert first.end.excluded_by is None
    assert changed.findings[0].startswith("altered")


def test_uneven_numbers_of_trials_are_counted(tmp_path: Path) -> None:
    other = row([hears("Hi, other ###STOP###")], task_id=7, trial=3)
    rows = [row([hears(f"Hello {n} ###STOP###")], trial=99) for n in range(3)]

    run = read_results(write(tmp_path, [*rows, other]))

    assert run.planned == 6
    assert run.missing == {"7": 2}


def test_a_results_list_of_no_known_domain_is_refused(tmp_path: Path) -> None:
    strange = row([hears("Hello")])
    strange["info"] = {"task": {"instruction": "x", "actions": [], "outputs": []}}

    with pytest.raises(ImportFormatError, match="neither the airline nor the retail"):
        read_results(write(tmp_path, [strange]))
