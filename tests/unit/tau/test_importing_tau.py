"""Results and tasks of the tau benchmarks come in whole, checked, or not at all."""

import json
from pathlib import Path
from typing import Any

import pytest

from remit.adapters.formats.tau import read_results, read_tasks
from remit.errors import ImportFormatError
from remit.scenarios.model import SaidCheck, StateCheck
from unit.tau.small_shop import (
    ANA,
    ANAS_ORDER,
    BEN,
    BENS_ORDER,
    calls,
    cancel,
    good_conversation,
    hears,
    refusal_conversation,
    results,
    says,
    simulation,
    task,
    tasks,
    write,
)


# ── what cannot be used ───────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.999])
def test_a_file_cut_off_anywhere_is_one_error_that_says_so(tmp_path: Path, kept: float) -> None:
    text = json.dumps(results([good_conversation()]), indent=1)
    path = tmp_path / "cut.json"
    path.write_text(text[: int(len(text) * kept)], encoding="utf-8")

    with pytest.raises(ImportFormatError, match="breaks off") as caught:
        read_results(path)
    assert caught.value.path == str(path)
    assert caught.value.line is not None


@pytest.mark.parametrize(
    "content",
    [[], {}, [{"a": 1}], {"simulations": 3}, "text", {"simulations": [], "tasks": []}, [{"traj": []}, 5]],
)
def test_json_of_another_format_is_refused(tmp_path: Path, content: Any) -> None:
    with pytest.raises(ImportFormatError):
        read_results(write(tmp_path, content))


def test_what_is_not_text_and_what_is_not_there_are_refused(tmp_path: Path) -> None:
    binary = tmp_path / "results.json"
    binary.write_bytes(b"\xff\xfe\x00\x01")

    with pytest.raises(ImportFormatError):
        read_results(binary)
    with pytest.raises(ImportFormatError, match="no such file"):
        read_results(tmp_path / "none.json")
    with pytest.raises(ImportFormatError, match="cannot be read"):
        read_results(tmp_path)


def test_the_error_names_the_place_inside_the_file(tmp_path: Path) -> None:
    broken = good_conversation()
    del broken["task_id"]
    with pytest.raises(ImportFormatError, match=r"simulations\[1\] has no 'task_id'"):
        read_results(write(tmp_path, results([refusal_conversation(), broken])))

    broken = good_conversation() | {"messages": "none"}
    with pytest.raises(ImportFormatError, match=r"simulations\[0\].messages is a text, not a list"):
        read_results(write(tmp_path, results([broken])))


def test_a_conversation_of_a_task_that_the_file_does_not_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportFormatError, match="'zoe'"):
        read_results(write(tmp_path, results([good_conversation() | {"task_id": "zoe"}])))


# ── tasks ─────────────────────────────────────────────────────────────────────────────────────────
def test_a_task_becomes_a_scenario_and_nothing_is_lost(tmp_path: Path) -> None:
    ana, ben = read_tasks(write(tmp_path, tasks()))

    assert (ana.id, ana.intent, ben.intent) == ("ana", "cancel_pending_order", "no_write")
    assert ana.known == (f"Your user id is {ANA}.", "You like blue.")
    assert ana.unknown == ("You do not know your email.",)
    assert ana.persona == "Brief."
    assert ana.checks == (StateCheck(from_reference=True), SaidCheck(text="1050", without=","))
    assert ana.extra["reward_basis"] == ("DB", "COMMUNICATE")
    assert ana.extra["task"] == tasks()[0]


def test_absent_and_null_fields_make_the_same_version_and_a_changed_word_another(tmp_path: Path) -> None:
    plain = task("ana", ANA, ANAS_ORDER, [cancel(ANAS_ORDER)])
    with_nulls = {**plain, "ticket": None, "initial_state": None}
    changed = task("ana", ANA, BENS_ORDER, [cancel(ANAS_ORDER)])

    versions = [read_tasks(write(tmp_path, [each]))[0].version for each in (plain, with_nulls, changed)]

    assert versions[0] == versions[1] != versions[2]


def test_a_score_that_rests_on_a_judge_or_a_device_is_not_recomputed(tmp_path: Path) -> None:
    partly = task("ana", ANA, ANAS_ORDER, [cancel(ANAS_ORDER)], reward_basis=["DB", "NL_ASSERTION"])
    wholly = task("ben", BEN, BENS_ORDER, [], reward_basis=["ENV_ASSERTION"])

    judged, device = read_tasks(write(tmp_path, [partly, wholly]))

    assert "NL_ASSERTION" in judged.extra["judged"]
    assert "not_recomputed" not in judged.extra
    assert "ENV_ASSERTION" in device.extra["not_recomputed"]


def test_tasks_of_the_first_edition_are_read_too(tmp_path: Path) -> None:
    old = {
        "user_id": ANA,
        "instruction": "Cancel it.",
        "actions": [{"name": "cancel_pending_order", "kwargs": {"order_id": ANAS_ORDER}}],
        "outputs": ["10.5"],
    }

    (scenario,) = read_tasks(write(tmp_path, [old]))

    assert scenario.start.world == "tau1-retail"
    assert scenario.intent == "cancel_pending_order"
    assert scenario.checks[1] == SaidCheck(text="10.5", without=",")


