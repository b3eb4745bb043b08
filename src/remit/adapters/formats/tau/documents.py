"""Reads the JSON files of the tau benchmarks; what is wrong is said with the file and the place in it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from remit.documents import digest_of
from remit.errors import ImportFormatError

_FORMATS = (
    "Known formats: tau2 results (an object with 'tasks' and 'simulations'), tau1 results (a list of objects with "
    "'task_id', 'info' and 'traj'), and lists of tasks."
)


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file and the digest of its bytes."""

    path: Path
    digest: str
    content: Any


def read_document(path: Path) -> Document:
    """Parse the file whole before anything is made of it.

    Raises:
        ImportFormatError: It is missing, unreadable, cut off or not JSON.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise ImportFormatError(path, None, "there is no such file", "Check the path.") from error
    except OSError as error:
        raise ImportFormatError(path, None, f"it cannot be read: {error.strerror}", "Check the path.") from error
    try:
        # Python writes NaN and Infinity, which JSON does not have: a number that is none is absent.
        content = json.loads(raw, parse_constant=lambda _: None)
    except UnicodeDecodeError as error:
        raise ImportFormatError(path, None, "it is not text", "Give the JSON file itself, unpacked.") from error
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            problem = "it holds more than one JSON document, such as one a line: that is no results or tasks file"
            raise ImportFormatError(path, error.lineno, problem, _FORMATS) from error
        # A file that was cut stops making sense within its last word, or in a text that never ends.
        cut_off = len(error.doc.rstrip()) - error.pos <= 10 or error.msg.startswith("Unterminated")
        problem = "the file breaks off before its JSON ends" if cut_off else f"it is not JSON: {error.msg}"
        mend = f"It stops making sense at byte {error.pos} of {len(raw)}. Fetch it again; nothing was imported."
        raise ImportFormatError(path, error.lineno, problem, mend) from error
    except (ValueError, RecursionError) as error:
        problem = "it nests too deep or holds a number of thousands of digits"
        raise ImportFormatError(path, None, problem, "No file of these formats does. Fetch it again.") from error
    return Document(path, hashlib.sha256(raw).hexdigest(), content)


def unknown_format(path: Path) -> ImportFormatError:
    """The error for a JSON file that is none of the known formats."""
    return ImportFormatError(path, None, "it is JSON, but not a results or tasks file of the tau benchmarks", _FORMATS)


class Place:
    """One object in a document, which knows where it is: reading it says what is missing, and where."""

    __slots__ = ("_path", "_where", "content")

    def __init__(self, path: Path, where: str, content: Any) -> None:
        if not isinstance(content, dict):
            raise ImportFormatError(path, None, f"{where} is {_kind(content)}, not an object", "Fetch the file again.")
        self._path = path
        self._where = where
        self.content: Mapping[str, Any] = content

    def child(self, name: str) -> "Place":
        """An object inside this one; an absent or null one is read as empty."""
        return Place(self._path, f"{self._where}.{name}", self.content.get(name) or {})

    def children(self, name: str) -> tuple["Place", ...]:
        """The objects of a list inside this one; an absent or null list is empty."""
        found = self.content.get(name) or []
        if not isinstance(found, list):
            raise self.error(f".{name} is {_kind(found)}, not a list")
        return tuple(Place(self._path, f"{self._where}.{name}[{n}]", each) for n, each in enumerate(found))

    def text(self, name: str) -> str:
        """A text; absent or null is empty."""
        found = self.content.get(name)
        return found if isinstance(found, str) else "" if found is None else json.dumps(found)

    def number(self, name: str) -> float | None:
        """A number, or None if there is none."""
        found = self.content.get(name)
        return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts of a list; an absent or null list is empty."""
        found = self.content.get(name)
        if found is not None and not isinstance(found, list):
            raise self.error(f".{name} is {_kind(found)}, not a list")
        return tuple(each if isinstance(each, str) else json.dumps(each) for each in found or ())

    def index(self, name: str) -> int:
        """A whole number that must be there, also if it is written as text."""
        found = self.required(name)
        try:
            return int(str(found))
        except ValueError:
            raise self.error(f".{name} is {found!r}, not a whole number") from None

    def required(self, name: str) -> Any:
        """A value that must be there."""
        if self.content.get(name) is None:
            raise self.error(f" has no {name!r}")
        return self.content[name]

    def error(self, problem: str) -> ImportFormatError:
        """An error at this place; `problem` continues the place's name."""
        return ImportFormatError(self._path, None, f"{self._where}{problem}", "Fetch the file again.")


def places(document: Document, where: str, content: Any) -> tuple[Place, ...]:
    """The objects of a list of the document."""
    if not isinstance(content, list):
        raise ImportFormatError(document.path, None, f"{where} is {_kind(content)}, not a list")
    return tuple(Place(document.path, f"{where}[{n}]", each) for n, each in enumerate(content))


def without_nulls(value: Any) -> Any:
    """The value without keys that hold null: files of different ages write an absent field either way."""
    if isinstance(value, dict):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    return [without_nulls(inner) for inner in value] if isinstance(value, list) else value


def digest_without_nulls(value: Any) -> str:
    """SHA-256 of a JSON value, blind to the order of keys and to nulls."""
    return digest_of(without_nulls(value))


def _kind(value: Any) -> str:
    names = {list: "a list", dict: "an object", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
