"""Rates of live conversations: what counts, what is found, and what is still needed."""

from dataclasses import replace
from math import inf, log
from typing import Any

import pytest

from remit.conversations import ReleaseId
from remit.evidence import LabelSource, ObservationKey, Outcome, Source, Strength
from remit.evidence.verdicts import Finding
from remit.gates.live import find
from remit.gates.losses import class_of, log_wealths
from remit.gates.seen import Seen
from remit.policy.gates import AtLeast, LiveEvidence, LiveGate, NoWorseThan
from remit.policy.levels import AutonomyLevel
from remit.statistics import AlphaLedger, DesignEffect, Wealth, discounted_log_e
from unit.gates.living import ANSWERS, APPROVAL, BAD, days, judged, row


def not_counted(verdict: object) -> dict[str, int]:
    return dict(verdict.live.not_counted)  # type: ignore[attr-defined]


def test_enough_clean_days_support_the_rate() -> None:
    verdict = judged(days(30, 20))

    assert verdict.finding is Finding.SUPPORTED
    assert verdict.live is not None
    assert (verdict.live.n, verdict.live.loss, verdict.live.n_days) == (600, 0.0, 30)
    assert verdict.live.label_sources == (("human_confirmed", 600),)
    assert verdict.live.log_e >= verdict.live.threshold
    assert verdict.needed is None


def test_the_evidence_is_the_discounted_e_process_at_the_ledgers_share() -> None:
    verdict = judged(days(30, 20, errors=[5, 100, 333]))

    assert verdict.live is not None
    effect = DesignEffect(verdict.live.phi, verdict.live.phi, 30)
    assert verdict.live.log_e == pytest.approx(discounted_log_e(600, 3, eps=0.02, side="promote", effect=effect))
    assert verdict.live.threshold == pytest.approx(log(1 / AlphaLedger(0.05).share))
    assert verdict.live.phi > 1.2


def test_two_weeks_are_waited_for_however_good_the_numbers_are() -> None:
    early, late = judged(days(13, 100)), judged(days(14, 100))

    assert (early.finding, late.finding) == (Finding.UNDECIDED, Finding.SUPPORTED)
    assert "the evidence is there, the days are not" in early.why
    assert early.needed is not None
    assert (early.needed.labels, early.needed.days) == (0, 1)


def test_one_day_is_no_evidence() -> None:
    verdict = judged(days(1, 5000), replace(BAD, min_days=1))

    assert verdict.finding is Finding.UNDECIDED
    assert verdict.live is not None
    assert (verdict.live.phi, verdict.live.log_e) == (inf, 0.0)
    assert "one day is no evidence" in verdict.why


def test_what_is_needed_is_labels_conversations_and_days_at_the_present_volume_and_label_share() -> None:
    started = days(20, 40, metric="started", label=LabelSource.EVENT)
    labelled = days(20, 10)
    started = [replace(one, key=ObservationKey(f"s{one.key}")) for one in started]

    needed = judged([*started, *labelled]).needed

    assert needed is not None
    assert needed.conversations == 4 * needed.labels
    assert needed.days == pytest.approx(needed.labels / 10, abs=0.1)
    n = 20 + -(-needed.labels // 10)
    assert judged([*started, *days(n, 10)]).finding is Finding.SUPPORTED


def test_many_errors_refute_it_before_two_weeks_are_over() -> None:
    verdict = judged(days(5, 20, errors=range(0, 100, 4)))

    assert verdict.finding is Finding.REFUTED
    assert verdict.needed is None


def test_too_many_conversations_without_a_finding_are_not_earned() -> None:
    near_the_limit = days(40, 60, errors=range(0, 2400, 60))
    gate = replace(BAD, max_conversations=1500)

    verdict = judged(near_the_limit, gate)

    assert verdict.finding is Finding.UNDECIDED
    assert verdict.live is not None
    assert verdict.live.held
    assert verdict.needed is None
    assert "Not earned" in verdict.why


def test_the_usual_most_is_45_over_the_budget() -> None:
    assert BAD.conversations_at_most == 2250
    assert LiveGate("containment", AtLeast(0.5)).conversations_at_most is None


def test_failed_attempts_raise_the_bar() -> None:
    first, third = judged(days(20, 20)), judged(days(20, 20), n_failed_attempts=2)

    assert first.live is not None
    assert third.live is not None
    assert (first.live.attempt, third.live.attempt) == (1, 3)
    assert third.live.threshold == pytest.approx(first.live.threshold + log(9))
    assert (first.finding, third.finding) == (Finding.SUPPORTED, Finding.UNDECIDED)


# ── what counts ───────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"label": LabelSource.JUDGE}, "labelled by another source"),
        ({"level": "shadow"}, "at a lower level"),
        ({"strength": Strength.SIMULATED}, "not live"),
        ({"matured": False}, "not matured"),
        ({"outcome": Outcome.INFRASTRUCTURE_ERROR}, "not about the agent"),
        ({"outcome": Outcome.DISPUTED}, "not about the agent"),
        ({"sampling_probability": 0.1}, "with no recorded sampling"),
        ({"sampling_probability": 0.1, "stratum": "vip"}, "of a stratum that the gate does not declare"),
    ],
)
def test_what_does_not_count_is_left_out_and_said(changes: dict[str, Any], reason: str) -> None:
    verdict = judged(days(30, 20, **changes))

    assert verdict.finding is Finding.UNDECIDED
    assert verdict.live is not None
    assert verdict.live.n == 0
    assert not_counted(verdict) == {reason: 600}
    assert f"600 {reason}" in verdict.why


