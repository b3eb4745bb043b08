import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from remit.adapters.intents.calibration import Calibration, fit_calibration, fit_scope, fit_sharpness
from remit.adapters.intents.linear import Evidence
from remit.adapters.intents.logistic import fit_logistic, sigmoid
from remit.errors import SettingsError


def evidence(*margins: float, closeness: float = 0.5) -> Evidence:
    return Evidence(np.array(margins, dtype=np.float32), closeness)


@given(st.floats(-1e6, 1e6))
def test_the_logistic_function_stays_in_the_unit_interval_and_is_symmetric(value: float) -> None:
    assert 0.0 <= sigmoid(value) <= 1.0
    assert sigmoid(value) + sigmoid(-value) == pytest.approx(1.0)


def test_logistic_regression_finds_the_curve_that_made_the_data() -> None:
    chance = np.random.default_rng(7)
    inputs = chance.normal(size=(20_000, 2))
    probability = 1.0 / (1.0 + np.exp(-(1.5 * inputs[:, 0] - 0.7 * inputs[:, 1] + 0.3)))
    wanted = (chance.random(20_000) < probability).astype(np.float64)
    found = fit_logistic(inputs, wanted, np.ones(20_000), penalty=1e-6)
    np.testing.assert_allclose(found, [1.5, -0.7, 0.3], atol=0.08)


def test_rows_that_a_line_parts_exactly_still_give_a_finite_curve() -> None:
    inputs = np.array([[-1.0], [1.0]])
    found = fit_logistic(inputs, np.array([0.0, 1.0]), np.array([100.0, 100.0]), penalty=0.1)
    assert np.isfinite(found).all()
    assert found[0] > 0


@given(st.lists(st.floats(-3, 3, width=32), min_size=1, max_size=6), st.floats(0.25, 20))
def test_shares_are_probabilities_in_the_order_of_the_margins(margins: list[float], sharpness: float) -> None:
    shares = Calibration(sharpness, (1.0, 1.0, 1.0, 0.0), ()).shares(evidence(*margins))
    assert float(shares.sum()) == pytest.approx(1.0)
    assert shares[int(np.argmax(margins))] == shares.max()


def test_margins_that_were_right_nine_times_in_ten_become_nine_tenths() -> None:
    unseen = [evidence(1.0, 0.0)] * 1000
    labels = [0] * 900 + [1] * 100
    shares = Calibration(fit_sharpness(unseen, labels), (0.0, 0.0, 0.0, 0.0), ()).shares(unseen[0])
    assert float(shares[0]) == pytest.approx(0.9, abs=0.01)


def test_ten_right_answers_do_not_make_certainty() -> None:
    unseen = [evidence(1.0, -1.0)] * 10
    shares = Calibration(fit_sharpness(unseen, [0] * 10), (0.0, 0.0, 0.0, 0.0), ()).shares(unseen[0])
    assert 0.85 < float(shares[0]) < 0.95


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5])
def test_where_nothing_tells_the_two_apart_the_expected_share_is_out_of_scope(share: float) -> None:
    same = [evidence(0.0, -1.0)] * 50
    scope = Calibration(1.0, fit_scope(same, same, out_of_scope_share=share), ())
    assert 1.0 - scope.in_scope_probability(same[0]) == pytest.approx(share, abs=0.01)


@given(
    st.lists(st.floats(-3, 3, width=32), min_size=1, max_size=6),
    st.floats(0, 1),
    st.tuples(*[st.floats(-4, 4)] * 4),
    st.tuples(*[st.floats(-4, 4)] * 3),
)
@example([0.0, 0.0, 0.0], 0.0, (0.0, 0.0, 0.0, 0.0), (3.0, 0.0, 0.0))
def test_probabilities_of_intents_never_exceed_one_and_keep_the_best_first(
    margins: list[float], closeness: float, scope: tuple[float, ...], best: tuple[float, ...]
) -> None:
    one = evidence(*margins, closeness=closeness)
    calibration = Calibration(3.0, scope, best)

    found = calibration.probabilities(one)

    assert found.min() >= 0.0
    assert float(found.sum()) <= 1.0 + 1e-9
    assert found[int(calibration.shares(one).argmax())] == found.max()


def test_among_messages_in_scope_the_clearer_one_is_the_more_probable_one() -> None:
    chance = np.random.default_rng(11)
    inside = [evidence(float(chance.normal(1.0)), -1.0, closeness=float(chance.random())) for _ in range(400)]
    labels = [int(one.margins[0] < chance.normal(-0.5)) for one in inside]
    outside = [evidence(-1.0, -1.2, closeness=0.05)] * 40
    calibration = fit_calibration(inside, labels, outside, out_of_scope_share=0.2)

    near, far = evidence(1.5, -1.0, closeness=0.9), evidence(2.0, -1.0, closeness=0.6)

    assert calibration.in_scope_probability(far) > 0.5
    assert calibration.probabilities(far)[0] > calibration.probabilities(near)[0]


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan")])
def test_an_impossible_share_is_refused_with_what_to_give(share: float) -> None:
    same = [evidence(0.0, -1.0)]
    with pytest.raises(SettingsError, match="between 0 and 1"):
        fit_scope(same, same, out_of_scope_share=share)
