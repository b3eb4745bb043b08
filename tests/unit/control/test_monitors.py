"""The policy's rollback rules, as monitors over observations of live conversations."""

import json
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from control_samples import LIMITS, ORDER_STATUS, POLICY, R1, R2, REFUND, TEXT
from live_samples import breach, conversation, simulated, subject, traffic, wrong_write
from remit.control.actions import Action, action_from
from remit.control.monitors import budget_of, monitors_of, window_of
from remit.conversations import ReleaseId
from remit.evidence import LabelSource, Observation, Recorded, Strength
from remit.evidence.observations import ObservationKey
from remit.policy.document import parse_policy
from remit.policy.levels import AutonomyLevel
from remit.policy.model import Policy


def with_rules(rules: str) -> Policy:
    """The sample policy with these rollback rules, and a pool of both intents."""
    before, rest = TEXT.split("rollback:\n")
    after = rest[rest.index("signoff:") :]
    pools = "calibration: {pools: {money: [refund, order_status]}}\n"
    return parse_policy(f"{before}rollback:\n{rules}\n{pools}{after}", source="policy.yaml")


def asked(policy: Policy, seen: Iterable[Observation], *, least: Strength = Strength.PROOF_OF_VALUE) -> list[Action]:
    """Everything that the policy's monitors ask for, with states written down and read back at each step."""
    monitors: tuple[Any, ...] = monitors_of(policy, least=least)
    states: dict[tuple[str, str], str] = {}
    actions: dict[str, Action] = {}
    for position, one in enumerate(seen, 1):
        recorded = Recorded(position, replace(one, policy=policy.digest))
        for monitor in monitors:
            key = monitor.key_of(recorded.observation)
            if key is None:
                continue
            kept = states.get((monitor.name, key))
            before = monitor.start(key) if kept is None else monitor.decode(json.loads(kept))
            after = monitor.add(before, recorded)
            for name, document in monitor.actions(key, before, after, recorded).items():
                found = action_from(json.loads(json.dumps(document)), at="")
                assert isinstance(found, Action)
                actions[name] = found
            states[monitor.name, key] = json.dumps(monitor.encode(after))
    return list(actions.values())


CHANGE = with_rules("  - {when: {change_detected: bad_outcome, days_between_false_alarms: 90}, do: demote}")
BURNED = with_rules("  - {when: {budget: burned}, do: demote}")
HALF = with_rules("  - {when: {budget: half_burned}, do: raise_sampling}")
CANARY = with_rules("  - {when: {canary_worse_than: stable}, do: rollback}")
CRITICAL = with_rules("  - {when: {guardrail_breach: critical}, do: stop}")
POOLED = with_rules("  - {when: {budget: burned, pool: money}, do: freeze}")


def test_the_budget_of_a_level_is_that_of_the_nearest_gate_or_what_the_level_accepts() -> None:
    assert budget_of(POLICY, "bad_outcome", LIMITS) == 0.05, "no gate speaks of it yet: the level's own risk"
    assert budget_of(POLICY, "bad_outcome", AutonomyLevel.AUTONOMOUS) == 0.02
    assert budget_of(POLICY, "recontact", LIMITS) is None
    assert window_of(POLICY, "bad_outcome") == 7 * 86_400


def test_a_rate_that_rises_above_its_budget_is_noticed_with_its_figures() -> None:
    quiet = traffic(10, 100, 50)
    assert asked(CHANGE, quiet) == []
    (first, *_) = asked(CHANGE, [*quiet, *traffic(10, 100, 4, first_day=10)])
    assert (first.do, first.intent, first.release, first.level) == ("demote", REFUND, R1, LIMITS.label)
    assert "budget 0.05; change statistic" in first.why
    assert "90 days between false alarms" in first.why
    assert first.conversations
    assert first.n_conversations > 20


def test_an_alarm_is_raised_once_and_the_watch_begins_again() -> None:
    actions = asked(CHANGE, traffic(6, 100, 4))
    assert 1 <= len(actions) <= 6, "one alarm for a few hundred conversations, not one an observation"
    assert len({action.position for action in actions}) == len(actions)


def test_a_burned_budget_takes_two_days_and_says_the_design_effect() -> None:
    assert asked(BURNED, traffic(1, 200, 3)) == [], "one day is no evidence: days differ"
    (first, *_) = asked(BURNED, traffic(4, 100, 4))
    assert "e-value" in first.why
    assert "design effect by day" in first.why


def test_an_agent_well_within_its_budget_burns_nothing() -> None:
    assert asked(BURNED, traffic(20, 100, 50)) == []


def test_half_a_budget_asks_to_look_closer_before_it_is_burned() -> None:
    (half, *_) = asked(HALF, traffic(6, 100, 8))
    burned = asked(BURNED, traffic(6, 100, 8))
    assert half.do == "raise_sampling"
    assert not burned or half.position < burned[0].position


def test_another_level_is_watched_by_itself() -> None:
    seen = [*traffic(4, 100, 4, level="supervised_answers")]
    assert {action.level for action in asked(BURNED, seen)} == {"supervised_answers"}


