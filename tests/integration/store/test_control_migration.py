"""A store from before the book of grants: what was granted and stopped still is."""

import asyncio
import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from control_samples import LIMITS, R1, REFUND, SHOP
from people import NOON, OLGA, order
from remit.adapters.store import SqliteDatabase, SqliteGrantBook
from remit.adapters.store import migrate as migrating
from remit.control.grants import GrantKey, Scope, ScopeKind
from remit.control.orders import Resume

MIGRATIONS = Path(migrating.__file__).parent / "migrations"


def older_store(path: Path) -> None:
    """At 0007, with a grant and a stop."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0007")
    engine.dispose()
    connection_of = sqlite3.connect(path)
    with connection_of as kept:
        kept.execute(
            "insert into grants (agent, intent, level, release, policy, why, granted_at) values (?, ?, ?, ?, ?, ?, ?)",
            (SHOP, REFUND, int(LIMITS), R1, "p-1", "earned", NOON.isoformat()),
        )
        kept.execute(
            "insert into control (agent, epoch, stopped, why, changed_at) values (?, 7, 1, 'odd answers', ?)",
            (SHOP, NOON.isoformat()),
        )
    connection_of.close()


def test_grants_stops_and_epochs_of_an_older_store_are_kept(tmp_path: Path) -> None:
    older_store(tmp_path / "remit.db")

    async def story() -> None:
        async with SqliteDatabase(tmp_path / "remit.db") as database:
            book = SqliteGrantBook(database)
            remit = await book.remit(SHOP)
            grant = remit.grants[GrantKey(REFUND, R1)]
            assert (grant.level, grant.policy, grant.why, grant.since) == (LIMITS, "p-1", "earned", NOON)
            assert remit.epoch == 7
            stop = remit.stops_agent(R1)
            assert stop is not None
            assert (stop.why, stop.by.name) == ("odd answers", "unknown, before accounts")
            await book.enact(order("resume", Resume(Scope(ScopeKind.AGENT)), by=OLGA))
            assert ((await book.remit(SHOP)).epoch, (await book.remit(SHOP)).stops) == (8, {})

    asyncio.run(story())
