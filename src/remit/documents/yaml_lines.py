"""YAML to plain values that remember their lines, with every breach of form as a problem instead of a crash."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from ruamel.yaml import YAML
from ruamel.yaml.constructor import ConstructorError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from remit.errors import DocumentError

KeyPath = tuple[str | int, ...]
Refusal = TypeVar("Refusal", bound=DocumentError)

MAX_CHARACTERS = 5_000_000
MAX_VALUES = 200_000
MAX_LEVELS = 60
MAX_BRACKETS = 200
_MERGE = "tag:yaml.org,2002:merge"
_AS_WRITTEN = frozenset({"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:str"})
_INTEGER = "tag:yaml.org,2002:int"
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where (1-based line, None for the whole file), what, how to mend it."""

    line: int | None
    what: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Located:
    """A value of a document and its 1-based line: that of its key, or of the item in a list.

    `value` is a dict of Located, a list of Located, or a plain scalar (str, int, float, bool, None).
    """

    value: Any
    line: int

    def plain(self) -> Any:
        """The value without lines."""
        if isinstance(self.value, dict):
            return {name: inner.plain() for name, inner in self.value.items()}
        if isinstance(self.value, list):
            return [inner.plain() for inner in self.value]
        return self.value

    def inner(self, step: str | int) -> "Located | None":
        """What stands under a key, or at an index of a list."""
        match self.value:
            case dict():
                found = self.value.get(step)
            case list() if isinstance(step, int) and step < len(self.value):
                found = self.value[step]
            case _:
                return None
        return found if isinstance(found, Located) else None

    def line_of(self, path: KeyPath) -> int:
        """The line of the path, or of its nearest ancestor that is in the file."""
        here = self
        for step in path:
            inner = here.inner(step)
            if inner is None:
                break
            here = inner
        return here.line


def read_mapping(text: str, source: Path | str, error: type[Refusal], begin: str) -> Located:
    """The one YAML document of a text, which has to be a mapping.

    Aliases and merges (`<<`) are resolved. Dates, and whole numbers with leading zeros (an order number, a
    postcode), stay text as written.

    Args:
        text: YAML.
        source: What the text is called in errors, usually its path.
        error: The leaf to raise.
        begin: The sentence that says how such a document begins.

    Raises:
        DocumentError: The given leaf, for the first problem; the sentence lists the rest.
    """
    walk = _Walk()
    located = walk.read(text)
    if walk.problems:
        raise refusal(error, source, walk.problems)
    if isinstance(located.value, dict):
        return located
    raise error(source, 1, "is empty" if located.value is None else "is not a mapping of keys to values", begin)


def refusal(error: type[Refusal], source: Path | str, problems: Sequence[Problem]) -> Refusal:
    """One error for all problems of a document, in the order of their lines."""
    ordered = sorted(problems, key=lambda problem: problem.line or 0)
    first, *rest = (error(source, problem.line, problem.what, problem.mend) for problem in ordered)
    return error(source, first.line, first.problem, first.mend, others=rest)


