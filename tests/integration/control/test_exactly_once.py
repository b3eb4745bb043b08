"""Several processes on one store, and processes that die: every action is taken, and taken once."""

import asyncio
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from control_samples import APPROVAL, LIMITS, POLICY, R1, REFUND, SHOP, earned
from integration.control.controlling_process import control_of, rounds
from live_samples import traffic, wrong_write
from people import OLGA, PAUL, RITA, order
from remit.adapters.store import (
    SqliteAuditLog,
    SqliteDatabase,
    SqliteGrantBook,
    SqliteIncidents,
    SqliteLedger,
    SqliteOutbox,
)
from remit.audit import ChainCheck
from remit.control.grants import GrantKey
from remit.control.orders import Widen

KEY = GrantKey(REFUND, R1)
ROOT = Path(__file__).resolve().parents[3]
BOTH = ((PAUL, "operations"), (RITA, "risk"))


async def earn(path: Path) -> None:
    """The agent has earned to act within limits."""
    async with SqliteDatabase(path) as database:
        widening = Widen(earned(LIMITS, BOTH, OLGA))
        await SqliteGrantBook(database).enact(order("promote", widening, by=OLGA))


def begin(path: Path, *, n_rounds: int, how: str = "lives") -> subprocess.Popen[bytes]:
    environ = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}"}
    program = ROOT / "tests/integration/control/controlling_process.py"
    return subprocess.Popen([sys.executable, str(program), str(path), str(n_rounds), how], env=environ)


async def actions_in_the_audit_log(database: SqliteDatabase) -> Counter[str]:
    check, actions = ChainCheck(), Counter[str]()
    async for entry in SqliteAuditLog(database).entries():
        check.add(entry)
        actions[entry.change.action] += 1
    assert check.findings == []
    return actions


def test_three_processes_on_one_store_act_once(tmp_path: Path) -> None:
    path = tmp_path / "remit.db"
    asyncio.run(earn(path))
    processes = [begin(path, n_rounds=60) for _ in range(3)]

    async def story() -> None:
        async with SqliteDatabase(path) as database:
            ledger = SqliteLedger(database)
            seen = traffic(4, 60, 4)
            for start in range(0, len(seen), 40):
                await ledger.append(seen[start : start + 40])
            await ledger.append([wrong_write(1)])
            for process in processes:
                assert await asyncio.to_thread(process.wait, 150) == 0
            await rounds(path, 1, dies=False)
            actions = await actions_in_the_audit_log(database)
            assert actions["grant_narrowed"] == 1
            assert actions["stop_set"] == 1
            remit = await SqliteGrantBook(database).remit(SHOP)
            assert remit.level_of(KEY, policy=POLICY.digest, now=seen[-1].at) is APPROVAL
            assert remit.epoch == sum(actions.values())
            assert len(await SqliteIncidents(database).list()) == 2

    asyncio.run(story())


def test_a_process_that_dies_between_seeing_and_acting_leaves_the_action_to_the_next(tmp_path: Path) -> None:
    path = tmp_path / "remit.db"
    asyncio.run(earn(path))

    async def story() -> None:
        async with SqliteDatabase(path) as database:
            await SqliteLedger(database).append([wrong_write(1)])
            assert await asyncio.to_thread(begin(path, n_rounds=1, how="dies").wait, 150) == 9
            assert not (await SqliteGrantBook(database).remit(SHOP)).stops, "it died before it acted"
            control = await control_of(database)
            (stop,) = await control.round()
            assert stop.reason.startswith("tool 'issue_refund' left a wrong state")
            assert not await control.round()
            assert (await actions_in_the_audit_log(database))["stop_set"] == 1

    asyncio.run(story())


def test_a_process_that_dies_behind_the_order_does_not_act_twice(tmp_path: Path) -> None:
    """It died before it could mark the action as done."""
    path = tmp_path / "remit.db"
    asyncio.run(earn(path))

    async def story() -> None:
        async with SqliteDatabase(path) as database:
            await SqliteLedger(database).append([wrong_write(1)])
            await (await control_of(database)).round()
            await database.write(lambda connection: connection.execute("update follower_actions set done = 0"))
            assert not await (await control_of(database)).round()
            assert (await actions_in_the_audit_log(database))["stop_set"] == 1
            assert len(await SqliteIncidents(database).list()) == 1
            assert len(await SqliteOutbox(database).given_up()) <= 2

    asyncio.run(story())
