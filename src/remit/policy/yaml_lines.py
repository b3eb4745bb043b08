"""YAML to plain values that remember their lines, with every breach of form as a problem instead of a crash."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import ConstructorError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Path = tuple[str | int, ...]

MAX_NODES = 50_000
MAX_DEPTH = 40
_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_MERGE = "tag:yaml.org,2002:merge"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where (1-based line, None for the whole file), what, how to mend it."""

    line: int | None
    what: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Located:
    """Plain values (dict, list, str, int, float, bool, None), the line of each path, and what was wrong with the form.

    The line of a path is the line of its key, or of the item in a list.
    """

    value: Any
    lines: Mapping[Path, int]
    problems: tuple[Problem, ...] = ()

    def line_of(self, path: Path) -> int | None:
        """The line of the path, or of its nearest ancestor that is in the file."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return None


def load_yaml(text: str) -> Located:
    """Read one YAML document.

    Aliases are resolved; a document that would unfold beyond 50,000 values or 40 levels is a problem.
    Dates stay text, as written.
    """
    yaml = YAML(typ="safe", pure=True)
    try:
        root = yaml.compose(text)
    except MarkedYAMLError as error:
        return Located(None, {}, (_broken(error),))
    except YAMLError as error:
        return Located(None, {}, (Problem(None, f"is not YAML: {_one_line(str(error))}", "Save it as UTF-8 text."),))
    if root is None:
        return Located(None, {})
    walk = _Walk(yaml)
    value = walk.value_of(root, ())
    walk.lines.setdefault((), root.start_mark.line + 1)
    return Located(value, walk.lines, tuple(walk.problems))


@dataclass(slots=True)
class _Walk:
    """Turns nodes into plain values and notes lines and problems on the way."""

    yaml: YAML
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    n_nodes: int = 0

    def value_of(self, node: Node, path: Path) -> Any:
        self.n_nodes += 1
        if self.n_nodes > MAX_NODES or len(path) > MAX_DEPTH:
            if not any(problem.what.startswith("unfolds") for problem in self.problems):
                self.problems.append(
                    Problem(
                        node.start_mark.line + 1,
                        f"unfolds beyond {MAX_NODES} values or {MAX_DEPTH} levels",
                        "Remove aliases that contain each other, or split the document.",
                    )
                )
            return None
        match node:
            case MappingNode():
                return self._mapping(node, path)
            case SequenceNode():
                return [self._item(item, (*path, index)) for index, item in enumerate(node.value)]
            case ScalarNode():
                return self._scalar(node)
            case _:  # pragma: no cover - YAML has no fourth kind of node
                return None

    def _item(self, node: Node, path: Path) -> Any:
        self.lines[path] = node.start_mark.line + 1
        return self.value_of(node, path)

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        own: set[str] = set()
        for key_node, value_node in _own_keys_last(node):
            if key_node.tag == _MERGE:
                result.update(self._merged(value_node, path))
                continue
            key, line = _key_text(key_node), key_node.start_mark.line + 1
            if key in own:
                self.problems.append(
                    Problem(
                        line,
                        f"key {key!r} stands twice in this mapping, first on line {self.lines[(*path, key)]}",
                        "Keep one of the two; YAML would silently take the last.",
                    )
                )
                continue
            own.add(key)
            self.lines[(*path, key)] = line
            result[key] = self.value_of(value_node, (*path, key))
        return result

    def _merged(self, node: Node, path: Path) -> dict[str, Any]:
        parts = node.value if isinstance(node, SequenceNode) else [node]
        merged: dict[str, Any] = {}
        for part in reversed(parts):
            value = self.value_of(part, path)
            if isinstance(value, dict):
                merged.update(value)
            else:
                self.problems.append(
                    Problem(part.start_mark.line + 1, "`<<` needs a mapping", "Point it at an anchored mapping.")
                )
        return merged

    def _scalar(self, node: ScalarNode) -> Any:
        if node.tag == _TIMESTAMP:
            return node.value
        try:
            return self.yaml.constructor.construct_object(node)
        except (ConstructorError, ValueError, KeyError):
            wanted = str(node.tag).rsplit(":", 1)[-1]
            self.problems.append(
                Problem(
                    node.start_mark.line + 1,
                    f"{node.value!r} cannot be read as {wanted}",
                    "Put it in quotes if it is meant as text; tags of programming languages are not read.",
                )
            )
            return None


def _own_keys_last(node: MappingNode) -> Iterator[tuple[Node, Node]]:
    """Merged mappings first, so that the mapping's own keys win, wherever the `<<` stands."""
    yield from (pair for pair in node.value if pair[0].tag == _MERGE)
    yield from (pair for pair in node.value if pair[0].tag != _MERGE)


def _key_text(node: Node) -> str:
    return str(node.value) if isinstance(node, ScalarNode) else "[a list or mapping]"


def _broken(error: MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    what = _one_line(error.problem or error.context or "it cannot be read")
    line = mark.line + 1 if mark is not None else None
    if r"\t" in what or "tab" in what:
        return Problem(line, "a tab stands where YAML wants spaces", "Indent with spaces only.")
    if "single document" in (error.context or ""):
        return Problem(line, "a second document begins here", "Keep one document in a file; remove the `---`.")
    return Problem(
        line, f"is not YAML: {what}", "Look at the indentation, colons and quotes on this line and the one above."
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())
