"""Reads the sections of a document field by field; whatever does not fit is one error with file, line and mend."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn, TypeVar

from remit.documents import Located, suggest
from remit.errors import ScenarioParseError

T = TypeVar("T")


class Section:
    """A mapping of the document, with readers for its fields.

    Args:
        located: The value that should be a mapping.
        path: The file, as it is shown.
        where: What this section is, in words, such as "scenario 'refund'".
        known: Every key that may stand here; None allows any.
    """

    def __init__(self, located: Located, path: str, where: str, known: Iterable[str] | None = None) -> None:
        self.path = path
        self.where = where
        self.line = located.line
        if not isinstance(located.value, dict):
            self.fail(f"{where} must be a mapping of keys to values, not {kind_of(located.value)}", located.line)
        self._fields: dict[str, Located] = located.value
        allowed = self._fields if known is None else tuple(known)
        for name, field in self._fields.items():
            if name not in allowed:
                self.fail(f"{where} has an unknown key {name!r}", field.line, suggest(name, allowed, noun="keys"))

    def fail(self, problem: str, line: int | None = None, mend: str = "") -> NoReturn:
        """Raise the ScenarioParseError of this file."""
        raise ScenarioParseError(self.path, self.line if line is None else line, problem, mend)

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def get(self, name: str) -> Located | None:
        """The field as it is, or None."""
        return self._fields.get(name)

    def items(self) -> Iterable[tuple[str, Located]]:
        """Every field, in the order written."""
        return self._fields.items()

    def text(self, name: str, default: str | None = None) -> str:
        """A field that is words; without a default it must be there."""
        found = self._fields.get(name)
        if found is None:
            if default is None:
                self.fail(f"{self.where} has no {name!r}", mend=f"Add `{name}:`.")
            return default
        return self.words(found, name)

    def words(self, found: Located, name: str) -> str:
        """A scalar as words; a number is taken as it is written in JSON."""
        if isinstance(found.value, bool) or not isinstance(found.value, str | int | float):
            self.fail(
                f"{name!r} of {self.where} must be words, not {kind_of(found.value)}", found.line, _quote(found.value)
            )
        return str(found.value)

    def texts(self, name: str) -> tuple[str, ...]:
        """A field that is words or a list of words; empty if it is not there."""
        found = self._fields.get(name)
        if found is None:
            return ()
        return self.several_words(found, name)

    def several_words(self, found: Located, name: str) -> tuple[str, ...]:
        """Words, or a list of them, as a tuple."""
        if isinstance(found.value, list):
            return tuple(self.words(one, name) for one in found.value)
        return (self.words(found, name),)

    def boolean(self, name: str, default: bool) -> bool:  # noqa: FBT001 - the default of a switch is a switch
        """A field that is yes or no."""
        found = self._fields.get(name)
        if found is None:
            return default
        value = (
            {"yes": True, "no": False}.get(found.value, found.value) if isinstance(found.value, str) else found.value
        )
        if not isinstance(value, bool):
            self.fail(f"{name!r} of {self.where} must be true or false, not {kind_of(found.value)}", found.line)
        return value

    def number(self, name: str, default: float, *, at_least: float) -> float:
        """A field that is a number with a lower bound."""
        found = self._fields.get(name)
        if found is None:
            return default
        value = found.value
        if isinstance(value, bool) or not isinstance(value, int | float) or not value >= at_least:
            self.fail(
                f"{name!r} of {self.where} must be a number of at least {at_least:g}, not {shown(value)}", found.line
            )
        return float(value)

    def choice(self, name: str, choices: Mapping[str, T], default: T) -> T:
        """A field that is one of a few words."""
        found = self._fields.get(name)
        return default if found is None else self.one_of(found, name, choices)

    def one_of(self, found: Located, name: str, choices: Mapping[str, T]) -> T:
        """What a word stands for."""
        if not isinstance(found.value, str) or found.value not in choices:
            self.fail(
                f"{name!r} of {self.where} cannot be {shown(found.value)}",
                found.line,
                suggest(str(found.value), choices, noun="words"),
            )
        return choices[found.value]

    def listed(self, name: str, read: Callable[[Located], T]) -> tuple[T, ...]:
        """A field that is a list, or one element without the dash; empty if it is not there."""
        found = self._fields.get(name)
        if found is None:
            return ()
        return tuple(read(one) for one in found.value) if isinstance(found.value, list) else (read(found),)


def kind_of(value: Any) -> str:
    """What a value is, in words for people."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "words"
        case dict():
            return "a mapping"
        case _:
            return "a list"


def shown(value: Any) -> str:
    """A scalar as it was written; anything else by its kind."""
    return repr(value) if isinstance(value, str | int | float) else kind_of(value)


def _quote(value: Any) -> str:
    if isinstance(value, dict) and len(value) == 1 and next(iter(value.values())).value is None:
        return f'A placeholder needs quotes: "{{{next(iter(value))}}}".'
    if isinstance(value, dict):
        return "A text that contains `: ` needs quotes."
    return "Put it in quotes." if isinstance(value, bool) else ""
