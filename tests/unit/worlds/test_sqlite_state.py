"""Worlds on SQLite: copies that are used again, rows as records, constraints as errors of the scenario."""

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.adapters.worlds import SqliteState
from remit.adapters.worlds.sqlite_state import SqliteStateCopy
from remit.scenarios.difference import apply, difference
from remit.scenarios.model import StateChange

SCHEMA = """
create table jars (name text primary key, count integer not null check (count >= 0), place text unique);
create table uses (jar text not null references jars, day integer not null, how text, primary key (jar, day));
insert into jars values ('jam', 3, 'top'), ('a/b', 1, 'low');
insert into uses values ('jam', 1, 'toast');
"""


def source() -> SqliteState:
    database = sqlite3.connect(":memory:", isolation_level=None)
    database.executescript(SCHEMA)
    return SqliteState(database)


LARDER = source()
STATEMENTS = (
    "update jars set count = count + 1",
    "update jars set count = 0 where name = 'jam'",
    "update jars set name = name || '2' where name = 'a/b'",
    "insert or replace into jars values ('tea', 5, 'low')",
    "delete from jars where name = 'a/b'",
    "insert or ignore into uses values ('jam', 2, null)",
    "update uses set day = day + 10",
    "delete from uses",
)


def dump(connection: sqlite3.Connection) -> dict[str, dict[str, dict[str, object]]]:
    jars = {row["name"]: dict(row) for row in connection.execute("select * from jars")}
    uses = {f"{row['jar']}:{row['day']}": dict(row) for row in connection.execute("select * from uses")}
    return {"jars": jars, "uses": uses}


def commit_inside(copy: SqliteStateCopy) -> None:
    with copy.transaction() as store:
        store.execute("update jars set count = 77")
        store.commit()


def use_nothing(copy: SqliteStateCopy) -> None:
    with copy.transaction() as store:
        store.execute("insert into uses values ('ham', 1, null)")


def break_off(copy: SqliteStateCopy) -> None:
    with copy.transaction() as store:
        store.execute("delete from uses")
        raise ZeroDivisionError


@given(st.lists(st.sampled_from(STATEMENTS), max_size=6), st.lists(st.sampled_from(STATEMENTS), max_size=6))
def test_changes_are_the_difference_of_whole_dumps_also_after_settling(first: list[str], second: list[str]) -> None:
    copy = LARDER.open(())
    with copy.transaction() as store:
        start = dump(store)
        for statement in first:
            store.execute(statement)
        middle = dump(store)
    assert copy.changes() == difference(start, middle)
    copy.settle()
    with copy.transaction() as store:
        for statement in second:
            store.execute(statement)
        end = dump(store)
    assert copy.changes() == difference(middle, end)
    copy.close()


@given(st.lists(st.sampled_from(STATEMENTS), max_size=6))
def test_a_start_made_of_changes_is_the_state_that_made_them(statements: list[str]) -> None:
    copy = LARDER.open(())
    with copy.transaction() as store:
        start = dump(store)
        for statement in statements:
            store.execute(statement)
        end = dump(store)
    made = copy.changes()
    copy.close()
    again = LARDER.open(made)
    with again.transaction() as store:
        assert dump(store) == end == apply(start, made)
    assert again.changes() == ()
    again.close()


def test_a_copy_that_is_used_again_has_forgotten_everything() -> None:
    larder = source()
    first = larder.open((StateChange("/jars/jam/count", 3, 9),))
    with first.transaction() as store:
        store.execute("delete from uses")
    first.close()
    second = larder.open(())
    with second.transaction() as store:
        assert store.execute("select count from jars where name = 'jam'").fetchone()[0] == 3
        assert store.execute("select count(*) from uses").fetchone()[0] == 1
    assert second.changes() == ()
    second.close()


def test_a_copy_whose_tool_committed_by_itself_never_serves_again() -> None:
    larder = source()
    rogue = larder.open(())
    with pytest.raises(sqlite3.OperationalError, match="call"):
        commit_inside(rogue)
    rogue.close()
    after = larder.open(())
    with after.transaction() as store:
        assert store.execute("select max(count) from jars").fetchone()[0] == 3
    after.close()


def test_what_a_broken_call_wrote_is_undone_and_leaves_no_change() -> None:
    copy = LARDER.open(())
    with pytest.raises(ZeroDivisionError):
        break_off(copy)
    assert copy.changes() == ()
    copy.close()


def test_keys_with_slashes_are_escaped_in_pointers() -> None:
    copy = LARDER.open((StateChange("/jars/a~1b/count", 1, 4),))
    with copy.transaction() as store:
        store.execute("update jars set count = 5 where name = 'a/b'")
    assert copy.changes() == (StateChange("/jars/a~1b/count", 4, 5),)
    copy.close()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (StateChange("/jars", {}, {}), "/table/key"),
        (StateChange("/lids/jam/count", 1, 2), "tables: jars, uses"),
        (StateChange("/jars/jam/colour", None, "red"), "no column 'colour'"),
        (StateChange("/jars/jam/count", 3, -1), "CHECK constraint"),
        (StateChange("/jars/jam/count", 3, {"a": 1}), "cannot be made"),
        (StateChange("/jars/jam", None, 5), "a row is an object"),
        (StateChange("/uses/ham:1", None, {"jar": "ham", "day": 1}, "added"), "'uses' names a row of 'jars'"),
        (StateChange("/jars/gone", None, None, "removed"), "not there"),
    ],
)
def test_a_start_that_the_schema_refuses_is_an_error_that_says_why(change: StateChange, says: str) -> None:
    with pytest.raises(LookupError, match=says):
        LARDER.open((change,))


def test_rows_that_need_each_other_may_come_in_any_order() -> None:
    tea = StateChange("/jars/tea", None, {"name": "tea", "count": 5}, "added")
    cup = StateChange("/uses/tea:1", None, {"jar": "tea", "day": 1}, "added")
    for changes in ((tea, cup), (cup, tea)):
        copy = LARDER.open(changes)
        assert copy.changes() == ()
        copy.close()


def test_a_call_is_held_to_foreign_keys_after_a_start_that_deferred_them() -> None:
    copy = LARDER.open((StateChange("/jars/jam/count", 3, 4),))
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        use_nothing(copy)
    copy.close()


def test_a_table_without_a_primary_key_is_refused() -> None:
    database = sqlite3.connect(":memory:")
    database.execute("create table log (line text)")
    with pytest.raises(ValueError, match="'log' has no primary key"):
        SqliteState(database)
