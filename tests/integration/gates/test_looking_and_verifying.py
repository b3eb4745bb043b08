"""Looks at a live ledger: what is kept, what stays settled, and what a recomputation finds."""

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from remit.adapters.store import SqliteDatabase, SqliteLedger, SqliteRunningStates, SqliteVerdictRecords
from remit.app.gating import GateRequest, Look, Recomputation, look, verify
from remit.conversations import ReleaseId
from remit.errors import VerdictDamaged, VerdictUnknown
from remit.evidence import Observation, ObservationKey, Outcome
from remit.evidence.verdicts import Finding
from remit.gates.verdicts import exit_code, grants_from
from remit.policy.gates import Gate, LiveGate, NoWorseThan, SuiteGate
from remit.policy.levels import AutonomyLevel
from remit.policy.model import IntentPolicy, Policy
from unit.gates.living import AGENT, ANSWERS, APPROVAL, BAD, GUIDED, NOW, REFUND, RELEASE, days, row

Store = tuple[SqliteLedger, SqliteRunningStates, SqliteVerdictRecords]


def policy(*gates: Gate, level: AutonomyLevel = APPROVAL) -> Policy:
    return Policy(
        name="shop",
        problem="",
        digest="d",
        tools={},
        intents={REFUND: IntentPolicy(REFUND, ceiling=APPROVAL)},
        levels={},
        gates={level: gates},
    )


def request(*gates: Gate, **changes: Any) -> GateRequest:
    return replace(GateRequest(policy(*(gates or (BAD,))), AGENT, RELEASE, NOW), **changes)


