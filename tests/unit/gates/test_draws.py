"""Rates that experts certify from drawn conversations, with a judge that says where to look."""

import random
from dataclasses import replace

import pytest

from remit.evidence import LabelSource, Observation, ObservationKey, Outcome
from remit.evidence.verdicts import Finding
from remit.gates.draws import DrawCounting, Drawn
from remit.statistics import ActiveEvidence, VerdictCounts
from unit.gates.living import GUIDED, days, judged, row, states

COUNTING = DrawCounting("bad_outcome", eps=0.02, least_pi=0.1)
SHARES = {"flagged": 0.5, "other": 0.1}


def draw(key: str, day: int, stratum: str, *, drawn: bool) -> Observation:
    return row(
        f"d{key}",
        day=day,
        metric="sampled",
        label=LabelSource.EVENT,
        stratum=stratum,
        sampling_probability=SHARES[stratum],
        conversation=key,
        details={"drawn": drawn},
    )


def label(key: str, day: int, stratum: str, *, failed: bool) -> Observation:
    return row(key, day=day, stratum=stratum, sampling_probability=SHARES[stratum], failed=failed)


def traffic(
    n_days: int, per_day: int, *, error_rate: float, seed: int = 5
) -> tuple[list[Observation], list[Observation]]:
    """Draws in order, and the labels of the drawn ones; a 90/90 judge flags."""
    uniform = random.Random(seed).random
    draws, labels = [], []
    for number in range(n_days * per_day):
        day, failed = number // per_day, uniform() < error_rate
        stratum = "flagged" if uniform() < (0.9 if failed else 0.1) else "other"
        drawn = uniform() < SHARES[stratum]
        draws.append(draw(str(number), day, stratum, drawn=drawn))
        if drawn:
            labels.append(label(str(number), day, stratum, failed=failed))
    return draws, labels


def the_state(rows: list[Observation], *, through_json: bool = False) -> Drawn:
    (state,) = states(rows, [COUNTING], through_json=through_json).values()
    assert isinstance(state, Drawn)
    return state


def day_by_day(draws: list[Observation], labels: list[Observation]) -> list[Observation]:
    """Each day's draws, then its labels."""
    return sorted([*draws, *labels], key=lambda one: (one.cluster, one.metric != "sampled"))


def test_the_wealth_is_that_of_active_evidence_fed_day_by_day() -> None:
    draws, labels = traffic(12, 50, error_rate=0.02)
    by_key = {one.key: one for one in labels}
    expected = [0.0] * 8
    seen: dict[str, tuple[int, float]] = {}
    for day in range(11):  # the twelfth is not over
        guesses = tuple(VerdictCounts(stratum, *seen.get(stratum, (0, 0.0))) for stratum in SHARES)
        for one in draws[day * 50 : (day + 1) * 50]:
            given = by_key.get(ObservationKey(one.conversation))
            loss = None if given is None else float(given.outcome is Outcome.FAILED)
            fixed = ActiveEvidence(0.02, 0.1, verdicts=guesses)
            after = fixed.after(verdict=one.stratum, pi=one.sampling_probability, loss=loss)
            expected = [held + gain for held, gain in zip(expected, after.log_wealths, strict=True)]
            if loss is not None:
                n, lost = seen.get(one.stratum, (0, 0.0))
                seen[one.stratum] = (n + 1, lost + loss)

    state = the_state(day_by_day(draws, labels))

    assert state.log_wealths == pytest.approx(expected)
    assert state.n == 550


def test_labels_may_come_in_any_order() -> None:
    draws, labels = traffic(10, 50, error_rate=0.03)
    shuffled = random.Random(1).sample(labels, len(labels))

    first, second = the_state([*draws, *labels]), the_state([*draws, *shuffled])

    assert first.log_wealths == pytest.approx(second.log_wealths)
    assert first.labels == second.labels


def test_states_that_were_kept_go_on_as_if_they_had_not_been() -> None:
    draws, labels = traffic(6, 30, error_rate=0.05)
    rows = [one for pair in zip(draws, [*labels, *draws], strict=False) for one in pair][:400]

    assert the_state(rows) == the_state(rows, through_json=True)


def test_a_day_waits_for_its_last_label_and_so_do_the_days_behind_it() -> None:
    draws, labels = traffic(10, 50, error_rate=0.0)
    late = next(one for one in labels if one.cluster == draws[0].cluster)
    without = [*draws, *(one for one in labels if one is not late)]

    waiting, complete = the_state(without), the_state([*without, late])

    assert (waiting.n, waiting.n_waiting) == (0, 1 + _open_on_the_last_day(waiting))
    assert complete.n == 450


def _open_on_the_last_day(state: Drawn) -> int:
    return sum(sum(day.waiting.values()) for day in list(state.days.values())[1:])


def test_a_label_without_a_recorded_draw_counts_for_nothing_and_is_said() -> None:
    draws, labels = traffic(60, 100, error_rate=0.0)
    chosen = [label(f"x{number}", 3, "other", failed=False) for number in range(50)]

    verdict = judged([*day_by_day(draws, labels), *chosen], GUIDED)

    assert verdict.live is not None
    assert dict(verdict.live.not_counted)["without a recorded draw"] == 50
    assert verdict.finding is Finding.SUPPORTED


def test_a_good_agent_is_certified_from_few_labels_and_a_bad_one_refuted() -> None:
    good = judged(day_by_day(*traffic(60, 100, error_rate=0.002)), GUIDED)
    bad = judged(day_by_day(*traffic(20, 100, error_rate=0.2)), GUIDED)

    assert good.finding is Finding.SUPPORTED
    assert good.live is not None
    assert good.live.n < 60 * 100 * 0.2
    assert bad.finding is Finding.REFUTED


def test_draws_without_any_label_are_no_evidence() -> None:
    draws, _ = traffic(30, 50, error_rate=0.0)
    verdict = judged(draws, GUIDED)

    assert verdict.finding is Finding.UNDECIDED
    assert "wait for a label" in verdict.why


def test_a_revised_label_replaces_its_gain() -> None:
    draws, labels = traffic(8, 40, error_rate=0.0)
    last = labels[-1]
    changed = replace(
        last,
        key=ObservationKey(f"{last.key}:revised:1"),
        outcome=Outcome.FAILED,
        details={"was": "passed", "was_matured": True},
    )
    wrong = [replace(one, outcome=Outcome.FAILED) if one is last else one for one in labels]

    revised, directly = the_state([*draws, *labels, changed]), the_state([*draws, *wrong])

    for state in (revised, directly):
        assert state.days[last.cluster].loss == 1.0
    assert revised.days[last.cluster].gains == pytest.approx(directly.days[last.cluster].gains)


def test_the_least_number_of_days_counts_complete_days_only() -> None:
    draws, labels = traffic(14, 400, error_rate=0.0)
    one_more, its_labels = traffic(15, 400, error_rate=0.0)

    assert judged(day_by_day(draws, labels), GUIDED).finding is Finding.UNDECIDED
    assert judged(day_by_day(one_more, its_labels), GUIDED).finding is Finding.SUPPORTED


def test_plain_rows_are_no_draws() -> None:
    assert judged(days(40, 30), GUIDED).finding is Finding.UNDECIDED


def test_before_any_draw_the_need_is_planned_with_a_usual_judge() -> None:
    needed = judged([], GUIDED).needed

    assert needed is not None
    assert 700 < needed.labels < needed.conversations
    assert "half of the budget" in needed.assuming