# ── conversations ─────────────────────────────────────────────────────────────────────────────────
def test_optional_fields_may_be_missing(tmp_path: Path) -> None:
    bare = {"task_id": "ben", "messages": [hears("Hello ###STOP###")]}

    run = read_results(write(tmp_path, {"tasks": tasks(), "simulations": [bare]}))

    (conversation,) = run.conversations
    assert conversation.published_reward is None
    assert conversation.end.completed
    assert conversation.findings == ("how the conversation ended is not recorded",)
    assert run.agent == "results"


def test_missing_attempts_are_counted_against_the_plan(tmp_path: Path) -> None:
    three = [good_conversation("a1", "k1"), good_conversation("a2", "k2"), refusal_conversation()]

    run = read_results(write(tmp_path, results(three, num_trials=4)))

    assert run.planned == 8
    assert run.missing == {"ana": 2, "ben": 3}
    assert [each.index for each in run.conversations] == [0, 1, 0]


@pytest.mark.parametrize("name_of_copy", ["first", "second"])
def test_the_same_conversation_twice_counts_once(tmp_path: Path, name_of_copy: str) -> None:
    twice = [good_conversation("first"), good_conversation(name_of_copy), refusal_conversation()]

    run = read_results(write(tmp_path, results(twice)))

    first, second, _ = run.conversations
    assert first.end.excluded_by is None
    assert second.end.excluded_by == "infrastructure"
    assert second.findings == ("duplicate of first",)
    assert (run.planned, run.missing) == (2, {})


def test_a_conversation_filed_under_another_task_is_noticed(tmp_path: Path) -> None:
    swapped = good_conversation() | {"task_id": "ben"}

    (conversation,) = read_results(write(tmp_path, results([swapped]))).conversations

    assert conversation.end.excluded_by == "infrastructure"
    assert conversation.findings == ("does not belong to its task: it speaks of task 'ana'",)


def test_a_conversation_scored_with_another_reference_is_noticed(tmp_path: Path) -> None:
    checked = good_conversation()
    checked["reward_info"]["action_checks"] = [{"action": cancel(BENS_ORDER), "action_match": True}]

    (conversation,) = read_results(write(tmp_path, results([checked]))).conversations

    assert conversation.end.excluded_by == "infrastructure"
    assert conversation.findings[0].startswith("altered")


@pytest.mark.parametrize(
    ("reason", "completed", "excluded_by"),
    [
        ("user_stop", True, None),
        ("agent_stop", True, None),
        ("max_steps", False, None),
        ("too_many_errors", False, None),
        ("user_error", False, "customer"),
        ("infrastructure_error", False, "infrastructure"),
        ("meteor", False, "infrastructure"),
    ],
)
def test_how_a_conversation_ended_says_whose_failure_it_is(
    tmp_path: Path, reason: str, completed: bool, excluded_by: str | None
) -> None:
    ended = refusal_conversation() | {"termination_reason": reason}

    (conversation,) = read_results(write(tmp_path, results([ended]))).conversations

    assert (conversation.end.completed, conversation.end.excluded_by) == (completed, excluded_by)


def test_an_unknown_way_to_end_is_named(tmp_path: Path) -> None:
    ended = refusal_conversation() | {"termination_reason": "meteor"}

    (conversation,) = read_results(write(tmp_path, results([ended]))).conversations

    assert conversation.findings == ("unknown way to end: 'meteor'",)


def test_a_customer_who_has_no_line_left_is_the_customers_failure(tmp_path: Path) -> None:
    lost = simulation("c", "ben", [hears(f"I am {BEN}"), says("Yes?"), hears("###OUT-OF-SCOPE###")], reward=1.0)

    (conversation,) = read_results(write(tmp_path, results([lost]))).conversations

    assert (conversation.end.completed, conversation.end.excluded_by) == (True, "customer")


def test_tools_of_the_customer_are_not_the_agents(tmp_path: Path) -> None:
    own = calls("call_9", "toggle_airplane_mode", "on")
    own[0]["role"] = "user"
    own[0]["tool_calls"][0]["requestor"] = "user"
    talk = simulation("c", "ben", [hears(f"I am {BEN}"), *own, hears("###STOP###")], reward=1.0)

    (conversation,) = read_results(write(tmp_path, results([talk]))).conversations

    assert conversation.calls == ()


def test_calls_that_share_an_id_keep_their_own_answers(tmp_path: Path) -> None:
    first = calls("call_0", "get_user_details", "one", user_id=BEN)
    second = calls("call_0", "get_order_details", "two", order_id=BENS_ORDER)
    talk = simulation("c", "ben", [hears("Hi"), *first, *second, hears("###STOP###")], reward=1.0)

    (conversation,) = read_results(write(tmp_path, results([talk]))).conversations

    assert [each.text for each in conversation.calls] == ["one", "two"]
