"""Figures count what happened, with intervals, and come back from JSON as they were."""

import json
from math import comb

import pytest

from remit.conversations import IntentName
from remit.simulation.as_html import render_html
from remit.simulation.course import Course, Kind, Moved
from remit.simulation.documents import document_of, figures_of
from remit.simulation.figures import Figures, Quantile, Tally, quantile
from remit.simulation.run import REMIT, Lived
from remit.simulation.scenarios import Scenario
from remit.simulation.tables import conclusions, conditions, days_words, groups, safety_cells, share_words

EPS = 0.02


def promoted(day: int, level: int, rate: float) -> Moved:
    return Moved(day, Kind.PROMOTED, level, rate, EPS)


def lived(
    moves: list[Moved],
    *,
    scenario: Scenario = Scenario.AT_TARGET,
    truth: str = "exactly the budget",
    rule: str = REMIT,
    n_exposed: int = 0,
) -> Lived:
    course = Course(IntentName("refund"), truth, moves, [0, 1, 1], n_exposed, n_exposed // 10, n_exposed)
    return Lived(scenario, 0, 300, {rule: (course,)})


def figures(*worlds: Lived) -> Figures:
    tally = Tally()
    for one in worlds:
        tally.add(one)
    return Figures(
        scenarios=("at-target",),
        worlds=len(worlds),
        seed=0,
        days=3,
        per_day=100.0,
        policy="<b>policy</b>",
        policy_digest="abcdef0123456789",
        eps=EPS,
        alpha=0.05,
        not_simulated=(),
        n_conversations=tally.n_conversations,
        rows=tally.rows(),
    )


# ── what is false ─────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("kind", "rate", "beside", "is_false"),
    [
        (Kind.PROMOTED, 0.019, None, False),
        (Kind.PROMOTED, 0.02, None, True),
        (Kind.PROMOTED, 0.03, None, True),
        (Kind.DEMOTED, 0.02, None, True),
        (Kind.DEMOTED, 0.021, None, False),
        (Kind.CANARY_TAKEN_BACK, 0.01, 0.01, True),
        (Kind.CANARY_TAKEN_BACK, 0.015, 0.01, False),
        (Kind.CANARY_TAKEN_BACK, 0.03, 0.04, False),
        (Kind.CANARY_MADE_STABLE, 0.03, None, True),
        (Kind.CANARY_MADE_STABLE, 0.01, None, False),
    ],
)
def test_a_move_is_false_if_the_truth_did_not_deserve_it(
    kind: Kind, rate: float, beside: float | None, *, is_false: bool
) -> None:
    assert Moved(0, kind, 1, rate, EPS, beside).is_false is is_false


def test_days_to_a_level_count_from_one_and_take_the_first_time() -> None:
    course = Course(IntentName("refund"), "half", [promoted(9, 1, 0.01), promoted(19, 2, 0.01), promoted(40, 1, 0.01)])
    assert [course.day_of(level) for level in (1, 2, 3)] == [10, 20, None]


# ── counting ──────────────────────────────────────────────────────────────────────────────────────
def test_an_intent_that_is_promoted_twice_falsely_counts_once_and_its_promotions_twice() -> None:
    (row,) = figures(lived([promoted(1, 1, 0.02), promoted(2, 2, 0.02)]), lived([])).rows
    assert (row.promoted_falsely.n, row.promoted_falsely.of) == (1, 2)
    assert row.n_false_promotions == 2
    assert 0.0 < row.promoted_falsely.low < 0.5 < row.promoted_falsely.high < 1.0


def test_the_order_of_worlds_does_not_matter() -> None:
    worlds = [lived([promoted(day, 1, 0.02)], n_exposed=day) for day in range(6)]
    assert figures(*worlds).rows == figures(*reversed(worlds)).rows


def test_mean_levels_are_means_over_intents() -> None:
    (row,) = figures(lived([]), lived([])).rows
    assert row.mean_levels == (0.0, 1.0, 1.0)


