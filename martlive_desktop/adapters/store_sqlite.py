"""Past and running shows in one SQLite file."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import re
import secrets
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from martlive_desktop.adapters.store_file import (
    check,
    clean,
    connect,
    explained,
    held,
    is_damaged,
    is_held,
    lock_path,
    migrate,
)
from martlive_desktop.adapters.store_recovery import Recovered, finish_recovery, recover
from martlive_desktop.adapters.store_removal import bytes_of, remove_all, remove_past_limits, remove_session
from martlive_desktop.adapters.store_search import (
    Found,
    add_words,
    free_moment,
    make_words,
    search_words,
    sessions_with,
)
from martlive_desktop.adapters.store_writer import SessionWriter
from martlive_desktop.core.errors import SessionNotFound, UsageError
from martlive_desktop.core.events import SessionStarted, Tip, from_json, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from martlive_desktop.adapters.session_zip import SessionFile
    from martlive_desktop.core.events import LogEvent

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
    tags: tuple[str, ...] = ()
    notes: str = ""
    measures: dict[str, Any] | None = None
    """Figures of the whole show; None until they are known."""
    summary: dict[str, Any] | None = None
    """`text`, `source` and `language` of what a model wrote about it; None: nothing."""

    def as_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


@dataclass(frozen=True, slots=True)
class SessionEvents:
    """What can be read of a session."""

    events: tuple[LogEvent, ...]
    skipped: int
    """Lines that are damaged, or of a newer version."""
    schema: int
    """Version of its events; 0 where the first line does not say."""


@dataclass(frozen=True, slots=True)
class StoreSize:
    """What past shows take."""

    path: Path
    """The folder they lie in."""
    bytes: int
    """All files in it: what was kept beside the shows, too."""
    sessions: int


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
        self._writer: SessionWriter | None = None
        self.recovered: Recovered | None = None
        """What was saved when the file was opened; None: it was whole."""
        with explained(self.path):
            if not folder.exists():
                folder.mkdir(parents=True, mode=0o700)
            finish_recovery(self.path)
            # SQLite gives the files beside it the same mode.
            self.path.touch(mode=0o600)
            self.path.chmod(0o600)
            try:
                self._prepare()
            except sqlite3.DatabaseError as exc:
                if not is_damaged(exc):
                    raise
                self.recovered = recover(self.path)
                self._prepare()

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
        row = (session_id, started_at, clean(title), started.mode, clean(started.source))
        with self._db() as db, contextlib.ExitStack() as hold:
            # Before the row, so that nobody sees a session that runs and is not held.
            hold.enter_context(held(lock_path(self.path, session_id)))
            with db:
                # Before the moment is chosen, so that nobody else takes it.
                db.execute("BEGIN IMMEDIATE")
                number, moment = _insert(db, *row)
                db.execute("INSERT INTO events VALUES (?, 0, ?)", (number, clean(to_json(started))))
            self._writer = SessionWriter(self.path, number, moment, hold.pop_all(), self._on_trouble)
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
            dead = {session_id for (session_id,) in opened if not is_held(lock_path(self.path, session_id))}
            # Only now: what was closed while we looked at the locks is not cut off.
            rows = db.execute(
                "SELECT id, started_at, title, mode, source, last_ms, tips, tags, notes, measures, summary, ended"
                " FROM sessions ORDER BY started_at DESC, number DESC"
            ).fetchall()
        return [_summary(row, dead) for row in rows]

    def summary(self, session_id: str) -> SessionSummary:
        """One session of the list.

        Raises:
            SessionNotFound: no session has this id.
        """
        with self._db() as db:
            _, found_id = self._find(db, session_id)
        return next(one for one in self.list_sessions() if one.id == found_id)

    def search(self, text: str, limit: int = 50) -> Found:
        """The newest utterances in which every word of `text` is, or begins one; and how many more there are."""
        with self._db() as db:
            return search_words(db, text, limit)

    def sessions_with(self, text: str) -> list[str]:
        """Ids of the sessions that `search` finds something in, newest first."""
        with self._db() as db:
            return sessions_with(db, text)

    def set_tags(self, session_id: str, tags: Sequence[str]) -> str:
        """Give a session these tags and no others, each once; gives its whole id.

        Raises:
            SessionNotFound: no session has this id.
        """
        each = dict.fromkeys(" ".join(clean(tag).split()) for tag in tags)
        return self._set(session_id, "tags", json.dumps([tag for tag in each if tag], ensure_ascii=False))

    def set_notes(self, session_id: str, text: str) -> str:
        """Put `text` in the place of a session's notes; gives its whole id.

        Raises:
            SessionNotFound: no session has this id.
        """
        return self._set(session_id, "notes", clean(text).strip())

    def set_measures(self, session_id: str, measures: Mapping[str, Any]) -> str:
        """Keep the figures of a whole session; gives its whole id.

        Raises:
            SessionNotFound: no session has this id.
        """
        return self._set(session_id, "measures", clean(json.dumps(dict(measures), ensure_ascii=False)))

    def set_summary(self, session_id: str, summary: Mapping[str, Any]) -> str:
        """Keep what a model wrote about a session; gives its whole id.

        Raises:
            SessionNotFound: no session has this id.
        """
        return self._set(session_id, "summary", clean(json.dumps(dict(summary), ensure_ascii=False)))

    def size(self) -> StoreSize:
        """What all of it takes on the disk, and where it lies."""
        folder = self.path.parent
        with self._db() as db:
            (sessions,) = db.execute("SELECT count(*) FROM sessions").fetchone()
        return StoreSize(folder, bytes_of(folder.rglob("*")), sessions)

    def events(self, session_id: str) -> Iterator[LogEvent]:
        """What happened in a session and can be read, in order; see `read`."""
        yield from self.read(session_id).events

    def read(self, session_id: str) -> SessionEvents:
        """What happened in a session, in order; lines that cannot be read are counted.

        Args:
            session_id: Its id, or a beginning that no other has.

        Raises:
            SessionNotFound: no session has this id.
        """
        lines = self.lines(session_id)
        events: list[LogEvent] = []
        for line in lines:
            # What is damaged, or of a newer version, takes nothing else with it.
            with contextlib.suppress(ValueError):
                events.append(from_json(line))
        return SessionEvents(tuple(events), len(lines) - len(events), _schema(lines))

    def lines(self, session_id: str) -> list[str]:
        """The lines of a session's events.jsonl as they were written, readable or not.

        Raises:
            SessionNotFound: no session has this id.
        """
        with self._db() as db:
            number, _ = self._find(db, session_id)
            rows = db.execute("SELECT json FROM events WHERE session = ? ORDER BY seq", (number,))
            return [str(line) for (line,) in rows]

    def import_session(self, file: SessionFile) -> str:
        """Take in a session from a zip, under the id it had; gives this.

        Raises:
            UsageError: a session of this id is here already.
        """
        started = next((event for event in file.events if isinstance(event, SessionStarted)), None)
        mode, source = (started.mode, clean(started.source)) if started else ("talk", "")
        lines = [(seq, clean(to_json(event))) for seq, event in enumerate(file.events)]
        tips = sum(isinstance(event, Tip) for event in file.events)
        last_ms = max((event.at_ms for event in file.events), default=0)
        with self._db() as db, db:
            db.execute("BEGIN IMMEDIATE")
            if db.execute("SELECT 1 FROM sessions WHERE id = ?", (file.id,)).fetchone():
                sentence = (
                    f"The show {file.id} is here already, and stays as it is; "
                    f"to take in this one instead, run `martlive sessions delete {file.id}` first."
                )
                raise UsageError(sentence)
            number, moment = _insert(db, file.id, file.started_at, clean(file.title), mode, source)
            tags = json.dumps(file.tags, ensure_ascii=False)
            db.execute(
                "UPDATE sessions SET last_ms = ?, tips = ?, ended = 1, tags = ?, notes = ? WHERE number = ?",
                (last_ms, tips, clean(tags), clean(file.notes), number),
            )
            db.executemany("INSERT INTO events VALUES (?, ?, ?)", ((number, seq, line) for seq, line in lines))
            add_words(db, moment, lines)
        return file.id

    def delete(self, session_id: str) -> str:
        """Delete a session, with what is kept beside it, so that its words are gone from the disk; gives its whole id.

        Raises:
            SessionNotFound: no session has this id.
            UsageError: it is running.
        """
        with self._db() as db:
            number, found_id = self._find(db, session_id)
            remove_session(db, self.path, number, found_id)
        return found_id

    def erase_all(self) -> None:
        """Delete every session, and all that was kept or saved of any, so that their words are gone from the disk.

        Raises:
            UsageError: one is running.
        """
        with self._db() as db:
            remove_all(db, self.path)

    def enforce(self, keep_days: int | None, most_bytes: int | None, now_iso: str) -> list[str]:
        """Delete the oldest sessions that are over while they are past a limit; gives their ids.

        Args:
            keep_days: How long a session is kept; None: for ever.
            most_bytes: What sessions and what is kept beside them may take; None: the whole disk.
            now_iso: ISO 8601, UTC.
        """
        with self._db() as db:
            return remove_past_limits(db, self.path, keep_days, most_bytes, now_iso)

    def repair(self) -> Recovered | None:
        """Check every page; save what can be read where one is damaged. None: all was whole, the search is made anew.

        Raises:
            StoreUnavailable: a show is running.
        """
        with explained(self.path):
            try:
                with contextlib.closing(connect(self.path)) as db, db:
                    if db.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",):
                        db.execute("BEGIN IMMEDIATE")
                        make_words(db)
                        return None
            except sqlite3.DatabaseError as exc:
                if not is_damaged(exc):
                    raise
            self.recovered = recover(self.path)
            self._prepare()
        return self.recovered

    def _prepare(self) -> None:
        with contextlib.closing(connect(self.path)) as db:
            migrate(db, self.path)
            check(db)

    def _set(self, session_id: str, column: Literal["tags", "notes", "measures", "summary"], value: str) -> str:
        with self._db() as db:
            number, found_id = self._find(db, session_id)
            with db:
                db.execute(f"UPDATE sessions SET {column} = ? WHERE number = ?", (value, number))  # noqa: S608
        return found_id

    @contextlib.contextmanager
    def _db(self) -> Iterator[sqlite3.Connection]:
        with explained(self.path), contextlib.closing(connect(self.path)) as db:
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


def _insert(
    db: sqlite3.Connection, session_id: str, started_at: str, title: str, mode: str, source: str
) -> tuple[int, int]:
    """Add a session; gives its number and its moment."""
    moment = free_moment(db, started_at)
    number = db.execute(
        "INSERT INTO sessions (id, started_at, title, mode, source, moment) VALUES (?, ?, ?, ?, ?, ?)",
        (session_id, started_at, title, mode, source, moment),
    ).lastrowid
    assert number is not None
    return number, moment


def _summary(row: tuple[Any, ...], dead: set[str]) -> SessionSummary:
    session_id, started_at, title, mode, source, last_ms, tips, tags, notes, measures, summary, ended = row
    return SessionSummary(
        session_id,
        started_at,
        title,
        mode,
        source,
        last_ms,
        tips,
        is_cut_off=not ended and session_id in dead,
        tags=tuple(str(tag) for tag in _plain(tags, list)),
        notes=notes,
        measures=_plain(measures, dict) if measures else None,
        summary=_plain(summary, dict) if summary else None,
    )


def _plain(text: str, kind: type[Any]) -> Any:
    """`text` read as JSON; an empty `kind` where it is damaged."""
    try:
        value = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return kind()
    return value if isinstance(value, kind) else kind()


def _schema(lines: Sequence[str]) -> int:
    try:
        return int(json.loads(lines[0])["schema"])
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError):
        return 0
