"""Plans are exact: the same figures as following every conversation, for published and for random budgets."""

import json
from math import log
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.statistics import (
    conversations_to_burn,
    conversations_to_earn,
    days_for,
    expected_without_error,
    operating_characteristics,
)
from statistical.operating_characteristics import boundaries, run

pytestmark = pytest.mark.statistical


@settings(max_examples=12)
@given(
    eps=st.floats(0.005, 0.5),
    ratio=st.floats(0.0, 2.5),
    alpha=st.sampled_from([0.2, 0.05, 0.0304, 0.01]),
    n_max=st.integers(1, 900),
)
def test_stepping_over_conversations_changes_nothing(eps: float, ratio: float, alpha: float, n_max: int) -> None:
    rate = min(1.0, eps * ratio)
    each = run(boundaries(eps, n_max, threshold=log(1 / alpha)), rate)
    stepped = operating_characteristics(eps=eps, true_rate=rate, alpha=alpha, n_max=n_max)

    assert stepped.earned_probability == pytest.approx(float(each.promoted_by[-1]), abs=1e-9)
    assert stepped.burned_probability == pytest.approx(float(each.rolled_back_by[-1]), abs=1e-9)
    for n, burned in stepped.burned_by:
        assert burned == pytest.approx(float(each.rolled_back_by[n]), abs=1e-9)


@pytest.mark.shared
def test_medians_are_those_of_the_specification(shared_data: Path) -> None:
    path = shared_data.parent / "statistics" / "acceptance.json"
    if not path.is_file():
        pytest.skip("acceptance.json is not beside this checkout")
    cases: Any = json.loads(path.read_text(encoding="utf-8"))["cases"]
    for case in cases:
        for expected in case["oc"]:
            eps, rate = case["eps"], expected["p"]
            outcome = operating_characteristics(eps=eps, true_rate=rate, alpha=0.05, n_max=10_000)

            assert outcome.earned_probability == pytest.approx(expected["P_promote_10000"], abs=1e-6)
            assert outcome.burned_probability == pytest.approx(expected["P_rollback_10000"], abs=1e-6)
            assert outcome.n_to_earn(0.5) == expected["median_promote"]
            if expected["median_rollback"] is None or expected["median_rollback"] <= 100 / eps:
                burned = conversations_to_burn(eps=eps, true_rate=rate, alpha=0.05)
                assert burned == expected["median_rollback"]


@settings(max_examples=4)
@given(st.floats(0.002, 0.06))
def test_the_rules_of_thumb_hold_for_any_small_budget(eps: float) -> None:
    def earn(part: float, share: float = 0.5) -> float:
        n = conversations_to_earn(eps=eps, true_rate=part * eps, alpha=0.05, share=share)
        assert n is not None
        return n * eps

    def burn(times: float) -> float:
        n = conversations_to_burn(eps=eps, true_rate=times * eps, alpha=0.05)
        assert n is not None
        return n * eps

    assert earn(0.0) == pytest.approx(4.2, rel=0.05)
    assert earn(0.25) == pytest.approx(6.9, rel=0.05)
    assert earn(0.5) == pytest.approx(19, rel=0.1)
    assert earn(0.5, share=0.9) == pytest.approx(45, rel=0.1)
    assert burn(2.0) == pytest.approx(8.2, rel=0.1)
    assert burn(3.0) == pytest.approx(2.4, rel=0.1)
    assert burn(5.0) == pytest.approx(0.8, rel=0.2)


@pytest.mark.parametrize("eps", [0.3, 0.02, 0.001])
def test_without_errors_it_is_what_the_gate_itself_says(eps: float) -> None:
    assert conversations_to_earn(eps=eps, true_rate=0.0, alpha=0.05) == expected_without_error(eps=eps, alpha=0.05)


def test_an_agent_at_its_limit_cannot_plan_to_earn_and_a_good_one_not_to_burn() -> None:
    assert conversations_to_earn(eps=0.02, true_rate=0.02, alpha=0.05) is None
    assert conversations_to_burn(eps=0.02, true_rate=0.01, alpha=0.05) is None


def test_a_budget_without_a_stake_to_roll_back_never_burns() -> None:
    assert operating_characteristics(eps=0.8, true_rate=1.0, alpha=0.05).burned_probability == 0.0


def test_days_follow_from_volume_labels_and_design_effect() -> None:
    """Published: 2 % at 20 a day, all labelled, takes 47 days in the median and 112 for nine in ten."""
    n = conversations_to_earn(eps=0.02, true_rate=0.01, alpha=0.05)
    slow = conversations_to_earn(eps=0.02, true_rate=0.01, alpha=0.05, share=0.9)
    assert n is not None
    assert slow is not None

    assert days_for(n, per_day=20) == pytest.approx(47, abs=0.5)
    assert days_for(slow, per_day=20) == pytest.approx(112, abs=0.5)
    assert days_for(n, per_day=20, label_share=0.1) > 365
    assert days_for(n, per_day=20, phi=2.0, matured_after_days=7) == pytest.approx(100.5)
    assert days_for(n, per_day=10_000, min_days=14) == 14
