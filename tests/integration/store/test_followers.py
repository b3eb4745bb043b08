"""Followers on one file, each with a writer of its own, as several processes have."""

import asyncio
from dataclasses import replace
from pathlib import Path

from contracts.test_ledger import observation
from remit.adapters.memory import MemoryLedger, MemoryRunningStates
from remit.adapters.store import SqliteDatabase, SqliteLedger, SqliteRunningStates
from remit.conversations import IntentName
from remit.evidence import LedgerFollower, Observation, Outcome
from unit.evidence.reducers import EveryThirdFailure, SumByIntent

REDUCERS = (SumByIntent(), EveryThirdFailure())


def rows(n: int) -> list[Observation]:
    return [
        replace(
            observation(f"k{number}"),
            intent=IntentName(f"intent{number % 7}"),
            outcome=Outcome.FAILED if number % 5 == 0 else Outcome.PASSED,
        )
        for number in range(n)
    ]


def follower(database: SqliteDatabase) -> LedgerFollower:
    return LedgerFollower("f", REDUCERS, SqliteLedger(database), SqliteRunningStates(database))


def test_processes_that_follow_one_file_fold_each_observation_once(tmp_path: Path) -> None:
    history = rows(600)

    async def run() -> None:
        path = tmp_path / "remit.db"
        async with SqliteDatabase(path) as writer, SqliteDatabase(path) as one, SqliteDatabase(path) as other:
            followers = [follower(one), follower(other)]
            n_folded = 0
            for start in range(0, len(history), 60):
                appending = SqliteLedger(writer).append(history[start : start + 60])
                *folded, _ = await asyncio.gather(*(each.catch_up(batch=16) for each in followers), appending)
                n_folded += sum(folded)
            n_folded += sum([await each.catch_up() for each in followers])
            assert n_folded == len(history)
            states = SqliteRunningStates(writer)
            expected_states, expected_actions = await in_memory(history)
            assert await states.load("f") == expected_states
            assert await states.pending_actions("f") == expected_actions
            assert await followers[0].refold(await followers[0].position()) == expected_states

    asyncio.run(run())


async def in_memory(history: list[Observation]) -> tuple[dict[str, str], dict[str, str]]:
    ledger, states = MemoryLedger(), MemoryRunningStates()
    await ledger.append(history)
    await LedgerFollower("f", REDUCERS, ledger, states).catch_up()
    return dict(await states.load("f")), dict(await states.pending_actions("f"))
