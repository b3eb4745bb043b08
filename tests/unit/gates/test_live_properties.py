"""Rules that hold for every stream of live outcomes."""

import json
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from remit.evidence import LabelSource, Observation, Outcome, Recorded, Strength
from remit.evidence.verdicts import Finding
from remit.gates.live_counts import LiveCounting
from remit.gates.question import COUNTING
from remit.gates.verdicts import exit_code
from unit.gates.living import BAD, days, judged, row, states

outcomes = st.sampled_from([Outcome.PASSED, Outcome.PASSED, Outcome.FAILED, Outcome.DISPUTED, Outcome.CUSTOMER_ERROR])
changes = st.fixed_dictionaries(
    {
        "day": st.integers(0, 140),
        "outcome": outcomes,
        "customer": st.sampled_from(["", "a", "b", "c"]),
        "label": st.sampled_from([LabelSource.HUMAN_CONFIRMED, LabelSource.JUDGE]),
        "strength": st.sampled_from([Strength.LIVE, Strength.SIMULATED]),
        "matured": st.booleans(),
        "loss": st.sampled_from([None, 0.0, 0.35, 1.0]),
        "stratum": st.sampled_from(["", "other"]),
        "arm": st.sampled_from(["", "canary", "stable"]),
        "canary_share": st.sampled_from([0.0, 0.05, 0.5]),
        "details": st.sampled_from(
            [{}, {"was": "failed", "was_matured": True}, {"was": "passed"}, {"was": "disputed"}]
        ),
    }
)


@st.composite
def streams(draw: st.DrawFn) -> list[Observation]:
    drawn: list[dict[str, Any]] = draw(st.lists(changes, max_size=40))
    return [row(f"k{number}", **one) for number, one in enumerate(drawn)]


@given(streams())
@settings(deadline=None)
def test_states_that_were_kept_go_on_as_if_they_had_not_been(rows: list[Observation]) -> None:
    assert states(rows, COUNTING) == states(rows, COUNTING, through_json=True)


@given(streams())
@settings(deadline=None)
def test_a_run_of_rows_is_the_same_as_one_row_after_the_other(rows: list[Observation]) -> None:
    live = LiveCounting()
    run = [Recorded(position, one) for position, one in enumerate(rows, start=1)]
    singly = live.start("")
    for recorded in run:
        singly = live.add(singly, recorded)

    together = live.add_all(live.start(""), run)

    assert together == singly
    assert json.dumps(live.encode(together)) == json.dumps(live.encode(singly))
    assert live.decode(json.loads(json.dumps(live.encode(together)))) == together


@given(streams())
@settings(deadline=None)
def test_forty_outcomes_of_any_kind_never_support_two_in_a_hundred(rows: list[Observation]) -> None:
    assert judged(rows).finding is not Finding.SUPPORTED


@given(streams())
@settings(deadline=None)
def test_counts_are_never_negative_and_sources_add_up(rows: list[Observation]) -> None:
    live = judged(rows).live

    assert live is not None
    assert live.n == sum(n for _, n in live.label_sources) >= 0
    assert 0.0 <= live.loss <= live.n + 1e-9
    assert all(n > 0 for _, n in live.not_counted)


@given(streams())
@settings(deadline=None)
def test_a_gate_in_observe_mode_never_blocks(rows: list[Observation]) -> None:
    observed = judged(rows, replace(BAD, mode="observe"))
    supported = judged(days(30, 20))

    assert exit_code([supported, observed]) == 0


@given(streams(), st.integers(0, 39))
@settings(deadline=None)
def test_any_other_row_gives_another_digest(rows: list[Observation], which: int) -> None:
    if which >= len(rows):
        return
    altered = list(rows)
    altered[which] = replace(rows[which], customer=rows[which].customer + "x")
    before, after = states(rows, COUNTING), states(altered, COUNTING)

    assert {name: one.digest for name, one in before.items()} != {name: one.digest for name, one in after.items()}


@given(st.integers(1, 20), st.lists(st.integers(0, 599), max_size=30, unique=True))
@settings(deadline=None, max_examples=30)
def test_needed_is_positive_exactly_while_evidence_is_missing(n_days: int, errors: list[int]) -> None:
    verdict = judged(days(n_days, 30, errors))

    if verdict.needed is None:
        held = verdict.live is not None and verdict.live.held
        assert verdict.finding is not Finding.UNDECIDED or held
    else:
        assert verdict.finding is Finding.UNDECIDED
        assert verdict.needed.labels > 0 or (verdict.needed.days or 0) > 0