def test_a_promise_is_broken_only_beyond_doubt_and_only_where_it_was_made() -> None:
    often = [lived([promoted(1, 1, 0.02)]) for _ in range(10)]
    rarely = [lived([promoted(1, 1, 0.02)])] + [lived([])] * 40
    others = [lived([promoted(1, 1, 0.02)], rule="fixed sample") for _ in range(10)]
    drifted = [
        lived([promoted(1, 1, 0.04)], scenario=Scenario.DRIFT, truth="drift to twice the budget") for _ in range(10)
    ]
    assert figures(*often).broken_promises
    assert not figures(*rarely).broken_promises
    assert not figures(*others).broken_promises
    assert not figures(*drifted).broken_promises
    assert "broken" in conclusions(figures(*often))[0]


# ── quantiles ─────────────────────────────────────────────────────────────────────────────────────
def test_what_was_never_reached_is_beyond_every_number() -> None:
    assert quantile([10, 20, None, None, None], 0.5).value is None
    assert quantile([10, 20, 30, None, None], 0.5).value == 30
    assert quantile([], 0.5) == Quantile(None, None, None)


@pytest.mark.parametrize("n", [6, 25, 101])
def test_the_interval_of_a_median_lies_between_order_statistics_that_miss_it_rarely(n: int) -> None:
    found = quantile(list(range(1, n + 1)), 0.5)
    assert found.low is not None
    low, high = int(found.low), n + 1 if found.high is None else int(found.high)

    def below(k: int) -> float:
        return float(sum(comb(n, i) for i in range(k)) / 2**n)

    # X_(low) > median if fewer than `low` values are below it; X_(high) <= median if at least `high` are.
    assert below(low) <= 0.025 < below(low + 1)
    assert 1.0 - below(high) <= 0.025 < 1.0 - below(high - 1)


def test_an_interval_that_few_values_cannot_close_stays_open() -> None:
    assert quantile([1, 2, 3], 0.9).high is None


# ── words ─────────────────────────────────────────────────────────────────────────────────────────
def test_figures_come_back_from_json_as_they_were() -> None:
    one = figures(lived([promoted(1, 1, 0.02)], n_exposed=70), lived([]))
    document = json.loads(json.dumps(document_of(one)))
    assert document["simulated"] is True
    assert figures_of(document) == one


def test_cells_have_their_counts_and_intervals() -> None:
    one = figures(lived([promoted(1, 1, 0.02)], n_exposed=70), lived([], n_exposed=30))
    (group,) = groups(one)
    row = group.rows[0]
    assert group.heading == "at-target: exactly the budget (2 intents)"
    assert share_words(row.promoted_falsely) == "1 of 2 (1.3 to 98.7 %)"
    assert safety_cells(group, row)[3] == "30 / 70, 10 wrong"
    assert days_words(row.days_to[0], 3) == "2 [2, >3] / >3, 1 of 2"
    assert days_words(row.days_to[3], 3) == "0 of 2"
    assert "seeds 0 to 1" in conditions(one)[0]


def test_the_report_is_labelled_escaped_and_loads_nothing() -> None:
    html = render_html(figures(lived([promoted(1, 1, 0.02)], n_exposed=70)))
    assert html.count("<h1>") == 1
    assert "SIMULATED: no conversation here was real" in html
    assert "&lt;b&gt;policy&lt;/b&gt;" in html
    assert "<b>policy" not in html
    assert "<script" not in html
    assert "http://" not in html
    assert "https://" not in html
    assert "default-src 'none'; style-src 'sha256-" in html
    assert html.count('class="plot"') == 2


def test_a_plot_has_a_line_for_each_rule_and_a_table_beside_it() -> None:
    both = figures(lived([], n_exposed=9), lived([], rule="fixed sample", n_exposed=4))
    html = render_html(both)
    assert html.count('<polyline class="rule0"') == 2
    assert html.count('<polyline class="rule1"') == 2
    assert "Mean level by day (simulated)" in html
