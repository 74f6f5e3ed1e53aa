"""Past and running shows in one SQLite file."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import re
import secrets
import sqlite3
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from martlive_desktop.core.errors import SessionNotFound, StoreUnavailable, UsageError
from martlive_desktop.core.events import SessionStarted, Signal, Status, Tip, Transcript, from_json, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from martlive_desktop.core.events import LogEvent

log = logging.getLogger(__name__)

COMMIT_S = 0.25
"""How often what came is written: everything is on disk within one second, with room for a slow disk."""

RETRY_S = 2.0
"""How long to wait after a write that failed: a full disk does not empty itself quickly."""

MAX_KEPT_EVENTS = 20_000
"""Events kept in memory while the disk cannot be written: an hour or two of a show, some 20 MB."""

BUSY_MS = 3_000
"""How long to wait for another process of MartLive that writes at the same moment."""

APPLICATION_ID = 0x4D41524C
"""`MARL` in the file's header, so that a foreign database is not taken for ours."""

MIGRATIONS = (
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
)
"""Statements that bring the file from version 0 to 1, from 1 to 2 and so on; what was released never changes."""

# Without letters and digits that are read for one another.
_ID_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """One show in the list."""

    id: str
    started_at: str
    """ISO 8601, UTC."""
    title: str
    mode: str
    source: str
    duration_ms: int
    tips: int
    is_cut_off: bool
    """Its process ended without closing it: everything up to its last second is there."""

    def as_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


