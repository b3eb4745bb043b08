"""Bramble & Finch as a world: its tools on a copy of its database. Named `world/shop.py:world`."""

import sqlite3
from functools import cache

from remit.adapters.worlds import SqliteState, WorldDefinition

from . import reading, writing
from .seed import build_database


@cache
def world() -> WorldDefinition[sqlite3.Connection]:
    """The store; made once, since every session plays on a copy of its own."""
    return WorldDefinition("shop", (*reading.TOOLS, *writing.TOOLS), SqliteState(build_database()))