def test_one_confirmed_critical_event_is_enough_and_a_suspicion_is_not() -> None:
    assert asked(CRITICAL, [wrong_write(1, LabelSource.EVENT), breach(2, critical=False)]) == []
    (stop,) = asked(CRITICAL, [wrong_write(1)])
    assert (stop.do, stop.intent, stop.n_conversations) == ("stop", REFUND, 1)
    assert "tool 'issue_refund' left a wrong state (refunded twice); confirmed by state_check" in stop.why
    assert [action.do for action in asked(CRITICAL, [breach(1, critical=True)])] == ["stop"]


def test_any_breach_is_enough_where_the_policy_says_so() -> None:
    policy = with_rules("  - {when: {guardrail_breach: any}, do: stop}")
    assert [action.do for action in asked(policy, [breach(1, critical=False)])] == ["stop"]


def canary_traffic(n: int, *, canary_fails: int, stable_fails: int, customer: str = "") -> list[Observation]:
    """Both arms at half the traffic, every so-manieth of which goes wrong."""
    seen = []
    for number in range(n):
        for arm, release, every in (("canary", R2, canary_fails), ("stable", R1, stable_fails)):
            about = subject(number, arm=arm, share=0.5, release=release, customer=customer)
            seen += conversation(about, failed=number % every == every - 1)
    return seen


def test_a_canary_that_errs_more_than_its_share_is_taken_back_once() -> None:
    (action,) = asked(CANARY, canary_traffic(300, canary_fails=5, stable_fails=100))
    assert (action.do, action.release, action.intent) == ("rollback", R2, REFUND)
    assert "confirmed errors came from the canary, whose share was 50%" in action.why
    assert all("canary" in one for one in action.conversations)


def test_a_canary_like_stable_stays_however_hard_the_traffic_is() -> None:
    assert asked(CANARY, canary_traffic(300, canary_fails=3, stable_fails=3)) == []


def test_the_errors_of_one_customer_are_one_draw() -> None:
    assert asked(CANARY, canary_traffic(300, canary_fails=5, stable_fails=100, customer="one")) == []


def test_another_canary_begins_without_the_errors_of_the_one_before() -> None:
    first = canary_traffic(300, canary_fails=5, stable_fails=100)
    second = [
        replace(
            one,
            release=ReleaseId("r-3") if one.arm == "canary" else one.release,
            key=ObservationKey(f"{one.key}-3"),
        )
        for one in canary_traffic(10, canary_fails=100, stable_fails=100)
    ]
    assert len(asked(CANARY, [*first, *second])) == 1


def test_a_pool_is_watched_together_and_asks_for_all_of_its_intents() -> None:
    def both(days: int, every: int, of_order_status: int) -> list[Observation]:
        mixed = [*traffic(days, 60, every), *traffic(days, 60, of_order_status, intent=ORDER_STATUS)]
        return sorted(mixed, key=lambda one: one.at)

    assert asked(POOLED, both(6, 40, 40)) == []
    actions = asked(POOLED, both(8, 3, 40))
    assert {action.intent for action in actions} == {REFUND, ORDER_STATUS}
    assert "pool 'money'" in actions[0].why
    assert "average e-value" in actions[0].why


def test_simulated_evidence_moves_nothing_where_people_are_served() -> None:
    seen = [simulated(one) for one in [wrong_write(1), *traffic(4, 100, 3)]]
    assert asked(POLICY, seen) == []
    assert asked(POLICY, seen, least=Strength.SIMULATED) != []


def test_what_was_seen_under_another_policy_moves_nothing() -> None:
    monitors: tuple[Any, ...] = monitors_of(POLICY)
    others = [replace(one, policy="another") for one in [wrong_write(1), *traffic(1, 10, 2)]]
    assert [monitor.key_of(one) for monitor in monitors for one in others if monitor.key_of(one)] == []


def test_a_judge_alone_moves_nothing() -> None:
    seen = [
        one for n in range(300) for one in conversation(subject(n, day=n // 50), failed=True, label=LabelSource.JUDGE)
    ]
    assert asked(POLICY, seen) == []


def test_one_observation_through_all_monitors_takes_less_than_a_millisecond() -> None:
    monitors: tuple[Any, ...] = monitors_of(POLICY)
    assert len(monitors) == 4, "rules on one metric and budget share a state"
    states: dict[tuple[str, str], Any] = {}
    seen = traffic(60, 100, 60)
    best = float("inf")
    for start in range(0, len(seen) - 500, 500):
        began = time.process_time()
        for position, one in enumerate(seen[start : start + 500], start + 1):
            for monitor in monitors:
                key = monitor.key_of(one)
                if key is not None:
                    before = states.get((monitor.name, key))
                    before = monitor.start(key) if before is None else before
                    after = monitor.add(before, Recorded(position, one))
                    monitor.actions(key, before, after, Recorded(position, one))
                    states[monitor.name, key] = after
        best = min(best, (time.process_time() - began) / 500)
    print(f"{best * 1e6:.0f} us an observation, {len(monitors)} monitors, best of {len(seen) // 500} runs of 500")
    assert best < 1e-3


@pytest.mark.parametrize("policy", [CHANGE, BURNED, HALF, CANARY, CRITICAL, POOLED, POLICY])
def test_names_of_monitors_are_their_own_and_hold_no_colon(policy: Policy) -> None:
    names = [monitor.name for monitor in monitors_of(policy)]
    assert len(set(names)) == len(names) > 0
    assert not any(":" in name for name in names)
