"""The frozen model: plain Python equals NumPy, missing signals count, labels are fitted and never extrapolated."""

import json
from time import process_time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.calibration.fitting import Columns, Fitted, fit, score
from remit.calibration.labels import LabelledProposal, counted
from remit.calibration.model import CalibrationModel
from remit.calibration.reliability import reliability
from remit.calibration.signals import Signals
from remit.conversations import IntentName
from remit.errors import StatisticsError
from unit.calibration.samples import labels

any_signals = st.dictionaries(
    st.sampled_from(["intent_probability", "retrieval_score", "out_of_scope_probability", "unheard_of"]),
    st.floats(-1e9, 1e9),
)


def fitted(n: int = 1_500) -> Fitted:
    some = counted(labels(n, 1)).labels
    return fit(Columns.of(some), np.array([each.wrong for each in some]))


FITTED = fitted()


@given(any_signals)
def test_any_signals_give_a_probability_that_is_never_certain(signals: dict[str, float]) -> None:
    assert 0.0 < FITTED.model.probability(signals) < 1.0


def test_live_scores_equal_those_that_were_certified() -> None:
    unseen = labels(800, 2)
    together = score(FITTED.model, Columns.of(unseen))
    assert [FITTED.model.probability(each.signals.present()) for each in unseen] == list(together)


def test_a_frozen_model_comes_back_equal() -> None:
    again = CalibrationModel.of(json.loads(json.dumps(FITTED.model.document())))
    assert again == FITTED.model
    assert again.digest == FITTED.model.digest


def test_equal_labels_give_an_equal_model() -> None:
    assert fitted().model == FITTED.model


def test_probabilities_come_true_on_labels_that_were_not_fitted() -> None:
    unseen = labels(6_000, 5)
    found = reliability(score(FITTED.model, Columns.of(unseen)), np.array([each.wrong for each in unseen]))
    assert found.calibration_error < 0.03
    assert all(each.interval.low - 0.03 < each.mean_probability < each.interval.high + 0.03 for each in found.bins)


def test_a_missing_signal_says_something_of_its_own() -> None:
    rng = np.random.default_rng(6)
    rows = [
        LabelledProposal(
            f"k{number}",
            IntentName("a"),
            Signals(grounding=None if number % 2 else 0.9, intent_probability=0.5 + 0.4 * rng.random()),
            wrong=bool(rng.random() < (0.5 if number % 2 else 0.05)),
        )
        for number in range(2_000)
    ]
    some = counted(rows).labels
    model = fit(Columns.of(some), np.array([each.wrong for each in some])).model
    assert model.probability({"intent_probability": 0.7}) == pytest.approx(0.5, abs=0.06)
    assert model.probability({"intent_probability": 0.7, "grounding": 0.9}) == pytest.approx(0.95, abs=0.03)


def test_a_signal_beyond_what_was_fitted_counts_as_the_last_one_seen() -> None:
    seen = {"intent_probability": 0.9, "retrieval_score": 1.0}
    assert FITTED.model.probability(seen) == FITTED.model.probability({**seen, "retrieval_score": 1e12})


def test_out_of_fold_probabilities_are_those_of_fits_that_saw_other_labels() -> None:
    rng = np.random.default_rng(7)
    noise = {f"noise {number}": rng.normal(size=60) for number in range(40)}
    wrong = rng.random(60) < 0.5
    found = fit(Columns(noise, 60), wrong, ridges=(0.001,))
    inside = score(found.model, Columns(noise, 60))
    # Forty numbers without meaning explain sixty labels nearly, and predict none.
    assert np.mean((inside > 0.5) != wrong) > 0.95
    assert np.mean((found.out_of_fold > 0.5) != wrong) < 0.75


def test_a_signal_that_is_always_the_same_changes_nothing() -> None:
    some = counted(labels(600, 8)).labels
    columns, wrong = Columns.of(some), np.array([each.wrong for each in some])
    with_constant = Columns({**columns.values, "constant": np.full(columns.n, 3.0)}, columns.n)
    assert fit(with_constant, wrong).model == fit(columns, wrong).model


def test_labels_of_one_kind_only_are_fitted_without_certainty() -> None:
    some = labels(200, 9)
    model = fit(Columns.of(some), np.zeros(200, dtype=np.bool_)).model
    assert 0.95 < model.probability(some[0].signals.present()) < 1.0


def test_too_few_labels_are_refused() -> None:
    with pytest.raises(StatisticsError, match="9 labels"):
        fit(Columns.of(labels(9, 1)), np.zeros(9, dtype=np.bool_))


def test_a_live_score_costs_less_than_fifty_microseconds() -> None:
    present = labels(1, 1)[0].signals.present()
    best = min(_seconds(present) for _ in range(20))
    assert best / 500 < 50e-6


def _seconds(present: dict[str, float]) -> float:
    started = process_time()
    for _ in range(500):
        FITTED.model.probability(present)
    return process_time() - started