class _TooLarge(Exception):
    """The document unfolds without end, from this line on."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


@dataclass(slots=True)
class _Walk:
    """Turns nodes into located values and notes problems on the way."""

    yaml: YAML = field(default_factory=lambda: YAML(typ="safe", pure=True))
    problems: list[Problem] = field(default_factory=list)
    n_values: int = 0

    def read(self, text: str) -> Located:
        if len(text) > MAX_CHARACTERS:
            self._note(None, f"is longer than {MAX_CHARACTERS} characters", "Split it, or move long texts to files.")
            return Located(None, 1)
        if _bracket_depth(text) > MAX_BRACKETS:
            # Before the parser sees it: its time grows with the square of the depth.
            self._note(None, f"nests more than {MAX_BRACKETS} brackets", "Write blocks, or remove what is not needed.")
            return Located(None, 1)
        try:
            root = self.yaml.compose(text)
            return Located(None, 1) if root is None else self._value(root, _line(root), 0)
        except MarkedYAMLError as error:
            self.problems.append(_broken(error))
        except YAMLError as error:
            self._note(None, f"is not YAML: {_one_line(str(error))}", "Save it as UTF-8 text.")
        except (_TooLarge, RecursionError) as error:
            self._note(
                error.line if isinstance(error, _TooLarge) else None,
                f"unfolds beyond {MAX_VALUES} values or {MAX_LEVELS} levels",
                "Remove aliases that contain each other, or split the document.",
            )
        return Located(None, 1)

    def _note(self, line: int | None, what: str, mend: str) -> None:
        self.problems.append(Problem(line, what, mend))

    def _value(self, node: Node, line: int, depth: int) -> Located:
        self.n_values += 1
        if self.n_values > MAX_VALUES or depth > MAX_LEVELS:
            raise _TooLarge(line)
        match node:
            case MappingNode():
                return Located(self._mapping(node, depth), line)
            case SequenceNode():
                return Located([self._value(item, _line(item), depth + 1) for item in node.value], line)
            case _:
                return Located(self._scalar(node), line)

    def _mapping(self, node: MappingNode, depth: int) -> dict[str, Located]:
        result: dict[str, Located] = {}
        own: dict[str, int] = {}
        for key_node, value_node in _own_keys_last(node):
            line = _line(key_node)
            if key_node.tag == _MERGE:
                result.update(self._merged(value_node, depth))
            elif not isinstance(key_node, ScalarNode):
                self._note(line, "a key must be a plain word", 'A placeholder needs quotes: "{order}".')
            elif (key := str(key_node.value)) in own:
                self._note(
                    line,
                    f"key {key!r} stands twice in this mapping, first on line {own[key]}",
                    "Rename or remove one of the two; YAML would silently take the last.",
                )
            else:
                own[key] = line
                result[key] = self._value(value_node, line, depth + 1)
        return result

    def _merged(self, node: Node, depth: int) -> dict[str, Located]:
        parts = node.value if isinstance(node, SequenceNode) else [node]
        merged: dict[str, Located] = {}
        for part in reversed(parts):
            located = self._value(part, _line(part), depth + 1)
            if isinstance(located.value, dict):
                merged.update(located.value)
            else:
                self._note(located.line, "`<<` needs a mapping", "Point it at an anchored mapping.")
        return merged

    def _scalar(self, node: Node) -> str | int | float | bool | None:
        written, tag = str(node.value), str(node.tag)
        if tag in _AS_WRITTEN or (tag == _INTEGER and _LEADING_ZERO.match(written)):
            return written
        try:
            value = self.yaml.constructor.construct_object(node)
        except (ConstructorError, ValueError, KeyError):
            value = ...
        if value is None or isinstance(value, str | int | float):
            return value
        self._note(
            _line(node),
            f"{written!r} cannot be read as {tag.rsplit(':', 1)[-1]}",
            "Put it in quotes if it is meant as text; tags of programming languages are not read.",
        )
        return None


def _bracket_depth(text: str) -> int:
    """How deep brackets are open at most, those in quoted texts included."""
    depth = deepest = 0
    for bracket in re.findall(r"[\[{\]}]", text):
        depth = depth + 1 if bracket in "[{" else max(0, depth - 1)
        deepest = max(deepest, depth)
    return deepest


def _own_keys_last(node: MappingNode) -> Iterator[tuple[Node, Node]]:
    """Merged mappings first, so that the mapping's own keys win, wherever the `<<` stands."""
    yield from (pair for pair in node.value if pair[0].tag == _MERGE)
    yield from (pair for pair in node.value if pair[0].tag != _MERGE)


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _broken(error: MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark is not None else None
    what = _one_line(error.problem or error.context or "it cannot be read")
    if r"\t" in what or "tab" in what:
        return Problem(line, "a tab stands where YAML wants spaces", "Indent with spaces only.")
    if "single document" in (error.context or ""):
        return Problem(line, "a second document begins here", "Keep one document in a file; remove the `---`.")
    return Problem(line, f"is not YAML: {what}", _mend(what))


def _mend(what: str) -> str:
    if "mapping values are not allowed" in what:
        return "A text that contains `: ` needs quotes; or the line before is indented differently."
    if "got '{'" in what:
        return "Inside [ ] or { } a text with a {placeholder} needs quotes."
    return "Look at the indentation, colons and quotes on this line and the one above."


def _one_line(text: str) -> str:
    return " ".join(text.split()).rstrip(".")
