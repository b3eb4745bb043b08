"""Results files of both editions as recorded runs. Any file of these formats is taken; what is odd is said."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from remit.adapters.formats.tau.belonging import (
    count_trials,
    exclude,
    mark_duplicates,
    misfiled_as,
    missing_trials,
    scenario_identifiers,
    talk_digest,
    talk_identifiers,
)
from remit.adapters.formats.tau.documents import (
    Document,
    Place,
    digest_without_nulls,
    places,
    read_document,
    unknown_format,
)
from remit.adapters.formats.tau.messages import HANDOFF_TOOL, Talk, tau1_talk, tau2_talk
from remit.adapters.formats.tau.tasks import (
    NOT_RECOMPUTED,
    domain_of_tau2,
    domain_of_tools,
    tau1_scenario,
    tau2_scenario,
)
from remit.conversations import AgentName, ReleaseId
from remit.evaluation.recorded import RecordedConversation, RecordedEnd, RecordedRun
from remit.scenarios.model import Scenario

Tau1Rule = Literal["current", "2024-11"]
"""`2024-11`: before 2024-11-10 the database was not looked at when the task asks for certain words."""

_COMPLETED = {"user_stop", "agent_stop"}
_BY_AGENT = {"max_steps", "too_many_errors", "agent_error", "max_errors"}
_BY_CUSTOMER = {"user_error"}
_BY_INFRASTRUCTURE = {"infrastructure_error", "unexpected_error", "timeout", "error", "interrupted"}
_STOP_MARKS = ("###STOP###", "###TRANSFER###", "###OUT-OF-SCOPE###")
_OUT_OF_SCOPE = "###OUT-OF-SCOPE###"


def read_results(path: Path, *, tau1_rule: Tau1Rule = "current", agent: str = "") -> RecordedRun:
    """The conversations of a results file.

    Args:
        path: The file.
        tau1_rule: Which rule scores first-edition tasks that ask for certain words.
        agent: Name of the agent where the file does not say it; empty: the file's name.

    Raises:
        ImportFormatError: The file is cut off, not JSON, or not a results file; nothing is returned half.
    """
    document = read_document(path)
    content = document.content
    if isinstance(content, dict) and isinstance(content.get("simulations"), list):
        return _read_tau2(document, agent)
    if isinstance(content, list) and content and all(isinstance(one, dict) and "traj" in one for one in content):
        return _read_tau1(document, agent, tau1_rule)
    raise unknown_format(path)


# ── second edition ────────────────────────────────────────────────────────────────────────────────
def _read_tau2(document: Document, agent: str) -> RecordedRun:
    root = Place(document.path, "the file", document.content)
    info = root.child("info")
    tasks = places(document, "tasks", document.content.get("tasks") or [])
    simulations = places(document, "simulations", document.content["simulations"])
    if not tasks or not simulations:
        raise root.error(" has no tasks or no simulations")
    named = info.child("environment_info").text("domain_name")
    domain = named or domain_of_tau2(tasks[0])
    made = (tau2_scenario(task, domain, source=str(document.path)) for task in tasks)
    scenarios: dict[str, Scenario] = {scenario.id: scenario for scenario in made}
    spoken_of = {str(name): scenario_identifiers(scenario) for name, scenario in scenarios.items()}
    counted: Counter[str] = Counter()
    conversations, digests = [], []
    for simulation in simulations:
        scenario = scenarios.get(str(simulation.required("task_id")))
        if scenario is None:
            raise simulation.error(f" is of task {simulation.text('task_id')!r}, which the file's tasks do not have")
        talk = tau2_talk(simulation.children("messages"))
        conversation = _tau2_conversation(simulation, scenario, talk, counted[scenario.id])
        other = misfiled_as(scenario, talk_identifiers(talk), spoken_of)
        conversations.append(_misfiled(conversation, other))
        digests.append(talk_digest(talk))
        counted[scenario.id] += 1
    agent_info = info.child("agent_info")
    marked = mark_duplicates(conversations, digests)
    present = count_trials(marked)
    planned_each = max(int(info.number("num_trials") or 1), *present.values())
    return RecordedRun(
        source=str(document.path),
        digest=document.digest,
        format="tau2",
        suite=f"tau2-{domain}",
        agent=AgentName(agent or agent_info.text("llm") or document.path.stem),
        release=ReleaseId(_tau2_release(agent_info, info.text("git_commit"))),
        conversations=marked,
        planned=planned_each * len(scenarios),
        missing=missing_trials(scenarios.values(), present, planned_each),
        scenarios=tuple(scenarios.values()),
        findings=(),
    )


def _tau2_release(agent_info: Place, commit: str) -> str:
    parts = (agent_info.text("implementation"), digest_without_nulls(agent_info.content)[:8], commit[:8])
    return "-".join(part for part in parts if part)


def _tau2_conversation(simulation: Place, scenario: Scenario, talk: Talk, index: int) -> RecordedConversation:
    reward_info = simulation.child("reward_info")
    reason = simulation.text("termination_reason")
    end, oddity = _tau2_end(reason, talk)
    findings = [oddity] if oddity else []
    altered = _tau2_reference_altered(reward_info, scenario)
    conversation = RecordedConversation(
        id=simulation.text("id") or f"{scenario.id}/{index}",
        scenario=scenario,
        index=index,
        calls=talk.calls,
        said=talk.said,
        handed_off=talk.handed_off,
        end=end,
        transcript=talk.transcript,
        published_reward=reward_info.number("reward"),
        not_recomputed=str(scenario.extra.get(NOT_RECOMPUTED, "")),
        findings=tuple(findings),
        at=_moment(simulation.text("start_time") or simulation.text("timestamp")),
        seed=int(simulation.number("seed") or 0),
        duration_ms=1000.0 * (simulation.number("duration") or 0.0),
        details=_tau2_details(simulation),
    )
    return exclude(conversation, altered) if altered else conversation


def _tau2_details(simulation: Place) -> dict[str, str | int | float | bool | None]:
    names = (("trial", "published_trial"), ("agent_cost", "agent_cost_usd"), ("user_cost", "customer_cost_usd"))
    return {ours: simulation.number(theirs) for theirs, ours in names if simulation.number(theirs) is not None}


def _tau2_end(reason: str, talk: Talk) -> tuple[RecordedEnd, str]:
    """The end, and what is odd about it."""
    marked = any(mark in talk.last_customer_text for mark in _STOP_MARKS)
    if not reason:
        return RecordedEnd("not recorded", completed=marked), "how the conversation ended is not recorded"
    if reason in _COMPLETED:
        if _OUT_OF_SCOPE in talk.last_customer_text:
            note = "the simulated customer left because its scenario did not say how to go on"
            return RecordedEnd(reason, completed=True, excluded_by="customer", note=note), ""
        return RecordedEnd(reason, completed=True), ""
    if reason in _BY_AGENT:
        return RecordedEnd(reason, completed=False), ""
    if reason in _BY_CUSTOMER:
        return RecordedEnd(reason, completed=False, excluded_by="customer", note="the simulated customer failed"), ""
    odd = "" if reason in _BY_INFRASTRUCTURE else f"unknown way to end: {reason!r}"
    note = odd or f"the benchmark's own machinery failed: {reason}"
    return RecordedEnd(reason, completed=False, excluded_by="infrastructure", note=note), odd


def _tau2_reference_altered(reward_info: Place, scenario: Scenario) -> str:
    """Whether the reference that was scored with is another one than the file's task has."""
    scored = [each.child("action").content for each in reward_info.children("action_checks")]
    task = scenario.extra["task"]
    kept = (task.get("evaluation_criteria") or {}).get("actions") or []
    essence = [[each.get("name"), each.get("arguments")] for each in kept]
    if scored and [[each.get("name"), each.get("arguments")] for each in scored] != essence:
        return "altered: it was scored with another reference than the file's task has"
    return ""


