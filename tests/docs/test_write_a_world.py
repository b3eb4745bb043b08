"""The how-to's code runs as it is printed."""

import asyncio
import re
from pathlib import Path
from typing import Any

from remit.adapters.formats.suites import read_suites
from remit.adapters.worlds import load_world
from remit.evaluation.end_states import closest_difference
from remit.scenarios.model import StartState, StateChange, StateCheck
from remit.tools import ToolCall, ToolFailed, ToolName, ToolSucceeded

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "write-a-world.md").read_text(encoding="utf-8")
(SUITE,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
LIBRARY, DATABASE = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_the_library_lends_what_is_there_and_refuses_what_is_not(tmp_path: Path) -> None:
    (tmp_path / "library.py").write_text(LIBRARY, encoding="utf-8")
    world = load_world("library.py:world", tmp_path)

    async def story() -> tuple[Any, ...]:
        start = StartState("library", changes=(StateChange("/books/B2/lent_to", "M7", None),))
        plain, freed = await world.start(StartState("library")), await world.start(start)
        lend = ToolCall(ToolName("lend_book"), {"book_id": "B2", "member_id": "M8"})
        results = await plain.call(lend, "t/1"), await freed.call(lend, "t/1")
        return *results, await plain.changes(), await freed.changes()

    refused, lent, nothing, something = asyncio.run(story())
    assert refused == ToolFailed("B2 is lent to M7.")
    assert isinstance(lent, ToolSucceeded)
    assert nothing == ()
    assert something == (StateChange("/books/B2/lent_to", None, "M8"),)


def test_the_database_makes_a_state(tmp_path: Path) -> None:
    tools = "\nfrom remit.adapters.worlds import WorldDefinition\nworld = WorldDefinition('books', [], state)\n"
    (tmp_path / "books.py").write_text(DATABASE + tools, encoding="utf-8")
    world = load_world("books.py:world", tmp_path)
    start = StartState("books", changes=(StateChange("/books/B1/lent_to", None, "M7"),))
    assert asyncio.run(_changes(world, start)) == ()


def test_the_suite_is_one_and_its_reference_does_what_its_check_asks(tmp_path: Path) -> None:
    (tmp_path / "world").mkdir()
    (tmp_path / "suites").mkdir()
    (tmp_path / "world" / "library.py").write_text(LIBRARY, encoding="utf-8")
    (tmp_path / "suites" / "lending.yaml").write_text(SUITE, encoding="utf-8")
    (suite,) = read_suites(tmp_path / "suites" / "lending.yaml")
    (scenario,) = suite.scenarios

    async def story() -> tuple[StateChange, ...]:
        world = load_world(scenario.start.world, tmp_path / "suites")
        session = await world.start(scenario.start)
        for step, call in enumerate(scenario.reference):
            assert isinstance(await session.call(call, f"t/{step}"), ToolSucceeded)
        return await session.changes()

    (check,) = [each for each in scenario.checks if isinstance(each, StateCheck)]
    assert closest_difference(check.acceptable, asyncio.run(story())) == []


async def _changes(world: Any, start: StartState) -> Any:
    session = await world.start(start)
    return await session.changes()
