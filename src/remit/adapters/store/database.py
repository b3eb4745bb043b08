"""One SQLite file: its migrations, its single writer with group commit, and its readers.

All writes go through one thread. Whatever waits when it wakes is one transaction, each piece in a savepoint of its
own, so that the disk is asked once for many turns and a failing piece takes nobody with it.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from remit.adapters.store.migrate import migrate
from remit.errors import StoreUnavailable

Result = TypeVar("Result")
Work = Callable[[sqlite3.Connection], Result]

MAX_GROUP = 256
"""How many pieces of work share one commit at most."""


class SqliteDatabase:
    """An open database. Use as an async context manager, or `open` and `close`.

    Args:
        path: The file; made with its folder if it does not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._readers = threading.local()
        self._open_readers: list[sqlite3.Connection] = []

    def open(self) -> None:
        """Migrate and start the writer.

        Raises:
            StoreUnavailable: The file or its folder cannot be written.
            StoreForeign: The file is something else than a store.
            StoreVersionError: The database was made by a newer Remit.
        """
        migrate(self.path)
        connection = self._connect()
        self._thread = threading.Thread(target=self._write_all, args=(connection,), name="remit-store", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Finish what waits, then close every connection."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None
        for reader in self._open_readers:
            reader.close()
        self._open_readers.clear()

    async def __aenter__(self) -> "SqliteDatabase":
        await asyncio.to_thread(self.open)
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.close)

    async def write(self, work: Work[Result]) -> Result:
        """Run `work` in the writer's next transaction; returns once its effects are on disk.

        Raises what `work` raises (its savepoint is rolled back), or StoreUnavailable.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._queue.put(_Job(work, future, loop))
        result: Result = await future
        return result

    async def read(self, work: Work[Result]) -> Result:
        """Run `work` on a read-only view in another thread."""
        return await asyncio.to_thread(self.read_now, work)

    def read_now(self, work: Work[Result]) -> Result:
        """Run `work` on this thread's reader. Raises StoreUnavailable if the file cannot be read."""
        connection: sqlite3.Connection | None = getattr(self._readers, "connection", None)
        if connection is None:
            connection = self._connect()
            connection.execute("pragma query_only = on")
            self._readers.connection = connection
            self._open_readers.append(connection)
        try:
            return work(connection)
        except sqlite3.Error as error:
            raise StoreUnavailable(self.path, str(error)) from error

    def _connect(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=10.0)
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = full")
            connection.execute("pragma foreign_keys = on")
        except sqlite3.Error as error:
            raise StoreUnavailable(self.path, str(error)) from error
        return connection

    def _write_all(self, connection: sqlite3.Connection) -> None:
        while True:
            job = self._queue.get()
            if job is None:
                break
            group = [job]
            last = False
            while len(group) < MAX_GROUP:
                try:
                    another = self._queue.get_nowait()
                except queue.Empty:
                    break
                if another is None:
                    last = True
                    break
                group.append(another)
            _commit(connection, group, self.path)
            if last:
                break
        connection.close()


class _Job:
    """A piece of work and where its result goes."""

    __slots__ = ("error", "future", "loop", "result", "work")

    def __init__(self, work: Work[Any], future: "asyncio.Future[Any]", loop: asyncio.AbstractEventLoop) -> None:
        self.work = work
        self.future = future
        self.loop = loop
        self.result: Any = None
        self.error: BaseException | None = None

    def settle(self) -> None:
        """Tell the waiting task, unless its loop has gone."""
        # The loop may close between a question and the call; nobody waits then.
        with suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self._set)

    def _set(self) -> None:
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


def _commit(connection: sqlite3.Connection, group: list[_Job], path: Path) -> None:
    try:
        connection.execute("begin immediate")
        for job in group:
            _run(connection, job)
        connection.execute("commit")
    except sqlite3.Error as error:
        if connection.in_transaction:
            connection.execute("rollback")
        for job in group:
            job.error = StoreUnavailable(path, str(error))
    for job in group:
        job.settle()


_OWN_FAULTS = (sqlite3.IntegrityError, sqlite3.InterfaceError, sqlite3.ProgrammingError, sqlite3.DataError)
"""Errors of SQLite that say something of the piece, not of the disk."""


def _run(connection: sqlite3.Connection, job: _Job) -> None:
    """One piece in its savepoint. A disk error ends the whole group; anything else is the piece's own."""
    connection.execute("savepoint piece")
    try:
        job.result = job.work(connection)
    except Exception as error:
        # The border of the writer thread: a piece that took it along would stop every turn.
        if isinstance(error, sqlite3.Error) and not isinstance(error, _OWN_FAULTS):
            raise
        connection.execute("rollback to piece")
        job.error = error
    connection.execute("release piece")
