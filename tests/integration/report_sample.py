"""A whole report with every case in it: three findings, exclusions, baselines, decisions, and hostile customers."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from remit.adapters.formats.report import Report
from remit.conversations import (
    AgentName,
    Answered,
    Conversation,
    ConversationId,
    HandedOff,
    HandoffReason,
    IntentName,
    Message,
    ReleaseId,
    TurnId,
    TurnOutcome,
)
from remit.evaluation.model import Baseline, CheckResult, Run, RunId, Trial
from remit.evidence import Aggregate, Outcome
from remit.gates.verdicts import grants_from, judge
from remit.policy.decisions import HandOff, RunTool, Send
from remit.policy.gates import AtMost, AttestationGate, LiveGate, NoWorseThan, SuiteGate
from remit.policy.levels import AutonomyLevel
from remit.policy.model import IntentPolicy, Policy
from remit.policy.proposals import ProposedAnswer, ProposedCall, ProposedHandoff
from remit.runtime.ports import IntentEstimate, IntentGuess
from remit.runtime.report import StepReport, TurnReport
from remit.scenarios.model import ScenarioId, StateChange
from remit.tools import ToolCall, ToolName, ToolSucceeded

AGENT, RELEASE, DIGEST = AgentName("shop"), ReleaseId("r3"), "5f2c9a17e0b44d21"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOSTILE = "<script>alert('x')</script><img src=https://evil.example/a.png onerror=alert(1)> {{ 7*7 }} \u202eabc\x00"
ANSWERS, APPROVAL = AutonomyLevel.SUPERVISED_ANSWERS, AutonomyLevel.TOOLS_WITH_APPROVAL
# Passed trials of each scenario, four trials each.
PLAN = {
    "order_status": [4] * 46,
    "delivery_times": [4] * 23 + [3],
    "return_request": [4] * 18 + [3, 2],
    "refund": [4] * 9 + [1, 0, 2, 0, 1, 0],
    "address_change": [4] * 5 + [0],
}


def sample_policy() -> Policy:
    """Two levels; the second also asks for things that no trial can show."""
    journeys = SuiteGate(suite="journeys", k=4, at_least=0.9)
    stricter = SuiteGate(suite="journeys", k=4, at_least=0.95)
    live = LiveGate(metric="bad_outcome", bound=AtMost(0.02))
    csat = LiveGate(metric="csat", bound=NoWorseThan("stable"), mode="observe")
    return Policy(
        name="shop-support",
        problem="",
        digest=DIGEST,
        tools={},
        intents={IntentName(name): IntentPolicy(name=IntentName(name), ceiling=APPROVAL) for name in PLAN},
        levels={},
        gates={
            ANSWERS: (journeys,),
            APPROVAL: (stricter, live, csat, AttestationGate(attestations=("security_review",))),
        },
    )


def sample_report() -> Report:
    """As `remit eval` would make it."""
    policy, run = sample_policy(), sample_run()
    verdicts = judge(policy, aggregates(run), agent=AGENT, release=RELEASE)
    return Report(
        runs=(run,),
        verdicts=verdicts,
        made_at=NOON + timedelta(minutes=4),
        policy_name=policy.name,
        grants=grants_from(policy, verdicts),
        titles={ScenarioId("refund-11"): "Refund of a parcel that never came, order number unknown"},
    )


def sample_run() -> Run:
    """Some scenarios fail, two trials break for reasons of ours, a few never ran."""
    trials = [trial for name, passed in PLAN.items() for trial in _trials(name, passed)]
    broken = [_excluded("order_status", 4), _excluded("refund", 5)]
    return Run(
        id=RunId("run-2026-03-02-a1"),
        suite="journeys",
        agent=AGENT,
        release=RELEASE,
        policy=DIGEST,
        level=APPROVAL,
        started_at=NOON,
        planned=len(trials) + len(broken) + 3,
        trials=(*trials, *broken),
        baselines=(
            Baseline("do_nothing", 9, 112, by_intent={IntentName("refund"): (3, 15)}),
            Baseline("always_hand_off", 17, 112, by_intent={IntentName("refund"): (5, 15)}),
        ),
        source="examples/shop/suites/journeys.yaml",
    )


def aggregates(run: Run) -> Sequence[Aggregate]:
    """What a ledger would hold after this run."""
    grouped: dict[tuple[IntentName, ScenarioId], list[Outcome]] = {}
    for trial in run.trials:
        grouped.setdefault((trial.intent, trial.scenario), []).append(trial.outcome)
    return [
        Aggregate(
            agent=run.agent,
            release=run.release,
            intent=intent,
            level=run.level.label,
            metric=f"suite:{run.suite}",
            cluster=scenario,
            n_passed=outcomes.count(Outcome.PASSED),
            n_failed=outcomes.count(Outcome.FAILED),
            n_not_counted=sum(not outcome.counts for outcome in outcomes),
        )
        for (intent, scenario), outcomes in grouped.items()
    ]


def _trials(name: str, passed: Sequence[int]) -> Sequence[Trial]:
    return [
        _failed(name, number, index) if index >= n_passed else _passed(name, number, index)
        for number, n_passed in enumerate(passed)
        for index in range(4)
    ]


def _trial(name: str, number: int, index: int, seed: int, outcome: Outcome) -> Trial:
    return Trial(
        scenario=ScenarioId(f"{name}-{number}"),
        scenario_version="0a1b2c3d4e5f6071",
        intent=IntentName(name),
        index=index,
        seed=seed,
        outcome=outcome,
        attributed_to=None,
        checks=(),
    )


def _passed(name: str, number: int, index: int) -> Trial:
    return replace(
        _trial(name, number, index, 1000 * number + index, Outcome.PASSED),
        checks=(CheckResult("nothing may change", held=True),),
        duration_ms=12.0,
    )


def _failed(name: str, number: int, index: int) -> Trial:
    return replace(
        _trial(name, number, index, 1000 * number + index, Outcome.FAILED),
        attributed_to="agent",
        checks=(
            CheckResult(
                "state: one of the acceptable end states",
                held=False,
                detail='- /refunds/R-1/amount: 39.90\n+ /refunds/R-1/amount: 79.80\n  /orders/O-7/status: "delivered"',
            ),
            CheckResult("said: 'working days'", held=True),
        ),
        turns=(_answering_turn(name), _handing_off_turn(name)),
        changes=(StateChange("/refunds/R-1", before=None, after={"order": "O-7", "amount": 79.8}),),
    )


def _excluded(name: str, number: int) -> Trial:
    return replace(
        _trial(name, number, 4, 4, Outcome.INFRASTRUCTURE_ERROR),
        attributed_to="infrastructure",
        error="world 'shop' could not be started: no space left on the device",
    )


def _answering_turn(name: str) -> TurnReport:
    call = ToolCall(ToolName("issue_refund"), {"order": "O-7", "amount": 79.8})
    steps = (
        StepReport(0, ProposedCall(call), 0.97, RunTool(call, "within limits: amount <= 100.0"), None, _refunded()),
        StepReport(1, _answer(), 0.93, Send(_answer(), "confidence 0.93 is at or above 0.80")),
    )
    return _turn(name, "I never got my parcel. " + HOSTILE, Answered(_answer().text), steps)


def _handing_off_turn(name: str) -> TurnReport:
    reason = HandoffReason.CUSTOMER_REQUEST
    step = StepReport(0, ProposedHandoff(reason), None, HandOff(reason, "the agent asked for a handoff"))
    outcome = HandedOff(reason, "A colleague takes over; you need not say anything twice.", note="wants a human")
    return _turn(name, "That is twice what I paid. Let me speak to a human.", outcome, (step,))


def _answer() -> ProposedAnswer:
    return ProposedAnswer("I have refunded 79.80 EUR.\nIt arrives within 5 working days.")


def _refunded() -> ToolSucceeded:
    return ToolSucceeded({"refund": "R-1", "amount": 79.8})


def _turn(name: str, said: str, outcome: TurnOutcome, steps: tuple[StepReport, ...]) -> TurnReport:
    conversation = Conversation(
        id=ConversationId("c"),
        channel="chat",
        entries=(Message("customer", said, NOON), Message("agent", outcome.text, NOON)),
    )
    return TurnReport(
        turn=TurnId("t"),
        outcome=outcome,
        intents=(IntentName(name),),
        estimate=IntentEstimate((IntentGuess(IntentName(name), 0.91),), out_of_scope_probability=0.02),
        level=APPROVAL,
        release=RELEASE,
        policy=DIGEST,
        steps=steps,
        conversation=conversation,
        latency_ms=3.0,
    )
