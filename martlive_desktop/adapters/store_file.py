"""The file of past shows: how it is opened, what is in it, who holds it, and what its errors say."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

from martlive_desktop.adapters.store_search import free_moment, make_words
from martlive_desktop.core.errors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

BUSY_MS = 3_000
"""How long to wait for another process of MartLive that writes at the same moment."""

APPLICATION_ID = 0x4D41524C
"""`MARL` in the file's header, so that a foreign database is not taken for ours."""

DAMAGED_CODES = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _fill_moments(db: sqlite3.Connection) -> None:
    for number, started_at in db.execute("SELECT number, started_at FROM sessions ORDER BY number").fetchall():
        db.execute("UPDATE sessions SET moment = ? WHERE number = ?", (free_moment(db, started_at), number))


MIGRATIONS: tuple[tuple[str | Callable[[sqlite3.Connection], None], ...], ...] = (
    (
        """CREATE TABLE sessions (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            started_at TEXT NOT NULL, -- ISO 8601, UTC
            title TEXT NOT NULL,
            mode TEXT NOT NULL,
            source TEXT NOT NULL,
            last_ms INTEGER NOT NULL DEFAULT 0, -- newest stream time
            tips INTEGER NOT NULL DEFAULT 0,
            ended INTEGER NOT NULL DEFAULT 0 -- 1 once closed; 0 while it runs and when it was cut off
        )""",
        """CREATE TABLE events (
            session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
            seq INTEGER NOT NULL, -- from 0, in the order in which they happened
            json TEXT NOT NULL, -- a line of events.jsonl
            PRIMARY KEY (session, seq)
        )""",
    ),
    (
        "ALTER TABLE sessions ADD COLUMN tags TEXT NOT NULL DEFAULT '[]'",  # JSON, the user's
        "ALTER TABLE sessions ADD COLUMN notes TEXT NOT NULL DEFAULT ''",  # the user's
        "ALTER TABLE sessions ADD COLUMN measures TEXT",  # JSON, null until known
        "ALTER TABLE sessions ADD COLUMN summary TEXT",  # JSON, null where none was written
        "ALTER TABLE sessions ADD COLUMN moment INTEGER",  # seconds since 1970 of started_at, no two the same
        "CREATE UNIQUE INDEX sessions_by_moment ON sessions (moment)",
        _fill_moments,
        make_words,
    ),
)
"""What brings the file from version 0 to 1, from 1 to 2 and so on; what was released never changes."""


def connect(path: Path) -> sqlite3.Connection:
    """Open the file; one that is not there is an error."""
    # mode=rw: a file that was moved away while we run is an error, not a new empty one.
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level="IMMEDIATE")
    # A damaged text is not a damaged file.
    db.text_factory = lambda raw: raw.decode("utf-8", "replace")
    try:
        db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        # The mode lies in the file. SQLite does not wait when another process sets it at this moment; that is as good.
        with contextlib.suppress(sqlite3.OperationalError):
            db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA secure_delete = ON")
    except sqlite3.Error:
        db.close()
        raise
    return db


def migrate(db: sqlite3.Connection, path: Path) -> None:
    """Bring the file to the newest version."""
    if _version(db, path) == len(MIGRATIONS):
        return
    with db:
        # Another process may do the same at this moment: it waits here, then finds nothing left to do.
        db.execute("BEGIN IMMEDIATE")
        for step in (one for migration in MIGRATIONS[_version(db, path) :] for one in migration):
            if isinstance(step, str):
                db.execute(step)
            else:
                step(db)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def check(db: sqlite3.Connection) -> None:
    """Look at what every command needs, which is quick at any size; raises sqlite3.DatabaseError for damage."""
    db.execute("SELECT * FROM sessions").fetchall()
    db.execute("SELECT max(rowid) FROM events").fetchone()
    db.execute("SELECT rowid FROM words WHERE words MATCH 'a' LIMIT 1").fetchone()


def is_damaged(exc: sqlite3.Error) -> bool:
    """Whether `exc` says that the file itself is damaged."""
    # The low byte is the primary code, the rest says more.
    return getattr(exc, "sqlite_errorcode", sqlite3.SQLITE_BUSY) & 0xFF in DAMAGED_CODES


def _version(db: sqlite3.Connection, path: Path) -> int:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (application,) = db.execute("PRAGMA application_id").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if tables and application != APPLICATION_ID:
        raise StoreUnavailable(f"{path} is not a file of MartLive; move it away and try again.")
    if version > len(MIGRATIONS):
        raise StoreUnavailable(f"{path} was written by a newer MartLive; update this one to read it.")
    return int(version)


def truncate_log(db: sqlite3.Connection) -> None:
    """Empty the write-ahead log, which still has the words of what was deleted."""
    (is_busy, *_) = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if is_busy:
        raise StoreUnavailable("It is deleted, but another MartLive still reads it; close that one and delete again.")


def lock_path(path: Path, session_id: str) -> Path:
    """What the process that writes a session holds."""
    return path.with_name(f"{session_id}.lock")


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold a lock file, which is gone afterwards; TimeoutError when another holds it."""
    import filelock

    # The thread that ends a session need not be the one that began it.
    lock = filelock.FileLock(path, mode=0o600, thread_local=False)
    lock.acquire(blocking=False)
    try:
        yield
    finally:
        lock.release()
        # Windows removes no file that another process looks at in this moment; that one does it then.
        with contextlib.suppress(PermissionError):
            path.unlink(missing_ok=True)


def is_held(path: Path) -> bool:
    """Whether somebody holds the lock file; one that nobody holds is removed."""
    if not path.exists():
        return False
    try:
        with held(path):
            return False
    except TimeoutError:
        return True


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Errors of SQLite and the system as StoreUnavailable."""
    try:
        yield
    except sqlite3.Error as exc:
        raise StoreUnavailable(f"Your shows cannot be opened: {cause(exc, path)}") from exc
    except OSError as exc:
        sentence = (
            f"Your shows cannot be opened: {path.parent} says {exc.strerror}; make it a folder that you can write."
        )
        raise StoreUnavailable(sentence) from exc


def cause(exc: sqlite3.Error, path: Path) -> str:
    """What is wrong and what to do, as the rest of a sentence."""
    if is_damaged(exc):
        return f"{path} is damaged; run `martlive sessions repair`, which saves what can be read."
    code = getattr(exc, "sqlite_errorcode", sqlite3.SQLITE_BUSY) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return f"the disk is full; make room on the disk of {path.parent}."
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "another program holds the file; close other windows of MartLive and try again."
    return f"{path} says {exc}; check that you can write there and that the disk has room."


def clean(text: str) -> str:
    """`text` with lone surrogates, as in a file name that is not UTF-8, as escapes that JSON knows."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
