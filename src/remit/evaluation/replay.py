"""Re-scores recorded conversations: runs their tool calls again on a fresh world and checks the end.

Nothing is computed from the published reward. It is kept beside the re-computed one, and every difference
between the two is named.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from remit.conversations import HandedOff, HandoffReason, IntentName, ToolExchange
from remit.errors import ScenarioReferenceError
from remit.evaluation.checks import Ending, check_ending
from remit.evaluation.model import Baseline, CheckResult, Trial
from remit.evaluation.recorded import RecordedCall, RecordedConversation
from remit.evidence import Outcome
from remit.scenarios.difference import same_value
from remit.scenarios.model import Scenario, StateChange, StateCheck
from remit.scenarios.ports import World
from remit.tools import ToolCall, ToolName, ToolResult, ToolSucceeded, is_write

EXACT_NUMBERS = "exact_numbers"
"""Key of a scenario's `extra`: its publisher compares end states as text, so that 50 and 50.0 differ."""

JUDGED = "judged"
"""Key of a scenario's `extra`: part of its score is a judge's word. The score is a product, so a check that
does not hold settles it; if all hold, only the published reward can say how the judge decided."""

REWARD_TOLERANCE = 1e-6

_EXCLUDED: Mapping[str, Outcome] = {
    "customer": Outcome.CUSTOMER_ERROR,
    "scenario": Outcome.SCENARIO_ERROR,
    "infrastructure": Outcome.INFRASTRUCTURE_ERROR,
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ReferenceEnd:
    """What a scenario's reference does on a fresh world, and which of its calls fail there.

    A failing read may belong to the story (the customer misremembers an order number); a failing write
    means that the reference does not do what it says, which is an error of the scenario. So is a start state
    that the world cannot be put into.
    """

    changes: tuple[StateChange, ...]
    failed_reads: tuple[str, ...] = ()
    failed_writes: tuple[str, ...] = ()
    impossible_start: str = ""


@dataclass(frozen=True, slots=True)
class RewardDifference:
    """A conversation whose published reward is not the re-computed one, and why the latter stands."""

    conversation: str
    scenario: str
    published: float
    recomputed: float
    why: str


# ── one conversation ──────────────────────────────────────────────────────────────────────────────
async def replay_conversation(recorded: RecordedConversation, world: World, reference: ReferenceEnd) -> Trial:
    """Run the recorded calls again and score the end as the scenario demands.

    A conversation whose recorded answers contradict the world is not counted: it was altered, or it was
    held in another world. Its reward is computed all the same.
    """
    if reference.impossible_start:
        return _unplayable(recorded, reference.impossible_start)
    session = await world.start(recorded.scenario.start)
    results = [await session.call(each.call, f"{recorded.id}/{n}") for n, each in enumerate(recorded.calls)]
    changes = await session.changes()
    await session.close()
    at = recorded.at or _EPOCH
    exchanges = tuple(ToolExchange(each.call, result, at) for each, result in zip(recorded.calls, results, strict=True))
    ending = Ending(changes, exchanges, recorded.said, recorded.handed_off)
    checks = score(recorded.scenario, ending, reference)
    comparison = compare_answers(recorded.calls, results)
    excluded_by, error = _exclusion(recorded, reference, comparison)
    reward = _reward(recorded, checks)
    if reward.value is None:
        excluded_by, error = "infrastructure", f"{reward.not_recomputed}; no reward was published either"
    passed = reward.value == 1.0
    outcome = _EXCLUDED[excluded_by] if excluded_by else (Outcome.PASSED if passed else Outcome.FAILED)
    details = {
        **reward.details(),
        "n_answers_compared": comparison.n_compared,
        "n_answers_same": comparison.n_same,
        "n_answers_reworded": comparison.n_reworded,
    }
    return _trial(
        recorded,
        outcome=outcome,
        excluded_by=excluded_by,
        checks=(_end_check(recorded), *checks),
        changes=changes,
        error=error,
        details=details,
    )


def _unplayable(recorded: RecordedConversation, problem: str) -> Trial:
    return _trial(
        recorded,
        outcome=Outcome.SCENARIO_ERROR,
        excluded_by="scenario",
        checks=(_end_check(recorded),),
        error=problem,
        details={"not_recomputed": problem},
    )


@dataclass(frozen=True, slots=True)
class _Reward:
    """1.0 or 0.0; None if neither the checks nor the publisher settle it."""

    value: float | None
    not_recomputed: str = ""

    def details(self) -> dict[str, str | float | None]:
        if self.not_recomputed:
            return {"not_recomputed": self.not_recomputed}
        return {"recomputed_reward": self.value}


def _reward(recorded: RecordedConversation, checks: Sequence[CheckResult]) -> _Reward:
    if not recorded.end.completed or not all(check.held for check in checks):
        return _Reward(0.0)
    judged = str(recorded.scenario.extra.get(JUDGED, ""))
    if not judged:
        return _Reward(1.0)
    if recorded.published_reward is None:
        return _Reward(None, judged)
    return _Reward(float(recorded.published_reward >= 1.0 - REWARD_TOLERANCE), judged)


def keep_published(recorded: RecordedConversation) -> Trial:
    """The trial of a conversation that cannot be re-scored: its published reward counts, shown as published."""
    checks = (_end_check(recorded),)
    details = {"not_recomputed": recorded.not_recomputed or "the benchmark's data were not given"}
    if recorded.published_reward is None:
        error = f"{details['not_recomputed']}; no reward was published either"
        return _trial(
            recorded,
            outcome=Outcome.INFRASTRUCTURE_ERROR,
            excluded_by="infrastructure",
            checks=checks,
            error=error,
            details=details,
        )
    excluded_by = recorded.end.excluded_by
    passed = recorded.published_reward >= 1.0 - REWARD_TOLERANCE
    outcome = _EXCLUDED[excluded_by] if excluded_by else (Outcome.PASSED if passed else Outcome.FAILED)
    error = recorded.end.note
    return _trial(recorded, outcome=outcome, excluded_by=excluded_by, checks=checks, error=error, details=details)


def score(scenario: Scenario, ending: Ending, reference: ReferenceEnd) -> tuple[CheckResult, ...]:
    """Each check of the scenario, and the comparison digit by digit where the publisher makes it."""
    checks = check_ending(scenario, ending, reference.changes)
    if not scenario.extra.get(EXACT_NUMBERS) or not _is_state_checked(scenario):
        return checks
    same = _digits(ending.changes) == _digits(reference.changes)
    return (*checks, CheckResult("state, numbers as text", held=same, detail="" if same else "50 is not 50.0 here"))


# ── the reference, and agents that need no skill ──────────────────────────────────────────────────
async def run_reference(scenario: Scenario, world: World) -> ReferenceEnd:
    """What the reference changes on a fresh world. Calls that fail change nothing and are named."""
    catalogue = await world.catalogue()
    try:
        session = await world.start(scenario.start)
    except ScenarioReferenceError as error:
        return ReferenceEnd((), impossible_start=error.problem)
    reads: list[str] = []
    writes: list[str] = []
    for index, call in enumerate(scenario.reference):
        result = await session.call(call, f"reference/{index}")
        if not isinstance(result, ToolSucceeded):
            spec = catalogue.get(call.tool)
            failed = writes if spec is not None and is_write(spec.effect) else reads
            failed.append(f"{call.tool}: {result.message}")
    changes = await session.changes()
    await session.close()
    return ReferenceEnd(changes, tuple(reads), tuple(writes))


def score_baselines(
    scenarios: Sequence[Scenario], references: Mapping[str, ReferenceEnd], *, handoff_tool: ToolName
) -> tuple[Baseline, ...]:
    """What an agent gets that says and does nothing, and one that only passes every customer on.

    Where a judge decides too, its part is taken as held: the baselines pass at most so many.

    Args:
        scenarios: Those that can be scored.
        references: By scenario version.
        handoff_tool: The tool with which agents of this world hand off.
    """
    handed_off = HandedOff(HandoffReason.CUSTOMER_REQUEST, "You are being transferred to a person.")
    handoff = ToolExchange(ToolCall(handoff_tool, {"summary": ""}), ToolSucceeded(""), _EPOCH)
    nothing = Ending((), (), (), None)
    always = Ending((), (handoff,), (handed_off.text,), handed_off)
    return (
        _baseline("do_nothing", nothing, scenarios, references),
        _baseline("always_hand_off", always, scenarios, references),
    )


def _baseline(
    name: Literal["do_nothing", "always_hand_off"],
    ending: Ending,
    scenarios: Sequence[Scenario],
    references: Mapping[str, ReferenceEnd],
) -> Baseline:
    by_intent: dict[IntentName, tuple[int, int]] = {}
    for scenario in scenarios:
        # A scenario that cannot start is nobody's success.
        reference = references[scenario.version]
        passed = not reference.impossible_start and all(check.held for check in score(scenario, ending, reference))
        n_passed, n_scenarios = by_intent.get(scenario.intent, (0, 0))
        by_intent[scenario.intent] = (n_passed + passed, n_scenarios + 1)
    return Baseline(name, sum(one for one, _ in by_intent.values()), len(scenarios), by_intent)


# ── many conversations ────────────────────────────────────────────────────────────────────────────
async def replay_conversations(
    conversations: Sequence[RecordedConversation],
    world: World | None,
    references: Mapping[str, ReferenceEnd],
    *,
    on_trial: Callable[[], None] = lambda: None,
) -> tuple[Trial, ...]:
    """Every conversation once, in order; those that cannot be re-scored keep their published reward.

    `on_trial` is called after each, for a progress bar.
    """
    trials = []
    for recorded in conversations:
        if world is None or recorded.not_recomputed:
            trials.append(keep_published(recorded))
        else:
            trials.append(await replay_conversation(recorded, world, references[recorded.scenario.version]))
        on_trial()
    return tuple(trials)


def reward_differences(trials: Sequence[Trial]) -> tuple[RewardDifference, ...]:
    """Trials whose two rewards differ, with the checks that decide."""
    differences = []
    for trial in trials:
        recomputed = trial.details.get("recomputed_reward")
        if trial.published_reward is None or not isinstance(recomputed, float):
            continue
        if abs(trial.published_reward - recomputed) > REWARD_TOLERANCE:
            conversation = str(trial.details.get("conversation", ""))
            differences.append(
                RewardDifference(conversation, trial.scenario, trial.published_reward, recomputed, _who_is_right(trial))
            )
    return tuple(differences)


def _who_is_right(trial: Trial) -> str:
    failed = [check for check in trial.checks if not check.held]
    if trial.outcome is Outcome.INFRASTRUCTURE_ERROR:
        return f"undecided: {trial.error}"
    if not failed:
        return "the re-computed one: every check of the embedded scenario holds on the replayed end"
    detail = failed[0].detail.splitlines()[0] if failed[0].detail else ""
    return f"the re-computed one: {failed[0].check!r} does not hold" + (f" ({detail})" if detail else "")


# ── comparing the recorded answers with the world's ───────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class AnswerComparison:
    """Recorded answers against those of the world.

    `contradictions` names each answer that says something else; a refusal in other words is only reworded.
    """

    n_compared: int
    n_same: int
    n_reworded: int
    contradictions: tuple[str, ...]


def compare_answers(calls: Sequence[RecordedCall], results: Sequence[ToolResult]) -> AnswerComparison:
    """Compare each recorded answer with what the world answers now."""
    verdicts = [
        (number, each, _compare(each, result))
        for number, (each, result) in enumerate(zip(calls, results, strict=True), start=1)
        if each.text is not None
    ]
    return AnswerComparison(
        n_compared=len(verdicts),
        n_same=sum(verdict == "same" for _, _, verdict in verdicts),
        n_reworded=sum(verdict == "reworded" for _, _, verdict in verdicts),
        contradictions=tuple(
            f"call {number} ({each.call.tool})" for number, each, verdict in verdicts if verdict == "different"
        ),
    )


def _compare(recorded: RecordedCall, result: ToolResult) -> Literal["same", "reworded", "different"]:
    if not isinstance(result, ToolSucceeded):
        if not recorded.failed:
            return "different"
        return "same" if recorded.text == result.message else "reworded"
    if recorded.failed:
        return "different"
    if isinstance(result.content, str) and recorded.text == result.content:
        return "same"
    return "same" if same_value(_parsed(recorded.text or ""), _jsonable(result.content)) else "different"


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _jsonable(content: Any) -> Any:
    return _parsed(content) if isinstance(content, str) else content


# ── leaves ────────────────────────────────────────────────────────────────────────────────────────
def _exclusion(
    recorded: RecordedConversation, reference: ReferenceEnd, comparison: AnswerComparison
) -> tuple[Literal["customer", "scenario", "infrastructure"] | None, str]:
    if comparison.contradictions:
        first = ", ".join(comparison.contradictions[:3])
        n = len(comparison.contradictions)
        return "infrastructure", f"altered or of another world: {n} recorded answers differ from the world's: {first}"
    if recorded.end.excluded_by:
        return recorded.end.excluded_by, recorded.end.note
    if reference.failed_writes:
        return "scenario", f"the scenario's own reference fails: {reference.failed_writes[0]}"
    return None, recorded.end.note


def _end_check(recorded: RecordedConversation) -> CheckResult:
    end = recorded.end
    return CheckResult("conversation completed", held=end.completed, detail="" if end.completed else end.reason)


def _is_state_checked(scenario: Scenario) -> bool:
    return any(isinstance(check, StateCheck) for check in scenario.checks)


def _digits(changes: Sequence[StateChange]) -> str:
    return json.dumps([[each.pointer, each.kind, each.after] for each in changes], sort_keys=True)


def _trial(
    recorded: RecordedConversation,
    *,
    outcome: Outcome,
    excluded_by: Literal["customer", "scenario", "infrastructure"] | None,
    checks: tuple[CheckResult, ...],
    changes: tuple[StateChange, ...] = (),
    error: str = "",
    details: Mapping[str, str | int | float | bool | None] | None = None,
) -> Trial:
    own = {"conversation": recorded.id, "ended": recorded.end.reason}
    return Trial(
        scenario=recorded.scenario.id,
        scenario_version=recorded.scenario.version,
        intent=recorded.scenario.intent,
        index=recorded.index,
        seed=recorded.seed,
        outcome=outcome,
        attributed_to=excluded_by or ("agent" if outcome is Outcome.FAILED else None),
        checks=checks,
        changes=changes,
        error=error,
        duration_ms=recorded.duration_ms,
        published_reward=recorded.published_reward,
        transcript=recorded.transcript,
        details={**recorded.details, **own, **(details or {}), "findings": "; ".join(recorded.findings)},
    )
