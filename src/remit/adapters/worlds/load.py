"""Finds a world by its reference, such as `world/shop.py:world` or `package.module:attribute`."""

import hashlib
import importlib
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import cast

from remit.errors import SettingsError
from remit.scenarios.ports import World


def load_world(reference: str, directory: Path) -> World:
    """The world that a reference names.

    Args:
        reference: `FILE.py:ATTRIBUTE`, the file relative to `directory`, or `package.module:attribute`. The
            attribute is a world, or a function of no arguments that makes one. Files of one folder may import
            each other relatively (`from .rules import ...`).
        directory: Folder of the document that holds the reference.

    Raises:
        SettingsError: There is no such file, module or attribute, it cannot be imported, or it is not a world.
    """
    place, colon, attribute = reference.rpartition(":")
    if not colon or not place or not attribute:
        raise _unusable(
            reference, "it does not name an attribute", "Write 'world/shop.py:world' or 'package.module:world'."
        )
    module = _load_file(reference, directory / place) if place.endswith(".py") else _import(reference, place)
    found = getattr(module, attribute, None)
    if found is None:
        names = ", ".join(sorted(name for name in vars(module) if not name.startswith("_"))) or "nothing"
        raise _unusable(reference, f"{place} has no {attribute!r}", f"It has: {names}.")
    made = found if _is_world(found) or isinstance(found, type) or not callable(found) else _made(reference, found)
    if not _is_world(made):
        raise _unusable(
            reference,
            f"{attribute!r} is no world but of type {type(made).__name__}",
            "A world has the methods `catalogue` and `start`; `WorldDefinition` makes one.",
        )
    return cast("World", made)


def _is_world(value: object) -> bool:
    return hasattr(value, "catalogue") and hasattr(value, "start") and not isinstance(value, type)


def _load_file(reference: str, path: Path) -> types.ModuleType:
    path = path.resolve()
    if not path.is_file():
        raise _unusable(reference, f"there is no file {path}", "Paths are relative to the document that names them.")
    # The folder becomes a package of its own, under a name nobody else has, so that its files can import
    # each other without being installed and two worlds may both have a `rules.py`.
    package = "remit_world_" + hashlib.sha256(str(path.parent).encode()).hexdigest()[:12]
    if package not in sys.modules:
        folder = types.ModuleType(package)
        folder.__path__ = [str(path.parent)]
        sys.modules[package] = folder
    return _import(reference, f"{package}.{path.stem}")


def _import(reference: str, name: str) -> types.ModuleType:
    importlib.invalidate_caches()
    try:
        return importlib.import_module(name)
    except Exception as error:  # importing runs foreign code, which may raise anything
        raise _unusable(
            reference, f"importing it raised {type(error).__name__}: {error}", "Mend that first."
        ) from error


def _made(reference: str, make: Callable[[], object]) -> object:
    try:
        return make()
    except Exception as error:  # making a world runs foreign code, which may raise anything
        raise _unusable(reference, f"making it raised {type(error).__name__}: {error}", "Mend that first.") from error


def _unusable(reference: str, problem: str, mend: str) -> SettingsError:
    return SettingsError(f"world {reference!r}: {problem}.\n  {mend}")
