"""Turns that outlive their lease, and processes that look for them at the same time."""

import asyncio
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from integration.gateway.serving import gateway_over
from properties.turn_fakes import NOW, Stage
from remit.adapters.memory import FixedClock
from remit.adapters.store import SqliteDatabase, SqliteRecorder
from remit.conversations import ConversationId, Message, Turn, TurnId
from remit.policy.proposals import ProposedAnswer
from remit.runtime.ports import TurnRecord


def turn(number: int) -> Turn:
    said = Message("customer", f"message {number}", NOW)
    return Turn(TurnId(f"t{number}"), ConversationId("c1"), said, NOW + timedelta(seconds=30))


def ended() -> Sequence[TurnRecord]:
    return (TurnRecord(0, "ended", {}, NOW),)


def test_a_turn_that_outlived_its_lease_keeps_its_words_behind_those_of_the_next(tmp_path: Path) -> None:
    async def story() -> list[str]:
        clock = FixedClock(NOW)
        async with SqliteDatabase(tmp_path / "remit.db") as database:
            recorder = SqliteRecorder(database, clock)
            before_first, _ = await recorder.open(turn(1), 60)
            clock.advance(timedelta(seconds=61))
            before_second, _ = await recorder.open(turn(2), 60)
            for number, before in ((2, before_second), (1, before_first)):
                after = replace(before, entries=(*before.entries, turn(number).message))
                await recorder.close(turn(number), after, ended())
            found = await recorder.conversation(ConversationId("c1"))
        assert found is not None
        return [message.text for message in found.messages()]

    assert asyncio.run(story()) == ["message 2", "message 1"]


def test_an_interrupted_turn_is_finished_once_though_two_processes_look_for_it_and_later_ones_too(
    tmp_path: Path,
) -> None:
    path = tmp_path / "remit.db"

    async def story() -> tuple[list[int], int]:
        databases = [SqliteDatabase(path) for _ in range(2)]
        for database in databases:
            database.open()
        gateways = [gateway_over(Stage([ProposedAnswer("Hello.")]), database) for database in databases]
        for gateway in gateways:
            gateway.sweep_s = 0.02
            await gateway.grants.start()
        clock = FixedClock(NOW)
        await SqliteRecorder(databases[0], clock).open(turn(1), 0.0)
        n_finished = await asyncio.gather(*(gateway.finish_interrupted() for gateway in gateways))
        for gateway in gateways:
            await gateway.grants.close()
        async with gateways[0].running():
            await SqliteRecorder(databases[0], clock).open(turn(2), 0.0)
            async with asyncio.timeout(60):
                while _n_unfinished(path):  # noqa: ASYNC110 - what another process does to a file sends no signal
                    await asyncio.sleep(0.01)
        found = await gateways[0].recorder.conversation(ConversationId("c1"))
        for database in databases:
            database.close()
        assert found is not None
        return list(n_finished), len(found.entries)

    n_finished, n_entries = asyncio.run(story())
    assert sum(n_finished) >= 1
    assert n_entries == 4


def _n_unfinished(path: Path) -> int:
    connection = sqlite3.connect(path)
    try:
        (n,) = connection.execute("select count(*) from turns where closed_at is null").fetchone()
    finally:
        connection.close()
    return int(n)


def test_looking_for_interrupted_turns_does_not_read_those_that_have_ended(tmp_path: Path) -> None:
    path = tmp_path / "remit.db"
    database = SqliteDatabase(path)
    database.open()
    database.close()
    connection = sqlite3.connect(path)
    question = "explain query plan select id from turns where closed_at is null and leased_until <= 'x'"
    plan = " ".join(str(row) for row in connection.execute(question))
    connection.close()
    assert "ix_turns_unfinished" in plan
