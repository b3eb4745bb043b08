"""One trial: a customer talks to the agent through the same `handle_turn` as live, then the checks look at the end."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Literal

from remit.conversations import ConversationId, HandedOff, HandoffReason, Message, ToolExchange, Turn, TurnId
from remit.documents.values import quickly_made
from remit.errors import CustomerError, RemitError, ScenarioReferenceError
from remit.evaluation.checks import Ending, check_ending
from remit.evaluation.model import CheckResult, RunId, Trial
from remit.evaluation.ports import CustomerSession, Stage
from remit.evaluation.watching import Failures
from remit.evidence import Outcome
from remit.runtime.deadlines import Deadline
from remit.runtime.ports import TurnPorts
from remit.runtime.report import TurnReport
from remit.runtime.turn import handle_turn
from remit.scenarios.model import Scenario, StateChange

Blame = Literal["agent", "customer", "scenario", "infrastructure"]


@dataclass(frozen=True, slots=True)
class TrialLimits:
    """Bounds of one trial.

    Args:
        turn_s: How long a customer waits for one reply; past it the turn hands off, which is the agent's failure.
        trial_s: How long a whole trial may take; past it the failure is ours, for each turn has its own bound.
        max_turns: After so many messages a customer who does not end is taken for broken.
    """

    turn_s: float = 30.0
    trial_s: float = 300.0
    max_turns: int = 50


@quickly_made
@dataclass(frozen=True, slots=True)
class TrialPlan:
    """One trial to be run; `reference_changes` is None if the scenario has no reference."""

    run: RunId
    scenario: Scenario
    index: int
    seed: int
    reference_changes: tuple[StateChange, ...] | None


@dataclass(frozen=True, slots=True)
class _Excluded:
    """Why a trial says nothing about the agent."""

    outcome: Outcome
    blame: Blame
    error: str


async def run_trial(plan: TrialPlan, stage: Stage, limits: TrialLimits) -> Trial:
    """Play one trial to its end. Never raises but for cancellation: whatever breaks is an outcome."""
    started = stage.clock.now()
    reports: list[TurnReport] = []
    ending: Ending | None = None
    excluded: _Excluded | None = None
    timer = Deadline(limits.trial_s)
    try:
        with timer:
            ending = await _play(plan, stage, limits, reports)
            excluded = _broken_turn(reports)
    except ScenarioReferenceError as error:
        excluded = _Excluded(Outcome.SCENARIO_ERROR, "scenario", str(error))
    except CustomerError as error:
        excluded = _Excluded(Outcome.CUSTOMER_ERROR, "customer", str(error))
    except RemitError as error:
        excluded = _Excluded(Outcome.INFRASTRUCTURE_ERROR, "infrastructure", str(error))
    except Exception as error:  # noqa: BLE001 - the border of a trial: our failure is an outcome, never a score
        late = f"the trial did not end within {limits.trial_s:g} s"
        problem = late if timer.expired() else f"{type(error).__name__}: {error}"
        excluded = _Excluded(Outcome.INFRASTRUCTURE_ERROR, "infrastructure", problem)
    duration_ms = (stage.clock.now() - started).total_seconds() * 1000
    return _trial(plan, tuple(reports), ending, excluded, duration_ms)


# ── playing ───────────────────────────────────────────────────────────────────────────────────────
async def _play(plan: TrialPlan, stage: Stage, limits: TrialLimits, reports: list[TurnReport]) -> Ending:
    """The conversation; what happened is also in `reports` if it breaks off."""
    conversation = ConversationId(f"{plan.run}/{plan.scenario.id}/{plan.index}")
    setup = await stage.set_up(plan.scenario, conversation, plan.seed)
    failures = Failures()
    try:
        await _converse(conversation, setup.customer, failures.watch(setup.ports), limits, reports)
        if failures.seen:
            raise failures.seen[0]
        return _ending(reports, await setup.world.changes())
    finally:
        await setup.world.close()


async def _converse(
    conversation: ConversationId,
    customer: CustomerSession,
    ports: TurnPorts,
    limits: TrialLimits,
    reports: list[TurnReport],
) -> None:
    patience = timedelta(seconds=limits.turn_s)
    transcript: tuple[Message, ...] = ()
    for position in range(limits.max_turns + 1):
        text = await customer.next_message(transcript)
        if text is None:
            return
        if position == limits.max_turns:
            raise CustomerError(f"it had more to say after {limits.max_turns} messages")
        now = ports.clock.now()
        turn = Turn(TurnId(f"{conversation}/{position}"), conversation, Message("customer", text, now), now + patience)
        report = await handle_turn(turn, ports)
        reports.append(report)
        if isinstance(report.outcome, HandedOff):
            return
        transcript = report.conversation.messages()


def _ending(reports: list[TurnReport], changes: tuple[StateChange, ...]) -> Ending:
    if not reports:
        return Ending(changes, (), (), None)
    entries = reports[-1].conversation.entries
    last = reports[-1].outcome
    return Ending(
        changes=changes,
        calls=tuple(entry for entry in entries if isinstance(entry, ToolExchange)),
        said=tuple(report.outcome.text for report in reports),
        handed_off=last if isinstance(last, HandedOff) else None,
    )


def _broken_turn(reports: list[TurnReport]) -> _Excluded | None:
    """A handoff because something of ours broke says nothing about the agent."""
    last = reports[-1].outcome if reports else None
    if isinstance(last, HandedOff) and last.error:
        return _Excluded(Outcome.INFRASTRUCTURE_ERROR, "infrastructure", f"{last.error}: {last.note}")
    return None


# ── judging ───────────────────────────────────────────────────────────────────────────────────────
def _trial(
    plan: TrialPlan,
    reports: tuple[TurnReport, ...],
    ending: Ending | None,
    excluded: _Excluded | None,
    duration_ms: float,
) -> Trial:
    scenario = plan.scenario
    checks: tuple[CheckResult, ...] = ()
    if ending is not None and excluded is None:
        checks = check_ending(scenario, ending, plan.reference_changes)
        excluded = _unknown_outcome(ending, checks)
    passed = excluded is None and all(check.held for check in checks)
    return Trial(
        scenario=scenario.id,
        scenario_version=scenario.version,
        intent=scenario.intent,
        index=plan.index,
        seed=plan.seed,
        outcome=excluded.outcome if excluded else Outcome.PASSED if passed else Outcome.FAILED,
        attributed_to=excluded.blame if excluded else None if passed else "agent",
        checks=checks,
        turns=reports,
        changes=ending.changes if ending else (),
        error=excluded.error if excluded else "",
        duration_ms=duration_ms,
        cost_eur=sum(step.usage.cost_eur for report in reports for step in report.steps),
        details=_details(len(reports), ending.handed_off.reason if ending and ending.handed_off else None),
    )


@lru_cache(maxsize=1024)
def _details(n_turns: int, handoff: HandoffReason | None) -> Mapping[str, str | int]:
    """One mapping for all trials that went alike: a long run keeps thousands of them."""
    return {"turns": n_turns} if handoff is None else {"turns": n_turns, "handoff": handoff.value}


def _unknown_outcome(ending: Ending, checks: tuple[CheckResult, ...]) -> _Excluded | None:
    """A tool of our world that left its outcome open broke the trial, unless the scenario wanted just that."""
    handed_off = ending.handed_off
    if handed_off is None or handed_off.reason is not HandoffReason.OUTCOME_UNKNOWN:
        return None
    if all(check.held for check in checks):
        return None
    return _Excluded(Outcome.INFRASTRUCTURE_ERROR, "infrastructure", handed_off.note)
