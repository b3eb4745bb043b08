"""Simulated traffic is what the world says, and the same for every rule."""

import numpy as np
import pytest

from remit.conversations import IntentName, ReleaseId
from remit.errors import SimulationError
from remit.simulation.world import Drift, SimulatedIntent, World, conversations, flagged

REFUND, GOOD, BAD = IntentName("refund"), ReleaseId("good"), ReleaseId("bad")


def a_world(**changes: object) -> World:
    intents = {REFUND: SimulatedIntent(1.0, {GOOD: 0.02, BAD: 0.2})}
    facts: dict[str, object] = {"seed": 7, "intents": intents, "first": GOOD, "days": 400, **changes}
    return World(**facts)  # type: ignore[arg-type]


def test_the_same_seed_draws_the_same_day() -> None:
    one, again = conversations(a_world(), REFUND, 3), conversations(a_world(), REFUND, 3)
    assert np.array_equal(one.luck, again.luck)
    assert one.day_factor == again.day_factor


def test_days_and_seeds_differ() -> None:
    world = a_world()
    assert not np.array_equal(conversations(world, REFUND, 3).luck[:10], conversations(world, REFUND, 4).luck[:10])
    other = a_world(seed=8)
    assert not np.array_equal(conversations(world, REFUND, 3).luck[:10], conversations(other, REFUND, 3).luck[:10])


@pytest.mark.parametrize("variation", [0.0, 0.5])
def test_the_mean_error_rate_is_the_true_one_and_days_vary_as_declared(variation: float) -> None:
    world = a_world(day_variation=variation)
    days = [conversations(world, REFUND, day) for day in range(world.days)]
    n = sum(day.n for day in days)
    rate = sum(int(day.failed(0.02).sum()) for day in days) / n
    factors = np.array([day.day_factor for day in days])
    # Standard error of the rate over 400 days of 500: binomial part and day part; five of them.
    allowed = 5.0 * (0.02 * 0.98 / n + (0.02 * variation) ** 2 / world.days) ** 0.5
    assert abs(rate - 0.02) < allowed
    assert abs(factors.std() - variation) < 0.1


def test_the_judge_flags_as_often_as_declared() -> None:
    world = a_world(judge_sensitivity=0.9, judge_specificity=0.8)
    drawn = conversations(a_world(per_day=20_000.0), REFUND, 0)
    failed = drawn.failed(0.3)
    flags = flagged(world, drawn, failed)
    assert abs(flags[failed].mean() - 0.9) < 0.02
    assert abs((~flags[~failed]).mean() - 0.8) < 0.02


def test_drift_holds_for_every_release_from_its_day_on() -> None:
    world = a_world(drift=(Drift(day=60, factor=3.0),))
    assert world.true_rate(REFUND, GOOD, 59) == 0.02
    assert world.true_rate(REFUND, GOOD, 60) == pytest.approx(0.06)
    assert world.true_rate(REFUND, BAD, 60) == pytest.approx(0.6)


def test_a_release_without_a_truth_is_refused() -> None:
    with pytest.raises(SimulationError, match="not every intent has an error rate"):
        a_world(successors={60: ReleaseId("unheard-of")})
