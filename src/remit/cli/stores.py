"""The store that a command works on."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from remit.errors import SettingsError
from remit.settings import Settings

if TYPE_CHECKING:
    from remit.adapters.store import SqliteDatabase

StoreOption = Annotated[Path | None, typer.Option(help="The SQLite file; default from REMIT_STORE.")]


@asynccontextmanager
async def open_store(given: Path | None, *, make: bool = False) -> "AsyncIterator[SqliteDatabase]":
    """The database of `--store` or `REMIT_STORE`, open.

    Args:
        given: What the option says.
        make: Whether one that does not exist is made; else it is an error, so that a wrong path leaves no empty store.

    Raises:
        SettingsError: There is no such file and it is not to be made.
    """
    from remit.adapters.store import SqliteDatabase

    path = given or Settings.from_environ(os.environ).store
    if not make and not path.is_file():
        raise SettingsError(
            f"store {str(path)!r}: there is no such file.\n"
            "  Name it with --store or REMIT_STORE; `remit eval`, `remit serve` and "
            "`remit account create NAME --first-admin` make one."
        )
    async with SqliteDatabase(path) as database:
        yield database
