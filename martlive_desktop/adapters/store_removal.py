"""Takes past shows off the disk: their rows, their words in the search, and the files that are kept beside them."""

from __future__ import annotations

import contextlib
import shutil
from datetime import timedelta
from typing import TYPE_CHECKING

from martlive_desktop.adapters.store_file import is_held, lock_path, truncate_log
from martlive_desktop.adapters.store_search import WORDS_TABLE, forget_removed, remove_words, to_utc
from martlive_desktop.core.errors import StoreUnavailable, UsageError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from pathlib import Path

KEPT_FOLDERS = ("reports", "audio")
"""Beside the file; what is in them begins with the id of the session it belongs to."""


def remove_session(db: sqlite3.Connection, path: Path, number: int, session_id: str) -> None:
    """Delete one that is over.

    Raises:
        UsageError: it is running.
        StoreUnavailable: it is deleted, but another process still reads it.
    """
    with db:
        _refuse_running(db, path, number)
        _remove(db, path, number, session_id)
        forget_removed(db)
    truncate_log(db)


def remove_all(db: sqlite3.Connection, path: Path) -> None:
    """Delete every session and everything that was kept or saved of any.

    Raises:
        UsageError: one is running.
        StoreUnavailable: all is deleted, but another process still reads it.
    """
    with db:
        _refuse_running(db, path)
        for name in KEPT_FOLDERS:
            if path.with_name(name).is_dir():
                shutil.rmtree(path.with_name(name))
        for pattern in (f"{path.stem}.damaged-*", f"{path.stem}.recovered.db*"):
            for file in path.parent.glob(pattern):
                file.unlink()
        # Before the sessions: SQLite empties a whole table faster than row by row.
        db.execute("DELETE FROM events")
        db.execute("DELETE FROM sessions")
        db.execute("DROP TABLE words")
        db.execute(WORDS_TABLE)
    # First overwrite the words where they lie, then cut the file.
    truncate_log(db)
    db.execute("VACUUM")
    truncate_log(db)


def remove_past_limits(
    db: sqlite3.Connection, path: Path, keep_days: int | None, most_bytes: int | None, now_iso: str
) -> list[str]:
    """Delete the oldest sessions that are over while they are past a limit; gives their ids."""
    removed: list[str] = []
    with db:
        db.execute("BEGIN IMMEDIATE")
        rows = db.execute("SELECT number, id, started_at, ended FROM sessions ORDER BY moment").fetchall()
        for number, session_id, started_at, ended in rows:
            if not ended and is_held(lock_path(path, session_id)):
                continue
            is_old = keep_days is not None and to_utc(now_iso) - to_utc(started_at) > timedelta(days=keep_days)
            if not is_old and (most_bytes is None or _used_bytes(db, path) <= most_bytes):
                break
            _remove(db, path, number, session_id)
            removed.append(session_id)
        if removed:
            forget_removed(db)
    if removed:
        # Who reads them at this moment keeps their words in the log until the next time.
        with contextlib.suppress(StoreUnavailable):
            truncate_log(db)
        # The file gets no smaller by itself; a show that runs must not wait for that.
        if not any(is_held(lock_path(path, session_id)) for _, session_id, _, ended in rows if not ended):
            db.execute("VACUUM")
    return removed


def bytes_of(files: Iterable[Path]) -> int:
    """How much `files` take; what is gone in this moment takes nothing."""
    total = 0
    for file in files:
        with contextlib.suppress(FileNotFoundError):
            total += file.stat().st_size if file.is_file() else 0
    return total


def _refuse_running(db: sqlite3.Connection, path: Path, number: int | None = None) -> None:
    db.execute("BEGIN IMMEDIATE")
    opened = db.execute("SELECT id FROM sessions WHERE NOT ended AND number = ifnull(?, number)", (number,))
    if any(is_held(lock_path(path, session_id)) for (session_id,) in opened.fetchall()):
        raise UsageError("This show is running; end it first.")


def _remove(db: sqlite3.Connection, path: Path, number: int, session_id: str) -> None:
    # The files first: when one cannot be removed the session is still there to be deleted again.
    for file in _kept_files(path, session_id):
        file.unlink()
    row = db.execute("SELECT moment FROM sessions WHERE number = ?", (number,)).fetchone()
    # None: another process deleted it just now.
    if row:
        remove_words(db, row[0])
        db.execute("DELETE FROM sessions WHERE number = ?", (number,))


def _kept_files(path: Path, session_id: str = "") -> list[Path]:
    """What is kept beside a session, or beside all of them."""
    folders = [path.with_name(name) for name in KEPT_FOLDERS]
    files = (file for folder in folders if folder.is_dir() for file in folder.iterdir())
    return [file for file in files if file.name.startswith(session_id)]


def _used_bytes(db: sqlite3.Connection, path: Path) -> int:
    """What sessions take: not free pages, and not what was saved from a damaged file."""
    pages, free, page_bytes = (
        db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * page_bytes) + bytes_of(_kept_files(path))
