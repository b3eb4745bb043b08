"""Reads suites from a file or from a folder of files."""

from pathlib import Path

from remit.errors import ScenarioParseError
from remit.scenarios.document import merge_suites, parse_suite
from remit.scenarios.model import Suite

SUFFIXES = (".yaml", ".yml")


def read_suites(path: Path) -> tuple[Suite, ...]:
    """Every suite at a place; files of a folder that name the same suite are one.

    Raises:
        ScenarioParseError: Nothing is there, it cannot be read, or it is not a suite.
    """
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix in SUFFIXES)
        if not files:
            raise ScenarioParseError(path, None, "the folder has no suites", "Put suite files (*.yaml) into it.")
        return merge_suites([_read(file) for file in files], str(path))
    return (_read(path),)


def suite_directory(suite: Suite) -> Path:
    """The folder from which the world references of a suite are meant."""
    source = Path(suite.source)
    return source if source.is_dir() else source.parent


def _read(file: Path) -> Suite:
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ScenarioParseError(file, None, "this is not UTF-8 text", "Save the file as UTF-8.") from error
    except OSError as error:
        problem = f"the suite cannot be read: {error.strerror or error}"
        raise ScenarioParseError(file, None, problem, "Check the path given to --suite.") from error
    return parse_suite(text, str(file))