# ── first edition ─────────────────────────────────────────────────────────────────────────────────
def _read_tau1(document: Document, agent: str, rule: Tau1Rule) -> RecordedRun:
    rows = places(document, "conversation ", document.content)
    counted: Counter[str] = Counter()
    scenarios: dict[str, Scenario] = {}
    made, talks = [], []
    domain = _tau1_domain(rows)
    for row in rows:
        number = row.index("task_id")
        task = row.child("info").child("task")
        scenario = tau1_scenario(task, number, source=str(document.path), domain=domain, checks_state=rule == "current")
        talk = tau1_talk(row.children("traj"))
        made.append(_tau1_conversation(row, scenario, talk, counted[scenario.id]))
        talks.append(talk)
        counted[scenario.id] += 1
        scenarios.setdefault(scenario.id, scenario)
    spoken_of = {name: scenario_identifiers(scenario) for name, scenario in scenarios.items()}
    conversations = [
        _misfiled(_revised(one, scenarios), misfiled_as(scenarios[one.scenario.id], talk_identifiers(talk), spoken_of))
        for one, talk in zip(made, talks, strict=True)
    ]
    marked = mark_duplicates(conversations, [talk_digest(talk) for talk in talks])
    present = count_trials(marked)
    planned_each = max(present.values())
    return RecordedRun(
        source=str(document.path),
        digest=document.digest,
        format="tau1",
        suite=f"tau1-{domain}",
        agent=AgentName(agent or document.path.stem.partition("__")[0]),
        release=ReleaseId(f"file-{document.digest[:12]}"),
        conversations=marked,
        planned=planned_each * len(scenarios),
        missing=missing_trials(scenarios.values(), present, planned_each),
        scenarios=tuple(scenarios.values()),
        findings=("the file does not say which model or release it is of",),
    )


