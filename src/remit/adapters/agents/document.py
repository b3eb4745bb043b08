"""Agent definitions as documents: YAML with line numbers, and the place a builder reads its section from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from remit.adapters.agents.parts import PartsOfDefinition, Stated
from remit.documents import Located, read_mapping, suggest
from remit.errors import AgentParseError
from remit.releases.model import PartKind
from remit.releases.reach import ALL, Reach
from remit.runtime.ports import Clock

_SECRETS = ("api_key", "apikey", "key", "token", "password", "secret", "authorization")


class LinedMapping(dict[str, Any]):
    """A mapping of plain values that knows its line and those of its keys."""

    def __init__(self, values: Mapping[str, Any], *, line: int, lines: Mapping[str, int]) -> None:
        super().__init__(values)
        self.line = line
        self.lines = lines


@dataclass(frozen=True, slots=True)
class DocumentPlace:
    """Where a section of an agent definition stands, and the way a builder reads it.

    Every reading method raises AgentParseError with the line of the key. Files that a builder reads with
    `read_file` or names with `cover`, and sections that it names with `state`, become parts of the release.

    Args:
        path: The definition's file.
        agent: The agent's name, for its errors.
        section: The part of the document that is read here.
        keys: The way from the document's top to the section.
        clock: What deadlines are measured with.
        parts: What belongs to the release; shared by all places of one document.
        within: No part below this place reaches further.
        role: Which part of a hybrid this is; empty for the agent itself.
    """

    path: Path
    agent: str
    section: Mapping[str, Any]
    clock: Clock
    keys: tuple[str, ...] = ()
    parts: PartsOfDefinition = field(default_factory=PartsOfDefinition)
    within: Reach = ALL
    role: str = ""

    def line(self, key: str | None = None) -> int | None:
        """1-based line of a key, or of the section; None if it is not known."""
        if not isinstance(self.section, LinedMapping):
            return None
        return self.section.line if key is None else self.section.lines.get(key, self.section.line)

    def error(self, key: str | None, problem: str, mend: str = "") -> AgentParseError:
        """The error to raise about a key, or about the section if it is None."""
        return AgentParseError(self.path, self.line(key), problem, mend)

    def name_of(self, key: str) -> str:
        """The key as a person finds it, such as `llm.model`."""
        return ".".join((*self.keys, key))

    def expect_keys(self, *known: str) -> None:
        """Refuse keys that nobody reads, with the nearest known one."""
        for key in self.section:
            if key in known:
                continue
            if key.lower() in _SECRETS and "api_key_env" in known:
                raise self.error(
                    key,
                    f"{self.name_of(key)!r} would put a secret into the file",
                    "Keep it in an environment variable and name that: `api_key_env: OPENAI_API_KEY`.",
                )
            raise self.error(key, f"unknown key {key!r}", suggest(key, known, noun="keys"))

    def part(self, key: str) -> "DocumentPlace":
        """The place of a mapping inside the section."""
        value = self.required(key)
        if not isinstance(value, Mapping):
            raise self.error(key, f"{self.name_of(key)!r} must be a mapping", "Write `key: value` lines below it.")
        return replace(self, section=value, keys=(*self.keys, key))

    def required(self, key: str) -> Any:
        """The value of a key that must be there."""
        if self.section.get(key) is None:
            where = ".".join(self.keys) or "the document"
            raise self.error(None, f"{where} lacks {key!r}", f"Add `{key}:` with a value.")
        return self.section[key]

    def text(self, key: str, *, default: str | None = None) -> str:
        """A text that is not empty; `default` None means that the key must be there."""
        value = self.section.get(key, default) if default is not None else self.required(key)
        if not isinstance(value, str) or (not value.strip() and value != default):
            raise self.error(key, f"{self.name_of(key)!r} must be a text, not {value!r}", "Put it in quotes.")
        return str(value)

    def number(self, key: str, *, default: float, at_least: float = 0.0, at_most: float = float("inf")) -> float:
        """A number in a range."""
        value = self.section.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not at_least <= value <= at_most:
            raise self.error(
                key,
                f"{self.name_of(key)!r} must be a number from {at_least:g} to {at_most:g}, not {value!r}",
                f"Leave it out for {default:g}.",
            )
        return float(value)

    def flag(self, key: str, *, default: bool = False) -> bool:
        """True or false."""
        value = self.section.get(key, default)
        if not isinstance(value, bool):
            raise self.error(key, f"{self.name_of(key)!r} must be true or false, not {value!r}", "Without quotes.")
        return value

    def mapping(self, key: str) -> dict[str, Any]:
        """A mapping as plain JSON values; empty if the key is not there."""
        return dict(plain(self.part(key).section)) if self.section.get(key) is not None else {}

    def file(
        self, key: str, directory: Path, *, kind: PartKind = PartKind.FILE, reach: Reach = ALL, why: str = ""
    ) -> Path:
        """The existing file that a key names, relative to the definition; it becomes part of the release."""
        found = self.existing(key, directory)
        self.cover(found, kind=kind, reach=reach, why=why)
        return found

    def existing(self, key: str, directory: Path) -> Path:
        """The existing file that a key names; whoever reads it states its sections as parts."""
        named = self.text(key)
        found = directory / named
        if not found.is_file():
            raise self.error(
                key, f"{self.name_of(key)!r} names {named!r}, which is not a file", f"Expected it at {found}."
            )
        return found

    def read_file(
        self, key: str, directory: Path, *, kind: PartKind = PartKind.FILE, reach: Reach = ALL, why: str = ""
    ) -> str:
        """The UTF-8 content of the file that a key names; it becomes part of the release."""
        return self.read_text(key, self.file(key, directory, kind=kind, reach=reach, why=why))

    def read_text(self, key: str, found: Path) -> str:
        """The UTF-8 content of a file that belongs to the release by its sections."""
        try:
            return found.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise self.error(
                key, f"{self.name_of(key)!r}: {found} cannot be read ({type(error).__name__})", "Save it as UTF-8."
            ) from error

    def cover(self, path: Path, *, kind: PartKind = PartKind.FILE, reach: Reach = ALL, why: str = "") -> None:
        """Make a file, or every file below a folder, part of the release, byte by byte."""
        self.parts.files.append(Stated(kind, path, None, reach & self.within, self._why(why)))

    def state(self, kind: PartKind, name: str, content: Any, *, reach: Reach = ALL, why: str = "") -> None:
        """Make a section part of the release, by its content: comments and order do not count."""
        named = f"{self.role} {name}".strip()
        self.parts.sections.append(Stated(kind, named, plain(content), reach & self.within, self._why(why)))

    def leave_out(self, *keys: str) -> None:
        """These keys of the section are stated as parts of their own, so that the definition is not read as changed."""
        self.parts.elsewhere.update((str(self.path), *self.keys, key) for key in keys)

    def _why(self, why: str) -> str:
        narrowed = "asked only where no flow has an answer" if self.within != ALL else ""
        return "; ".join(filter(None, [why, narrowed]))


def parse_document(text: str, path: Path) -> LinedMapping:
    """Read one YAML document whose mappings know their lines.

    Raises:
        AgentParseError: It is not YAML, not a mapping, or far too large.
    """
    begin = "An agent definition begins with `apiVersion: remit/v1` and `kind: Agent`."
    return _lined_mapping(read_mapping(text, path, AgentParseError, begin))


def _lined_mapping(located: Located) -> LinedMapping:
    fields: Mapping[str, Located] = located.value
    lines = {key: inner.line for key, inner in fields.items()}
    return LinedMapping({key: _lined(inner) for key, inner in fields.items()}, line=located.line, lines=lines)


def _lined(located: Located) -> Any:
    match located.value:
        case dict():
            return _lined_mapping(located)
        case list():
            return [_lined(inner) for inner in located.value]
        case _:
            return located.value


def plain(value: Any) -> Any:
    """The value as JSON knows it: only dict, list, str, int, float, bool and None."""
    match value:
        case Mapping():
            return {str(key): plain(inner) for key, inner in value.items()}
        case str():
            return str(value)
        case bool() | None:
            return value
        case int():
            return int(value)
        case float():
            return float(value)
        case Sequence():
            return [plain(inner) for inner in value]
        case _:
            return str(value)
