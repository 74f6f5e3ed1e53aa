"""Saves what can be read of a damaged file of past shows, page by page, without SQLite's own view of it.

Source: the database file format, https://www.sqlite.org/fileformat2.html (pages 1.6, records 2.1, write-ahead log 4.1).
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from martlive_desktop.adapters.store_file import connect, explained, held, is_held, migrate
from martlive_desktop.adapters.store_search import free_moment, make_words
from martlive_desktop.core.errors import StoreUnavailable
from martlive_desktop.core.events import SessionStarted, Tip, from_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGE_BYTES = 4_096
"""SQLite's own default, which our files have; asked of the header where it is whole."""

SESSION_ID = re.compile(r"\d{8}-\d{6}-[a-z0-9]{3}")

_Value: TypeAlias = int | float | str | bytes | None

_TABLE_LEAF, _INDEX_LEAF, _INDEX_INNER = 0x0D, 0x0A, 0x02
_LOG_HEADER_BYTES, _FRAME_HEADER_BYTES = 32, 24
_LATER_COLUMNS: tuple[_Value, ...] = ("[]", "", None, None)
"""Tags, notes, measures and summary of a session that has none."""
_INTEGER_BYTES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
_CONSTANTS = {8: 0, 9: 1}


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was saved of a damaged file."""

    sessions: int
    events: int
    kept_at: Path
    """The damaged file, as it was."""

    @property
    def sentence(self) -> str:
        """What the user is told."""
        return (
            f"The file of your shows was damaged; shows that could be saved: {self.sessions}. "
            f"The damaged file is kept as {self.kept_at}."
        )


@dataclass(slots=True)
class _Salvage:
    """Rows that were found, whatever table they were in."""

    sessions: dict[int, tuple[_Value, ...]] = field(default_factory=dict)
    ids: dict[int, str] = field(default_factory=dict)
    """Ids by number, from the index, which often outlives the row."""
    events: dict[tuple[int, int], str] = field(default_factory=dict)

    def take(self, rowid: int | None, row: tuple[_Value, ...]) -> None:
        match row:
            case (int(session), int(seq), str(line)) if rowid is not None and _is_event(line):
                self.events.setdefault((session, seq), line)
            case (str(session_id), int(number)) if rowid is None and SESSION_ID.fullmatch(session_id):
                self.ids.setdefault(number, session_id)
            # The columns of version 1; later ones come after them.
            case (None, str(session_id), str(), str(), str(), str(), int(), int(), int(), *_) if rowid is not None:
                if SESSION_ID.fullmatch(session_id):
                    self.sessions.setdefault(rowid, row)


def recover(path: Path) -> Recovered:
    """Make a working file of what can be read of the one at `path`, which is kept beside it as it was.

    Raises:
        StoreUnavailable: a show is running, somebody repairs already, or the disk does not take it.
    """
    with explained(path), contextlib.ExitStack() as stack:
        if any(is_held(lock) for lock in path.parent.glob("*-*.lock")):
            raise StoreUnavailable(f"{path} is damaged, and a show is running; end it first, then it is repaired.")
        try:
            stack.enter_context(held(path.with_name("repair.lock")))
        except TimeoutError as exc:
            raise StoreUnavailable("Another MartLive repairs your shows; wait for it, then try again.") from exc
        salvage = _Salvage()
        for page in (pages := _pages(path)).values():
            for rowid, row in _rows(page, pages):
                salvage.take(rowid, row)
        new = path.with_name("sessions.recovered.db")
        for left in path.parent.glob(f"{new.name}*"):
            left.unlink()
        new.touch(mode=0o600)
        with contextlib.closing(connect(new)) as db:
            migrate(db, new)
            sessions = _fill(db, salvage)
        kept_at = _put_aside(path)
        new.replace(path)
    return Recovered(sessions, len(salvage.events), kept_at)


def finish_recovery(path: Path) -> None:
    """Put the new file in its place where a recovery was killed just before that."""
    new = path.with_name("sessions.recovered.db")
    if not path.exists() and new.exists():
        new.replace(path)


def _put_aside(path: Path) -> Path:
    number = 1
    while (kept_at := path.with_name(f"{path.stem}.damaged-{number}.db")).exists():
        number += 1
    # The log first: beside the new file it would be taken for that one's.
    log = path.with_name(f"{path.name}-wal")
    if log.exists():
        log.replace(kept_at.with_name(f"{kept_at.name}-wal")).chmod(0o600)
    path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
    path.replace(kept_at).chmod(0o600)
    return kept_at


def _fill(db: sqlite3.Connection, salvage: _Salvage) -> int:
    """Write what was found into a new file; gives how many sessions there are."""
    found: dict[int, list[tuple[int, str]]] = {}
    for (number, seq), line in sorted(salvage.events.items()):
        found.setdefault(number, []).append((seq, line))
    with db:
        for number in sorted({*found, *salvage.sessions, *salvage.ids}):
            lines = found.get(number, [])
            columns = salvage.sessions.get(number) or _columns_of(number, salvage.ids.get(number, ""), lines)
            session_id, started_at, title, mode, source, last_ms, tips, ended, *later = columns[1:]
            kept = (*later[: len(_LATER_COLUMNS)], *_LATER_COLUMNS[len(later) :])
            if not (isinstance(kept[0], str) and isinstance(kept[1], str)):
                kept = _LATER_COLUMNS
            row = (number, session_id, started_at, title, mode, source, last_ms, tips, ended, *kept)
            db.execute(
                "INSERT OR IGNORE INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*row, free_moment(db, str(started_at))),
            )
            if db.execute("SELECT 1 FROM sessions WHERE number = ?", (number,)).fetchone():
                rows = ((number, seq, line) for seq, line in lines)
                db.executemany("INSERT INTO events VALUES (?, ?, ?)", rows)
        make_words(db)
    (sessions,) = db.execute("SELECT count(*) FROM sessions").fetchone()
    return int(sessions)


def _columns_of(number: int, session_id: str, lines: list[tuple[int, str]]) -> tuple[_Value, ...]:
    """A row of `sessions` for one whose own is lost."""
    session_id = session_id or f"19700101-{number % 1_000_000:06}-rec"
    day, time = session_id[:8], session_id[9:15]
    started_at = f"{day[:4]}-{day[4:6]}-{day[6:]}T{time[:2]}:{time[2:4]}:{time[4:]}Z"
    mode, source, last_ms, tips = "selling", "microphone", 0, 0
    for _, line in lines:
        with contextlib.suppress(ValueError, TypeError):
            event = from_json(line)
            last_ms = max(last_ms, event.at_ms)
            tips += isinstance(event, Tip)
            if isinstance(event, SessionStarted):
                mode, source = event.mode, event.source
    return (None, session_id, started_at, "Recovered show", mode, source, last_ms, tips, 1)


def _is_event(line: str) -> bool:
    # Quick: there are millions. Zeros are what a hole in the file leaves of the middle of a line.
    return line.startswith('{"type":') and line.endswith("}") and "\0" not in line


def _pages(path: Path) -> dict[int, bytes]:
    """Every page by its number, from 1; what the write-ahead log has of it is newer."""
    raw = path.read_bytes()
    bytes_each = int.from_bytes(raw[16:18], "big")
    if not raw.startswith(b"SQLite format 3\0") or bytes_each < 512 or bytes_each & (bytes_each - 1):
        bytes_each = PAGE_BYTES
    pages = {at // bytes_each + 1: raw[at : at + bytes_each] for at in range(0, len(raw), bytes_each)}
    log = path.with_name(f"{path.name}-wal")
    written = log.read_bytes() if log.exists() else b""
    salts, waiting = written[16:24], dict[int, bytes]()
    step = _FRAME_HEADER_BYTES + bytes_each
    for at in range(_LOG_HEADER_BYTES, len(written) - step + 1, step):
        number, pages_after_commit = struct.unpack(">II", written[at : at + 8])
        if written[at + 8 : at + 16] != salts:
            break
        waiting[number] = written[at + _FRAME_HEADER_BYTES : at + step]
        if pages_after_commit:
            pages |= waiting
            waiting = {}
    return pages


def _rows(page: bytes, pages: dict[int, bytes]) -> Iterator[tuple[int | None, tuple[_Value, ...]]]:
    """The rows that lie on `page`, with their rowid where it is one of a table; what makes no sense is left out."""
    # The first page begins with the header of the file.
    head = 100 if page is pages.get(1) else 0
    kind = page[head] if len(page) > head else 0
    if kind not in (_TABLE_LEAF, _INDEX_LEAF, _INDEX_INNER):
        return
    first = head + (12 if kind == _INDEX_INNER else 8)
    count = int.from_bytes(page[head + 3 : head + 5], "big")
    for at in range(first, min(first + 2 * count, len(page) - 1), 2):
        # Whatever bytes lie there may lead anywhere.
        with contextlib.suppress(IndexError, ValueError, struct.error):
            cell = int.from_bytes(page[at : at + 2], "big") + (4 if kind == _INDEX_INNER else 0)
            size, cell = _varint(page, cell)
            rowid: int | None = None
            if kind == _TABLE_LEAF:
                written, cell = _varint(page, cell)
                rowid = written - (written >> 63 << 64)
            payload = _payload(page, cell, size, pages, is_table=kind == _TABLE_LEAF)
            # The index of the events, whose first column is a number, has nothing that their table has not.
            if kind == _TABLE_LEAF or payload[1] >= 13:
                yield rowid, _record(payload)


def _payload(page: bytes, at: int, size: int, pages: dict[int, bytes], *, is_table: bool) -> bytes:
    """`size` bytes from `at` on, with what overflows into other pages."""
    usable = len(page)
    most = usable - 35 if is_table else (usable - 12) * 64 // 255 - 23
    if size <= most:
        return page[at : at + size]
    if size > len(pages) * usable:
        raise ValueError("too long")
    least = (usable - 12) * 32 // 255 - 23
    local = least + (size - least) % (usable - 4)
    local = local if local <= most else least
    payload = page[at : at + local]
    following = int.from_bytes(page[at + local : at + local + 4], "big")
    while len(payload) < size:
        piece = pages.get(following, b"")
        if len(piece) <= 4:
            raise ValueError("broken chain")
        payload += piece[4 : 4 + size - len(payload)]
        following = int.from_bytes(piece[:4], "big")
    return payload


def _record(payload: bytes) -> tuple[_Value, ...]:
    header_bytes, at = _varint(payload, 0)
    values: list[_Value] = []
    body = header_bytes
    while at < header_bytes:
        kind, at = _varint(payload, at)
        value: _Value
        if kind in _INTEGER_BYTES:
            length = _INTEGER_BYTES[kind]
            value = int.from_bytes(payload[body : body + length], "big", signed=True)
        elif kind == 7:
            length = 8
            (value,) = struct.unpack(">d", payload[body : body + 8])
        elif kind >= 12:
            length = (kind - 12) // 2
            raw = payload[body : body + length]
            value = raw.decode("utf-8") if kind % 2 else raw
        else:
            length, value = 0, _CONSTANTS.get(kind)
        body += length
        values.append(value)
    if body != len(payload):
        raise ValueError("no record")
    return tuple(values)


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    """The number at `at`, and where what follows it begins."""
    if (value := raw[at]) < 0x80:
        return value, at + 1
    value = 0
    for index in range(8):
        byte = raw[at + index]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + index + 1
    return value << 8 | raw[at + 8], at + 9
