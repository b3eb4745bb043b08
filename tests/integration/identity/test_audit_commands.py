"""`remit audit` over a store that somebody tampered with: what is found, and what only a checkpoint finds."""

import asyncio
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from integration.identity.terminal import Terminal
from remit.adapters.store import SqliteAuditLog, SqliteDatabase
from remit.app.auditing import verify_log
from remit.audit import GENESIS, Change, link
from remit.audit.chain import change_from, document_of
from remit.documents import canonical_json
from remit.identity import CONTROLLER

NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)


@pytest.fixture
def written(terminal: Terminal) -> Terminal:
    """A log of six entries."""
    terminal.first_admin()
    for name in ("ben", "eva"):
        terminal.account(name, "expert")
    return terminal


def tamper(terminal: Terminal, *statements: str) -> None:
    """As somebody with the file and without scruples."""
    with closing(sqlite3.connect(terminal.store)) as connection, connection:
        for verb in ("update", "delete"):
            connection.execute(f"drop trigger if exists audit_entries_no_{verb}")
        for statement in statements:
            connection.execute(statement)


def rewrite(terminal: Terminal, change: Callable[[str], str]) -> None:
    """Compute the whole chain anew over other content."""
    tamper(terminal)
    with closing(sqlite3.connect(terminal.store)) as connection, connection:
        rows = connection.execute("select id, content from audit_entries order by id").fetchall()
        previous = GENESIS
        for number, content in rows:
            entry = link(change_from(json.loads(change(content))), number=number, previous=previous)
            previous = entry.digest
            connection.execute(
                "update audit_entries set content = ?, previous = ?, digest = ? where id = ?",
                (canonical_json(document_of(entry.change)), entry.previous, entry.digest, number),
            )


def checkpoint(terminal: Terminal) -> str:
    assert terminal.run("audit", "checkpoint") == 0
    return terminal.out.strip()


def flaws(terminal: Terminal, *words: str) -> set[tuple[int, str]]:
    document = terminal.json("audit", "verify", *words)
    assert document["intact"] is not bool(document["findings"])
    return {(finding["entry"], finding["flaw"]) for finding in document["findings"]}


def test_a_log_as_it_was_written_is_intact(written: Terminal) -> None:
    assert written.run("audit", "verify") == 0
    assert "Intact: 6 entries" in written.out
    assert "if a checkpoint is kept elsewhere" in written.out
    assert written.run("audit", "verify", "--checkpoint", checkpoint(written)) == 0
    assert "everything up to entry 6" in written.out