def test_where_a_draw_is_declared_a_row_without_one_does_not_count() -> None:
    gate = replace(BAD, evidence=LiveEvidence(sampling={"any": 0.2}))
    drawn = days(30, 20, stratum="any", sampling_probability=0.2)
    undrawn = [replace(one, key=ObservationKey(f"u{one.key}")) for one in days(2, 20)]

    verdict = judged([*drawn, *undrawn], gate)

    assert verdict.finding is Finding.SUPPORTED
    assert not_counted(verdict) == {"with no recorded sampling": 40}


def test_a_judge_counts_only_where_the_policy_asks_for_it_in_so_many_words() -> None:
    gate = replace(BAD, evidence=LiveEvidence(labels="judge"))
    verdict = judged(days(30, 20, label=LabelSource.JUDGE), gate)

    assert verdict.finding is Finding.SUPPORTED
    assert verdict.live is not None
    assert verdict.live.label_sources == (("judge", 600),)


def test_the_first_level_is_earned_in_shadow() -> None:
    shadow = days(30, 20, level="shadow", source=Source.SHADOW_AGREEMENT)

    assert judged(shadow, level=ANSWERS).finding is Finding.SUPPORTED
    assert judged(shadow, level=APPROVAL).finding is Finding.UNDECIDED


def test_work_with_more_freedom_than_asked_for_counts() -> None:
    assert judged(days(30, 20, level="autonomous")).finding is Finding.SUPPORTED


def test_only_the_release_and_those_it_takes_over_from_count() -> None:
    other = ReleaseId("r0")
    rows = days(30, 20, release=other)

    assert judged(rows).finding is Finding.UNDECIDED
    assert judged(rows, releases=(ReleaseId("r1"), other)).finding is Finding.SUPPORTED


def test_an_outcome_that_closes_counts_once_and_no_longer_waits() -> None:
    first = row("k", matured=False)
    closing = row("k:matured", details={"was": "passed"})
    verdict = judged([first, closing, row("open", matured=False)])

    assert verdict.live is not None
    assert verdict.live.n == 1
    assert not_counted(verdict) == {"not matured": 1}


def test_a_revision_takes_back_what_it_replaces() -> None:
    rows = days(30, 20)
    revised = row("c7:revised:1", failed=True, details={"was": "passed", "was_matured": True}, customer="customer-c7")
    verdict = judged([*rows, revised])

    assert verdict.live is not None
    assert (verdict.live.n, verdict.live.loss) == (600, 1.0)


def test_a_dispute_counts_neither_way_until_it_is_settled() -> None:
    rows = [*days(2, 2), row("c1:revised:1", outcome=Outcome.DISPUTED, details={"was": "passed", "was_matured": True})]
    disputed = judged(rows)
    settled = judged([*rows, row("c1:revised:2", failed=True, details={"was": "disputed", "was_matured": True})])

    assert disputed.live is not None
    assert settled.live is not None
    assert (disputed.live.n, settled.live.n, settled.live.loss) == (3, 4, 1.0)
    assert not_counted(disputed) == {"not about the agent": 1}
    assert not_counted(settled) == {}


def test_days_that_differ_are_worth_less_than_even_ones() -> None:
    even = judged(days(30, 20, errors=range(0, 600, 50)))
    one_bad_day = judged(days(30, 20, errors=range(12)))

    assert even.live is not None
    assert one_bad_day.live is not None
    assert even.live.loss == one_bad_day.live.loss
    assert one_bad_day.live.phi > 3 * even.live.phi


