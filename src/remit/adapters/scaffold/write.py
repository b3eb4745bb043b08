"""Puts all files there, or none."""

import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from remit.errors import SettingsError


def expect_free(directory: Path, paths: Iterable[str]) -> None:
    """Refuse a folder in which something would be overwritten.

    Raises:
        SettingsError: Lists what exists.
    """
    if directory.exists() and not directory.is_dir():
        raise SettingsError(f"{directory} is a file, not a folder.\n  Give another folder: `remit init DIR`.")
    taken = [name for name in _tops(paths) if os.path.lexists(directory / name)]
    if taken:
        raise SettingsError(
            f"{directory} already has {', '.join(taken)}; nothing was written.\n"
            "  Give another folder (`remit init DIR`), or move these away."
        )


def write_files(directory: Path, contents: Mapping[str, str]) -> None:
    """Write into a folder beside the target first and move it there when it is whole.

    Raises:
        SettingsError: Something would be overwritten, or the disk is full or read-only; nothing is left behind.
    """
    expect_free(directory, contents)
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".remit-init-", dir=directory.parent))
    except OSError as error:
        raise _unavailable(directory, error) from error
    try:
        for name, content in contents.items():
            (draft / name).parent.mkdir(parents=True, exist_ok=True)
            (draft / name).write_text(content, encoding="utf-8")
        _move(draft, directory, _tops(contents))
    except OSError as error:
        raise _unavailable(directory, error) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _move(draft: Path, directory: Path, names: Iterable[str]) -> None:
    """One rename for a new folder; file by file into one that exists, undone if one of them fails."""
    if not directory.exists():
        # mkdtemp makes folders that only their owner can enter.
        draft.chmod(0o777 & ~_umask())
        draft.rename(directory)
        return
    moved: list[str] = []
    try:
        for name in names:
            (draft / name).rename(directory / name)
            moved.append(name)
    except OSError:
        for name in moved:
            (directory / name).rename(draft / name)
        raise


def _tops(paths: Iterable[str]) -> list[str]:
    """The files and folders directly below the target."""
    return sorted({path.partition("/")[0] for path in paths})


def _umask() -> int:
    """The process's mask, which can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _unavailable(directory: Path, error: OSError) -> SettingsError:
    reason = error.strerror or type(error).__name__
    return SettingsError(
        f"{directory} cannot be written: {reason}; nothing is left behind.\n"
        "  Free space, or give a folder that you may write into."
    )
