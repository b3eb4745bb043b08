"""Replays score by what happens in the world, compare with what was published, and say who is right."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from remit.adapters.memory import MemoryLedger
from remit.app.replay import GateStatement, Replay, find_domain_folder, parse_gate, replay_file
from remit.app.replay_results import keep_replays, observations, replay_document
from remit.errors import ImportFormatError, LedgerConflict, SettingsError
from remit.evidence import Outcome, Source, Strength
from remit.evidence.verdicts import Finding
from unit.tau.small_shop import (
    ANA,
    ANAS_ORDER,
    BEN,
    BENS_ORDER,
    calls,
    cancel,
    database,
    good_conversation,
    hears,
    refusal_conversation,
    results,
    says,
    shop_folder,
    simulation,
    task,
    tasks,
    write,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HALF = GateStatement(1, 0.5)


def replayed(folder: Path, content: Any, *, gate: GateStatement = HALF, data: bool = True) -> Replay:
    """A results file replayed in the small shop."""
    place = folder / "retail"
    if data and not place.exists():
        shop_folder(folder)
    return asyncio.run(replay_file(write(folder, content), data=folder if data else None, gate=gate))


def reworded(conversation: dict[str, Any], answer: str) -> dict[str, Any]:
    """The conversation with another recorded answer of its tool."""
    messages = [each | {"content": answer} if each["role"] == "tool" else each for each in conversation["messages"]]
    return conversation | {"messages": messages}


# ── rewards ───────────────────────────────────────────────────────────────────────────────────────
def test_rewards_are_computed_from_the_world_and_equal_honest_published_ones(tmp_path: Path) -> None:
    replay = replayed(tmp_path, results([good_conversation(), refusal_conversation()]))

    assert replay.n_recomputed == 2
    assert [trial.outcome for trial in replay.run.trials] == [Outcome.PASSED, Outcome.PASSED]
    assert replay.differences == ()
    assert replay.pass_hat_k[1].estimate == 1.0


def test_a_published_reward_that_was_changed_is_named_and_not_taken_over(tmp_path: Path) -> None:
    lied = good_conversation() | {"reward_info": {"reward": 0.0}}

    replay = replayed(tmp_path, results([lied]))

    (difference,) = replay.differences
    assert (difference.conversation, difference.published, difference.recomputed) == ("c-ana", 0.0, 1.0)
    assert difference.why.startswith("the re-computed one: every check")
    assert replay.run.trials[0].outcome is Outcome.PASSED


def test_a_missing_word_fails_and_the_check_is_named(tmp_path: Path) -> None:
    silent = good_conversation()
    silent["messages"] = [each for each in silent["messages"] if "1,050" not in (each.get("content") or "")]

    replay = replayed(tmp_path, results([silent]))

    assert replay.run.trials[0].outcome is Outcome.FAILED
    assert replay.run.trials[0].attributed_to == "agent"
    assert replay.differences[0].why.startswith("""the re-computed one: "says '1050'" does not hold""")


def test_a_cut_off_conversation_scores_nothing_even_with_the_right_end(tmp_path: Path) -> None:
    replay = replayed(tmp_path, results([good_conversation() | {"termination_reason": "max_steps"}]))

    assert replay.run.trials[0].details["recomputed_reward"] == 0.0
    assert replay.run.trials[0].attributed_to == "agent"


def test_numbers_that_are_written_otherwise_are_another_state(tmp_path: Path) -> None:
    # The publishers compare end states as text.
    certificate = {"name": "send_certificate", "arguments": {"user_id": "u", "amount": 50}}
    old = {"user_id": "u", "instruction": "You are carla_ruiz_3003.", "actions": [certificate], "outputs": []}
    users: dict[str, Any] = {"u": {"payment_methods": {}, "name": {}, "reservations": []}}
    for table, records in (("users", users), ("flights", {}), ("reservations", {})):
        write(tmp_path, records, f"{table}.json")
    answer = "Certificate certificate_3221322 added to user u with amount {}."
    rows = [
        {
            "task_id": 0,
            "reward": reward,
            "info": {"task": old},
            "traj": [
                hears("Hello"),
                *_tau1_call("send_certificate", answer.format(amount), user_id="u", amount=amount),
                hears(f"{amount} ###STOP###"),
            ],
        }
        for amount, reward in ((50, 1.0), (50.0, 0.0))
    ]

    path = write(tmp_path, rows)
    replay = asyncio.run(replay_file(path, data=tmp_path, gate=HALF))

    assert [trial.details["recomputed_reward"] for trial in replay.run.trials] == [1.0, 0.0]
    assert replay.differences == ()


@pytest.mark.parametrize("published", [0.0, 1.0])
def test_a_judge_is_believed_only_where_every_check_holds(tmp_path: Path, published: float) -> None:
    judged = [task("ana", ANA, ANAS_ORDER, [cancel(ANAS_ORDER)], reward_basis=["DB", "NL_ASSERTION"])]
    reward = {"reward_info": {"reward": published}}
    idle = simulation("idle", "ana", [hears(f"I am {ANA}"), says("No."), hears("###STOP###")], reward=1.0)

    replay = replayed(tmp_path, results([good_conversation() | reward, idle], of=judged))

    believed, settled = replay.run.trials
    assert believed.outcome is (Outcome.PASSED if published else Outcome.FAILED)
    assert "NL_ASSERTION" in str(believed.details["not_recomputed"])
    assert (settled.outcome, settled.details["recomputed_reward"]) == (Outcome.FAILED, 0.0)
    assert [each.conversation for each in replay.differences] == ["idle"]


# ── what does not count ───────────────────────────────────────────────────────────────────────────
def test_a_recorded_answer_that_contradicts_the_world_is_not_counted(tmp_path: Path) -> None:
    altered = reworded(good_conversation(), json.dumps({"order_id": ANAS_ORDER, "status": "pending"}))

    replay = replayed(tmp_path, results([altered]))

    (trial,) = replay.run.trials
    assert trial.outcome is Outcome.INFRASTRUCTURE_ERROR
    assert "call 1 (cancel_pending_order)" in trial.error
    assert trial.details["recomputed_reward"] == 1.0
    assert any("contradict" in each for each in replay.findings)


def test_a_refusal_in_other_words_is_no_contradiction(tmp_path: Path) -> None:
    asked = calls("call_1", "cancel_pending_order", "Error: no such order", order_id="#W0", reason="no longer needed")
    talk = simulation("c", "ben", [hears(f"I am {BEN}"), *asked, says("No."), hears("###STOP###")], reward=1.0)

    replay = replayed(tmp_path, results([talk]))

    assert replay.run.trials[0].outcome is Outcome.PASSED
    assert "1 recorded refusal in other words than this world's; the same calls fail" in replay.findings


def test_a_scenario_whose_reference_cannot_write_is_the_scenarios_error(tmp_path: Path) -> None:
    broken = [task("ana", ANA, ANAS_ORDER, [cancel(ANAS_ORDER, reason="a whim")]), tasks()[1]]
    talk = simulation("c", "ana", [hears(f"I am {ANA}"), says("No."), hears("###STOP###")], reward=1.0)

    replay = replayed(tmp_path, results([talk], of=broken))

    (trial,) = replay.run.trials
    assert (trial.outcome, trial.attributed_to) == (Outcome.SCENARIO_ERROR, "scenario")
    assert trial.details["recomputed_reward"] == 1.0


def test_a_start_state_is_made_before_the_conversation_is_played(tmp_path: Path) -> None:
    delivered = {"initialization_data": {"agent_data": {"orders": {ANAS_ORDER: {"status": "delivered"}}}}}
    impossible = {"initialization_data": {"agent_data": {"orders": {BENS_ORDER: {"status": {"now": "delivered"}}}}}}
    started = [tasks()[0] | {"initial_state": delivered}, tasks()[1] | {"initial_state": impossible}]
    refused = reworded(good_conversation(), "Error: Non-pending order cannot be cancelled")

    replay = replayed(tmp_path, results([refused, refusal_conversation()], of=started))

    playable, unplayable = replay.run.trials
    assert playable.details["n_answers_same"] == playable.details["n_answers_compared"] == 1
    assert (unplayable.outcome, unplayable.attributed_to) == (Outcome.SCENARIO_ERROR, "scenario")
    assert "cannot be made" in unplayable.error


def test_too_many_exclusions_decide_nothing(tmp_path: Path) -> None:
    failed = [
        simulation(f"f{n}", "ben", [hears(f"I am {BEN} {n}"), *_cancels(n), hears("###STOP###")], reward=0.0)
        for n in range(40)
    ]
    lost = [
        simulation(f"x{n}", "ben", [hears(f"I am {BEN}, lost {n}"), hears("###OUT-OF-SCOPE###")], reward=1.0)
        for n in range(20)
    ]
    many = [task(f"ben{n}", BEN, BENS_ORDER, []) for n in range(40)]
    spread = [each | {"task_id": f"ben{n % 40}"} for n, each in enumerate([*failed, *lost])]

    enough = replayed(tmp_path, results(spread[:40], of=many))
    with_exclusions = replayed(tmp_path, results(spread, of=many))

    assert enough.verdicts[0].finding is Finding.REFUTED
    assert with_exclusions.verdicts[0].finding is Finding.UNDECIDED
    assert with_exclusions.verdicts[0].n_excluded == 20


def test_without_the_benchmarks_data_rewards_are_kept_as_published(tmp_path: Path) -> None:
    replay = replayed(tmp_path, results([good_conversation()]), data=False)

    assert replay.n_recomputed == 0
    assert replay.run.baselines == ()
    assert [row.source for row in observations(replay, seen_at=NOW)] == [Source.PUBLISHED_RESULT]


def test_a_conversation_without_any_reward_says_nothing(tmp_path: Path) -> None:
    replay = replayed(tmp_path, results([good_conversation() | {"reward_info": None}]), data=False)

    assert replay.run.trials[0].outcome is Outcome.INFRASTRUCTURE_ERROR


# ── beside the score ──────────────────────────────────────────────────────────────────────────────
def test_baselines_are_run_on_the_same_scenarios(tmp_path: Path) -> None:
    worded = task("eva", BEN, BENS_ORDER, [], communicate_info=["42"])

    replay = replayed(tmp_path, results([good_conversation()], of=[*tasks(), worded]))

    nothing, handoff = replay.run.baselines
    assert (nothing.n_passed, nothing.n_scenarios) == (1, 3)
    assert nothing.by_intent == {"cancel_pending_order": (0, 1), "no_write": (1, 2)}
    assert (handoff.n_passed, handoff.n_scenarios) == (1, 3)


def test_too_few_trials_for_the_gate_are_undecided_and_counted(tmp_path: Path) -> None:
    twice = [good_conversation("a1", "k1"), good_conversation("a2", "k2"), refusal_conversation()]

    replay = replayed(tmp_path, results(twice), gate=parse_gate("pass^4 >= 0.9"))

    assert {verdict.finding for verdict in replay.verdicts} == {Finding.UNDECIDED}
    missing = {intent: one.n_missing_trials for intent, one in replay.missing_for_gate.items()}
    assert missing == {"cancel_pending_order": 2, "no_write": 3}
    # Only one of the two tasks has a second trial.
    assert [(each.estimate, each.n_scenarios) for each in replay.pass_hat_k.values()] == [(1.0, 2), (1.0, 1)]


def test_an_older_task_inside_the_file_scores_and_is_named(tmp_path: Path) -> None:
    older = [task("ana", ANA, ANAS_ORDER, []), tasks()[1]]

    replay = replayed(tmp_path, results([good_conversation()], of=older))

    assert replay.run.trials[0].outcome is Outcome.FAILED
    assert any(
        "1 of 2 embedded tasks are other versions" in each and "reference in 1" in each for each in replay.findings
    )


# ── the ledger ────────────────────────────────────────────────────────────────────────────────────
def test_importing_twice_adds_nothing_and_another_name_is_a_conflict(tmp_path: Path) -> None:
    replay = replayed(tmp_path, results([good_conversation(), refusal_conversation()]))
    renamed = asyncio.run(replay_file(tmp_path / "results.json", data=tmp_path, gate=HALF, agent="somebody-else"))

    async def keep() -> tuple[int, int]:
        ledger = MemoryLedger()
        first = await keep_replays([replay], ledger, seen_at=NOW)
        second = await keep_replays([replay], ledger, seen_at=datetime(2026, 2, 2, tzinfo=UTC))
        with pytest.raises(LedgerConflict):
            await keep_replays([renamed], ledger, seen_at=NOW)
        return first, second

    assert asyncio.run(keep()) == (2, 0)


def test_observations_are_simulated_evidence_without_customer_text(tmp_path: Path) -> None:
    replay = replayed(tmp_path, results([good_conversation()]))

    (row,) = observations(replay, seen_at=NOW)

    assert (row.source, row.strength, row.metric) == (Source.REPLAYED_TRIAL, Strength.SIMULATED, "suite:tau2-retail")
    assert ANA not in str(row.details)
    assert ANAS_ORDER not in str(row.details)


def test_the_document_for_machines_is_json(tmp_path: Path) -> None:
    document = replay_document(replayed(tmp_path, results([good_conversation()])))

    assert json.loads(json.dumps(document))["rewards_recomputed"] == 1


# ── bad requests ──────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("text", ["pass^4", "pass^0>=0.9", "pass^4>=1.5", "pass^4>=0", "pass@4>=0.9", ""])
def test_a_gate_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="gate"):
        parse_gate(text)


@pytest.mark.parametrize(
    "layout", ["", "retail", "tau2/retail", "data/tau2/domains/retail", "tau1/retail", "tau_bench/envs/retail"]
)
def test_databases_are_found_where_the_public_repositories_keep_them(tmp_path: Path, layout: str) -> None:
    folder = tmp_path / layout
    edition = "tau1" if layout.startswith(("tau1", "tau_bench")) else "tau2"
    (folder / "data").mkdir(parents=True)
    if edition == "tau2":
        write(folder, database(), "db.json")
    for table, records in database().items():
        write(folder / "data", records, f"{table}.json")

    assert find_domain_folder(tmp_path, edition, "retail") == folder
    assert find_domain_folder(tmp_path / "elsewhere", edition, "retail") is None


def test_data_without_the_domain_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, results([good_conversation()]))

    with pytest.raises(SettingsError, match="no database of the tau2 retail domain"):
        asyncio.run(replay_file(path, data=tmp_path, gate=HALF))


def test_a_database_that_is_none_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, results([good_conversation()]))
    write(tmp_path, {"users": {}}, "db.json")

    with pytest.raises(ImportFormatError, match="has no table 'orders'"):
        asyncio.run(replay_file(path, data=tmp_path, gate=HALF))


def _cancels(number: int) -> list[dict[str, Any]]:
    # The recording keeps no answer, so there is nothing to contradict.
    arguments = {"order_id": BENS_ORDER, "reason": "no longer needed"}
    return calls(f"k{number}", "cancel_pending_order", "", **arguments)[:1]


def _tau1_call(name: str, answer: str, **arguments: Any) -> list[dict[str, Any]]:
    function = {"name": name, "arguments": json.dumps(arguments)}
    return [
        {"role": "assistant", "tool_calls": [{"id": "c", "function": function}]},
        {"role": "tool", "tool_call_id": "c", "name": name, "content": answer},
    ]
