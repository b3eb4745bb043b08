"""Limits of tools: CEL expressions, compiled once, evaluated fail-closed.

Every number of a call is a double, as in JSON, so that `amount / 2` never rounds and `amount <= 100`
holds for 50 and for 50.0. Only `true` lets a call run; whatever else comes out, errors included, does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from remit.documents import suggest
from remit.policy.cel_library import Program, cel_library
from remit.policy.limit_syntax import (
    FUNCTIONS,
    LOOPS,
    TEXT_METHODS,
    TIME_METHODS,
    UNBOUNDED_LOOPS,
    Names,
    Token,
    calls_in,
    has_nested_loop,
    names_in,
    read_tokens,
    with_double_literals,
)
from remit.policy.rules import Limits

MAX_EXPRESSION = 500
MAX_VALUES = 500
MAX_TEXT = 2_000
MAX_DEPTH = 10
WHOLE_CALL = "arguments"
_EXACT_AS_DOUBLE = 2**53
_INT64 = 2**63
_METHODS = TEXT_METHODS | TIME_METHODS | LOOPS


class LimitError(ValueError):
    """A limit cannot be used. `problem` is one clause, `mend` one sentence."""

    def __init__(self, problem: str, mend: str = "") -> None:
        self.problem = problem
        self.mend = mend
        super().__init__(f"{problem}. {mend}".strip())


def compile_limits(expression: str) -> Limits:
    """Compile a limit, once, when the policy is read.

    Args:
        expression: CEL. A bare name is an argument of the call, or else a fact. A name whose fields or
            items are read (`order.delivered`) is always a fact; `arguments.address.city` reaches into
            arguments. Functions and loops beyond `all`, `exists` and `exists_one` are refused.

    Raises:
        LimitError: It is too long, does not compile, calls what CEL does not have, or could run long.
    """
    if len(expression) > MAX_EXPRESSION:
        raise LimitError(
            f"it is {len(expression)} characters long, more than {MAX_EXPRESSION}",
            "Let the tool check what is not a limit of autonomy, or declare two intents.",
        )
    tokens = read_tokens(expression)
    as_written = _compile(expression)
    _refuse_unknown_calls(tokens)
    if has_nested_loop(tokens):
        raise LimitError(
            "a loop or `matches` stands inside a loop", "Keep loops side by side: `a.all(...) && b.all(...)`."
        )
    with_doubles = _compile(with_double_literals(expression, tokens))
    return CelLimits(expression, (with_doubles, as_written), names_in(tokens))


@dataclass(frozen=True, slots=True)
class CelLimits:
    """A compiled limit; two are equal if their text is."""

    expression: str
    programs: tuple[Program, ...] = field(repr=False, compare=False)
    names: Names = field(repr=False, compare=False)

    def allow(self, arguments: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
        """Whether the limit holds. Never raises: what cannot be evaluated is not allowed.

        A name that is both an argument and a fact is ambiguous and not allowed. The second program, whole
        numbers as written, is asked only where the first has a type error (`size(items) + 1 <= 3`).
        """
        try:
            context = _context(self.names, arguments, facts)
        except (_Unusable, RecursionError):
            return False
        for program in self.programs:
            try:
                return program.execute(context) is True
            except TypeError:
                continue
            except (ArithmeticError, AttributeError, LookupError, RuntimeError, ValueError):
                return False
        return False


@dataclass(frozen=True, slots=True)
class AllLimits:
    """Limits of several grants: all of them must hold."""

    members: tuple[Limits, ...]

    @property
    def expression(self) -> str:
        """The limits as one CEL expression."""
        return " && ".join(f"({member.expression})" for member in self.members)

    def allow(self, arguments: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
        """Whether every one of them allows the call."""
        return all(member.allow(arguments, facts) for member in self.members)


# ── compiling ─────────────────────────────────────────────────────────────────────────────────────
def _compile(expression: str) -> Program:
    try:
        return cel_library().compile(expression)
    except (ValueError, RuntimeError) as error:
        raise LimitError(
            f"`{expression}` does not compile: {_syntax_problem(str(error))}",
            "Limits are CEL, such as `amount <= 100.0 && order.delivered`.",
        ) from None


def _syntax_problem(message: str) -> str:
    """The library's first complaint, with its column, without the grammar's list of tokens."""
    for line in message.splitlines():
        _, found, complaint = line.partition("<input>:1:")
        if found:
            column, _, text = complaint.partition(": ")
            return f"{text.partition(' expecting ')[0].removeprefix('Syntax error: ')} at character {column}"
    return " ".join(message.split())[:120]


def _refuse_unknown_calls(tokens: tuple[Token, ...]) -> None:
    for token, is_method in calls_in(tokens):
        known = _METHODS if is_method else FUNCTIONS
        if token.text in UNBOUNDED_LOOPS and is_method:
            raise LimitError(
                f"`{token.text}` builds a list, which a limit does not need and which could run long",
                "Use `all`, `exists` or `exists_one`.",
            )
        if token.text not in known:
            raise LimitError(
                f"it calls `{token.text}`, which CEL does not have here",
                suggest(token.text, sorted(known), noun="methods" if is_method else "functions"),
            )


# ── evaluating ────────────────────────────────────────────────────────────────────────────────────
class _Unusable(Exception):
    """The call or the facts cannot be judged."""


def _context(names: Names, arguments: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Only what the expression names, as plain bounded values."""
    context: dict[str, Any] = {}
    budget = _Budget()
    for name in names.plain | names.facts:
        if name == WHOLE_CALL:
            if WHOLE_CALL in arguments or WHOLE_CALL in facts:
                raise _Unusable
            context[name] = budget.plain(arguments, depth=0)
            continue
        if name in arguments and name in facts:
            raise _Unusable
        if name in facts:
            context[name] = budget.plain(facts[name], depth=0)
        elif name in arguments and name in names.plain:
            context[name] = budget.plain(arguments[name], depth=0)
    return context


@dataclass(slots=True)
class _Budget:
    """Copies values for the library until there are too many of them."""

    n_values: int = 0

    def plain(self, value: Any, *, depth: int) -> Any:
        self.n_values += 1
        if self.n_values > MAX_VALUES or depth > MAX_DEPTH:
            raise _Unusable
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return _text(value)
        if isinstance(value, int | float):
            return _number(value)
        if isinstance(value, Mapping):
            return {_text(key): self.plain(item, depth=depth + 1) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.plain(item, depth=depth + 1) for item in value]
        raise _Unusable


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise _Unusable
    return value


def _number(value: float) -> float | str:
    if not -_INT64 < value < _INT64:  # too large for any bound; also NaN and infinities
        raise _Unusable
    # Beyond what a double tells apart, a whole number becomes its digits: ids must not become equal by rounding,
    # and no bound holds for a text.
    if abs(value) > _EXACT_AS_DOUBLE:
        return str(int(value))
    return float(value)
