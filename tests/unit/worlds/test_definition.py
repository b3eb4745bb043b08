"""Worlds made of Python functions: isolation, undo, keys, validation, start states."""

import copy
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.adapters.worlds import JsonState, State, ToolRefusal, WorldDefinition, WorldTool, tool
from remit.errors import RemitError, ScenarioReferenceError
from remit.scenarios.difference import apply, difference
from remit.scenarios.model import StartState, StateChange
from remit.tools import (
    Effect,
    ToolCall,
    ToolFailed,
    ToolName,
    ToolOutcomeUnknown,
    ToolResult,
    ToolSpec,
    ToolSucceeded,
)

T = TypeVar("T")
TEXT = {"type": "string"}
SHELVES = {"jars": {"jam": {"count": 3, "labels": ["red"]}, "honey": {"count": 1, "labels": []}}, "notes": {}}


@tool(Effect.READ, {"jar": TEXT})
def look(state: State, jar: str) -> Any:
    """Look at
    one jar."""
    return state.read("jars", jar)


@tool(Effect.REVERSIBLE_WRITE, {"jar": TEXT, "number": {"type": "integer", "minimum": 1}})
def take(state: State, jar: str, number: int) -> Any:
    """Take from a jar; the rule is checked after the write, so that a refusal must be undone."""
    record = state.write("jars", jar)
    record["count"] -= number
    if record["count"] < 0:
        raise ToolRefusal(f"{jar} has fewer than {number}")
    return record


@tool(Effect.REVERSIBLE_WRITE, {"jar": TEXT, "label": TEXT}, optional=["label"])
def relabel(state: State, jar: str, label: str = "plain") -> Any:
    """Put a label on a jar."""
    state.write("jars", jar)["labels"].append(label)
    return state.read("jars", jar)


@tool(Effect.REVERSIBLE_WRITE, {"jar": TEXT})
def discard(state: State, jar: str) -> Any:
    """Throw a jar away."""
    state.remove("jars", jar)
    return state.ids("jars")


@tool(Effect.REVERSIBLE_WRITE, {"note": TEXT})
def write_note(state: State, note: str) -> Any:
    """Write a note."""
    state.put("notes", f"n{len(state.ids('notes')) + 1}", {"text": note})
    return state.ids("notes")


@tool(Effect.IRREVERSIBLE_WRITE, {})
def explode(state: State) -> Any:
    """Break after having written."""
    state.write("jars", "jam")["count"] = 0
    raise ZeroDivisionError("boom")


@tool(Effect.READ, {})
def trip(state: State) -> Any:
    """Break while reading."""
    return state.ids("jars")[99]


TOOLS: Sequence[WorldTool] = (look, take, relabel, discard, write_note, explode, trip)


LARDER = WorldDefinition("larder", TOOLS, JsonState(SHELVES))


def call(name: str, **arguments: Any) -> ToolCall:
    return ToolCall(ToolName(name), arguments)


def play(*calls: ToolCall, start: StartState | None = None) -> tuple[list[ToolResult], tuple[StateChange, ...]]:
    async def played() -> tuple[list[ToolResult], tuple[StateChange, ...]]:
        session = await LARDER.start(start or StartState("larder"))
        results = [await session.call(each, f"turn/{index}") for index, each in enumerate(calls)]
        changes = await session.changes()
        await session.close()
        return results, changes

    return at_once(played())


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """A world in this process waits for nothing, so its work is done in one step, without an event loop."""
    with pytest.raises(StopIteration) as done:
        work.send(None)
    result: T = done.value.value
    return result


any_call = st.one_of(
    st.builds(
        lambda jar, n: call("take", jar=jar, number=n), st.sampled_from(["jam", "honey", "tar"]), st.integers(-1, 4)
    ),
    st.builds(
        lambda jar, text: call("relabel", jar=jar, label=text), st.sampled_from(["jam", "honey"]), st.text(max_size=2)
    ),
    st.builds(lambda jar: call("discard", jar=jar), st.sampled_from(["jam", "honey"])),
    st.builds(lambda text: call("write_note", note=text), st.text(max_size=2)),
    st.just(call("explode")),
    st.just(call("no_such_tool")),
)


@given(st.lists(any_call, max_size=8))
def test_changes_are_the_difference_of_the_whole_state_as_the_successful_calls_alone_make_it(
    calls: list[ToolCall],
) -> None:
    results, changes = play(*calls)
    good = [each for each, result in zip(calls, results, strict=True) if isinstance(result, ToolSucceeded)]
    document = copy.deepcopy(SHELVES)
    for each in good:
        _model(document, each)
    assert changes == difference(SHELVES, document)


def _model(document: dict[str, Any], each: ToolCall) -> None:
    jar = document["jars"].get(each.arguments.get("jar", ""))
    if each.tool == "take":
        jar["count"] -= each.arguments["number"]
    elif each.tool == "relabel":
        jar["labels"].append(each.arguments["label"])
    elif each.tool == "discard":
        del document["jars"][each.arguments["jar"]]
    elif each.tool == "write_note":
        document["notes"][f"n{len(document['notes']) + 1}"] = {"text": each.arguments["note"]}


@given(st.lists(any_call, max_size=8))
def test_sessions_never_change_the_world_they_come_from(calls: list[ToolCall]) -> None:
    kept = copy.deepcopy(SHELVES)
    play(*calls)
    assert kept == SHELVES


