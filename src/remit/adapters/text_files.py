"""Files that people write, as text. Every adapter reads them here, so that a file that cannot be read is told alike."""

from pathlib import Path

from remit.errors import DocumentError


def read_text(path: Path, error: type[DocumentError], *, mend: str = "Check the path.") -> str:
    """UTF-8 text, with or without a byte order mark.

    Args:
        path: The file.
        error: The leaf to raise.
        mend: What to do when there is no such file, or a folder in its place.

    Raises:
        DocumentError: The given leaf: it is missing, unreadable or not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise error(path, None, "there is no such file", mend) from None
    except IsADirectoryError:
        raise error(path, None, "is a folder", mend) from None
    except UnicodeDecodeError:
        raise error(path, None, "is not UTF-8 text", "Save the file as UTF-8.") from None
    except OSError as problem:
        what = f"cannot be read: {problem.strerror or problem}"
        raise error(path, None, what, "Check the path and its permissions.") from problem
