"""A canary against the stable release beside it."""

from dataclasses import replace

import pytest

from remit.conversations import ReleaseId
from remit.evidence import LabelSource, Observation, Outcome
from remit.evidence.verdicts import Finding
from remit.gates.origins import OriginCounting
from remit.policy.gates import LiveGate, NoWorseThan
from remit.statistics import ArmError, ErrorOrigin
from unit.gates.living import judged, row, states

GATE = LiveGate("bad_outcome", NoWorseThan("stable"))
STABLE = ReleaseId("r0")


def arms(
    n_days: int, per_day: int, *, canary_errors: int, stable_errors: int, share: float = 0.5, **changes: object
) -> list[Observation]:
    """Both arms on the same days; errors one every so many conversations of an arm."""
    begin = row("begin", metric="started", label=LabelSource.EVENT, arm="canary", canary_share=share)
    rows = [begin]
    for number in range(n_days * per_day):
        canary = number % 2 == 0
        every = canary_errors if canary else stable_errors
        rows.append(
            row(
                f"c{number}",
                day=number // per_day,
                failed=bool(every) and (number // 2) % every == 0,
                arm="canary" if canary else "stable",
                canary_share=share,
                release=ReleaseId("r1") if canary else STABLE,
                **changes,
            )
        )
    return rows


def test_the_evidence_is_that_of_the_errors_alone() -> None:
    verdict = judged(arms(20, 40, canary_errors=40, stable_errors=10), GATE)
    errors = [ArmError("canary", 0.5)] * 10 + [ArmError("stable", 0.5)] * 40

    assert verdict.live is not None
    assert verdict.live.log_e == pytest.approx(ErrorOrigin.canary_not_worse().after(errors).log_e)
    assert verdict.live.log_e_against == pytest.approx(ErrorOrigin.canary_worse().after(errors).log_e)
    assert verdict.finding is Finding.SUPPORTED
    assert "10 errors in 400 outcomes of the canary, 40 in 400 of stable" in verdict.why


def test_a_canary_that_errs_much_more_often_is_refuted() -> None:
    assert judged(arms(10, 100, canary_errors=5, stable_errors=50), GATE).finding is Finding.REFUTED


def test_equal_releases_are_undecided_at_first_and_the_verdict_says_how_long() -> None:
    verdict = judged(arms(20, 100, canary_errors=20, stable_errors=20), GATE)

    assert verdict.finding is Finding.UNDECIDED
    assert verdict.needed is not None
    assert verdict.needed.conversations > 0
    assert verdict.needed.days is not None


def test_without_errors_of_either_arm_nothing_is_shown() -> None:
    verdict = judged(arms(20, 100, canary_errors=0, stable_errors=0), GATE)

    assert verdict.finding is Finding.UNDECIDED
    assert "Without an error of either arm" in verdict.why


def test_two_errors_of_one_customer_are_one_draw() -> None:
    rows = arms(20, 100, canary_errors=40, stable_errors=10)
    same = [replace(one, customer="same") if one.outcome is Outcome.FAILED else one for one in rows]
    verdict = judged(same, GATE)

    assert "124 further errors of the same customers left out" in verdict.why
    assert verdict.finding is Finding.UNDECIDED


def test_rows_of_no_canary_compare_nothing() -> None:
    rows = [replace(one, arm="", canary_share=0.0) for one in arms(20, 100, canary_errors=40, stable_errors=10)]

    assert "No canary of this release" in judged(rows, GATE).why


def test_draws_for_labels_take_no_place_of_a_canary() -> None:
    drawn = [row(f"d{number}", metric="sampled", arm="canary", canary_share=0.2) for number in range(3)]

    assert next(iter(states(drawn, [OriginCounting()]).values())).cells == {}


def test_an_outcome_before_any_canary_is_known_makes_no_cells() -> None:
    early = [row("e1", arm="stable", canary_share=0.2)]

    assert next(iter(states(early, [OriginCounting()]).values())).cells == {}


def test_another_release_has_its_own_comparison() -> None:
    rows = arms(20, 100, canary_errors=40, stable_errors=10)

    assert judged(rows, GATE, release=ReleaseId("r7"), releases=(ReleaseId("r7"),)).finding is Finding.UNDECIDED


def test_a_wider_ratio_is_easier_to_show() -> None:
    rows = arms(20, 100, canary_errors=20, stable_errors=20)
    wide = replace(GATE, bound=NoWorseThan("stable", 5.0))

    assert judged(rows, wide).finding is Finding.SUPPORTED


def test_answers_to_surveys_stake_their_part_and_both_arms_are_counted() -> None:
    rows = arms(20, 100, canary_errors=2, stable_errors=2, metric="csat", label=LabelSource.SURVEY)
    graded = [replace(one, loss=0.5 if one.outcome is Outcome.FAILED else 0.0) for one in rows]
    verdict = judged(graded, LiveGate("csat", NoWorseThan("stable"), mode="observe"))

    assert verdict.observed_only
    assert "1000 outcomes of the canary" in verdict.why
    assert "there is no response rate" in verdict.why


def test_a_comparison_of_surveys_says_how_many_of_each_arm_answered() -> None:
    surveys = arms(20, 100, canary_errors=2, stable_errors=2, metric="csat", label=LabelSource.SURVEY)
    ended = arms(20, 400, canary_errors=0, stable_errors=0, metric="containment", label=LabelSource.EVENT)
    verdict = judged([*surveys, *ended], LiveGate("csat", NoWorseThan("stable"), mode="observe"))

    assert "Answered by 1000 of 4000 conversations of canary (23.7% to 26.4%)" in verdict.why
    assert "and 1000 of 4000 conversations of stable" in verdict.why


def test_a_revised_error_is_taken_back() -> None:
    rows = arms(20, 40, canary_errors=40, stable_errors=10)
    wrong = next(one for one in rows if one.outcome is Outcome.FAILED and one.arm == "canary")
    revised = replace(
        wrong,
        key=type(wrong.key)(f"{wrong.key}:revised:1"),
        outcome=Outcome.PASSED,
        details={"was": "failed", "was_matured": True},
    )

    before, after = judged(rows, GATE), judged([*rows, revised], GATE)

    assert "10 errors in 400 outcomes of the canary" in before.why
    assert "9 errors in 400 outcomes of the canary" in after.why


def test_states_that_were_kept_go_on_as_if_they_had_not_been() -> None:
    rows = arms(5, 40, canary_errors=4, stable_errors=7)

    assert states(rows, [OriginCounting()]) == states(rows, [OriginCounting()], through_json=True)
