"""What gates will take, before anything runs: the published figures, refusals, and what to ask for instead."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from remit.conversations import IntentName
from remit.gates.planning import Assumptions, GatePlan, plan
from remit.policy.gates import (
    AtLeast,
    AtMost,
    AttackGate,
    AttestationGate,
    Gate,
    LiveEvidence,
    LiveGate,
    LoadGate,
    NoWorseThan,
    SuiteGate,
)
from remit.policy.levels import AutonomyLevel
from remit.policy.model import IntentPolicy, Policy
from remit.policy.rules import ToolRule
from remit.statistics import conversations_to_earn
from remit.tools import Effect, ToolName
from unit.gates.living import APPROVAL, BAD, GUIDED, REFUND

RAW = Assumptions(raw_alpha=True)
LIMITS = AutonomyLevel.TOOLS_WITHIN_LIMITS


def policy(gates: Mapping[AutonomyLevel, tuple[Gate, ...]], **changes: Any) -> Policy:
    tools = {ToolName("issue_refund"): ToolRule(Effect.IRREVERSIBLE_WRITE)}
    return Policy(
        name="shop",
        problem="",
        digest="d",
        tools={},
        intents={REFUND: IntentPolicy(REFUND, tools=tools)},
        levels={},
        gates=gates,
        **changes,
    )


def planned(
    gate: Gate, per_day: float = 20.0, assumptions: Assumptions = RAW, level: AutonomyLevel = APPROVAL
) -> GatePlan:
    (one,) = plan(policy({level: (gate,)}), {REFUND: per_day}, assumptions)
    return one


@pytest.mark.parametrize(("eps", "median", "p90"), [(0.02, 47, 112), (0.05, 19, 43)])
def test_the_published_days_come_out_at_raw_alpha(eps: float, median: int, p90: int) -> None:
    found = planned(replace(BAD, bound=AtMost(eps)))

    assert list(found.days) == [pytest.approx(median, abs=0.6), pytest.approx(p90, abs=0.9)]
    assert found.alpha == 0.05
    assert not found.refused


def test_the_ledgers_share_takes_longer_and_is_printed() -> None:
    found = planned(BAD, assumptions=Assumptions())

    assert found.alpha == pytest.approx(0.0304, abs=1e-4)
    assert found.attempt == 1
    assert found.days[0] is not None
    assert round(found.days[0]) == 57  # 47 at raw alpha


def test_a_failed_attempt_takes_longer_still() -> None:
    (second,) = plan(policy({APPROVAL: (BAD,)}), {REFUND: 20.0}, Assumptions(), failed={(REFUND, APPROVAL): 1})

    assert second.attempt == 2
    assert second.alpha == pytest.approx(0.0076, abs=1e-4)


@pytest.mark.parametrize("eps", [0.03, 0.0137, 0.2])
def test_other_budgets_are_planned_as_exactly(eps: float) -> None:
    found = planned(replace(BAD, bound=AtMost(eps), min_days=1), per_day=1000.0)

    assert found.conversations == tuple(
        conversations_to_earn(eps=eps, true_rate=eps / 2, alpha=0.05, share=share) for share in (0.5, 0.9)
    )


def test_a_tenth_of_labels_at_20_a_day_is_refused_with_alternatives() -> None:
    found = planned(BAD, assumptions=replace(RAW, label_share=0.1))
    words = " | ".join(one.what for one in found.alternatives)

    assert found.days[0] is not None
    assert found.days[0] > 365
    assert "the median agent takes" in found.refused
    for expected in ("an error target of", "a label for every", "risk tier", "stay at supervised_answers"):
        assert expected in words
    for one in found.alternatives:
        assert one.days is None or one.days <= 180


def test_sampling_guided_by_a_judge_is_offered_where_it_is_in_time() -> None:
    found = planned(BAD, per_day=50.0, assumptions=replace(RAW, label_share=0.1))

    (guided,) = [one for one in found.alternatives if "guided by a" in one.what]
    assert guided.days is not None
    assert guided.days < (found.days[0] or 0.0)


def test_a_policy_that_guides_draws_by_a_judge_is_planned_with_its_shares() -> None:
    found = planned(GUIDED, per_day=200.0)

    assert found.labels[0] == pytest.approx(736, rel=0.25)  # the published median; an estimate at the mean growth
    assert found.conversations[0] is not None
    assert found.labels[0] is not None
    assert found.labels[0] < 0.25 * found.conversations[0]
    assert "judge guides" in found.note


def test_a_gate_that_takes_no_more_before_the_median_agent_is_there_is_refused() -> None:
    found = planned(replace(BAD, max_conversations=500), per_day=200.0)

    assert "at most 500 conversations" in found.refused


def test_expert_hours_are_labels_and_the_approvals_of_the_level_below() -> None:
    minutes = replace(RAW, minutes_per_label=6.0, minutes_per_approval=2.0)
    supervised, with_approval = planned(BAD, assumptions=minutes), planned(BAD, assumptions=minutes, level=LIMITS)

    assert supervised.labels[0] is not None
    assert supervised.hours[0] == pytest.approx(supervised.labels[0] * 0.1)
    assert with_approval.hours[0] == pytest.approx(supervised.labels[0] * (0.1 + 2 / 60))


def test_two_weeks_are_the_least_however_many_come() -> None:
    assert planned(BAD, per_day=100_000.0).days == (14, 14)


def test_maturity_is_waited_for_once() -> None:
    waiting = replace(BAD, evidence=LiveEvidence(matured_after_s=7 * 86_400.0))

    assert planned(waiting).days[0] == pytest.approx((planned(BAD).days[0] or 0.0) + 7)


@pytest.mark.parametrize(
    ("gate", "conversations"),
    [
        (SuiteGate("journeys", 4, 0.9), conversations_to_earn(eps=0.1, true_rate=0.05, alpha=0.05)),
        (AttackGate("red-team", 0.1), 29),
        (AttackGate("red-team", 0.01), 299),
    ],
)
def test_suites_take_scenarios_and_no_days(gate: Gate, conversations: int) -> None:
    found = planned(gate, assumptions=Assumptions())

    assert found.conversations[0] == conversations
    assert found.days == (0.0, 0.0)
    assert found.alpha == pytest.approx(0.05)


@pytest.mark.parametrize("gate", [LoadGate("peak", 3.0), AttestationGate(("security_review",))])
def test_what_is_said_as_a_whole_takes_no_days(gate: Gate) -> None:
    assert planned(gate).days == (0.0, 0.0)


def test_a_floor_needs_no_expert() -> None:
    found = planned(LiveGate("containment", AtLeast(0.55)))

    assert found.labels == (0, 0)
    assert found.hours == (0.0, 0.0)


def test_a_comparison_is_planned_from_the_budget_of_the_same_metric() -> None:
    compare = LiveGate("bad_outcome", NoWorseThan("stable"))
    both = policy({APPROVAL: (BAD, compare)})
    _, found = plan(both, {REFUND: 400.0}, RAW)
    (alone,) = plan(policy({APPROVAL: (compare,)}), {REFUND: 400.0}, RAW)

    assert found.conversations[0] is not None
    assert 5_000 < found.conversations[0] < 50_000
    assert alone.days == (None, None)
    assert "not known" in alone.note


def test_intents_without_a_volume_are_left_out() -> None:
    assert plan(policy({APPROVAL: (BAD,)}), {IntentName("other"): 5.0}, RAW) == ()


def test_levels_above_the_ceiling_are_not_planned() -> None:
    low = policy({LIMITS: (BAD,)})
    low = replace(low, intents={REFUND: IntentPolicy(REFUND, ceiling=APPROVAL)})

    assert plan(low, {REFUND: 20.0}, RAW) == ()
