"""What an agent definition is made of: files and sections as parts of a release, each with the intents it reaches."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from remit.documents import digest_of
from remit.releases.model import Part, PartKind
from remit.releases.reach import ALL, Reach

_OF_EVERY_TURN = "every turn depends on it"


@dataclass(frozen=True, slots=True)
class Stated:
    """A file or folder (`what` is a path), or a section (`what` is its name and `content` what it says)."""

    kind: PartKind
    what: Path | str
    content: Any
    reach: Reach
    why: str


@dataclass(slots=True)
class PartsOfDefinition:
    """Filled by builders while they read; `elsewhere` holds (file, key, ...) of what is stated apart."""

    files: list[Stated] = field(default_factory=list)
    sections: list[Stated] = field(default_factory=list)
    definitions: list[Part] = field(default_factory=list)
    elsewhere: set[tuple[str, ...]] = field(default_factory=set)

    def of_definition(self, document: Mapping[str, Any], path: Path, *, name: str, reach: Reach = ALL) -> Part:
        """What a definition says itself: without its description, and without what is stated apart."""
        own = {key: value for key, value in document.items() if key != "description"}
        return Part(
            PartKind.DEFINITION, name, digest_of(self._without_elsewhere(own, (str(path),))), reach, _OF_EVERY_TURN
        )

    def all(self, base: Path) -> Iterator[Part]:
        """Every stated part; files are named as seen from the definition's folder."""
        yield from self.definitions
        for one in self.sections:
            yield Part(one.kind, str(one.what), digest_of(one.content), one.reach, one.why or _OF_EVERY_TURN)
        for one in self.files:
            for file in sorted(_files(Path(one.what))):
                name = Path(os.path.relpath(file, base)).as_posix()
                digest = hashlib.sha256(file.read_bytes()).hexdigest()
                yield Part(_kind(one.kind, file), name, digest, one.reach, one.why or _OF_EVERY_TURN)

    def _without_elsewhere(self, section: Mapping[str, Any], place: tuple[str, ...]) -> dict[str, Any]:
        return {
            key: self._without_elsewhere(value, (*place, key)) if isinstance(value, Mapping) else value
            for key, value in section.items()
            if (*place, key) not in self.elsewhere
        }


def _kind(stated: PartKind, file: Path) -> PartKind:
    """An article is an article, whichever way an agent came to it."""
    return PartKind.ARTICLE if stated is PartKind.FILE and file.suffix == ".md" else stated


def _files(path: Path) -> Iterable[Path]:
    """The file itself; below a folder all of them save hidden ones and caches."""
    if not path.is_dir():
        yield path
        return
    for inner in path.rglob("*"):
        relative = inner.relative_to(path).parts
        if inner.is_file() and not any(part.startswith(".") or part == "__pycache__" for part in relative):
            yield inner
