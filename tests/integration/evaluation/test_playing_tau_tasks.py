"""Imported tasks are played: the agenda of a task against an agent, on the task's own world."""

import json
from pathlib import Path

import pytest

from unit.tau.small_shop import ANA, ANAS_ORDER, cancel, shop_folder, task, write
from unit.tau.test_tau_commands import remit

AGENT = """
import re
from remit.policy.proposals import ProposedAnswer, ProposedCall
from remit.conversations import ToolExchange
from remit.tools import ToolCall, ToolName

SURE = {"deterministic": 1.0}


async def propose(view):
    said = " ".join(one.text for one in view.conversation.messages() if one.speaker == "customer")
    if isinstance(view.conversation.entries[-1], ToolExchange):
        return ProposedAnswer("It is cancelled.", signals=SURE)
    order = re.search(r"#W\\d+", said)
    reason = re.search("no longer needed|ordered by mistake", said)
    if order is None or reason is None:
        return ProposedAnswer("What are your order number and the reason?", signals=SURE, expects_reply=True)
    call = ToolCall(ToolName("cancel_pending_order"), {"order_id": order[0], "reason": reason[0]})
    return ProposedCall(call, signals=SURE)
"""
POLICY = """
apiVersion: remit/v1
kind: Policy
name: shop
problem: Cancellations
tools: {cancel_pending_order: {effect: reversible_write}}
intents:
  cancel_pending_order:
    tools: {cancel_pending_order: {limits: "order_id != ''"}}
    examples: [I want to cancel my order, please cancel it, cancel the order of my mug, I do not need my order any more]
levels:
  supervised_answers: {risk: {error_at_most: 0.5}, ask_from: 0.1}
  tools_within_limits: {risk: {error_at_most: 0.5}, ask_from: 0.1}
gates:
  tools_within_limits: [{suite: tau2-retail, pass_hat_k: {k: 1, at_least: 0.1}}]
"""


def centre(folder: Path, *, directions: str) -> None:
    """A shop's data, one imported task, and an agent and a policy to play it with."""
    shop_folder(folder)
    wanted = task("ana", ANA, ANAS_ORDER, [cancel(ANAS_ORDER)])
    wanted["user_scenario"]["instructions"] |= {
        "reason_for_call": "You want to cancel your order, you no longer need it.",
        "known_info": f"You are Ana Ortiz.\nYour order number is {ANAS_ORDER}.",
        "task_instructions": directions,
    }
    write(folder, [wanted], "some_tasks.json")
    (folder / "agent.py").write_text(AGENT)
    (folder / "agent.yaml").write_text(
        "apiVersion: remit/v1\nkind: Agent\nname: shop\ntype: python\npython: {module: agent.py, callable: propose}\n"
    )
    (folder / "policy.yaml").write_text(POLICY)


def evaluate(folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    suite = folder / "tau.yaml"
    remit(monkeypatch, "import", "tau", folder / "some_tasks.json", "--tasks", folder, "--suite-out", suite, "--json")
    return remit(
        monkeypatch, "eval", folder / "agent.yaml", "--policy", folder / "policy.yaml", "--suite", suite,
        "--trials", "2", "--store", folder / "remit.db", "--report", folder / "report.json", "--json",
    )  # fmt: skip


def test_an_agenda_reveals_what_is_asked_for_and_the_end_state_is_the_references(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    centre(tmp_path, directions="You are polite.")

    evaluate(tmp_path, monkeypatch)

    run = json.loads((tmp_path / "report.json").read_text())["runs"][0]
    assert [one["outcome"] for one in run["trials"]] == ["passed", "passed"]


def test_a_task_that_needs_a_model_is_refused_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    centre(tmp_path, directions="If the agent offers a voucher, take it.")

    assert evaluate(tmp_path, monkeypatch) == 3
    told = capsys.readouterr().err
    assert "'ana'" in told
    assert "REMIT_CUSTOMER_URL and REMIT_CUSTOMER_MODEL is not set" in told
    assert not (tmp_path / "report.json").exists()
