"""Turns what the border models complain about into problems with a line and a mend."""

from collections.abc import Iterator, Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from remit.documents.suggestions import suggest
from remit.documents.yaml_lines import KeyPath, Located, Problem


def complaints(error: ValidationError, located: Located, model: type[BaseModel]) -> tuple[Problem, ...]:
    """One problem for each place; where a value fits no variant of a union, the place is named once."""
    seen: dict[tuple[int | None, str], Problem] = {}
    for detail in error.errors(include_url=False):
        problem = _problem(detail, located, model)
        seen.setdefault((problem.line, problem.what), problem)
    return tuple(seen.values())


def _problem(detail: ErrorDetails, located: Located, model: type[BaseModel]) -> Problem:
    loc = tuple(segment for segment in detail["loc"] if segment != "[key]")
    path = _path_in_document(loc, located)
    line = located.line_of(path)
    place = _place(path)
    kind, given, context = detail["type"], detail["input"], detail.get("ctx", {})
    match kind:
        case "extra_forbidden":
            key = str(loc[-1])
            known = _fields_at(model, path[:-1])
            return Problem(line, f"unknown key {key!r}{_inside(path[:-1])}", suggest(key, known, noun="keys"))
        case "missing":
            return Problem(line, f"key {str(loc[-1])!r} is missing{_inside(path)}", "Add it.")
        case "literal_error" if detail["loc"][-1] == "[key]":
            return Problem(
                line,
                f"unknown name {given!r}{_inside(path[:-1])}",
                suggest(str(given), _choices(context), noun="names"),
            )
        case "literal_error" | "enum":
            mend = suggest(str(given), _choices(context), noun="values")
            return Problem(line, f"{place} is {_shown(given)}, which is none of its values", mend)
        case "duration" | "moment":
            return Problem(line, f"{place}: {detail['msg']}", context["mend"])
        case "variant":
            return Problem(line, f"{place} {detail['msg']}", context["mend"])
        case _:
            wanted, mend = _wanted(detail)
            return Problem(line, f"{place} is {_shown(given)}, it must be {wanted}", mend)


def _wanted(detail: ErrorDetails) -> tuple[str, str]:
    """What a value has to be instead, and how to write it."""
    context = detail.get("ctx", {})
    match detail["type"]:
        case "greater_than" | "greater_than_equal" | "less_than" | "less_than_equal":
            bound, word = next((context[key], word) for key, word in _BOUNDS.items() if key in context)
            is_share = context.get("gt") == 0 or context.get("lt") == 1
            return f"{word} {bound:g}", "A share is written between 0 and 1: 0.02 for 2 %." if is_share else ""
        case "string_type":
            return "text", "Put it in quotes."
        case "string_too_short" | "too_short":
            return "filled in", "Write at least one, or remove the key."
        case "string_pattern_mismatch":
            return "a name", "Names hold letters, digits, `_`, `.` and `-`, and begin with a letter."
        case "float_type" | "float_parsing":
            return "a number", "Write 0.02 for 2 %."
        case kind if kind in _KINDS:
            return _KINDS[kind], ""
        case _:
            return f"otherwise: {detail['msg'][:1].lower()}{detail['msg'][1:]}", ""


_BOUNDS = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}
_KINDS = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
    "bool_type": "true or false",
}


def _path_in_document(loc: Sequence[str | int], located: Located) -> KeyPath:
    """The location without the names of union variants, which are no keys of the document."""
    path: KeyPath = ()
    here = located
    for segment in loc:
        inner = here.inner(segment)
        if inner is not None:
            path, here = (*path, segment), inner
    return path


def _fields_at(model: type[BaseModel], path: KeyPath) -> tuple[str, ...]:
    """The keys that the models allow at a place of the document."""
    kinds: list[Any] = [model]
    for segment in path:
        kinds = [inner for kind in kinds for inner in _step(kind, segment)]
    fields = (item for kind in kinds for at_place in _models(kind) for item in at_place.model_fields.items())
    return tuple(dict.fromkeys(field.alias or name for name, field in fields))


def _step(kind: Any, segment: str | int) -> Iterator[Any]:
    for part in _variants(kind):
        if isinstance(part, type) and issubclass(part, BaseModel):
            if segment in part.model_fields:
                yield part.model_fields[str(segment)].annotation
        elif get_origin(part) is dict:
            yield get_args(part)[1]
        elif get_origin(part) in (list, tuple):
            yield get_args(part)[0]


def _models(kind: Any) -> list[type[BaseModel]]:
    return [part for part in _variants(kind) if isinstance(part, type) and issubclass(part, BaseModel)]


def _variants(kind: Any) -> Iterator[Any]:
    if get_origin(kind) is Annotated:
        yield from _variants(get_args(kind)[0])
    elif get_origin(kind) in (Union, UnionType):
        for part in get_args(kind):
            yield from _variants(part)
    else:
        yield kind


def _choices(context: dict[str, Any]) -> list[str]:
    return [choice.strip(" '") for choice in str(context.get("expected", "")).replace(" or ", ", ").split(",")]


def _place(path: KeyPath) -> str:
    return "`" + ".".join(str(segment) for segment in path) + "`" if path else "the document"


def _inside(path: KeyPath) -> str:
    return f" in {_place(path)}" if path else ""


def _shown(given: Any) -> str:
    text = "empty" if given in (None, "", [], {}) else _printed(given)
    return text if len(text) <= 60 else text[:57] + "..."


def _printed(given: Any) -> str:
    try:
        return repr(given)
    except ValueError:  # Python prints no number of more than 4300 digits
        return "a number of thousands of digits"