def test_the_store_itself_refuses_to_change_an_entry(written: Terminal) -> None:
    with closing(sqlite3.connect(written.store)) as connection:
        for statement in ("update audit_entries set content = '{}'", "delete from audit_entries"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(statement)
    assert flaws(written) == set()


def test_an_altered_entry_is_found(written: Terminal) -> None:
    tamper(written, "update audit_entries set content = replace(content, 'expert', 'viewer') where id = 3")
    assert flaws(written) == {(3, "altered")}
    assert written.run("audit", "verify") == 1
    assert "entry 3: its content is not what its digest was made from" in written.out


def test_a_removed_entry_is_found(written: Terminal) -> None:
    tamper(written, "delete from audit_entries where id = 3")
    assert flaws(written) == {(4, "missing"), (4, "broken_link")}


def test_swapped_entries_are_found(written: Terminal) -> None:
    tamper(
        written,
        "update audit_entries set id = 100 where id = 3",
        "update audit_entries set id = 3 where id = 5",
        "update audit_entries set id = 5 where id = 100",
    )
    found = flaws(written)
    assert {(3, "altered"), (5, "altered")} <= found


def test_an_inserted_entry_is_found(written: Terminal) -> None:
    tamper(
        written,
        "update audit_entries set id = -id where id >= 3",
        "update audit_entries set id = 1 - id where id < 0",
        "insert into audit_entries (id, key, content, previous, digest)"
        " select 3, 'forged', content, previous, digest from audit_entries where id = 2",
    )
    assert {number for number, _ in flaws(written)} >= {3, 4}


def test_an_entry_that_is_no_longer_one_is_found_and_the_rest_is_checked(written: Terminal) -> None:
    tamper(
        written,
        "update audit_entries set content = 'gone' where id = 2",
        "update audit_entries set content = replace(content, 'expert', 'viewer') where id = 5",
    )
    assert flaws(written) == {(2, "unreadable"), (5, "altered")}
    assert written.run("audit", "show") == 3
    assert "audit entry 2" in written.err


def test_a_log_computed_anew_is_found_only_by_a_checkpoint_that_was_kept_elsewhere(written: Terminal) -> None:
    kept = checkpoint(written)
    rewrite(written, lambda content: content.replace("expert", "viewer"))
    assert flaws(written) == set()
    assert flaws(written, "--checkpoint", kept) == {(6, "checkpoint")}


def test_a_log_cut_off_at_its_end_is_found_only_by_a_checkpoint(written: Terminal, tmp_path: Path) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text(checkpoint(written) + "\n")
    tamper(written, "delete from audit_entries where id > 4")
    assert flaws(written) == set()
    assert flaws(written, "--checkpoint", f"@{kept}") == {(6, "checkpoint")}


def test_no_checkpoint_is_made_of_a_damaged_log(written: Terminal) -> None:
    tamper(written, "delete from audit_entries where id = 3")
    assert written.run("audit", "checkpoint") == 1
    assert "remit-audit:" not in written.out


def test_a_checkpoint_that_is_none_is_one_clear_error(written: Terminal) -> None:
    assert written.run("audit", "verify", "--checkpoint", "yesterday") == 3
    assert "no checkpoint" in written.err
    assert written.run("audit", "verify", "--checkpoint", "@nowhere.txt") == 3
    assert "nowhere.txt" in written.err


def test_an_export_holds_every_entry_with_its_digests(written: Terminal, tmp_path: Path) -> None:
    assert written.run("audit", "export", "--out", str(tmp_path / "log.jsonl")) == 0
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["id"] for line in lines] == [1, 2, 3, 4, 5, 6]
    for line in lines:
        entry = link(change_from(line["change"]), number=line["id"], previous=line["previous"])
        assert entry.digest == line["digest"]
    assert written.run("audit", "export") == 0
    assert len(written.out.splitlines()) == 6


def test_an_export_is_checked_without_its_store(written: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    assert written.run("audit", "export", "--out", str(file)) == 0
    kept = checkpoint(written)
    assert flaws(written, "--export", str(file), "--checkpoint", kept) == set()
    lines = file.read_text().splitlines()
    file.write_text("\n".join([*lines[:2], lines[2].replace("expert", "viewer"), *lines[3:]]))
    assert flaws(written, "--export", str(file)) == {(3, "altered")}
    file.write_text("\n".join([*lines[:2], lines[2].replace('"change"', '"chance"'), *lines[3:]]))
    assert flaws(written, "--export", str(file)) == {(3, "unreadable")}
    file.write_text("\n".join(lines[:4]))
    assert flaws(written, "--export", str(file), "--checkpoint", kept) == {(6, "checkpoint")}


def test_show_filters_by_actor_action_and_subject(written: Terminal) -> None:
    assert written.json("audit", "show", "--last", "2")["n_found"] == 6
    assert written.json("audit", "show", "--subject", "account/ben")["n_found"] == 2
    assert written.json("audit", "show", "--action", "api_key_created", "--actor", "ana")["n_found"] == 3
    assert written.run("audit", "show", "--actor", "nobody") == 0
    assert "No such change" in written.out


def test_two_processes_write_one_chain(tmp_path: Path) -> None:
    def change(number: int) -> Change:
        return Change(f"k{number}", NOW, CONTROLLER, "grant_narrowed", "shop/refund", "burned")

    async def story() -> None:
        path = tmp_path / "remit.db"
        async with SqliteDatabase(path) as here, SqliteDatabase(path) as there:
            logs = [SqliteAuditLog(here), SqliteAuditLog(there)]
            # Each change is recorded by both processes, as when both take the same action.
            await asyncio.gather(*(log.record(change(number)) for number in range(60) for log in logs))
            verification = await verify_log(logs[0])
            assert verification.findings == ()
            assert verification.n_entries == 60

    asyncio.run(story())
