"""Error budgets: what counts, over which days, when it is read, and what a crossing asks for."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.adapters.memory import MemoryLedger, MemoryRunningStates
from remit.conversations import IntentName, ReleaseId
from remit.evidence import LabelSource, LedgerFollower, Observation, Reducer, Strength
from remit.slo import (
    BudgetAction,
    BudgetActionKind,
    BudgetCounting,
    BudgetCounts,
    BudgetMonitor,
    BudgetReadout,
    BudgetState,
    BurnMonitor,
    Objective,
    read_budget,
)
from remit.slo.counting import Key, total
from remit.statistics import Clusters
from unit.slo.conversations import (
    contained,
    drawn,
    fold,
    labelled,
    objective,
    recontact,
    recorded,
    survey,
    today,
    write,
)

KEY = "shop|r-1|refund|tools_within_limits"


def read(which: Objective, states: dict[str, BudgetCounts], *, day: int = 0) -> BudgetReadout:
    (key,) = states
    return read_budget(which, Key.parse(key), states[key], today=today(day))


# ── what counts ───────────────────────────────────────────────────────────────────────────────────
def test_a_budget_is_of_one_release_intent_and_level() -> None:
    counting = BudgetCounting(objective())
    rows = [
        write(1, failed=False),
        write(2, failed=True, release=ReleaseId("r-2")),
        write(3, failed=False, intent=IntentName("order_status")),
        write(4, failed=False, level="autonomous"),
    ]
    states = fold(counting, rows)
    assert set(states) == {
        KEY,
        "shop|r-2|refund|tools_within_limits",
        "shop|r-1|order_status|tools_within_limits",
        "shop|r-1|refund|autonomous",
    }
    assert all(total(state.whole).n_matured == 1 for state in states.values())


def test_an_objective_without_intents_counts_all_together_and_one_with_an_intent_only_that() -> None:
    rows = [write(1, failed=False), write(2, failed=False, intent=IntentName("order_status"))]
    (together,) = fold(BudgetCounting(objective(per_intent=False)), rows).items()
    assert together[0] == "shop|r-1||"
    assert total(together[1].whole).n_matured == 2
    assert set(fold(BudgetCounting(objective(intent=IntentName("refund"))), rows)) == {KEY}


def test_what_is_simulated_counts_only_where_it_is_asked_for() -> None:
    rows = [write(1, failed=False, strength=Strength.SIMULATED)]
    assert fold(BudgetCounting(objective()), rows) == {}
    assert len(fold(BudgetCounting(objective(), least=Strength.SIMULATED), rows)) == 1


def test_a_judge_alone_says_nothing() -> None:
    draw = drawn(1, stratum="flagged", probability=0.5, was_drawn=True)
    first, closed = labelled(draw, 1, failed=True)
    by_judge = [replace(row, label=LabelSource.JUDGE) for row in (first, closed)]
    (state,) = fold(BudgetCounting(objective("bad_outcome")), [draw, *by_judge]).values()
    assert total(state.whole).n_errors == 0
    assert total(state.whole).n_begun == 1


def test_a_bad_outcome_counts_against_at_once_and_as_matured_when_it_has() -> None:
    counting = BudgetCounting(objective("bad_outcome"))
    draw = drawn(1, stratum="flagged", probability=0.5, was_drawn=True)
    first, closed = labelled(draw, 1, failed=True)
    (known,) = fold(counting, [draw, first]).values()
    (matured,) = fold(counting, [draw, first, closed]).values()
    assert (total(known.whole).n_errors, total(known.whole).n_matured) == (1, 0)
    assert (total(matured.whole).n_errors, total(matured.whole).n_errors_matured) == (1, 1)
    assert "1 more bad so far, not matured" in read(counting.objective, {KEY: known}, day=1).why


def test_recontact_begins_with_a_contained_conversation_and_matures_with_its_window() -> None:
    counting = BudgetCounting(objective("recontact"))
    rows = [contained(1), contained(2), contained(3, handoff="customer_asked"), *recontact(1, failed=True)]
    (state,) = fold(counting, [*rows, *recontact(2, failed=False)]).values()
    counts = total(state.whole)
    assert (counts.n_begun, counts.n_matured, counts.n_errors_matured) == (2, 2, 1)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 130), st.booleans()), min_size=1, max_size=60))
def test_a_state_goes_on_from_its_json_as_if_it_had_never_been_kept(rows: list[tuple[int, bool]]) -> None:
    for metric in ("critical_action", "bad_outcome", "containment"):
        counting = BudgetMonitor(objective(metric, 0.9))
        observations = []
        for number, (day, failed) in enumerate(rows):
            if metric == "critical_action":
                observations.append(write(number, failed=failed, day=day))
            elif metric == "containment":
                observations.append(contained(number, handoff="x" if failed else "", day=day))
            else:
                draw = drawn(number, stratum="other", probability=0.1, was_drawn=True, day=day)
                observations += [draw, *labelled(draw, number, failed=failed, day=day)]
        straight = kept = counting.start(KEY)
        for one in recorded(observations):
            straight = counting.add(straight, one)
            kept = counting.decode(json.loads(json.dumps(counting.encode(counting.add(kept, one)))))
        assert kept == straight
        assert len(kept.days) <= 90
        assert total(kept.whole).n_matured == len(rows), "what leaves the window stays in the release"


def test_followers_of_budgets_fold_each_observation_once_and_a_refold_finds_the_same() -> None:
    rows = [write(n, failed=n % 9 == 0, day=n % 30) for n in range(150)]
    for number in range(60):
        draw = drawn(number, stratum="other", probability=0.1, was_drawn=number % 2 == 0, day=number % 30)
        rows += [draw, *(labelled(draw, number, failed=number % 8 == 0, day=number % 30) if number % 2 == 0 else ())]

    async def story() -> None:
        ledger, states = MemoryLedger(), MemoryRunningStates()
        reducers: list[Reducer[Any]] = [
            BudgetMonitor(objective()),
            BudgetMonitor(objective("bad_outcome")),
            BurnMonitor(objective("turn")),
        ]
        followers = [LedgerFollower("budgets", reducers, ledger, states) for _ in range(2)]
        for start in range(0, len(rows), 50):
            await ledger.append(rows[start : start + 50])
            await asyncio.gather(*(follower.catch_up(batch=17) for follower in followers))
        kept = await states.load("budgets")
        assert kept == await followers[0].refold(len(rows))
        assert len(kept) == 2
        asked_for = await followers[0].pending_actions()
        assert {BudgetAction.from_document(document).kind for document in asked_for.values()} >= {
            BudgetActionKind.STEP_DOWN
        }

    asyncio.run(story())


def test_the_design_effect_kept_step_by_step_is_that_of_whole_days() -> None:
    rows = [write(n, failed=n % 7 == 0 and n % 3 == 0, day=n % 12) for n in range(500)]
    (state,) = fold(BudgetCounting(objective()), rows).values()
    whole = Clusters()
    for strata in state.days.values():
        counts = total(strata)
        whole = whole.after(n=counts.n_begun, loss=counts.n_errors)
    assert state.effect().phi == pytest.approx(whole.effect().phi)
    assert state.clusters.n_clusters == 12


# ── the window and the states ─────────────────────────────────────────────────────────────────────
def test_below_ten_budgeted_errors_there_is_no_budget_to_read() -> None:
    which = objective()
    assert which.n_min == 500
    few = fold(BudgetCounting(which), (write(n, failed=n % 80 == 7, day=n // 25) for n in range(499)))
    enough = fold(BudgetCounting(which), (write(n, failed=n % 80 == 7, day=n // 25) for n in range(500)))
    assert read(which, few, day=20).budget_remaining is None
    assert read(which, few, day=20).state is BudgetState.INSUFFICIENT
    assert read(which, enough, day=20).budget_remaining == pytest.approx(1.0 - 7 / 500 / 0.02)
    assert read(which, enough, day=20).state is BudgetState.WITHIN


def test_the_window_grows_until_enough_is_in_it_and_not_beyond_90_days() -> None:
    which = objective()
    busy = fold(BudgetCounting(which), (write(n, failed=False, day=n % 100) for n in range(100 * 30)))
    slow = fold(BudgetCounting(which), (write(n, failed=False, day=n) for n in range(100)))
    middle = fold(BudgetCounting(which), (write(n, failed=False, day=n % 100) for n in range(100 * 10)))
    assert read(which, busy, day=99).window.n_days == 28
    assert read(which, middle, day=99).window.n_days == 50
    assert read(which, slow, day=99).window.n_days == 90
    assert read(which, slow, day=99).counts.n_matured == 90


def test_a_clean_release_is_earned_before_its_budget_can_be_read() -> None:
    which = objective()
    states = fold(BudgetCounting(which), (write(n, failed=False, day=n % 28) for n in range(420)))
    readout = read(which, states, day=28)
    assert readout.state is BudgetState.EARNED
    assert readout.budget_remaining is None
    assert readout.e_promote is not None
    assert readout.e_promote >= 20.0


def test_a_burned_budget_stays_burned_until_the_next_release() -> None:
    which = objective()
    counting = BudgetMonitor(which)
    bad = [write(n, failed=n % 5 == 0, day=n % 10) for n in range(60)]
    healed = [write(n, failed=False, day=11 + n % 10) for n in range(100, 3_000)]
    states = fold(counting, [*bad, *healed])
    assert read(which, states, day=21).state is BudgetState.BURNED
    fresh = fold(counting, [write(9_000, failed=False, day=22, release=ReleaseId("r-2"))])
    assert read(which, fresh, day=22).state is BudgetState.INSUFFICIENT


def test_of_a_drawn_part_the_rate_is_weighted_by_stratum_and_the_interval_decides() -> None:
    which = objective("bad_outcome", 0.9)
    rows = []
    for number in range(3_000):
        flagged = number % 10 == 0
        was_drawn = flagged or number % 10 == 5
        stratum, probability = ("flagged", 1.0) if flagged else ("other", 1 / 9)
        draw = drawn(number, stratum=stratum, probability=probability, was_drawn=was_drawn, day=number % 28)
        rows.append(draw)
        if was_drawn:
            rows += labelled(draw, number, failed=flagged and number % 50 == 0, day=number % 28)
    readout = read(which, fold(BudgetCounting(which), rows), day=27)
    # 60 of 300 flagged ones were bad, none of the 300 drawn from the other 2,700.
    assert readout.estimate == pytest.approx(0.1 * 0.2 + 0.9 * 0.0)
    assert readout.e_promote is None
    assert readout.interval.low < 0.02 < readout.interval.high
    assert readout.state is BudgetState.EARNED
    assert readout.interval.high < 0.1


def test_a_stratum_without_a_label_leaves_the_rate_unknown() -> None:
    which = objective("bad_outcome", 0.9)
    draws = [drawn(n, stratum="other", probability=0.1, was_drawn=False) for n in range(300)]
    seen = drawn(900, stratum="flagged", probability=0.5, was_drawn=True)
    readout = read(which, fold(BudgetCounting(which), [*draws, seen, *labelled(seen, 900, failed=False)]), day=8)
    assert readout.estimate is None
    assert readout.budget_remaining is None
    assert readout.interval.high > 0.9


def test_labels_without_a_recorded_draw_count_for_nothing_and_are_told() -> None:
    which = objective("bad_outcome", 0.9)
    rows = [row for n in range(400) for row in labelled(drawn_never_kept(n), n, failed=False, day=n % 20)]
    readout = read(which, fold(BudgetCounting(which), rows), day=20)
    assert readout.counts.n_matured == 0
    assert readout.state is BudgetState.INSUFFICIENT
    assert (readout.interval.low, readout.interval.high) == (0.0, 1.0)
    assert "400 labels without a recorded draw do not count" in readout.why


def drawn_never_kept(number: int) -> Observation:
    return drawn(number, stratum="other", probability=0.1, was_drawn=True)


def test_surveys_are_shown_and_never_judged_by_themselves() -> None:
    which = objective("csat", 0.8)
    rows = [survey(n, 1.0, day=n % 20) for n in range(200)]
    counting = BudgetMonitor(which)
    readout = read(which, fold(counting, rows), day=20)
    assert readout.state is BudgetState.SHOWN
    assert readout.budget_remaining is None
    assert asked(counting, rows) == []


def test_a_floor_that_is_missed_is_said_and_narrows_nothing() -> None:
    which = objective("containment", 0.55)
    rows = [contained(n, handoff="x" if n % 4 else "", day=n // 20) for n in range(400)]
    counting = BudgetMonitor(which)
    readout = read(which, fold(counting, rows), day=20)
    assert readout.state is BudgetState.BURNED
    assert readout.budget_remaining is None
    assert asked(counting, rows) == []


# ── what a crossing asks for ──────────────────────────────────────────────────────────────────────
def asked(counting: BudgetMonitor, rows: list) -> list[BudgetAction]:  # type: ignore[type-arg]
    state, actions = counting.start(KEY), []
    for one in recorded(rows):
        after = counting.add(state, one)
        documents = json.loads(json.dumps(counting.actions(KEY, state, after, one)))
        found = [BudgetAction.from_document(document) for document in documents.values()]
        assert [action.key for action in found] == list(documents)
        actions += found
        state = after
    return actions


def test_half_burned_looks_closer_and_burned_steps_down_each_once_and_with_figures() -> None:
    rows = [write(n, failed=n % 8 == 0, day=n // 12) for n in range(400)]
    actions = asked(BudgetMonitor(objective()), rows)
    assert [action.kind for action in actions] == [
        BudgetActionKind.RAISE_SAMPLING,
        BudgetActionKind.FREEZE_PROMOTION,
        BudgetActionKind.STEP_DOWN,
    ]
    half, _, burned = actions
    assert half.position <= burned.position
    assert (burned.agent, burned.release, burned.intent, burned.level) == tuple(KEY.split("|"))
    assert "bad in" in burned.why
    assert "budget 0.02" in burned.why


def test_a_change_for_the_worse_after_a_long_good_time_is_noticed_where_the_release_as_a_whole_is_fine() -> None:
    which = objective()
    good = [write(n, failed=n % 200 == 0, day=n // 50) for n in range(4_000)]
    bad = [write(n, failed=n % 5 == 0, day=n // 50) for n in range(4_000, 4_400)]
    counting = BudgetMonitor(which)
    assert asked(counting, good) == []
    actions = asked(counting, [*good, *bad])
    assert actions[-1].kind is BudgetActionKind.STEP_DOWN
    assert "a change for the worse" in actions[-1].why
    states = fold(counting, [*good, *bad])
    assert states[KEY].burned_by == "change"
    assert states[KEY].log_e_rollback(which.eps) < 0.0