class SqliteStore:
    """Keeps sessions in `folder`; may be opened by several processes at once, of which one writes a session.

    That one holds the session's lock file until it closes the session; the system frees it when the process dies.
    Every method but `append` and `close` raises StoreUnavailable when the file cannot be used.
    """

    def __init__(self, folder: Path, *, on_trouble: Callable[[str], None] | None = None) -> None:
        """Open or create the file.

        Args:
            folder: Where `sessions.db` lies.
            on_trouble: Called from another thread, once for each time that events cannot be written, with a sentence.
        """
        self.path = folder / "sessions.db"
        self._on_trouble = on_trouble or (lambda _sentence: None)
        self._writer: _Writer | None = None
        with _explained(self.path):
            if not folder.exists():
                folder.mkdir(parents=True, mode=0o700)
            # SQLite gives the files beside it the same mode.
            self.path.touch(mode=0o600)
            self.path.chmod(0o600)
            with contextlib.closing(_connect(self.path)) as db:
                _migrate(db, self.path)

    def begin(self, started: SessionStarted, title: str, started_at: str) -> str:
        """Begin a session, whose first event is `started`; what is running is ended.

        Args:
            started: The first line of the session.
            title: What the list shows, from the show plan.
            started_at: ISO 8601, UTC.

        Returns:
            The id of the session, as 20261123-184502-k3f.
        """
        self.close()
        digits = re.sub(r"\D", "", started_at)
        session_id = f"{digits[:8]}-{digits[8:14]}-{''.join(secrets.choice(_ID_SIGNS) for _ in range(3))}"
        row = (session_id, started_at, _clean(title), started.mode, _clean(started.source))
        with self._db() as db, contextlib.ExitStack() as hold:
            # Before the row, so that nobody sees a session that runs and is not held.
            hold.enter_context(_held(self._lock_path(session_id)))
            with db:
                number = db.execute(
                    "INSERT INTO sessions (id, started_at, title, mode, source) VALUES (?, ?, ?, ?, ?)", row
                ).lastrowid
                assert number is not None
                db.execute("INSERT INTO events VALUES (?, 0, ?)", (number, _line(started)))
            self._writer = _Writer(self.path, number, hold.pop_all(), self._on_trouble)
        return session_id

    def append(self, event: LogEvent) -> None:
        """Take an event of the running session; never waits and never raises.

        Partials are left out, as the final has their words, and so is what exceeds one value a second of a signal.
        """
        if self._writer:
            self._writer.append(event)

    def close(self) -> None:
        """Write what is left and mark the running session as ended; may be called twice."""
        if self._writer:
            self._writer.close()
            self._writer = None

    def list_sessions(self) -> list[SessionSummary]:
        """Every session, newest first."""
        with self._db() as db:
            opened = db.execute("SELECT id FROM sessions WHERE NOT ended").fetchall()
            dead = {session_id for (session_id,) in opened if not _is_held(self._lock_path(session_id))}
            # Only now: what was closed while we looked at the locks is not cut off.
            rows = db.execute(
                "SELECT id, started_at, title, mode, source, last_ms, tips, ended"
                " FROM sessions ORDER BY started_at DESC, number DESC"
            ).fetchall()
        return [SessionSummary(*[*row, not ended and row[0] in dead]) for *row, ended in rows]

    def events(self, session_id: str) -> Iterator[LogEvent]:
        """What happened in a session, in order.

        Args:
            session_id: Its id, or a beginning that no other has.

        Raises:
            SessionNotFound: no session has this id.
        """
        with self._db() as db:
            number, _ = self._find(db, session_id)
            for (line,) in db.execute("SELECT json FROM events WHERE session = ? ORDER BY seq", (number,)):
                try:
                    event = from_json(line)
                except ValueError as exc:
                    raise StoreUnavailable(f"This show cannot be read: {_damaged(self.path)}") from exc
                yield event

    def delete(self, session_id: str) -> str:
        """Delete a session so that its words are gone from the disk; gives its whole id.

        Raises:
            SessionNotFound: no session has this id.
            UsageError: it is running.
        """
        with self._db() as db:
            number, found_id = self._find(db, session_id)
            with db:
                self._refuse_running(db, number)
                db.execute("DELETE FROM sessions WHERE number = ?", (number,))
            _truncate_log(db)
        return found_id

    def erase_all(self) -> None:
        """Delete every session so that their words are gone from the disk.

        Raises:
            UsageError: one is running.
        """
        with self._db() as db:
            with db:
                self._refuse_running(db)
                db.execute("DELETE FROM sessions")
            # First overwrite the words where they lie, then cut the file.
            _truncate_log(db)
            db.execute("VACUUM")
            _truncate_log(db)

    def _lock_path(self, session_id: str) -> Path:
        return self.path.with_name(f"{session_id}.lock")

    @contextlib.contextmanager
    def _db(self) -> Iterator[sqlite3.Connection]:
        with _explained(self.path), contextlib.closing(_connect(self.path)) as db:
            yield db

    def _find(self, db: sqlite3.Connection, session_id: str) -> tuple[int, str]:
        rows = db.execute(
            "SELECT number, id FROM sessions WHERE substr(id, 1, length(?1)) = ?1 LIMIT 2", (session_id,)
        ).fetchall()
        if not session_id or not rows:
            sentence = f"There is no session {session_id}; `martlive sessions list` shows them."
            raise SessionNotFound(sentence, session_id=session_id)
        if len(rows) > 1:
            sentence = f"Several sessions begin with {session_id}; `martlive sessions list` shows their whole ids."
            raise SessionNotFound(sentence, session_id=session_id)
        number, found_id = rows[0]
        return number, found_id

    def _refuse_running(self, db: sqlite3.Connection, number: int | None = None) -> None:
        db.execute("BEGIN IMMEDIATE")
        opened = db.execute("SELECT id FROM sessions WHERE NOT ended AND number = ifnull(?, number)", (number,))
        if any(_is_held(self._lock_path(session_id)) for (session_id,) in opened.fetchall()):
            raise UsageError("This show is running; end it first.")


