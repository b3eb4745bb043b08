"""The CEL library without its interactive terminal.

`import cel` also imports a terminal with prompt_toolkit, which costs most of a second that every command would
pay. Only the compiled module inside the package is loaded here.
"""

import importlib
import sys
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from typing import Any, Protocol, cast

_EXTENSION = "cel.cel"


class Program(Protocol):
    """A compiled expression."""

    def execute(self, context: dict[str, Any]) -> Any:
        """Its value; raises RuntimeError, TypeError, ValueError, LookupError or ArithmeticError if it has none."""
        ...


class CelLibrary(Protocol):
    """What Remit uses of it."""

    def compile(self, expression: str) -> Program:
        """Raises ValueError if the expression is not CEL."""
        ...


@cache
def cel_library() -> CelLibrary:
    """The library; in a layout that is not known the whole package is imported."""
    package = find_spec("cel")
    extension = package and PathFinder.find_spec(_EXTENSION, package.submodule_search_locations)
    if not extension or extension.loader is None or _EXTENSION in sys.modules:
        return cast("CelLibrary", importlib.import_module("cel"))
    module = module_from_spec(extension)
    sys.modules[_EXTENSION] = module  # so that a later `import cel` finds this one and does not load it twice
    extension.loader.exec_module(module)
    return cast("CelLibrary", module)
