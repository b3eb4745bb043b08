"""Tasks of both editions as scenarios; nothing of a task is lost, the whole of it stays in `extra`."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from remit.adapters.formats.tau.documents import (
    Document,
    Place,
    digest_without_nulls,
    places,
    read_document,
    unknown_format,
)
from remit.adapters.formats.tau.intents import intent_of_task
from remit.evaluation.replay import EXACT_NUMBERS, JUDGED
from remit.scenarios.difference import escape
from remit.scenarios.model import (
    CallCheck,
    Check,
    SaidCheck,
    Scenario,
    ScenarioId,
    StartState,
    StateChange,
    StateCheck,
)
from remit.tools import ToolCall, ToolName

NOT_RECOMPUTED = "not_recomputed"
"""Key of `extra`: why the score of this task cannot be computed from a recording; absent if it can."""

_DEFAULT_BASIS = ("DB", "COMMUNICATE")
_COMPUTABLE = {"DB", "COMMUNICATE", "ACTION"}
_AIRLINE_WORDS = ("reservation", "flight", "airport", "certificate")
_RETAIL_WORDS = ("order", "product")


def read_tasks(path: Path) -> tuple[Scenario, ...]:
    """The scenarios of a tasks file of either edition.

    Raises:
        ImportFormatError: The file is not one.
    """
    document = read_document(path)
    edition = _edition(document)
    if edition is None:
        raise unknown_format(path)
    tasks = places(document, "task ", document.content)
    if edition == "tau1":
        return _tau1_scenarios(document, tasks)
    return tuple(tau2_scenario(task, domain_of_tau2(task), source=str(path)) for task in tasks)


def holds_tasks(path: Path) -> bool:
    """Whether the file is a list of tasks, and not of results. Raises ImportFormatError if it is not JSON."""
    return _edition(read_document(path)) is not None


def _edition(document: Document) -> Literal["tau1", "tau2"] | None:
    tasks = document.content
    if not isinstance(tasks, list) or not tasks or not all(isinstance(task, dict) for task in tasks):
        return None
    if all("user_scenario" in task for task in tasks):
        return "tau2"
    return "tau1" if all("instruction" in task and "actions" in task for task in tasks) else None


# ── second edition ────────────────────────────────────────────────────────────────────────────────
def tau2_scenario(task: Place, domain: str, *, source: str) -> Scenario:
    """One task of the second edition."""
    task_id = str(task.required("id"))
    user, criteria = task.child("user_scenario"), task.child("evaluation_criteria")
    # Early tasks are written as one text instead of named parts.
    whole = user.content.get("instructions")
    instructions = None if isinstance(whole, str) else user.child("instructions")
    reason = whole if isinstance(whole, str) else instructions.text("reason_for_call") if instructions else ""
    actions = criteria.children("actions")
    reference = tuple(_action(each, "arguments") for each in actions if _of_agent(each))
    basis = criteria.texts("reward_basis") or _DEFAULT_BASIS
    extra: dict[str, Any] = {"format": "tau2", "task": task.content, "reward_basis": basis, EXACT_NUMBERS: True}
    obstacle = _obstacle(task, domain, basis)
    judged = [name for name in basis if name not in _COMPUTABLE]
    if obstacle:
        extra[NOT_RECOMPUTED] = obstacle
    elif judged:
        extra[JUDGED] = f"its score also rests on {', '.join(judged)}, which no replay can compute"
    return Scenario(
        id=ScenarioId(task_id),
        intent=intent_of_task(task_id, [call.tool for call in reference]),
        title=_first_line(task.child("description").text("purpose") or reason),
        reason=reason,
        start=StartState(f"tau2-{domain}", changes=_start_changes(task), calls=_start_calls(task)),
        checks=_tau2_checks(criteria, basis),
        known=_lines(instructions.text("known_info")) if instructions else (),
        unknown=_lines(instructions.text("unknown_info")) if instructions else (),
        persona=user.text("persona"),
        reference=reference,
        has_reference=criteria.content.get("actions") is not None,
        source=source,
        version=digest_without_nulls(task.content),
        extra=extra,
    )


def domain_of_tau2(task: Place) -> str:
    """The domain that the task names, or the one its reference speaks of."""
    instructions = task.child("user_scenario").content.get("instructions")
    named = instructions.get("domain") if isinstance(instructions, dict) else None
    if named:
        return str(named)
    return domain_of_tools([each.text("name") for each in task.child("evaluation_criteria").children("actions")])


def _tau2_checks(criteria: Place, basis: tuple[str, ...]) -> tuple[Check, ...]:
    checks: list[Check] = []
    if "DB" in basis:
        checks.append(StateCheck(from_reference=True))
    if "COMMUNICATE" in basis:
        checks += [SaidCheck(text=each, without=",") for each in criteria.texts("communicate_info")]
    if "ACTION" in basis:
        checks += [_call_check(each) for each in criteria.children("actions")]
    return tuple(checks)


def _call_check(action: Place) -> CallCheck:
    call = _action(action, "arguments")
    compared = None if action.content.get("compare_args") is None else action.texts("compare_args")
    arguments = {name: value for name, value in call.arguments.items() if compared is None or name in compared}
    return CallCheck(call.tool, arguments)


def _obstacle(task: Place, domain: str, basis: tuple[str, ...]) -> str:
    if domain not in ("airline", "retail"):
        return f"Remit has no world for the domain {domain!r} yet"
    if not any(name in _COMPUTABLE for name in basis):
        return f"its score rests on {', '.join(basis)}, which no replay can compute"
    if task.content.get("evaluation_criteria") is None:
        return "the task has no criteria"
    if task.child("initial_state").content.get("initialization_actions"):
        return "its start state is made by functions that are not tools"
    return ""


def _start_changes(task: Place) -> tuple[StateChange, ...]:
    """The task's own data, merged into the database; what is an object is merged key by key."""
    data = task.child("initial_state").child("initialization_data").content.get("agent_data") or {}
    changes: list[StateChange] = []
    _collect(data, "", changes)
    return tuple(changes)


