"""Reads suites from a file or from a folder of files."""

from pathlib import Path

from remit.adapters.text_files import read_text
from remit.errors import ScenarioParseError
from remit.scenarios.document import merge_suites, parse_suite
from remit.scenarios.model import Suite

SUFFIXES = (".yaml", ".yml")


def read_suites(path: Path) -> tuple[Suite, ...]:
    """Every suite at a place: a file, or a folder with its subfolders.

    Files of one folder that name the same suite are one.

    Raises:
        ScenarioParseError: Nothing is there, it cannot be read, it is not a suite, or two folders have a
            suite of one name.
    """
    if not path.is_dir():
        return (_read(path),)
    suites: dict[str, Suite] = {}
    for folder in sorted({path, *(inner for inner in path.rglob("*") if inner.is_dir())}):
        for suite in _of_folder(folder):
            known = suites.setdefault(suite.name, suite)
            if known is not suite:
                problem = f"suite {suite.name!r} is in {known.source} already"
                raise ScenarioParseError(folder, None, problem, "Put its files into one folder, or rename one.")
    if not suites:
        raise ScenarioParseError(path, None, "the folder has no suites", "Put suite files (*.yaml) into it.")
    return tuple(suites.values())


def _of_folder(folder: Path) -> tuple[Suite, ...]:
    files = sorted(file for file in folder.iterdir() if file.suffix in SUFFIXES)
    return merge_suites([_read(file) for file in files], str(folder))


def suite_directory(suite: Suite) -> Path:
    """The folder from which the world references of a suite are meant."""
    source = Path(suite.source)
    return source if source.is_dir() else source.parent


def _read(file: Path) -> Suite:
    text = read_text(file, ScenarioParseError, mend="Check the path given to --suite.")
    return parse_suite(text, str(file))