def in_store(path: Path, story: Callable[[Store], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        async with SqliteDatabase(path / "remit.db") as database:
            await story((SqliteLedger(database), SqliteRunningStates(database), SqliteVerdictRecords(database)))

    asyncio.run(run())


def keep_and_look(path: Path, rows: Sequence[Observation], asked: GateRequest) -> Look:
    looked: list[Look] = []

    async def story(store: Store) -> None:
        await store[0].append(rows)
        looked.append(await look(asked, *store))

    in_store(path, story)
    return looked[0]


def verified(path: Path, verdict: str) -> Recomputation:
    found: list[Recomputation] = []

    async def story(store: Store) -> None:
        found.append(await verify(verdict, *store))

    in_store(path, story)
    return found[0]


def tamper(path: Path, statement: str) -> None:
    """What somebody with the file in hands can do."""
    connection = sqlite3.connect(path / "remit.db")
    with connection:
        for (trigger,) in connection.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            connection.execute(f"drop trigger {trigger}")
        assert connection.execute(statement).rowcount > 0
    connection.close()


# ── looking ───────────────────────────────────────────────────────────────────────────────────────
def test_a_second_look_at_the_same_evidence_is_the_same_record(tmp_path: Path) -> None:
    first = keep_and_look(tmp_path, days(30, 20), request())
    second = keep_and_look(tmp_path, [], request(now=NOW + timedelta(days=2)))

    assert (first.n_new, second.n_new) == (600, 0)
    assert first.records == second.records
    assert first.verdicts[0].finding is Finding.SUPPORTED


def test_only_what_is_new_is_folded(tmp_path: Path) -> None:
    keep_and_look(tmp_path, days(10, 20), request())
    later = keep_and_look(tmp_path, days(12, 20)[200:], request())

    assert later.n_new == 40
    assert later.position == 240
    assert later.verdicts[0].live is not None
    assert later.verdicts[0].live.n == 240


def test_a_line_that_was_crossed_stays_crossed(tmp_path: Path) -> None:
    crossed = keep_and_look(tmp_path, days(14, 25), request())
    worse = [row(f"late{number}", day=15, failed=number < 6) for number in range(40)]
    later = keep_and_look(tmp_path, worse, request())

    assert crossed.verdicts[0].finding is Finding.SUPPORTED
    assert later.verdicts[0].finding is Finding.SUPPORTED
    assert later.verdicts[0].settled_by == crossed.records[0].id
    assert later.verdicts[0].live is not None
    assert later.verdicts[0].live.log_e < later.verdicts[0].live.threshold
    assert not verified(tmp_path, later.records[0].id).differences


def test_what_is_refuted_stays_so_for_the_release_and_a_new_one_begins_with_less_alpha(tmp_path: Path) -> None:
    refuted = keep_and_look(tmp_path, days(6, 20, errors=range(0, 120, 4)), request())
    clean = [row(f"late{number}", day=10 + number // 40) for number in range(4000)]
    later = keep_and_look(tmp_path, clean, request())
    next_release = ReleaseId("r2")
    fresh = [replace(one, key=ObservationKey(f"r2{one.key}"), release=next_release) for one in days(20, 20)]
    second = keep_and_look(tmp_path, fresh, request(release=next_release))

    assert refuted.verdicts[0].finding is Finding.REFUTED
    assert later.verdicts[0].finding is Finding.REFUTED
    assert later.verdicts[0].settled_by == refuted.records[0].id
    assert second.verdicts[0].live is not None
    assert (second.verdicts[0].live.attempt, second.verdicts[0].live.n) == (2, 400)


def test_a_release_that_takes_over_counts_what_its_predecessor_did(tmp_path: Path) -> None:
    asked = request(release=ReleaseId("r2"), releases_that_count=lambda _: (RELEASE,))
    looked = keep_and_look(tmp_path, days(30, 20), asked)

    assert looked.verdicts[0].finding is Finding.SUPPORTED
    assert looked.records[0].releases == ("r2", "r1")


def test_observed_gates_block_nothing(tmp_path: Path) -> None:
    gates = (BAD, LiveGate("csat", NoWorseThan("stable"), mode="observe"))
    looked = keep_and_look(tmp_path, days(30, 20), request(*gates))

    assert exit_code(looked.verdicts) == 0
    assert [one.observed_only for one in looked.verdicts] == [False, True]


def test_an_empty_ledger_supports_nothing(tmp_path: Path) -> None:
    asked = policy(BAD, GUIDED, SuiteGate("journeys", 4, 0.9), level=ANSWERS)
    looked = keep_and_look(tmp_path, [], GateRequest(asked, AGENT, RELEASE, NOW))

    assert {one.finding for one in looked.verdicts} == {Finding.UNDECIDED}
    assert grants_from(asked, looked.verdicts) == {REFUND: AutonomyLevel.SHADOW}
    assert exit_code(looked.verdicts) == 2


# ── verifying ─────────────────────────────────────────────────────────────────────────────────────
def test_a_verdict_is_the_same_however_much_came_after_it(tmp_path: Path) -> None:
    looked = keep_and_look(tmp_path, days(20, 20, errors=[3, 50]), request())
    keep_and_look(tmp_path, [row(f"later{number}", day=30, failed=True) for number in range(50)], request())

    recomputed = verified(tmp_path, looked.records[0].id[:8])

    assert recomputed.record == looked.records[0]
    assert recomputed.differences == ()


@pytest.mark.parametrize(
    "change",
    [
        "outcome = 'failed'",
        "cluster = '2026-09-09'",
        "customer = 'somebody'",
        "label = 'judge'",
        "level = 'shadow'",
        "release = 'r7'",
        "matured = 0",
        "loss = 0.5",
        "stratum = 'other'",
        "at = '2026-09-02T00:00:00+00:00'",
        "sampling_probability = 0.5",
        "details = '{\"seed\": 3}'",
        "strength = 2",
    ],
)
def test_any_altered_row_that_was_counted_is_found(tmp_path: Path, change: str) -> None:
    looked = keep_and_look(tmp_path, days(20, 20), request())
    tamper(tmp_path, f"update observations set {change} where seq = 117")

    assert verified(tmp_path, looked.records[0].id).differences


@pytest.mark.parametrize(
    "statement",
    [
        "delete from observations where seq = 5",
        "update observations set seq = 9999 where seq = 5",
        "update observations set release = 'r1' where release = 'r9'",
    ],
)
def test_removed_moved_and_added_rows_are_found(tmp_path: Path, statement: str) -> None:
    foreign = [replace(one, key=ObservationKey(f"f{one.key}"), release=ReleaseId("r9")) for one in days(1, 3)]
    looked = keep_and_look(tmp_path, [*foreign, *days(20, 20)], request())
    tamper(tmp_path, statement)

    differences = verified(tmp_path, looked.records[0].id).differences

    assert any("rows of the ledger" in one for one in differences) == ("r9" in statement or "5" in statement)


def test_what_differs_is_said_with_both_numbers(tmp_path: Path) -> None:
    looked = keep_and_look(tmp_path, days(20, 20), request())
    tamper(tmp_path, "update observations set outcome = 'failed' where seq = 117")

    differences = verified(tmp_path, looked.records[0].id).differences

    assert "live.loss was 0.0, the ledger gives 1.0" in differences


def test_an_altered_record_is_found(tmp_path: Path) -> None:
    looked = keep_and_look(tmp_path, days(5, 20), request())
    tamper(tmp_path, "update verdict_records set content = replace(content, 'undecided', 'supported')")

    differences = verified(tmp_path, looked.records[0].id).differences

    assert any("the record itself was changed" in one for one in differences)


def test_a_record_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    looked = keep_and_look(tmp_path, days(5, 20), request())
    tamper(tmp_path, "update verdict_records set content = '{}'")

    with pytest.raises(VerdictDamaged, match="somebody has changed it"):
        verified(tmp_path, looked.records[0].id)


def test_an_unknown_id_and_an_ambiguous_one_are_said(tmp_path: Path) -> None:
    keep_and_look(tmp_path, days(5, 20), request(BAD, replace(BAD, metric="recontact")))

    with pytest.raises(VerdictUnknown, match="no such record"):
        verified(tmp_path, "v-nothing")
    with pytest.raises(VerdictUnknown, match="2 records begin with it"):
        verified(tmp_path, "v-")


def test_records_refuse_changes_and_deletions(tmp_path: Path) -> None:
    keep_and_look(tmp_path, days(2, 5), request())
    connection = sqlite3.connect(tmp_path / "remit.db")
    for statement in ("delete from verdict_records", "update verdict_records set decisive = 1"):
        with pytest.raises(sqlite3.IntegrityError, match="kept for good"):
            connection.execute(statement)
    connection.close()


def test_draws_guided_by_a_judge_are_recomputed_too(tmp_path: Path) -> None:
    rows = []
    for number in range(400):
        day, drawn = number // 20, number % 5 == 0
        shared: dict[str, Any] = {
            "day": day,
            "stratum": "other",
            "sampling_probability": 0.1,
            "conversation": f"c{number}",
        }
        rows.append(row(f"d{number}", metric="sampled", details={"drawn": drawn}, **shared))
        if drawn:
            rows.append(row(f"c{number}", **shared))
    looked = keep_and_look(tmp_path, rows, request(GUIDED))

    assert looked.verdicts[0].live is not None
    assert looked.verdicts[0].live.n == 76
    assert not verified(tmp_path, looked.records[0].id).differences
    tamper(tmp_path, "update observations set details = '{\"drawn\": true}' where seq = 2 or seq = 3")
    assert verified(tmp_path, looked.records[0].id).differences


def test_excluded_outcomes_are_part_of_what_is_recomputed(tmp_path: Path) -> None:
    rows = [*days(20, 20), row("x", outcome=Outcome.INFRASTRUCTURE_ERROR)]
    looked = keep_and_look(tmp_path, rows, request())
    tamper(tmp_path, "update observations set outcome = 'passed' where key = 'x'")

    assert verified(tmp_path, looked.records[0].id).differences
