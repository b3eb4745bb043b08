"""YAML text as plain values that know their line, so that every complaint can name one."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from remit.errors import ScenarioParseError

_DEEPEST = 60
_ALIAS_BUDGET = 200_000


@dataclass(frozen=True, slots=True)
class Located:
    """A value of a document and its 1-based line.

    `value` is a dict of Located, a list of Located, or a plain scalar.
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


def read_yaml(text: str, path: str) -> Located:
    """The one document in a YAML text.

    Raises:
        ScenarioParseError: It is not YAML, is empty, repeats a key, or nests without end.
    """
    try:
        root = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else None
        problem = " ".join(str(error.problem or error.context or "it cannot be read").split())
        raise ScenarioParseError(path, line, f"this is not YAML: {problem}", _yaml_mend(problem)) from error
    except YAMLError as error:
        problem = " ".join(str(error).split())
        raise ScenarioParseError(path, None, f"this is not YAML: {problem}") from error
    if root is None:
        raise ScenarioParseError(path, None, "the file is empty", "Begin with `apiVersion: remit/v1`, `kind: Suite`.")
    return _Reader(path).read(root, 0)


def _yaml_mend(problem: str) -> str:
    if "tab" in problem or "\\t" in problem:
        return "Indent with spaces."
    if "mapping values are not allowed" in problem:
        return "A text that contains `: ` needs quotes; or the line before is indented differently."
    if "got '{'" in problem:
        return "Inside [ ] or { } a text with a {placeholder} needs quotes."
    return "Look at the indentation and quotes of this line and the one before."


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """One sentence that names what was probably meant, or everything that is known."""
    names = sorted(known)
    close = difflib.get_close_matches(wrong, names, n=1, cutoff=0.6)
    if close:
        return f"Did you mean {close[0]!r}?"
    return f"Known: {', '.join(names)}." if names else ""


class _Reader:
    def __init__(self, path: str) -> None:
        self._path = path
        self._budget = _ALIAS_BUDGET

    def read(self, node: Node, depth: int) -> Located:
        line = node.start_mark.line + 1
        self._budget -= 1
        if depth > _DEEPEST or self._budget < 0:
            raise ScenarioParseError(self._path, line, "the document is nested too deeply or its aliases have no end")
        match node:
            case MappingNode():
                return Located(self._mapping(node, depth), line)
            case SequenceNode():
                return Located([self.read(inner, depth + 1) for inner in node.value], line)
            case _:
                return Located(self._scalar(node), line)

    def _mapping(self, node: MappingNode, depth: int) -> dict[str, Located]:
        found: dict[str, Located] = {}
        for key, inner in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, ScalarNode):
                raise ScenarioParseError(
                    self._path, line, "a key must be a plain word", 'A placeholder needs quotes: "{order}".'
                )
            name = str(key.value)
            if name in found:
                raise ScenarioParseError(self._path, line, f"{name!r} is here twice", "Rename or remove one of them.")
            value = self.read(inner, depth + 1)
            found[name] = Located(value.value, line)
        return found

    def _scalar(self, node: Node) -> None | bool | int | float | str:
        text = str(node.value)
        kind = str(node.tag).rpartition(":")[2]
        try:
            return _SCALARS[kind](text) if kind in _SCALARS else text
        except ValueError:
            return text


def _integer(text: str) -> int | str:
    if re.match(r"[-+]?0[0-9]", text):
        return text  # an order number or postcode: its zeros matter
    return int(text.replace("_", ""), 0) if re.match(r"[-+]?0[xob]", text) else int(text.replace("_", ""))


def _float(text: str) -> float:
    return float(text.replace("_", "").replace(".inf", "inf").replace(".nan", "nan").replace(".NaN", "nan"))


def _boolean(text: str) -> bool:
    return text.lower() in ("true", "yes", "on")


def _nothing(text: str) -> None:
    del text


_SCALARS: dict[str, Any] = {"int": _integer, "float": _float, "bool": _boolean, "null": _nothing}
