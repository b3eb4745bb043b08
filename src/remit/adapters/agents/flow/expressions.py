"""The two small languages of a flow: CEL for conditions and values, sandboxed Jinja for texts. Neither can act."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import cel
from jinja2 import StrictUndefined, TemplateError
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment


class ExpressionError(Exception):
    """An expression does not compile, or cannot be worked out with these values; carries one clause."""


class Expression:
    """A CEL expression over the flow's values; a name without a value is null."""

    def __init__(self, text: str) -> None:
        try:
            self._program = cel.compile(text)
        except ValueError as error:
            message = str(error).replace("\n", " ")
            raise ExpressionError(f"{text!r} is not a CEL expression ({message})") from error
        self.text = text
        self.names = frozenset(self._program.variables())

    def value(self, values: Mapping[str, Any]) -> Any:
        """What it comes to; raises ExpressionError."""
        try:
            return self._program.execute({name: values.get(name) for name in self.names})
        except (KeyError, TypeError, ValueError, RuntimeError, IndexError, OverflowError) as error:
            # Only the type: the text of an error can hold what the customer wrote.
            raise ExpressionError(f"{self.text!r} cannot be worked out ({type(error).__name__})") from error

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether it is true; anything that is not a boolean raises ExpressionError."""
        value = self.value(values)
        if not isinstance(value, bool):
            raise ExpressionError(f"{self.text!r} is of type {type(value).__name__}, not true or false")
        return value


class Text:
    """A sandboxed Jinja template over the flow's values; a missing name is an error, never an empty word."""

    def __init__(self, text: str, environment: ImmutableSandboxedEnvironment) -> None:
        try:
            self._template = environment.from_string(text)
            self.names = frozenset(find_undeclared_variables(environment.parse(text)))
        except TemplateError as error:
            raise ExpressionError(f"the text {text[:40]!r} is not a template ({error})") from error
        self.text = text

    def render(self, values: Mapping[str, Any]) -> str:
        """The words for the customer; raises ExpressionError."""
        try:
            return self._template.render(values).strip()
        except (TemplateError, TypeError, ValueError, KeyError, AttributeError) as error:
            raise ExpressionError(
                f"the text {self.text[:40]!r} cannot be filled in ({type(error).__name__})"
            ) from error


def text_environment(currency: str) -> ImmutableSandboxedEnvironment:
    """The templates' world: no loaders, no globals that act, filters `money`, `day` and `listed`."""
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["money"] = lambda amount: f"{currency}{float(amount):,.2f}"
    environment.filters["day"] = spoken_day
    environment.filters["listed"] = listed
    return environment


def spoken_day(moment: str) -> str:
    """`2026-06-12T08:00:00Z` as `Friday 12 June`."""
    when = date.fromisoformat(str(moment)[:10])
    return f"{when:%A} {when.day} {when:%B}"


def listed(words: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    said = [str(word) for word in words]
    return " and ".join(filter(None, [", ".join(said[:-1]), said[-1]])) if said else ""
