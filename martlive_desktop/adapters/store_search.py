"""The words of past shows, as SQLite's full-text search finds them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

WORDS_TABLE = (
    "CREATE VIRTUAL TABLE words USING fts5(text, tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2 3 4')"
)
"""What was said; short beginnings have an index of their own, as they, and the commonest words, are in every other row.

`rowid` is `sessions.moment` and `events.seq`, so that its order is that of the shows in time.
"""

SEQ_BITS = 24
"""Room for `events.seq` in a rowid: 16 million events, a hundred days of a show; `moment` has the other 39 bits."""

_CJK = re.compile(r"([\u2e80-\u2fdf\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])")


@dataclass(frozen=True, slots=True)
class Hit:
    """One utterance that has all words that were looked for."""

    session_id: str
    title: str
    started_at: str
    """ISO 8601, UTC."""
    at_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, newest first."""

    hits: tuple[Hit, ...]
    more: int
    """How many there are beyond these."""


def spaced(text: str) -> str:
    """`text` with each CJK character as a word of its own, as these languages put no spaces between words."""
    return _CJK.sub(r" \1 ", text)


def to_query(text: str) -> str:
    """What FTS5 is asked for `text`: all of its words, each as a beginning, nothing in them as an operator.

    The parts of a word that has several, as don't or 保温杯, stand side by side. Empty: there is no word in it.
    """
    words = re.split(r'[\s"\x00-\x1f]+', text.encode("utf-8", "replace").decode("utf-8"))
    return " ".join(f'"{spaced(word).strip()}" *' for word in words if any(c.isalnum() for c in word))


def search_words(db: sqlite3.Connection, text: str, limit: int) -> Found:
    """The newest utterances with all words of `text`."""
    query = to_query(text)
    if not query:
        return Found((), 0)
    rows = db.execute(
        "SELECT sessions.id, title, started_at, json FROM"
        " (SELECT rowid AS place FROM words WHERE words MATCH ? ORDER BY rowid DESC LIMIT ?)"
        " JOIN sessions ON moment = place >> ?"
        " JOIN events ON session = number AND seq = place & ? ORDER BY place DESC",
        (query, limit, SEQ_BITS, (1 << SEQ_BITS) - 1),
    ).fetchall()
    hits = tuple(Hit(session_id, title, started_at, *_said(line)) for session_id, title, started_at, line in rows)
    (count,) = db.execute("SELECT count(*) FROM words WHERE words MATCH ?", (query,)).fetchone()
    return Found(hits, count - len(hits))


def sessions_with(db: sqlite3.Connection, text: str) -> list[str]:
    """Ids of the sessions in which all words of `text` were said at once, newest first."""
    query = to_query(text)
    if not query:
        return []
    rows = db.execute(
        "SELECT id FROM sessions WHERE moment IN (SELECT rowid >> ? FROM words WHERE words MATCH ?)"
        " ORDER BY moment DESC",
        (SEQ_BITS, query),
    )
    return [session_id for (session_id,) in rows]


def add_words(db: sqlite3.Connection, moment: int, lines: Iterable[tuple[int, str]]) -> None:
    """Make the finals among `lines`, events by their `seq`, searchable; those that are so already stay it."""
    db.executemany(
        "INSERT OR REPLACE INTO words (rowid, text) VALUES (?, ?)",
        (
            (moment << SEQ_BITS | seq, spaced(text))
            for seq, line in lines
            if line.startswith('{"type":"transcript"') and (text := _said(line)[1])
        ),
    )


def remove_words(db: sqlite3.Connection, moment: int) -> None:
    """Forget what was said in a session; only after `forget_removed` it is not on the disk any more."""
    db.execute("DELETE FROM words WHERE rowid BETWEEN ? AND ?", (moment << SEQ_BITS, ((moment + 1) << SEQ_BITS) - 1))


def forget_removed(db: sqlite3.Connection) -> None:
    """Write the index anew, as FTS5 keeps the words of removed rows until then."""
    db.execute("INSERT INTO words (words) VALUES ('optimize')")


def make_words(db: sqlite3.Connection) -> None:
    """Make the table anew from all events."""
    db.execute("DROP TABLE IF EXISTS words")
    db.execute(WORDS_TABLE)
    for number, moment in db.execute("SELECT number, moment FROM sessions").fetchall():
        lines = db.execute(
            'SELECT seq, json FROM events WHERE session = ? AND json GLOB \'{"type":"transcript"*\'', (number,)
        )
        add_words(db, moment, lines)


def free_moment(db: sqlite3.Connection, started_at: str) -> int:
    """Seconds since 1970 at `started_at`, ISO 8601; somewhat later where another session has that second."""
    moment = max(0, int(to_utc(started_at).timestamp()))
    while db.execute("SELECT 1 FROM sessions WHERE moment = ?", (moment,)).fetchone():
        moment += 1
    return moment


def to_utc(started_at: str) -> datetime:
    """`started_at`, ISO 8601, UTC where it does not say; 1970 where it is no time."""
    try:
        at = datetime.fromisoformat(started_at)
    except ValueError:
        at = datetime(1970, 1, 1, tzinfo=UTC)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _said(line: str) -> tuple[int, str]:
    """Time and text of a final; nothing where `line` is none."""
    try:
        flat: dict[str, Any] = json.loads(line)
        return int(flat["at_ms"]), str(flat["text"]) if flat["final"] else ""
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return 0, ""
