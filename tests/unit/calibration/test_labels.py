"""Which labels count, and that each conversation had the same chance to be among them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.calibration.labels import LabelledProposal, counted, details_of, label_of, share_of
from remit.calibration.signals import NAMES, Signals
from remit.conversations import AgentName, IntentName, ReleaseId
from remit.evidence import LabelSource, Observation, ObservationKey, Outcome, Source, Strength
from unit.calibration.samples import ISSUED, REFUND, labels

finite = st.floats(-1e6, 1e6, allow_nan=False)
ours = st.dictionaries(st.sampled_from(NAMES), finite, max_size=5)
theirs = st.dictionaries(st.text(min_size=1, max_size=8).filter(lambda name: name not in NAMES), finite, max_size=3)


def one(key: str = "t-1/1", *, wrong: bool = False) -> LabelledProposal:
    return LabelledProposal(key, REFUND, Signals(intent_probability=0.9), wrong)


@given(ours, theirs)
def test_signals_come_back_as_they_were(known: dict[str, float], other: dict[str, float]) -> None:
    assert Signals.of({**known, **other}).present() == {**known, **other}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_signal_that_is_no_number_is_missing(value: float) -> None:
    assert Signals(grounding=value, tool_errors=1.0, others={"own": value}).present() == {"tool_errors": 1.0}


def test_an_agent_cannot_report_a_signal_that_is_ours() -> None:
    assert Signals(others={"intent_probability": 1.0}).present() == {}


def test_the_same_label_twice_counts_once() -> None:
    found = counted([one(), one()])
    assert (len(found.labels), found.excluded) == (1, {"labelled again with the same result": 1})


def test_two_labels_that_contradict_each_other_count_neither() -> None:
    found = counted([one(), one(wrong=True), one("t-2/1")])
    assert [each.key for each in found.labels] == ["t-2/1"]
    assert found.excluded == {"labelled both right and wrong: settle them": 1}


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        (replace(one(), source=LabelSource.JUDGE), "labelled by judge: only experts and the state of the world count"),
        (
            replace(one(), source=LabelSource.SURVEY),
            "labelled by survey: only experts and the state of the world count",
        ),
        (replace(one(), sampling_probability=None), "without a recorded sampling probability"),
        (replace(one(), sampling_probability=0.0), "without a recorded sampling probability"),
        (replace(one(), signals=Signals()), "without any signal"),
        (replace(one(), release=ReleaseId("r-2")), "of another release"),
    ],
)
def test_a_label_that_does_not_count_is_said_so(label: LabelledProposal, reason: str) -> None:
    found = counted([label], release=ReleaseId("r-1"))
    assert (found.labels, found.excluded) == ((), {reason: 1})


def test_labels_with_different_chances_become_a_uniform_sample() -> None:
    flagged = [replace(each, key=f"f{each.key}", sampling_probability=0.5) for each in labels(4_000, 1)]
    other = [replace(each, sampling_probability=0.1) for each in labels(2_000, 2)]
    found = counted([*flagged, *other])
    n_flagged = sum(each.key.startswith("f") for each in found.labels)
    # One in five of the flagged stays: 800 of 4,000, four standard deviations are 101.
    assert abs(n_flagged - 800) < 101
    assert len(found.labels) - n_flagged == 2_000
    assert (found.sampling_probability, found.n_thinned) == (0.1, 4_000 - n_flagged)


def test_the_order_of_labels_changes_nothing() -> None:
    some = labels(300, 3)
    assert counted(some) == counted(some[::-1])
    assert counted(some).digest == counted(some[::-1]).digest


def test_the_digest_sees_every_label() -> None:
    some = labels(50, 4)
    assert counted(some).digest != counted([replace(some[0], wrong=not some[0].wrong), *some[1:]]).digest


@given(st.text(), st.sampled_from(["fit", "thin"]))
def test_draws_from_keys_are_the_same_everywhere(key: str, purpose: str) -> None:
    assert share_of(key, purpose) == share_of(key, purpose)
    assert 0.0 <= share_of(key, purpose) < 1.0


def observation(**changes: object) -> Observation:
    seen = Observation(
        key=ObservationKey("proposal:t-1/1"),
        at=ISSUED,
        agent=AgentName("shop"),
        release=ReleaseId("r-1"),
        intent=IntentName("refund"),
        level="shadow",
        source=Source.SHADOW_AGREEMENT,
        strength=Strength.LIVE,
        metric="proposal",
        outcome=Outcome.FAILED,
        cluster="2026-11-01",
        sampling_probability=0.25,
        details=details_of(Signals(grounding=0.4, others={"tokens": 12.0}), out_of_scope=True),
        label=LabelSource.HUMAN_CONFIRMED,
    )
    return replace(seen, **changes)  # type: ignore[arg-type]


def test_the_ledger_keeps_everything_that_a_label_needs() -> None:
    label = label_of(observation())
    assert label is not None
    assert label.signals.present() == {"grounding": 0.4, "tokens": 12.0}
    assert (label.wrong, label.out_of_scope, label.sampling_probability) == (True, True, 0.25)
    assert (label.release, label.simulated, label.source) == ("r-1", False, LabelSource.HUMAN_CONFIRMED)


def test_a_simulated_conversation_stays_one() -> None:
    label = label_of(observation(strength=Strength.SIMULATED))
    assert label is not None
    assert label.simulated


@pytest.mark.parametrize("changes", [{"metric": "bad_outcome"}, {"outcome": Outcome.INFRASTRUCTURE_ERROR}])
def test_other_observations_are_no_labels(changes: dict[str, object]) -> None:
    assert label_of(observation(**changes)) is None