def _collect(value: Any, pointer: str, changes: list[StateChange]) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _collect(inner, f"{pointer}/{escape(key)}", changes)
    elif pointer:
        changes.append(StateChange(pointer, None, value))


def _start_calls(task: Place) -> tuple[ToolCall, ...]:
    messages = task.child("initial_state").children("message_history")
    calls = [call for message in messages for call in message.children("tool_calls") if _of_agent(call)]
    return tuple(_action(call, "arguments") for call in calls)


# ── first edition ─────────────────────────────────────────────────────────────────────────────────
def tau1_scenario(task: Place, number: int, *, source: str, domain: str = "", checks_state: bool = True) -> Scenario:
    """One task of the first edition.

    Args:
        task: The task.
        number: Its place in the list, which is its id.
        source: Where it comes from.
        domain: Empty: the one its reference speaks of.
        checks_state: False for the rule of before 2024-11-10, which did not look at the database when the
            task asks for certain words.
    """
    outputs = task.texts("outputs")
    reference = tuple(_action(each, "kwargs") for each in task.children("actions"))
    state = (StateCheck(from_reference=True),) if checks_state or not outputs else ()
    domain = domain or domain_of_tools([call.tool for call in reference])
    rule = "" if checks_state else "words only"
    return Scenario(
        id=ScenarioId(str(number)),
        intent=intent_of_task(str(number), [call.tool for call in reference]),
        title=_first_line(task.text("instruction")),
        reason=task.text("instruction"),
        start=StartState(f"tau1-{domain}"),
        checks=(*state, *(SaidCheck(text=each, without=",") for each in outputs)),
        reference=reference,
        has_reference=True,
        source=source,
        version=digest_without_nulls([_tau1_essence(task), rule] if rule and outputs else _tau1_essence(task)),
        extra={"format": "tau1", "task": task.content, EXACT_NUMBERS: True},
    )


def _tau1_scenarios(document: Document, tasks: tuple[Place, ...]) -> tuple[Scenario, ...]:
    tools = [action.text("name") for task in tasks for action in task.children("actions")]
    domain = domain_of_tools(tools)
    return tuple(
        tau1_scenario(task, number, source=str(document.path), domain=domain) for number, task in enumerate(tasks)
    )


def _tau1_essence(task: Place) -> Any:
    # Older and newer files call the arguments of an action differently.
    actions = [[call.tool, call.arguments] for call in (_action(each, "kwargs") for each in task.children("actions"))]
    return [task.text("user_id"), task.text("instruction"), actions, task.texts("outputs")]


# ── leaves ────────────────────────────────────────────────────────────────────────────────────────
def domain_of_tools(tools: Sequence[str]) -> str:
    """`airline`, `retail` or `unknown`, by the words in the names of tools."""
    if any(word in tool for tool in tools for word in _AIRLINE_WORDS):
        return "airline"
    return "retail" if any(word in tool for tool in tools for word in _RETAIL_WORDS) else "unknown"


def _of_agent(call: Place) -> bool:
    return (call.content.get("requestor") or "assistant") == "assistant"


def _action(action: Place, arguments: str) -> ToolCall:
    found = action.content.get(arguments, action.content.get("arguments")) or {}
    if isinstance(found, str):
        found = parsed_arguments(found)
    if not isinstance(found, dict):
        raise action.error(" has arguments that are not an object")
    return ToolCall(ToolName(str(action.required("name"))), found, id=action.text("id") or action.text("action_id"))


def parsed_arguments(text: str) -> dict[str, Any]:
    """Arguments that a recording keeps as JSON text; what cannot be read is kept under one name."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"unreadable_arguments": text}


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _first_line(text: str) -> str:
    line = next(iter(_lines(text)), "")
    return line if len(line) <= 120 else line[:117] + "..."
