"""Draws are made with the share that is recorded, and no share falls below the floor."""

from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.errors import SamplingError
from remit.supervision import SamplingPlan, Stratum
from remit.supervision.sampling import LEAST_SHARE

shares = st.floats(LEAST_SHARE, 1.0)


@st.composite
def plans(draw: st.DrawFn) -> SamplingPlan:
    return SamplingPlan({Stratum.FLAGGED: draw(shares), Stratum.OTHER: draw(shares)}, draw(st.floats(0.0, 1.0)))


@given(plans(), st.sampled_from(["flagged", "other", "unknown"]), st.floats(0.0, 2.0))
def test_a_plan_can_be_raised_and_never_falls_below_the_floor(plan: SamplingPlan, stratum: str, to: float) -> None:
    if to > 1.0:
        with pytest.raises(SamplingError, match="outside"):
            plan.raised(stratum, to)
        return
    raised = plan.raised(stratum, to)
    assert raised.share_of(stratum) == max(to, plan.share_of(stratum)) >= LEAST_SHARE
    others = {"flagged", "other"} - {stratum}
    assert all(raised.share_of(other) == plan.share_of(other) for other in others)


@given(plans(), st.sampled_from(["flagged", "other", "unknown"]), st.floats(0.0, 1.0, exclude_max=True))
def test_the_draw_falls_exactly_below_the_recorded_probability(plan: SamplingPlan, stratum: str, first: float) -> None:
    numbers: Iterator[float] = iter([first, 0.0])
    draw = plan.draw(stratum, lambda: next(numbers))
    assert draw.probability == plan.share_of(stratum)
    assert draw.drawn == (first < draw.probability)
    assert draw.n_experts == (0 if not draw.drawn else 2 if plan.second_share > 0.0 else 1)


@pytest.mark.parametrize("share", [0.0, 0.05, 0.0999, 1.01])
def test_a_share_outside_its_range_is_refused_with_the_reason(share: float) -> None:
    with pytest.raises(SamplingError, match=r"'flagged': a share of .* is outside \[0.1, 1\]"):
        SamplingPlan({"flagged": share, "other": 0.1})


def test_every_conversation_belongs_to_a_stratum() -> None:
    with pytest.raises(SamplingError, match="no share for the stratum 'other'"):
        SamplingPlan({"flagged": 0.5})


def test_draws_fall_as_often_as_they_say() -> None:
    seed, n = 20261102, 20_000
    print(f"seed {seed}")
    random = Random(seed)
    draws = [SamplingPlan().draw("other", random.random) for _ in range(n)]
    n_drawn = sum(draw.drawn for draw in draws)
    n_second = sum(draw.n_experts == 2 for draw in draws)
    # Five standard deviations of a binomial: 1e-6 of false alarm.
    assert abs(n_drawn - 0.1 * n) < 5 * (n * 0.1 * 0.9) ** 0.5
    assert abs(n_second - 0.1 * n_drawn) < 5 * (n_drawn * 0.1 * 0.9) ** 0.5
