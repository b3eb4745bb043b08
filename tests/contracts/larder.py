"""A small world, once as a JSON document and once as an SQLite database, with tools that do the same."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from remit.adapters.worlds import JsonState, SqliteState, State, ToolRefusal, WorldDefinition, WorldTool, tool
from remit.tools import Effect

TEXT = {"type": "string"}
NUMBER = {"type": "integer", "minimum": 1}
START = {"jars": {"jam": {"name": "jam", "count": 3}, "honey": {"name": "honey", "count": 1}}, "notes": {}}


def _json_tools() -> Sequence[WorldTool]:
    @tool(Effect.READ, {"jar": TEXT})
    def look(state: State, jar: str) -> Any:
        """Look at a jar."""
        return {"jar": state.read("jars", jar)}

    @tool(Effect.REVERSIBLE_WRITE, {"jar": TEXT, "number": NUMBER})
    def take(state: State, jar: str, number: int) -> Any:
        """Take from a jar."""
        record = state.write("jars", jar)
        record["count"] -= number
        if record["count"] < 0:
            raise ToolRefusal(f"{jar} has fewer than {number}")
        return {"jar": record}

    @tool(Effect.REVERSIBLE_WRITE, {"note": TEXT})
    def write_note(state: State, note: str) -> Any:
        """Write a note."""
        name = f"n{len(state.ids('notes')) + 1}"
        state.put("notes", name, {"name": name, "note": note})
        return name

    @tool(Effect.IRREVERSIBLE_WRITE, {})
    def explode(state: State) -> Any:
        """Break after having written."""
        state.write("jars", "jam")["count"] = 0
        raise ZeroDivisionError("boom")

    return look, take, write_note, explode, *_odd_tools()


def _sqlite_tools() -> Sequence[WorldTool]:
    @tool(Effect.READ, {"jar": TEXT})
    def look(store: sqlite3.Connection, jar: str) -> Any:
        """Look at a jar."""
        row = store.execute("select * from jars where name = ?", (jar,)).fetchone()
        if row is None:
            raise ToolRefusal(f"jars {jar} not found")
        return {"jar": dict(row)}

    @tool(Effect.REVERSIBLE_WRITE, {"jar": TEXT, "number": NUMBER})
    def take(store: sqlite3.Connection, jar: str, number: int) -> Any:
        """Take from a jar."""
        store.execute("update jars set count = count - ? where name = ?", (number, jar))
        row = store.execute("select * from jars where name = ?", (jar,)).fetchone()
        if row["count"] < 0:
            raise ToolRefusal(f"{jar} has fewer than {number}")
        return {"jar": dict(row)}

    @tool(Effect.REVERSIBLE_WRITE, {"note": TEXT})
    def write_note(store: sqlite3.Connection, note: str) -> Any:
        """Write a note."""
        name = f"n{store.execute('select count(*) from notes').fetchone()[0] + 1}"
        store.execute("insert into notes values (?, ?)", (name, note))
        return name

    @tool(Effect.IRREVERSIBLE_WRITE, {})
    def explode(store: sqlite3.Connection) -> Any:
        """Break after having written."""
        store.execute("update jars set count = 0")
        raise ZeroDivisionError("boom")

    return look, take, write_note, explode, *_odd_tools()


def _odd_tools() -> Sequence[WorldTool]:
    @tool(Effect.READ, {"what": {"enum": ["number", "list", "null", "text", "json_text", "truth"]}})
    def answer(_state: object, what: str) -> Any:
        """Answer with something that is not an object."""
        return {"number": 12, "list": [1, "a"], "null": None, "text": "12", "json_text": '{"a": 1}', "truth": True}[
            what
        ]

    @tool(Effect.READ, {})
    def trip(_state: object) -> Any:
        """Break while reading."""
        raise ZeroDivisionError("boom")

    return answer, trip


def _database() -> sqlite3.Connection:
    database = sqlite3.connect(":memory:", isolation_level=None)
    database.execute("create table jars (name text primary key, count integer not null)")
    database.execute("create table notes (name text primary key, note text not null)")
    database.executemany("insert into jars values (?, ?)", [("jam", 3), ("honey", 1)])
    return database


json_world = WorldDefinition("larder", _json_tools(), JsonState(START))
sqlite_world = WorldDefinition("larder", _sqlite_tools(), SqliteState(_database()))