def test_one_customer_who_fails_again_and_again_is_worth_less_than_many() -> None:
    errors = range(3, 600, 50)
    one = [replace(each, customer="same") if each.outcome is Outcome.FAILED else each for each in days(30, 20, errors)]

    many_customers, one_customer = judged(days(30, 20, errors)), judged(one)

    assert many_customers.live is not None
    assert one_customer.live is not None
    assert one_customer.live.phi > many_customers.live.phi


def test_a_row_whose_cluster_is_no_day_belongs_to_the_day_on_which_it_was_seen() -> None:
    verdict = judged([replace(one, cluster="late-parcel") for one in days(30, 20)])

    assert verdict.live is not None
    assert verdict.live.n_days == 30


# ── other bounds ──────────────────────────────────────────────────────────────────────────────────
def test_a_floor_is_a_budget_of_handoffs() -> None:
    gate = LiveGate("containment", AtLeast(0.55))
    rows = days(20, 30, errors=range(0, 600, 5), metric="containment", label=LabelSource.EVENT)
    verdict = judged(rows, gate)

    assert verdict.finding is Finding.SUPPORTED
    assert verdict.estimate == pytest.approx(0.8)
    assert not verdict.less_is_better
    assert judged(rows, LiveGate("containment", AtLeast(0.9))).finding is Finding.REFUTED


def test_people_are_compared_through_what_is_known_of_them() -> None:
    gate = LiveGate("recontact", NoWorseThan("human_baseline"))
    rows = days(40, 30, errors=range(0, 1200, 40), metric="recontact", label=LabelSource.EVENT)

    verdict = judged(rows, gate, baseline=(2000, 140))

    assert verdict.finding is Finding.SUPPORTED
    assert verdict.live is not None
    assert verdict.live.eps is not None
    assert 1.5 * 0.05 < verdict.live.eps < 1.5 * 0.07
    assert judged(rows, gate).finding is Finding.UNDECIDED
    assert "nothing to compare with" in judged(rows, gate).why
    assert "too few" in judged(rows, gate, baseline=(50, 0)).why


def test_handling_time_is_held_against_that_of_people_by_its_own_loss() -> None:
    gate = LiveGate("handling_time", NoWorseThan("human_baseline"))
    rows = days(20, 40, metric="handling_time", label=LabelSource.EVENT, loss=0.33)

    assert judged(rows, gate).finding is Finding.SUPPORTED
    assert judged([replace(one, loss=0.9) for one in rows], gate).finding is Finding.REFUTED


def test_observe_mode_says_what_it_found_and_blocks_nothing() -> None:
    verdict = judged(days(30, 20, errors=range(0, 600, 5)), replace(BAD, mode="observe"))

    assert verdict.finding is Finding.REFUTED
    assert verdict.observed_only


# ── losses in classes ─────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("side", ["promote", "rollback"])
def test_losses_of_twentieths_are_exact(side: str) -> None:
    losses = [0.0, 1.0, 0.25, 0.5, 0.95, 0.25]
    counted: dict[int, int] = {}
    for loss in losses:
        counted[class_of(loss)] = counted.get(class_of(loss), 0) + 1

    exact = Wealth.at_start(eps=0.3, side=side).after(losses).log_wealths  # type: ignore[arg-type]

    assert log_wealths(counted, eps=0.3, side=side) == pytest.approx(exact)  # type: ignore[arg-type]


def test_losses_between_two_twentieths_never_make_evidence_by_rounding() -> None:
    for loss in (0.01, 0.333, 0.749):
        for side in ("promote", "rollback"):
            exact = max(Wealth.at_start(eps=0.3, side=side).after([loss]).log_wealths)
            assert max(log_wealths({class_of(loss): 1}, eps=0.3, side=side)) <= exact + 1e-12


def test_at_one_design_effect_more_errors_never_make_a_finding_better() -> None:
    order = [Finding.REFUTED, Finding.UNDECIDED, Finding.SUPPORTED]
    effect = DesignEffect(1.3, 1.3, 30)
    found = []
    for errors in range(120):
        log_e = discounted_log_e(2000, errors, eps=0.02, side="promote", effect=effect)
        against = discounted_log_e(2000, errors, eps=0.02, side="rollback", effect=effect)
        seen = Seen({}, errors, 2000, 30, effect, (), ())
        found.append(order.index(find(seen, BAD, log_e, against, AlphaLedger(0.05))))

    assert found == sorted(found, reverse=True)
    assert set(found) == {0, 1, 2}


def test_a_level_below_the_first_needs_no_less_than_shadow() -> None:
    assert judged(days(30, 20, level="nonsense"), level=AutonomyLevel.SUPERVISED_ANSWERS).live is not None
