"""The SQLite file itself: newer versions, full and read-only disks, and commits that share a disk write."""

import asyncio
import resource
import sqlite3
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from remit.adapters.memory import SystemClock
from remit.adapters.store import SqliteDatabase, SqliteLedger, SqliteRecorder
from remit.conversations import ConversationId
from remit.errors import LedgerConflict, StoreForeign, StoreUnavailable, StoreVersionError
from remit.evidence import Outcome, Selection


def in_database(path: Path, story: Callable[[SqliteDatabase], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        async with SqliteDatabase(path) as database:
            await story(database)

    asyncio.run(run())


def insert(number: int) -> Callable[[sqlite3.Connection], None]:
    def work(connection: sqlite3.Connection) -> None:
        connection.execute(
            "insert into conversations (id, channel, language, agent_memory, n_entries, created_at, updated_at)"
            " values (?, 'test', 'en', ?, 0, 'now', 'now')",
            (f"c{number}", "x" * 2000),
        )

    return work


def count(path: Path) -> int:
    connection = sqlite3.connect(path)
    try:
        (n,) = connection.execute("select count(*) from conversations").fetchone()
    finally:
        connection.close()
    return int(n)


def test_a_database_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "remit.db"
    SqliteDatabase(path).open()
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("update alembic_version set version_num = '9999'")
    connection.close()
    with pytest.raises(StoreVersionError, match=r"(?s)'9999'.*Upgrade Remit") as caught:
        SqliteDatabase(path).open()
    assert str(path) in str(caught.value)


def test_a_file_that_is_no_database_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "remit.db"
    path.write_text("this is a letter, not a database. " * 100)
    with pytest.raises(StoreForeign, match="not a database"):
        SqliteDatabase(path).open()


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreUnavailable, match="file"):
        SqliteDatabase(tmp_path / "file" / "remit.db").open()


def test_a_file_that_became_read_only_is_one_clear_error(tmp_path: Path) -> None:
    async def story(database: SqliteDatabase) -> None:
        await database.write(lambda c: c.execute("pragma query_only = on"))
        with pytest.raises(StoreUnavailable, match="readonly"):
            await database.write(insert(1))

    in_database(tmp_path / "remit.db", story)


def test_a_full_disk_is_an_error_and_nothing_is_half_written(tmp_path: Path) -> None:
    path = tmp_path / "remit.db"

    async def story(database: SqliteDatabase) -> None:
        await database.write(insert(0))
        (pages,) = await database.write(lambda c: c.execute("pragma page_count").fetchone())
        await database.write(lambda c: c.execute(f"pragma max_page_count = {pages + 2}").fetchone())
        results = await asyncio.gather(
            *(database.write(insert(number)) for number in range(1, 200)), return_exceptions=True
        )
        refused = [result for result in results if isinstance(result, StoreUnavailable)]
        assert "is full" in str(refused[0])
        assert "Free space" in str(refused[0])
        kept = await database.read(lambda c: c.execute("select count(*) from conversations").fetchone()[0])
        await database.write(lambda c: c.execute("pragma max_page_count = 1000000").fetchone())
        await database.write(insert(1000))
        assert await database.read(lambda c: c.execute("select count(*) from conversations").fetchone()[0]) == kept + 1

    in_database(path, story)


@pytest.mark.parametrize("most_bytes", [5_000, 40_000, 90_000])
def test_a_disk_that_fills_while_the_database_is_made_leaves_nothing_half_made(tmp_path: Path, most_bytes: int) -> None:
    path = tmp_path / "remit.db"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, before[1]))
    try:
        with pytest.raises(StoreUnavailable, match="Free space"):
            SqliteDatabase(path).open()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    in_database(path, lambda database: database.write(insert(1)))

    assert count(path) == 1


def test_a_piece_that_fails_takes_no_other_piece_of_its_group_with_it(tmp_path: Path) -> None:
    path = tmp_path / "remit.db"

    async def story(database: SqliteDatabase) -> None:
        results = await asyncio.gather(
            *(database.write(insert(number % 50)) for number in range(60)), return_exceptions=True
        )
        assert sum(isinstance(result, sqlite3.IntegrityError) for result in results) == 10

    in_database(path, story)
    assert count(path) == 50


def test_many_writes_share_commits(tmp_path: Path) -> None:
    path = tmp_path / "remit.db"

    async def story(database: SqliteDatabase) -> None:
        statements: list[str] = []
        await database.write(lambda c: c.set_trace_callback(statements.append))
        release = threading.Event()
        first = asyncio.ensure_future(database.write(lambda _: release.wait(5)))
        rest = [asyncio.ensure_future(database.write(insert(number))) for number in range(40)]
        await asyncio.sleep(0)
        release.set()
        await asyncio.gather(first, *rest)
        assert statements.count("commit") <= 3

    in_database(path, story)
    assert count(path) == 40


def test_what_was_written_survives_a_process_that_never_closes(tmp_path: Path) -> None:
    path = tmp_path / "remit.db"
    database = SqliteDatabase(path)
    database.open()
    asyncio.run(database.write(insert(7)))
    assert count(path) == 1
    database.close()


def test_a_ledger_batch_with_a_conflict_leaves_nothing_behind_on_disk(tmp_path: Path) -> None:
    from contracts.test_ledger import observation

    path = tmp_path / "remit.db"

    async def first(database: SqliteDatabase) -> None:
        ledger = SqliteLedger(database)
        await ledger.append([observation("k")])
        with pytest.raises(LedgerConflict):
            await ledger.append([observation("new"), observation("k", outcome=Outcome.FAILED)])

    async def second(database: SqliteDatabase) -> None:
        assert [seen.key async for seen in SqliteLedger(database).select(Selection())] == ["k"]

    in_database(path, first)
    in_database(path, second)


def test_an_unknown_conversation_is_nothing(tmp_path: Path) -> None:
    async def story(database: SqliteDatabase) -> None:
        recorder = SqliteRecorder(database, SystemClock())
        assert await recorder.conversation(ConversationId("nobody")) is None
        assert await recorder.last_turn(ConversationId("nobody")) == (0, None)

    in_database(tmp_path / "remit.db", story)


@pytest.mark.parametrize(
    "error", [RecursionError("nested too deep"), OverflowError("too large"), sqlite3.ProgrammingError("no such type")]
)
def test_a_piece_that_fails_in_any_way_takes_nobody_with_it(tmp_path: Path, error: Exception) -> None:
    def poison(_: sqlite3.Connection) -> None:
        raise error

    async def story(database: SqliteDatabase) -> None:
        async with asyncio.timeout(5):
            ends = await asyncio.gather(
                database.write(insert(1)), database.write(poison), database.write(insert(2)), return_exceptions=True
            )
            await database.write(insert(3))
        assert list(ends) == [None, error, None]

    in_database(tmp_path / "remit.db", story)
    assert count(tmp_path / "remit.db") == 3
