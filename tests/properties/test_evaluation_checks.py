"""Rules of the checks that hold for every world and every end state."""

import json
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from remit.conversations import HandedOff, HandoffReason, IntentName
from remit.evaluation.checks import Ending, check_ending
from remit.evaluation.end_states import closest_difference
from remit.scenarios.difference import difference
from remit.scenarios.model import (
    HandoffCheck,
    SaidCheck,
    Scenario,
    ScenarioId,
    StartState,
    StateChange,
    StateCheck,
)

KEYS = st.sampled_from(["a", "b", "c", "x/y", "t~u"])
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from(["", "p", "q"]))
RECORDS = st.dictionaries(KEYS, st.one_of(SCALARS, st.lists(SCALARS, max_size=2)), max_size=3)
WORLDS = st.dictionaries(KEYS, st.dictionaries(KEYS, RECORDS, max_size=3), max_size=3)


def scenario(*checks: Any) -> Scenario:
    return Scenario(ScenarioId("s"), IntentName("i"), "", "", StartState("w"), checks)


@given(WORLDS, WORLDS)
def test_what_was_done_is_an_acceptable_end_state_of_itself(before: Any, after: Any) -> None:
    changes = difference(before, after)

    assert closest_difference((changes,), changes) == []


@given(WORLDS, WORLDS, WORLDS)
def test_another_end_state_is_never_accepted(before: Any, one: Any, other: Any) -> None:
    assume(difference(one, other))
    wanted, got = difference(before, one), difference(before, other)

    lines = closest_difference((wanted,), got)

    assert lines
    assert all(": expected " in line for line in lines)


@given(WORLDS, st.lists(WORLDS, min_size=1, max_size=4), st.data())
def test_one_of_several_acceptable_end_states_is_enough(before: Any, ends: Any, data: Any) -> None:
    acceptable = tuple(difference(before, end) for end in ends)
    reached = data.draw(st.sampled_from(acceptable))

    assert closest_difference(acceptable, reached) == []


@given(WORLDS, WORLDS)
def test_what_is_ignored_never_matters(before: Any, after: Any) -> None:
    changes = difference(before, after)

    assert closest_difference(((),), changes, ignore=[change.pointer for change in changes]) == []
    assert closest_difference((changes,), (), ignore=[change.pointer for change in changes]) == []


@given(st.floats(-1e6, 1e6), st.floats(-1, 1), st.floats(0, 2))
def test_numbers_within_the_tolerance_are_the_same(value: float, shift: float, tolerance: float) -> None:
    wanted = (StateChange("/t/r/amount", None, value),)
    got = (StateChange("/t/r/amount", 0, value + shift),)

    held = not closest_difference((wanted,), got, tolerance=tolerance)

    assert held == (abs(value - (value + shift)) <= tolerance)


@given(
    st.lists(RECORDS, min_size=1, max_size=4, unique_by=lambda record: json.dumps(record, sort_keys=True)), st.data()
)
def test_new_records_are_found_under_any_id_and_in_any_order(records: Any, data: Any) -> None:
    ids = data.draw(st.lists(st.uuids().map(str), min_size=len(records), max_size=len(records), unique=True))
    shuffled = data.draw(st.permutations(records))
    got = tuple(StateChange(f"/refunds/{name}", None, one, "added") for name, one in zip(ids, records, strict=True))
    wanted = tuple(StateChange("/refunds/*", None, one) for one in shuffled)

    assert closest_difference((wanted,), got) == []
    assert closest_difference((wanted[1:],), got) != []


def test_fields_of_two_new_records_do_not_mix() -> None:
    wanted = (
        StateChange("/refunds/*", None, {"order": "W1", "amount": 10}),
        StateChange("/refunds/*", None, {"order": "W2", "amount": 20}),
    )
    got = (
        StateChange("/refunds/R1", None, {"order": "W1", "amount": 20}, "added"),
        StateChange("/refunds/R2", None, {"order": "W2", "amount": 10}, "added"),
    )

    assert closest_difference((wanted,), got) == [
        "/refunds/R1/amount: expected 10, got 20",
        "/refunds/R2/amount: expected 20, got 10",
    ]


def test_the_nearest_acceptable_state_is_the_one_that_is_shown() -> None:
    check = StateCheck(
        acceptable=((), (StateChange("/o/W1/status", None, "cancelled"), StateChange("/o/W1/refunded", None, True)))
    )
    got = (StateChange("/o/W1/status", "open", "cancelled"), StateChange("/o/W1/refunded", None, 1, "added"))

    (result,) = check_ending(scenario(check), Ending(got, (), (), None), None)

    assert not result.held
    assert result.detail == "/o/W1/refunded: expected true, got 1\n(the nearest of 2 acceptable end states)"


def test_null_and_removed_are_different_ends() -> None:
    null, removed = StateChange("/o/W1", 1, None), StateChange("/o/W1", 1, None, "removed")

    assert closest_difference(((null,),), (removed,)) == ["/o/W1: expected null, got removed"]
    assert closest_difference(((removed,),), (null,)) == ["/o/W1: expected removed, got null"]


def test_a_check_on_the_reference_does_not_hold_without_one() -> None:
    (result,) = check_ending(scenario(StateCheck(from_reference=True)), Ending((), (), (), None), None)

    assert not result.held
    assert "reference" in result.detail


@given(st.text(max_size=20), st.lists(st.text(max_size=20), max_size=3))
def test_said_and_never_said_are_opposites(text: str, said: list[str]) -> None:
    ending = Ending((), (), tuple(said), None)
    words, silence = check_ending(scenario(SaidCheck(text=text), SaidCheck(text=text, said=False)), ending, None)

    assert words.held != silence.held


@given(st.sampled_from(HandoffReason), st.sets(st.sampled_from(HandoffReason)))
def test_a_handoff_is_expected_or_forbidden_never_both(reason: HandoffReason, wanted: set[HandoffReason]) -> None:
    ending = Ending((), (), (), HandedOff(reason, ""))
    reasons = tuple(sorted(wanted))
    expected, forbidden = check_ending(
        scenario(HandoffCheck(True, reasons), HandoffCheck(False, reasons)), ending, None
    )

    assert expected.held == (not wanted or reason in wanted)
    assert forbidden.held == (not expected.held)


def test_commas_can_be_taken_out_of_a_number_before_it_is_looked_for() -> None:
    ending = Ending((), (), ("That makes $1,234.50 in total.",), None)
    plain, cleaned, pattern = check_ending(
        scenario(SaidCheck("1234.50"), SaidCheck("1234.50", without=","), SaidCheck(pattern=r"\btotal\.$")),
        ending,
        None,
    )

    assert (plain.held, cleaned.held, pattern.held) == (False, True, True)
