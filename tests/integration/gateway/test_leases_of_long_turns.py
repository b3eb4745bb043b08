"""A turn that still has time is not taken over, whatever lease was set."""

import asyncio
from pathlib import Path

from remit.adapters.memory import SystemClock
from remit.adapters.store import SqliteDatabase
from remit.app.centre import load_centre
from remit.app.live import live_gateway
from remit.policy.model import Policy
from remit.runtime.ports import TurnPorts

SHOP = Path(__file__).parents[3] / "examples/shop"


async def _opened(database: Path, lease_s: float) -> tuple[Policy, TurnPorts]:
    async with (
        SqliteDatabase(database) as store,
        live_gateway(load_centre(SHOP), store, SystemClock(), environ={}, simulated=True, lease_s=lease_s) as live,
    ):
        return live.policy, live.gateway.ports


def test_a_lease_lasts_as_long_as_a_turn_may(tmp_path: Path) -> None:
    policy, ports = asyncio.run(_opened(tmp_path / "remit.db", lease_s=1.0))
    assert ports.lease_s == policy.turn.deadline_s + ports.hand_off_within_s
