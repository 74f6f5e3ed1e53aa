"""Writes a running session into the file of past shows."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from typing import TYPE_CHECKING

from martlive_desktop.adapters.store_file import cause, clean, connect
from martlive_desktop.adapters.store_search import add_words
from martlive_desktop.core.events import SessionStarted, Signal, Status, Tip, Transcript, to_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from martlive_desktop.core.events import LogEvent

log = logging.getLogger(__name__)

COMMIT_S = 0.25
"""How often what came is written: everything is on disk within one second, with room for a slow disk."""

RETRY_S = 2.0
"""How long to wait after a write that failed: a full disk does not empty itself quickly."""

MAX_KEPT_EVENTS = 20_000
"""Events kept in memory while the disk cannot be written: an hour or two of a show, some 20 MB."""


class SessionWriter:
    """Writes one session from a thread of its own; its words can be searched as soon as they are written."""

    def __init__(
        self, path: Path, number: int, moment: int, hold: contextlib.ExitStack, on_trouble: Callable[[str], None]
    ) -> None:
        self._path = path
        self._number = number
        self._moment = moment
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
                    db = db or stack.enter_context(contextlib.closing(connect(self._path)))
                    self._write(db, is_last=is_last)
                    is_troubled = False
                except sqlite3.Error as exc:
                    if not is_troubled:
                        is_troubled = True
                        log.warning("session not written", extra={"error": getattr(exc, "sqlite_errorname", "")})
                        self._on_trouble(f"This show is not being saved: {cause(exc, self._path)}")
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
        lines = [(seq, clean(to_json(event))) for seq, event in enumerate(events, self._written)]
        with db:
            # After an error in COMMIT itself the rows may be there already, so replace.
            db.executemany(
                "INSERT OR REPLACE INTO events VALUES (?, ?, ?)", ((self._number, seq, line) for seq, line in lines)
            )
            add_words(db, self._moment, lines)
            db.execute(
                "UPDATE sessions SET last_ms = max(last_ms, ?), tips = ?, ended = ? WHERE number = ?",
                (last_ms, tips, is_last, self._number),
            )
        self._written += len(events)
        self._tips = tips
        with self._lock:
            del self._kept[:kept]
            self._lost -= lost
