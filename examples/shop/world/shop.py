"""Bramble & Finch as a world: its tools on a copy of its database. Named `world/shop.py:world`."""

from remit.adapters.worlds import SqliteState, WorldDefinition

from . import reading, writing
from .seed import build_database

world = WorldDefinition("shop", (*reading.TOOLS, *writing.TOOLS), SqliteState(build_database()))
