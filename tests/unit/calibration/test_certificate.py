"""A certificate says where it holds; any change of that, or its age, ends it visibly."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.calibration.certificate import Cause, Certificate, Circumstances, Target, Valid, Void
from remit.conversations import IntentName, ReleaseId
from unit.calibration.samples import DAY, ISSUED, POLICY, REFUND, RELEASE, certificate

OWN = certificate()
HERE = Circumstances(RELEASE, POLICY)
rates = st.sampled_from([0.005, 0.01, 0.02, 0.05])
targets = st.builds(Target, rates, rates, st.sampled_from(["error_per_contained", "error_per_conversation"]))


def test_it_comes_back_equal_with_the_same_id() -> None:
    again = Certificate.of(json.loads(json.dumps(OWN.document())))
    assert again == OWN
    assert again.id == OWN.id


def test_it_holds_within_its_time_and_circumstances() -> None:
    assert OWN.status(ISSUED, HERE) == Valid(ISSUED + timedelta(days=90))
    assert isinstance(OWN.status(ISSUED + timedelta(days=89), HERE), Valid)


@pytest.mark.parametrize(
    ("cause", "days", "here"),
    [
        (Cause.AGE, 90, HERE),
        (Cause.CLOCK, -1, HERE),
        (Cause.RELEASE, 1, replace(HERE, release=ReleaseId("r-2"))),
        (Cause.POLICY, 1, replace(HERE, policy="q" * 64)),
        (Cause.JUDGE, 1, replace(HERE, judge="triage@2")),
        (Cause.DRIFT, 1, replace(HERE, drift="what seems out of scope has grown")),
        (Cause.ERRORS, 1, replace(HERE, errors="errors have risen")),
        (Cause.WITHDRAWN, 1, replace(HERE, withdrawn="a person took it back")),
    ],
)
def test_each_change_ends_it_with_its_reason(cause: Cause, days: int, here: Circumstances) -> None:
    status = OWN.status(ISSUED + timedelta(days=days), here)
    assert isinstance(status, Void)
    assert status.cause is cause
    assert status.why


@given(targets)
def test_a_target_serves_itself(target: Target) -> None:
    assert target.serves(target)


@given(targets, targets, targets)
def test_what_serves_one_that_serves_another_serves_that_too(first: Target, second: Target, third: Target) -> None:
    if first.serves(second) and second.serves(third):
        assert first.serves(third)


def test_few_errors_of_all_that_comes_in_are_not_few_of_what_is_contained() -> None:
    contained, conversation = Target(0.02), Target(0.02, definition="error_per_conversation")
    assert contained.serves(conversation)
    assert not conversation.serves(contained)


def test_it_states_containment_with_its_interval() -> None:
    assert OWN.containment == OWN.n_contained / OWN.sample.n_certified
    assert OWN.containment_interval.low < OWN.containment < OWN.containment_interval.high


def test_labels_that_were_fitted_were_not_certified_on() -> None:
    assert OWN.sample.n_fitted + OWN.sample.n_certified == OWN.sample.n
    assert OWN.model.n_labels == OWN.sample.n_fitted


def test_a_later_one_takes_the_place_of_those_that_share_an_intent() -> None:
    pooled = replace(OWN, intents=(IntentName("order_status"), REFUND), pool="routine")
    elsewhere = replace(OWN, intents=(IntentName("order_status"),))
    assert pooled.supersedes(OWN)
    assert not OWN.supersedes(elsewhere)


def test_how_long_it_holds_is_the_policys_word() -> None:
    short = certificate(valid_for_s=7 * DAY)
    assert isinstance(short.status(ISSUED + timedelta(days=7), HERE), Void)
