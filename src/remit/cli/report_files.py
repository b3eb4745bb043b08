"""Where reports go: the forms they take, and files that can be written."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from remit.errors import SettingsError

Form = Literal["html", "md", "json"]
REPORTS = Path(".remit/reports")
"""Where reports go that nobody named a place for: in the current folder, wherever the store is."""

_FORMS: Mapping[str, Form] = {".html": "html", ".md": "md", ".json": "json"}


def report_form(file: Path) -> Form:
    """The form that the file's name asks for; to be asked before anything runs.

    Raises:
        SettingsError: No report ends like this.
    """
    form = _FORMS.get(file.suffix)
    if form is None:
        raise SettingsError(f"report {str(file)!r}: its form is not known.\n  End its name in .html, .md or .json.")
    return form


def expect_writable(*files: Path | None) -> None:
    """An hour of trials must not end at a file that cannot be written.

    Raises:
        SettingsError: One of them cannot.
    """
    for file in files:
        if file is None:
            continue
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            is_new = not file.exists()
            with file.open("a"):
                pass
            if is_new:
                file.unlink()
        except OSError as error:
            raise SettingsError(f"{file}: cannot be written: {error.strerror}.\n  Name another file.") from error
