"""What is built for one live conversation: keys, clusters, losses, and what is refused."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.conversations import IntentName
from remit.evidence import LabelSource, Outcome
from remit.evidence.late_outcomes import LateChange, change_of
from remit.evidence.live import (
    Metric,
    bad_outcome,
    came_back,
    critical_action,
    csat,
    ended,
    guardrail_breach,
    handling_time,
    matured_from,
    maturity_of,
    revised_from,
    sampled,
    started,
    stayed_away,
    subject_of,
    turn,
)
from unit.supervision.conversations import BEGAN, ENDED, subject

ABOUT = subject()
LATER = ENDED + timedelta(days=7)


def test_every_observation_has_a_key_of_its_own_under_the_conversation_and_its_day() -> None:
    other = IntentName("order")
    draw = sampled(ABOUT, at=ENDED, stratum="other", probability=0.1, drawn=True)
    seen = [
        started(ABOUT),
        turn(ABOUT, turn_id="t1", at=ENDED, latency_ms=1.0),
        turn(ABOUT, turn_id="t2", at=ENDED, latency_ms=1.0),
        critical_action(
            ABOUT, step="t1/1", at=ENDED, tool="pay", outcome=Outcome.PASSED, intent=other, level="autonomous"
        ),
        guardrail_breach(ABOUT, step="t1", at=ENDED, guard="secret", intent=other, level="autonomous", critical=True),
        ended(ABOUT, at=ENDED, n_turns=2),
        handling_time(ABOUT, at=ENDED, baseline_s=600),
        csat(ABOUT, at=ENDED, score=4),
        came_back(ABOUT, at=ENDED, until=LATER),
        draw,
        bad_outcome(draw, ABOUT, at=ENDED, outcome=Outcome.PASSED, loss=0.0, matures_at=LATER),
    ]
    assert len({one.key for one in seen}) == len(seen)
    for one in seen:
        assert one.key == f"live:c1:{one.metric}" or one.key.startswith(f"live:c1:{one.metric}:")
        assert (one.conversation, one.cluster, one.customer) == ("c1", "2026-11-02", "d1gest")
    assert subject_of(seen[0]) == ABOUT


def test_a_write_counts_for_the_intent_and_level_of_its_own_turn() -> None:
    action = critical_action(
        ABOUT,
        step="t1/1",
        at=ENDED,
        tool="pay",
        outcome=Outcome.FAILED,
        intent=IntentName("order"),
        level="tools_within_limits",
    )
    assert (action.intent, action.level, action.label) == ("order", "tools_within_limits", LabelSource.STATE_CHECK)


@given(st.floats(1, 5))
def test_a_survey_is_graded_by_its_distance_from_the_best_answer(score: float) -> None:
    answer = csat(ABOUT, at=ENDED, score=score)
    assert answer.loss == pytest.approx((5 - score) / 4)
    assert answer.outcome is (Outcome.PASSED if score >= 4 else Outcome.FAILED)


@pytest.mark.parametrize("score", [0.9, 5.1, float("nan")])
def test_a_score_outside_the_scale_is_refused(score: float) -> None:
    with pytest.raises(ValueError, match="outside the scale"):
        csat(ABOUT, at=ENDED, score=score)


@given(st.integers(0, 100_000), st.integers(1, 100_000))
def test_as_long_as_people_is_a_loss_of_a_half(took_s: int, baseline_s: int) -> None:
    seen = handling_time(ABOUT, at=BEGAN + timedelta(seconds=took_s), baseline_s=baseline_s)
    assert seen.loss is not None
    assert 0.0 <= seen.loss < 1.0
    assert (seen.loss > 0.5) == (took_s > baseline_s)
    assert seen.outcome is (Outcome.PASSED if took_s <= baseline_s else Outcome.FAILED)


def test_a_clock_that_went_backwards_is_said_and_takes_no_time() -> None:
    before = BEGAN - timedelta(hours=1)
    assert ended(ABOUT, at=before, n_turns=1).details["clock_went_back"] is True
    seen = handling_time(ABOUT, at=before, baseline_s=60)
    assert (seen.loss, seen.details["clock_went_back"]) == (0.0, True)


@pytest.mark.parametrize("baseline_s", [0.0, -1.0])
def test_a_baseline_that_is_no_time_is_refused(baseline_s: float) -> None:
    with pytest.raises(ValueError, match="not a handling time"):
        handling_time(ABOUT, at=ENDED, baseline_s=baseline_s)


@pytest.mark.parametrize("probability", [0.0, 1.1, -0.5])
def test_a_draw_without_a_probability_is_refused(probability: float) -> None:
    with pytest.raises(ValueError, match="outside"):
        sampled(ABOUT, at=ENDED, stratum="other", probability=probability, drawn=True)


def test_a_loss_outside_its_range_is_refused() -> None:
    draw = sampled(ABOUT, at=ENDED, stratum="other", probability=0.1, drawn=True)
    with pytest.raises(ValueError, match="a loss of 2"):
        bad_outcome(draw, ABOUT, at=ENDED, outcome=Outcome.FAILED, loss=2, matures_at=LATER)


def test_what_closes_or_revises_an_outcome_says_what_it_replaces() -> None:
    draw = sampled(ABOUT, at=ENDED, stratum="other", probability=0.1, drawn=True)
    first = bad_outcome(draw, ABOUT, at=ENDED, outcome=Outcome.FAILED, loss=0.4, matures_at=LATER)
    assert maturity_of(first) == LATER
    closed = matured_from(first, first, at=LATER)
    assert closed.key == f"{first.key}:matured"
    assert (closed.matured, closed.details) == (True, {"was": "failed", "was_loss": 0.4})
    assert maturity_of(closed) is None
    again = revised_from(first, closed, number=1, at=LATER, outcome=Outcome.PASSED, loss=0.0, by="cleo")
    assert again.details["was_matured"] is True
    changes = [change_of(one, Metric.BAD_OUTCOME) for one in (draw, first, closed, again)]
    assert changes == [
        LateChange(n_started=1),
        LateChange(n_errors=1),
        LateChange(n_matured=1, n_errors_matured=1),
        LateChange(n_errors=-1, n_errors_matured=-1),
    ]


def test_coming_back_begins_to_count_with_a_containment_that_is_watched() -> None:
    watched = ended(ABOUT, at=ENDED, n_turns=1, recontact_until=LATER)
    assert change_of(watched, Metric.RECONTACT) == LateChange(n_started=1)
    assert change_of(ended(ABOUT, at=ENDED, n_turns=1), Metric.RECONTACT) == LateChange()
    assert change_of(stayed_away(ABOUT, at=LATER), Metric.RECONTACT) == LateChange(n_matured=1)
    back = came_back(ABOUT, at=ENDED, until=LATER)
    assert change_of(back, Metric.RECONTACT) == LateChange(n_errors=1)
    closed = matured_from(back, back, at=LATER)
    assert change_of(closed, Metric.RECONTACT) == LateChange(n_matured=1, n_errors_matured=1)
    assert change_of(replace(back, metric="csat"), Metric.RECONTACT) == LateChange()


def test_metrics_that_are_known_at_once_have_no_late_counts() -> None:
    with pytest.raises(ValueError, match="csat is known at once"):
        change_of(started(ABOUT), Metric.CSAT)