@given(st.lists(any_call, max_size=5), st.lists(any_call, max_size=5))
def test_a_start_made_by_calls_is_as_good_as_one_made_by_changes(before: list[ToolCall], after: list[ToolCall]) -> None:
    results, changes = play(*before)
    good = tuple(each for each, result in zip(before, results, strict=True) if isinstance(result, ToolSucceeded))
    by_calls = play(*after, start=StartState("larder", calls=good))
    by_changes = play(*after, start=StartState("larder", changes=changes))
    assert by_calls == by_changes


def test_a_result_does_not_change_when_a_later_call_writes_the_same_record() -> None:
    results, _ = play(call("relabel", jar="jam"), call("relabel", jar="jam", label="blue"))
    assert results[0] == ToolSucceeded({"count": 3, "labels": ["red", "plain"]})


def test_a_refused_call_has_done_nothing() -> None:
    results, changes = play(call("take", jar="honey", number=2), call("look", jar="honey"))
    assert results == [ToolFailed("honey has fewer than 2"), ToolSucceeded({"count": 1, "labels": []})]
    assert changes == ()


def test_a_write_that_breaks_is_in_doubt_and_a_read_that_breaks_has_failed() -> None:
    (write, read), changes = play(call("explode"), call("trip"))
    assert isinstance(write, ToolOutcomeUnknown)
    assert isinstance(read, ToolFailed)
    assert read.crashed
    assert "ZeroDivisionError" in write.message
    assert changes == ()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (call("take", jar="jam", number="3"), "argument 'number': '3' is not of type 'integer'"),
        (call("take", jar="jam"), "'number' is a required property"),
        (call("look", jar="jam", spoon=1), "'spoon' was unexpected"),
        (call("sing"), "There is no tool 'sing'. Known tools: discard,"),
        (call("look", jar="tar"), "jars tar not found"),
    ],
)
def test_a_call_that_does_not_fit_fails_and_says_why(wrong: ToolCall, says: str) -> None:
    (result,), changes = play(wrong)
    assert isinstance(result, ToolFailed)
    assert says in result.message
    assert changes == ()


def test_a_write_with_a_known_key_returns_the_first_result_and_does_nothing() -> None:
    async def twice() -> tuple[ToolResult, ToolResult, tuple[StateChange, ...]]:
        session = await LARDER.start(StartState("larder"))
        taken = call("take", jar="jam", number=1)
        return await session.call(taken, "t/1"), await session.call(taken, "t/1"), await session.changes()

    first, second, changes = at_once(twice())
    assert first == second
    assert changes == (StateChange("/jars/jam/count", 3, 2),)


def test_a_key_of_another_call_is_refused() -> None:
    async def mixed() -> ToolResult:
        session = await LARDER.start(StartState("larder"))
        await session.call(call("take", jar="jam", number=1), "t/1")
        return await session.call(call("take", jar="jam", number=2), "t/1")

    result = at_once(mixed())
    assert isinstance(result, ToolFailed)
    assert "another call" in result.message


def test_start_changes_are_the_start_and_no_change() -> None:
    start = StartState(
        "larder", changes=(StateChange("/jars/jam/count", 3, 9), StateChange("/notes", {}, None, "removed"))
    )
    results, changes = play(call("look", jar="jam"), call("write_note", note="hi"), start=start)
    assert results[0] == ToolSucceeded({"count": 9, "labels": ["red"]})
    assert changes == (StateChange("/notes", None, {"n1": {"text": "hi"}}, "added"),)


@pytest.mark.parametrize(
    "start",
    [
        StartState("larder", changes=(StateChange("/jars/jam/count/x", 1, 2),)),
        StartState("larder", calls=(call("take", jar="jam", number=99),)),
    ],
)
def test_a_start_that_cannot_be_made_is_an_error_of_the_scenario(start: StartState) -> None:
    with pytest.raises(ScenarioReferenceError, match="larder"):
        play(start=start)


def test_a_tools_name_and_docstring_are_what_the_agent_reads() -> None:
    catalogue = at_once(LARDER.catalogue())
    assert catalogue[ToolName("look")].description == "Look at one jar."
    assert catalogue[ToolName("relabel")].parameters["required"] == ["jar"]
    assert all(spec.takes_idempotency_key for spec in catalogue.values())


def test_two_tools_of_one_name_are_an_error() -> None:
    with pytest.raises(RemitError, match="two tools are called 'look'"):
        WorldDefinition("larder", [look, look], JsonState(SHELVES))


def test_a_schema_that_is_not_one_is_an_error() -> None:
    broken = WorldTool(ToolSpec(ToolName("bad"), "", {"type": "strnig"}, Effect.READ), look.run)
    with pytest.raises(RemitError, match="parameters of tool 'bad'"):
        WorldDefinition("larder", [broken], JsonState(SHELVES))


def test_a_start_document_must_be_tables_of_records() -> None:
    with pytest.raises(TypeError, match="'lines'"):
        JsonState({"lines": []})  # type: ignore[dict-item]


def test_changes_of_the_model_apply_to_the_start() -> None:
    _, changes = play(call("discard", jar="jam"), call("write_note", note="gone"))
    assert apply(SHELVES, changes) == {"jars": {"honey": SHELVES["jars"]["honey"]}, "notes": {"n1": {"text": "gone"}}}
