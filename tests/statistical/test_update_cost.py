"""One further conversation costs each method at most 20 microseconds, however long the history."""

import math
from collections.abc import Callable
from time import process_time
from timeit import repeat

import pytest

from remit.statistics import (
    ActiveEvidence,
    ArmError,
    ChangeDetector,
    Clusters,
    ErrorOrigin,
    LateCounts,
    LateDetector,
    SampleRatio,
    Wealth,
    log_e_value,
)

pytestmark = pytest.mark.statistical

WEALTH = Wealth.at_start(eps=0.02, side="promote")
ACTIVE = ActiveEvidence(eps=0.02, least_pi=0.1)
ORIGIN = ErrorOrigin.canary_worse()
LATE = LateCounts(n_started=1_000_000, n_matured=900_000, n_errors=1900, n_errors_matured=1800)


def a_week_of_conversations() -> LateDetector:
    late = LateDetector(eps=0.02)
    for day in range(7):
        late = late.after_start(day).after_failure(day)
    return late


WEEK = a_week_of_conversations()


@pytest.mark.parametrize(
    "update",
    [
        lambda: log_e_value(1_000_000, 19_000, eps=0.02, side="promote"),
        lambda: log_e_value(1_000_000, 19_000, eps=0.02, side="rollback"),
        lambda: WEALTH.after((0.3,)).log_e,
        lambda: ChangeDetector(eps=0.02, log_sums=(3.0,) * 5).after(1.0).log_statistic,
        lambda: ORIGIN.after((ArmError("canary", 0.5),)).log_e,
        lambda: SampleRatio().after("stable", 0.25).log_e,
        lambda: ACTIVE.after(verdict="flagged", pi=0.5, loss=0.0).log_e,
        lambda: LATE.after_start().log_e_rollback(eps=0.02),
        lambda: WEEK.after_start(6).statistic,
        lambda: Clusters().after(n=50, loss=1.0).effect(),
    ],
    ids=["promote", "rollback", "graded", "detector", "origin", "ratio", "active", "late", "late-detector", "effect"],
)
def test_an_update_costs_at_most_twenty_microseconds(update: Callable[[], object]) -> None:
    """Processor time, best of 80 short runs: what the code costs, not what else the machine does."""
    best = min(repeat(update, timer=process_time, number=60, repeat=80)) / 60 * 1e6
    print(f"{best:.1f} us")

    assert best <= 20.0


def test_a_million_conversations_later_the_state_is_as_small() -> None:
    wealth = Wealth.at_start(eps=0.02, side="rollback").after([0.0, 1.0] * 500)

    assert len(wealth.log_wealths) == 12
    assert all(math.isfinite(held) for held in wealth.log_wealths)