def _tau1_domain(rows: Sequence[Place]) -> str:
    tools = {str(each.call.tool) for row in rows for each in tau1_talk(row.children("traj")).calls}
    tools |= {action.text("name") for row in rows for action in row.child("info").child("task").children("actions")}
    domain = domain_of_tools(sorted(tools))
    if domain in ("airline", "retail"):
        return domain
    raise rows[0].error(" speaks of neither the airline nor the retail domain of tau1")


def _tau1_conversation(row: Place, scenario: Scenario, talk: Talk, index: int) -> RecordedConversation:
    info = row.child("info")
    transferred = any(each.call.tool == HANDOFF_TOOL for each in talk.calls)
    completed = transferred or any("###STOP###" in text for text in talk.customer_texts)
    reason = "transferred" if transferred else "customer_stop" if completed else "max_steps"
    conversation = RecordedConversation(
        id=f"{scenario.id}/{index}",
        scenario=scenario,
        index=index,
        calls=talk.calls,
        said=talk.said,
        handed_off=talk.handed_off,
        end=RecordedEnd(reason, completed=completed),
        transcript=talk.transcript,
        published_reward=row.number("reward"),
        details={"published_trial": row.number("trial")},
    )
    scored = info.child("reward_info").content.get("actions")
    kept = info.child("task").content.get("actions")
    if scored is not None and scored != kept:
        return exclude(conversation, "altered: it was scored with another reference than its task has")
    error = info.text("error")
    return exclude(conversation, f"the benchmark's own machinery failed: {error[:80]}") if error else conversation


def _revised(conversation: RecordedConversation, scenarios: Mapping[str, Scenario]) -> RecordedConversation:
    # The task is written into each conversation: trials of one task must carry the same one.
    if scenarios[conversation.scenario.id].version == conversation.scenario.version:
        return conversation
    return exclude(conversation, "altered: its embedded task is not that of the first trial of this task")


# ── leaves ────────────────────────────────────────────────────────────────────────────────────────
def _misfiled(conversation: RecordedConversation, other: str | None) -> RecordedConversation:
    if other is None:
        return conversation
    return exclude(conversation, f"does not belong to its task: it speaks of task {other!r}")


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def differing_parts(known: Scenario, embedded: Scenario) -> tuple[str, ...]:
    """Which parts of an embedded scenario are not those of the known one of the same id; empty if none."""
    parts: Mapping[str, tuple[Any, Any]] = {
        "reference": (_calls(known), _calls(embedded)),
        "checks": (known.checks, embedded.checks),
        "customer": (
            (known.reason, known.known, known.unknown, known.persona),
            (embedded.reason, embedded.known, embedded.unknown, embedded.persona),
        ),
        "start": ((known.start.changes, known.start.calls), (embedded.start.changes, embedded.start.calls)),
    }
    return tuple(name for name, (ours, theirs) in parts.items() if ours != theirs)


def _calls(scenario: Scenario) -> list[tuple[str, str]]:
    return [(call.tool, digest_without_nulls(call.arguments)) for call in scenario.reference]
