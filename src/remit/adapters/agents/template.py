"""Request templates and response pointers of the `http` agent."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jinja2 import StrictUndefined, TemplateError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from remit.adapters.agents.document import DocumentPlace

VARIABLES = frozenset(
    {
        "message",
        "messages",
        "conversation_id",
        "customer",
        "channel",
        "language",
        "intent",
        "memory",
        "coaching",
        "turn_id",
    }
)
"""What a template can use; `messages` is a list of `{speaker, text}`, `memory` what `response.memory` pointed to."""

Fill = Callable[[Mapping[str, Any]], Any]
_WHOLE = re.compile(r"\{\{((?:(?!\}\}|\{\{).)*)\}\}", re.DOTALL)


def compile_body(value: Any, where: DocumentPlace, key: str) -> Fill:
    """A function that fills a JSON value whose texts are Jinja2 templates.

    A text that is one `{{ expression }}` and nothing else becomes the expression's value, whatever its type.
    """
    match value:
        case str():
            return _compile_text(value, where, key)
        case Mapping():
            fills = {str(name): compile_body(inner, where, key) for name, inner in value.items()}
            return lambda variables: {name: fill(variables) for name, fill in fills.items()}
        case Sequence():
            parts = [compile_body(inner, where, key) for inner in value]
            return lambda variables: [fill(variables) for fill in parts]
        case _:
            return lambda _variables: value


def read_pointer(where: DocumentPlace, key: str) -> tuple[str, ...] | None:
    """A JSON pointer in which a segment `*` means every item of a list; None if the key is not there."""
    if key not in where.section:
        return None
    pointer = where.section[key]
    if not isinstance(pointer, str) or (pointer and not pointer.startswith("/")):
        raise where.error(
            key, f"{pointer!r} is not a JSON pointer", "Write the way from the top, such as `/reply/text`."
        )
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])


def look_up(content: Any, pointer: Sequence[str]) -> list[Any]:
    """Every value the pointer leads to; none where the way ends early."""
    found = [content]
    for part in pointer:
        found = [inner for value in found for inner in _step(value, part)]
    return found


def _compile_text(text: str, where: DocumentPlace, key: str) -> Fill:
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    try:
        unknown = sorted(meta.find_undeclared_variables(environment.parse(text)) - VARIABLES)
        if unknown:
            raise where.error(
                key, f"the template uses {unknown[0]!r}, which nobody fills", f"Known: {', '.join(sorted(VARIABLES))}."
            )
        whole = _WHOLE.fullmatch(text.strip())
        if whole is not None:
            expression = environment.compile_expression(whole[1], undefined_to_none=True)
            return lambda variables: expression(**variables)
        template = environment.from_string(text)
    except TemplateError as error:
        raise where.error(key, f"the template does not compile: {error.message}", "See Jinja2's syntax.") from error
    return lambda variables: template.render(**variables)


def _step(value: Any, part: str) -> Sequence[Any]:
    match value:
        case list() if part == "*":
            return value
        case list() if part.isascii() and part.isdigit() and int(part[:9]) < len(value):
            return [value[int(part[:9])]]
        case dict() if part in value:
            return [value[part]]
        case _:
            return []