class _Writer:
    """Writes one session from a thread of its own."""

    def __init__(self, path: Path, number: int, hold: contextlib.ExitStack, on_trouble: Callable[[str], None]) -> None:
        self._path = path
        self._number = number
        self._hold = hold
        self._on_trouble = on_trouble
        self._lock = threading.Lock()
        self._kept: list[LogEvent] = []
        self._lost = 0
        self._signalled_s: dict[str, int] = {}
        self._written = 1
        self._tips = 0
        self._is_closing = threading.Event()
        # A daemon: an app that ends without closing leaves a session that is cut off, not a process that hangs.
        self._thread = threading.Thread(target=self._run, name="martlive-store", daemon=True)
        self._thread.start()

    def append(self, event: LogEvent) -> None:
        match event:
            case SessionStarted() | Transcript(is_final=False):
                return
            case Signal():
                second = event.at_ms // 1000
                if self._signalled_s.get(event.name) == second:
                    return
                self._signalled_s[event.name] = second
        with self._lock:
            if len(self._kept) < MAX_KEPT_EVENTS:
                self._kept.append(event)
            else:
                self._lost += 1

    def close(self) -> None:
        self._is_closing.set()
        self._thread.join()
        self._hold.close()

    def _run(self) -> None:
        is_troubled = is_last = False
        with contextlib.ExitStack() as stack:
            db: sqlite3.Connection | None = None
            while not is_last:
                is_last = self._is_closing.wait(RETRY_S if is_troubled else COMMIT_S)
                try:
                    db = db or stack.enter_context(contextlib.closing(_connect(self._path)))
                    self._write(db, is_last=is_last)
                    is_troubled = False
                except sqlite3.Error as exc:
                    if not is_troubled:
                        is_troubled = True
                        log.warning("session not written", extra={"error": getattr(exc, "sqlite_errorname", "")})
                        self._on_trouble(f"This show is not being saved: {_cause(exc, self._path)}")
            if self._kept:
                log.error("events lost", extra={"events": len(self._kept) + self._lost})

    def _write(self, db: sqlite3.Connection, *, is_last: bool) -> None:
        """Write what is kept in one transaction; it stays kept when that fails."""
        with self._lock:
            events, lost = self._kept[:], self._lost
        kept = len(events)
        if lost and events:
            # What is kept was full, so all that is lost came after it.
            gap = f"{lost} events could not be saved here."
            events.append(Status(events[-1].at_ms, "store", "gap", gap, emitted_ms=events[-1].emitted_ms))
        if not (events or is_last):
            return
        tips = self._tips + sum(isinstance(event, Tip) for event in events)
        last_ms = max((event.at_ms for event in events), default=0)
        with db:
            # After an error in COMMIT itself the rows may be there already, so replace.
            db.executemany(
                "INSERT OR REPLACE INTO events VALUES (?, ?, ?)",
                ((self._number, seq, _line(event)) for seq, event in enumerate(events, self._written)),
            )
            db.execute(
                "UPDATE sessions SET last_ms = max(last_ms, ?), tips = ?, ended = ? WHERE number = ?",
                (last_ms, tips, is_last, self._number),
            )
        self._written += len(events)
        self._tips = tips
        with self._lock:
            del self._kept[:kept]
            self._lost -= lost


@contextlib.contextmanager
def _held(path: Path) -> Iterator[None]:
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


def _is_held(path: Path) -> bool:
    if not path.exists():
        return False
    try:
        with _held(path):
            return False
    except TimeoutError:
        return True


def _connect(path: Path) -> sqlite3.Connection:
    # mode=rw: a file that was moved away while we run is an error, not a new empty one.
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level="IMMEDIATE")
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


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    if _version(db, path) == len(MIGRATIONS):
        return
    with db:
        # Another process may do the same at this moment: it waits here, then finds nothing left to do.
        db.execute("BEGIN IMMEDIATE")
        for statement in (one for migration in MIGRATIONS[_version(db, path) :] for one in migration):
            db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def _version(db: sqlite3.Connection, path: Path) -> int:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (application,) = db.execute("PRAGMA application_id").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if tables and application != APPLICATION_ID:
        raise StoreUnavailable(f"{path} is not a file of MartLive; move it away and try again.")
    if version > len(MIGRATIONS):
        raise StoreUnavailable(f"{path} was written by a newer MartLive; update this one to read it.")
    return int(version)


def _truncate_log(db: sqlite3.Connection) -> None:
    """Empty the write-ahead log, which still has the words of what was deleted."""
    (is_busy, *_) = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if is_busy:
        raise StoreUnavailable("It is deleted, but another MartLive still reads it; close that one and delete again.")


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as exc:
        raise StoreUnavailable(f"Your shows cannot be opened: {_cause(exc, path)}") from exc
    except OSError as exc:
        sentence = (
            f"Your shows cannot be opened: {path.parent} says {exc.strerror}; make it a folder that you can write."
        )
        raise StoreUnavailable(sentence) from exc


def _cause(exc: sqlite3.Error, path: Path) -> str:
    """What is wrong and what to do, as the rest of a sentence."""
    # The low byte is the primary code, the rest says more.
    code = getattr(exc, "sqlite_errorcode", sqlite3.SQLITE_BUSY) & 0xFF
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return _damaged(path)
    if code == sqlite3.SQLITE_FULL:
        return f"the disk is full; make room on the disk of {path.parent}."
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "another program holds the file; close other windows of MartLive and try again."
    return f"{path} says {exc}; check that you can write there and that the disk has room."


def _damaged(path: Path) -> str:
    return f"{path} is damaged; move it to another folder to begin a new one, and keep it for a repair."


def _line(event: LogEvent) -> str:
    return _clean(to_json(event))


def _clean(text: str) -> str:
    """`text` with lone surrogates, as in a file name that is not UTF-8, as escapes that JSON knows."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
