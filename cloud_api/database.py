"""One database for each service: SQLite on one machine, PostgreSQL in a cluster, the same statements.

Statements run on threads, never on an event loop. SQLite has one writer at a time, so each service writes through one
`Database.write` thread; a burst of writes is one transaction (group commit).
"""

from __future__ import annotations

import asyncio
import queue
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection, MetaData, create_engine, event, make_url

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

READS_ONLY = "martlive_reads_only"
"""An option of connections."""

POSTGRES_ARGUMENTS = {"connect_timeout": 5, "tcp_user_timeout": 5_000, "keepalives_idle": 5, "keepalives_interval": 2}
"""A server that the network has cut off is known to be away within about 5 s, and not after the system's two hours."""

READERS = 4
"""Reads at the same time: a connection each."""

MOST_TOGETHER = 256
"""Writes in one transaction: at 0.1 ms each it stays short."""


class Database:
    """Runs functions of a connection on threads; a function either did all of its writing or none."""

    def __init__(self, url: str, metadata: MetaData) -> None:
        """Open, and create what is missing."""
        self._is_sqlite = make_url(url).get_backend_name() == "sqlite"
        if self._is_sqlite and (file := make_url(url).database):
            Path(file).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._engine = create_engine(
            url, pool_pre_ping=not self._is_sqlite, connect_args={} if self._is_sqlite else POSTGRES_ARGUMENTS
        )
        if self._is_sqlite:
            event.listen(self._engine, "connect", _prepare_sqlite)
            event.listen(self._engine, "begin", _begin_sqlite)
        metadata.create_all(self._engine)
        self._jobs: queue.SimpleQueue[tuple[Callable[[Connection], Any], asyncio.Future[Any]] | None] = (
            queue.SimpleQueue()
        )
        self._readers = ThreadPoolExecutor(READERS, "database-reader")
        self._thread = threading.Thread(target=self._write_all, name="database-writer", daemon=True)
        self._thread.start()

    async def read(self, query: Callable[[Connection], T]) -> T:
        """What `query` finds; runs on a thread of its own."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.read_now, query)

    def read_now(self, query: Callable[[Connection], T]) -> T:
        """The same on this thread."""
        with self._engine.connect() as connection:
            return query(connection.execution_options(**{READS_ONLY: True}))

    async def write(self, change: Callable[[Connection], T]) -> T:
        """Do `change`; returns when it is on disk. What it raises is raised here, and undone."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._jobs.put((change, future))
        return await future

    def close(self) -> None:
        """Write what waits, and close."""
        self._jobs.put(None)
        self._thread.join()
        # A reader that nobody waits for any more still has a connection.
        self._readers.shutdown()
        self._engine.dispose()

    def _write_all(self) -> None:
        while (job := self._jobs.get()) is not None:
            jobs = [job]
            is_last = False
            while len(jobs) < MOST_TOGETHER and not self._jobs.empty():
                if (job := self._jobs.get()) is None:
                    is_last = True
                    break
                jobs.append(job)
            self._write_together(jobs)
            if is_last:
                return

    def _write_together(self, jobs: list[tuple[Callable[[Connection], Any], asyncio.Future[Any]]]) -> None:
        done: list[tuple[asyncio.Future[Any], Any, BaseException | None]] = []
        try:
            with self._engine.begin() as connection:
                for change, future in jobs:
                    try:
                        with connection.begin_nested():
                            done.append((future, change(connection), None))
                    except Exception as exc:  # noqa: BLE001 - it belongs to whoever asked, and is raised there
                        done.append((future, None, exc))
        except Exception as exc:  # noqa: BLE001 - the transaction failed: nobody's change was made
            done = [(future, None, exc) for _, future in jobs]
        for future, result, error in done:
            future.get_loop().call_soon_threadsafe(_settle, future, result, error)


def _settle(future: asyncio.Future[Any], result: object, error: BaseException | None) -> None:
    if future.cancelled():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # Python's own transactions begin too late: a savepoint would be one of its own, and a read before a write would
    # make it fail at once while another process writes. https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#pysqlite-serializable
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "busy_timeout=10000",
        "foreign_keys=ON",
        "secure_delete=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("isolation_level") == "AUTOCOMMIT":
        return
    # A writer takes its turn at the beginning, where it waits for others instead of failing.
    is_read = options.get(READS_ONLY, False)
    connection.exec_driver_sql("BEGIN" if is_read else "BEGIN IMMEDIATE")
