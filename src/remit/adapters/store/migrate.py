"""Brings a database to this version's schema, with Alembic; refuses one that is newer."""

import logging
import sqlite3
from pathlib import Path

from remit.errors import StoreForeign, StoreUnavailable, StoreVersionError

HEAD = "0010"
"""The newest migration that this Remit knows; a test holds it equal to Alembic's head."""
_VERSION = "alembic_version"


def migrate(path: Path) -> None:
    """Make or upgrade the database at `path`. Alembic is imported only when there is something to do.

    Raises:
        StoreUnavailable: The file cannot be made or written.
        StoreForeign: It is something else than a store.
        StoreVersionError: It was made by a newer Remit.
    """
    found = _found_version(path)
    if found == HEAD:
        return
    if found is not None and found > HEAD:
        raise StoreVersionError(path, found, HEAD)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(path, error.strerror or str(error)) from error
    _upgrade(path)


def _found_version(path: Path) -> str | None:
    """The version the database says it has, None if it is new."""
    if not path.exists():
        return None
    try:
        connection = sqlite3.connect(path)
        try:
            tables = {name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")}
            known = _VERSION in tables
            row = connection.execute("select version_num from alembic_version").fetchone() if known else None
        finally:
            connection.close()
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_NOTADB:
            raise StoreForeign(path, "it is not a database") from error
        raise StoreUnavailable(path, str(error)) from error
    if tables and not known:
        raise StoreForeign(path, "it is a database of another program")
    return None if row is None else str(row[0])


def _upgrade(path: Path) -> None:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine, event
    from sqlalchemy.exc import SQLAlchemyError

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    engine = create_engine(f"sqlite:///{path}")
    # Left to itself Python's sqlite3 commits each `create table` on its own: a full disk would leave half a schema.
    event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("begin immediate"))
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, HEAD)
    except SQLAlchemyError as error:
        raise StoreUnavailable(path, str(error.__cause__ or error)) from error
    finally:
        engine.dispose()
