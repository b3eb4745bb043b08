"""`vary:` makes many scenarios of one template: every combination of its values, or row by row."""

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from remit.documents import Located, suggest
from remit.scenarios.sections import Section, kind_of

Values = Mapping[str, Any]

MOST_SCENARIOS = 10_000
_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([a-z_][a-z0-9_]*)\}")


def expand(name: str, template: Section) -> Iterator[tuple[str, Located]]:
    """The ids and filled-in bodies of a template, in order; a template without `vary` is one scenario.

    A text that is nothing but a placeholder becomes the value itself, so that a number stays a number.
    `{{` and `}}` are plain braces.

    Raises:
        ScenarioParseError: `vary` is not a mapping of lists or a list of rows, is empty or too long, or a
            placeholder has no value.
    """
    body = {key: value for key, value in template.items() if key != "vary"}
    varied = template.get("vary")
    if varied is None:
        yield name, _Filling(template, {}).fill(Located(body, template.line))
        return
    for index, values in enumerate(_rows(template, varied), start=1):
        yield f"{name}[{index}]", _Filling(template, values).fill(Located(body, template.line))


def _rows(template: Section, varied: Located) -> Iterator[Values]:
    if not isinstance(varied.value, list | dict) or not varied.value:
        template.fail(
            f"`vary` of {template.where} must be lists of values or a list of rows, not {kind_of(varied.value)}",
            varied.line,
            "Write `vary: {order: [W1, W2]}` or `vary: [{order: W1, item: mug}, {order: W2, item: lamp}]`.",
        )
    return _written_rows(template, varied) if isinstance(varied.value, list) else _combinations(template, varied)


def _combinations(template: Section, varied: Located) -> Iterator[Values]:
    columns: dict[str, list[Any]] = {}
    n_rows = 1
    for name, values in varied.value.items():
        _check_name(template, name, values.line)
        if not isinstance(values.value, list) or not values.value:
            template.fail(f"{name!r} in `vary` of {template.where} must be a list with at least one value", values.line)
        columns[name] = [value.plain() for value in values.value]
        n_rows *= len(values.value)
    if n_rows > MOST_SCENARIOS:
        template.fail(
            f"`vary` of {template.where} makes {n_rows} scenarios, more than {MOST_SCENARIOS}",
            varied.line,
            "Write the rows that matter instead: `vary: [{...}, {...}]`.",
        )
    for row in itertools.product(*columns.values()):
        yield dict(zip(columns, row, strict=True))


def _written_rows(template: Section, varied: Located) -> Iterator[Values]:
    first: set[str] | None = None
    for row in varied.value:
        section = Section(row, template.path, f"a row in `vary` of {template.where}")
        values = {name: value.plain() for name, value in section.items()}
        for name in values:
            _check_name(template, name, row.line)
        if first is None:
            first = set(values)
        elif set(values) != first:
            different = ", ".join(sorted(first ^ set(values)))
            section.fail(
                f"{section.where} differs from the first row in: {different}", mend="Give all rows the same names."
            )
        yield values


def _check_name(template: Section, name: str, line: int) -> None:
    if not _NAME.fullmatch(name):
        template.fail(f"{name!r} in `vary` cannot be a placeholder", line, "Use small letters, digits and `_`.")


class _Filling:
    """Puts one row of values into a template."""

    def __init__(self, template: Section, values: Values) -> None:
        self._template = template
        self._values = values

    def fill(self, located: Located) -> Located:
        match located.value:
            case str():
                return Located(self._filled(located.value, located.line), located.line)
            case dict():
                filled = {self._key(name, inner.line): self.fill(inner) for name, inner in located.value.items()}
                return Located(filled, located.line)
            case list():
                return Located([self.fill(inner) for inner in located.value], located.line)
            case _:
                return located

    def _key(self, name: str, line: int) -> str:
        return self._in_text(name, line) if "{" in name or "}" in name else name

    def _filled(self, text: str, line: int) -> Any:
        if "{" not in text and "}" not in text:
            return text
        whole = _PLACEHOLDER.fullmatch(text)
        if whole is not None and whole[1] is not None:
            return _located(self._value(whole[1], line), line)
        return self._in_text(text, line)

    def _in_text(self, text: str, line: int) -> str:
        def put(found: re.Match[str]) -> str:
            return found[0][0] if found[1] is None else _words(self._value(found[1], line))

        return _PLACEHOLDER.sub(put, text)

    def _value(self, name: str, line: int) -> Any:
        if name not in self._values:
            mend = f"Give it values: `vary: {{{name}: [...]}}`."
            if self._values:
                mend = suggest(name, self._values, noun="placeholders")
            self._template.fail(
                f"{self._template.where} has no values for the placeholder {{{name}}}",
                line,
                f"{mend} Plain braces are written {{{{ and }}}}.",
            )
        return self._values[name]


def _located(value: Any, line: int) -> Any:
    """The raw value of a Located: containers hold Located again."""
    if isinstance(value, dict):
        return {name: Located(_located(inner, line), line) for name, inner in value.items()}
    if isinstance(value, list):
        return [Located(_located(inner, line), line) for inner in value]
    return value


def _words(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
