"""A world made of Python functions: its tools, its state, and one isolated copy of the state for each trial."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar

from jsonschema.exceptions import SchemaError, ValidationError, best_match
from jsonschema.protocols import Validator
from jsonschema.validators import Draft202012Validator

from remit.adapters.worlds.arguments import Proof, proof_of_fit
from remit.errors import RemitError, ScenarioReferenceError
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
    is_write,
)

S = TypeVar("S")
S_co = TypeVar("S_co", covariant=True)


class ToolRefusal(Exception):
    """Raised by a tool that says no: nothing was done, and the agent may read the message."""


# ── what a world author gives ─────────────────────────────────────────────────────────────────────
class StateCopy(Protocol[S_co]):
    """One trial's own copy of the state."""

    def transaction(self) -> AbstractContextManager[S_co]:
        """The state for one tool call; what the call changed is undone if the block raises."""
        ...

    def changes(self) -> tuple[StateChange, ...]:
        """What differs from the start, sorted by pointer; its cost grows with what was touched, not with the state."""
        ...

    def settle(self) -> None:
        """Take the present state as the start."""
        ...

    def close(self) -> None:
        """Throw the copy away."""
        ...


class StateSource(Protocol[S_co]):
    """Where copies of the state come from."""

    def open(self, changes: Sequence[StateChange]) -> StateCopy[S_co]:
        """A fresh copy with these changes already made; LookupError if one cannot be made."""
        ...


@dataclass(frozen=True, slots=True)
class WorldTool:
    """A tool and the function that does its work: `run(state, **arguments)` returns JSON.

    A run that cannot do what was asked raises ToolRefusal.
    """

    spec: ToolSpec
    run: Callable[..., Any]


def tool(
    effect: Effect, parameters: Mapping[str, Mapping[str, Any]] | None = None, *, optional: Sequence[str] = ()
) -> Callable[[Callable[..., Any]], WorldTool]:
    """Make a tool of a function; its name and its docstring are what the agent reads.

    Args:
        effect: What the tool can do to the world.
        parameters: A JSON Schema for each argument; further arguments are refused.
        optional: Arguments that may be left out.
    """
    properties = dict(parameters or {})

    def made(function: Callable[..., Any]) -> WorldTool:
        schema = {
            "type": "object",
            "properties": properties,
            "required": [name for name in properties if name not in optional],
            "additionalProperties": False,
        }
        description = " ".join((function.__doc__ or "").split())
        return WorldTool(ToolSpec(ToolName(function.__name__), description, schema, effect), function)

    return made


# ── the world ─────────────────────────────────────────────────────────────────────────────────────
class WorldDefinition(Generic[S]):
    """A world that runs in this process.

    Args:
        name: For messages.
        tools: Each name once.
        source: Gives every session its own copy of the state.

    Raises:
        RemitError: Two tools have one name, or the schema of a tool's arguments is not one.
    """

    def __init__(self, name: str, tools: Sequence[WorldTool], source: StateSource[S]) -> None:
        self.name = name
        self._source = source
        self._tools = {each.spec.name: each for each in tools}
        if len(self._tools) < len(tools):
            names = [each.spec.name for each in tools]
            twice = sorted({each for each in names if names.count(each) > 1})
            raise RemitError(f"world {name!r}: two tools are called {twice[0]!r}.\n  Give each tool its own name.")
        # Compiled once: a trial must not pay for reading a schema.
        self._validators = {each.spec.name: _compile(name, each.spec) for each in tools}
        # Sessions keep the promise of keys, whatever the tool itself says.
        self._catalogue = {each.spec.name: replace(each.spec, takes_idempotency_key=True) for each in tools}

    async def catalogue(self) -> Mapping[ToolName, ToolSpec]:
        """Its tools."""
        return self._catalogue

    async def start(self, start: StartState) -> "DefinedSession[S]":
        """A fresh copy with the start's changes made and its calls run.

        Raises ScenarioReferenceError if a change leads nowhere or a call fails.
        """
        try:
            copy = self._source.open(start.changes)
        except LookupError as error:
            raise ScenarioReferenceError(start.world, f"its start state cannot be made: {error.args[0]}") from error
        session = DefinedSession(self._tools, self._validators, copy)
        for index, call in enumerate(start.calls):
            result = await session.call(call, f"start/{index}")
            if not isinstance(result, ToolSucceeded):
                await session.close()
                raise ScenarioReferenceError(start.world, f"its start call {call.tool!r} fails: {result.message}")
        if start.calls:
            copy.settle()
        return session


class DefinedSession(Generic[S]):
    """One copy of a `WorldDefinition`, for one trial."""

    def __init__(
        self,
        tools: Mapping[ToolName, WorldTool],
        validators: Mapping[ToolName, tuple[Proof, Validator]],
        copy: StateCopy[S],
    ) -> None:
        self._tools = tools
        self._validators = validators
        self._copy = copy
        self._ran: dict[str, tuple[ToolCall, ToolResult]] = {}

    async def call(self, call: ToolCall, key: str) -> ToolResult:
        """Run a tool; never raises. A write with a known key returns its first result and does nothing."""
        called = self._tools.get(call.tool)
        if called is None:
            return ToolFailed(f"There is no tool {call.tool!r}. Known tools: {', '.join(sorted(self._tools))}.")
        if not is_write(called.spec.effect):
            return self._run(called, call)
        if key not in self._ran:
            self._ran[key] = (call, self._run(called, call))
        first, result = self._ran[key]
        if (first.tool, first.arguments) != (call.tool, call.arguments):
            return ToolFailed(f"The key {key!r} was used for another call of {first.tool!r}; nothing was done.")
        return result

    async def changes(self) -> tuple[StateChange, ...]:
        """What differs between the start state and now, sorted by pointer."""
        return self._copy.changes()

    async def close(self) -> None:
        """Throw the copy away."""
        self._copy.close()

    def _run(self, called: WorldTool, call: ToolCall) -> ToolResult:
        fit, validator = self._validators[call.tool]
        arguments = dict(call.arguments)
        if not fit(arguments) and not validator.is_valid(arguments):
            return ToolFailed(f"{call.tool}: {_complaint(validator, arguments)}. Nothing was done.")
        try:
            with self._copy.transaction() as state:
                return ToolSucceeded(called.run(state, **arguments))
        except ToolRefusal as refusal:
            return ToolFailed(str(refusal))
        except Exception as error:  # noqa: BLE001 - a tool is foreign code: its failure is a result, never a crash
            if is_write(called.spec.effect):
                return ToolOutcomeUnknown(f"{call.tool} broke off: {type(error).__name__}: {error}")
            return ToolFailed(f"{call.tool} broke off: {type(error).__name__}: {error}", crashed=True)


def _compile(world: str, spec: ToolSpec) -> tuple[Proof, Validator]:
    try:
        Draft202012Validator.check_schema(spec.parameters)
    except SchemaError as error:
        raise RemitError(
            f"world {world!r}: the parameters of tool {spec.name!r} are not a JSON Schema: {error.message}.\n"
            "  Correct the schema (draft 2020-12)."
        ) from error
    return proof_of_fit(spec.parameters), Draft202012Validator(spec.parameters)


def _complaint(validator: Validator, arguments: Mapping[str, Any]) -> str:
    error = best_match(validator.iter_errors(arguments))
    if not isinstance(error, ValidationError):
        return "the arguments do not fit the schema"
    place = ".".join(str(segment) for segment in error.absolute_path)
    return f"argument {place!r}: {error.message}" if place else error.message
