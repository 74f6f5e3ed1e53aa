"""Looking for words in past shows, and a file of the version before."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from martlive_desktop.adapters.store_file import APPLICATION_ID, MIGRATIONS, connect
from martlive_desktop.adapters.store_search import Found, Hit, to_query
from martlive_desktop.adapters.store_sqlite import SqliteStore
from martlive_desktop.core.events import SessionStarted, Transcript, to_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STARTED = SessionStarted(0, "0.2.0", "selling", "microphone", (), "d1")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(tmp_path)) as opened:
        yield opened


def record(store: SqliteStore, *texts: str, day: int = 23) -> str:
    session_id = store.begin(STARTED, f"Show {day}", f"2026-11-{day}T10:00:00Z")
    for number, text in enumerate(texts, 1):
        store.append(Transcript(number * 1_000, True, number, text, ()))
    store.close()
    return session_id


def said(found: Found) -> list[str]:
    return [hit.text for hit in found.hits]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("skillet", ["The SKILLET is hot"]),
        ("skil", ["The SKILLET is hot"]),
        ("ski ho", ["The SKILLET is hot"]),
        ("hot cold", []),
        ("cafe", ["A café, don't they"]),
        ("don't", ["A café, don't they"]),
        ("killet", []),
        ("保温杯", ["这个保温杯很好"]),
        ("温杯", ["这个保温杯很好"]),
        ("保杯", []),
        ("保 好", ["这个保温杯很好"]),
        ("iPhone手机", ["新的iPhone手机壳"]),
        ("AND", ["and now or never"]),
        ("never NOT now", []),
        ("now* OR", ["and now or never"]),
        ('"now" "never', ["and now or never"]),
        ("text:now", []),
        ("(now) ^now {now}", ["and now or never"]),
        ("NEAR(now never)", []),
        ("now\x00never", ["and now or never"]),
        ("\udcff", []),
        ("  ", []),
        ("!!! –", []),
        ('"', []),
    ],
)
def test_words_are_found_by_their_beginnings_and_never_read_as_operators(
    store: SqliteStore, query: str, expected: list[str]
) -> None:
    record(store, "The SKILLET is hot", "A café, don't they", "这个保温杯很好", "新的iPhone手机壳", "and now or never")
    assert said(store.search(query)) == expected
    assert len(store.sessions_with(query)) == bool(expected)


def test_query_puts_every_word_in_quotes() -> None:
    assert to_query('free OR "ship 保温') == '"free" * "OR" * "ship" * "保  温" *'


def test_newest_show_comes_first_and_the_rest_is_counted(store: SqliteStore) -> None:
    old, new, middle = (record(store, "free one", "free two", day=day) for day in (20, 22, 21))
    found = store.search("free", limit=3)
    assert found == Found(
        (
            Hit(new, "Show 22", "2026-11-22T10:00:00Z", 2_000, "free two"),
            Hit(new, "Show 22", "2026-11-22T10:00:00Z", 1_000, "free one"),
            Hit(middle, "Show 21", "2026-11-21T10:00:00Z", 2_000, "free two"),
        ),
        more=3,
    )
    assert store.sessions_with("free") == [new, middle, old]
    assert store.search("two", limit=0) == Found((), 3)


def test_shows_of_the_same_second_are_told_apart(store: SqliteStore) -> None:
    ids = [record(store, "same", word) for word in ("first", "second")]
    assert store.sessions_with("second") == ids[1:]
    assert store.sessions_with("same") == ids[::-1]


def test_words_are_found_while_the_show_runs(store: SqliteStore) -> None:
    store.begin(STARTED, "", "2026-11-23T10:00:00Z")
    store.append(Transcript(1_000, True, 1, "right now", ()))
    while not store.search("right").hits:
        pass
    assert said(store.search("right")) == ["right now"]


def test_partials_and_other_events_are_not_searched(store: SqliteStore) -> None:
    session_id = record(store, "whole")
    partial = to_json(Transcript(500, False, 1, "who", ()))
    with closing(sqlite3.connect(store.path)) as db, db:
        db.execute("INSERT INTO events VALUES (1, 9, ?)", (partial,))
        db.execute("INSERT INTO events VALUES (1, 10, ?)", ('{"type":"transcript",',))
    assert store.repair() is None
    assert said(store.search("who")) == ["whole"]
    assert said(store.search("microphone")) == []
    assert store.sessions_with("whole") == [session_id]


def test_file_of_version_1_keeps_its_shows_and_becomes_searchable(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    path.touch()
    final = to_json(Transcript(1_000, True, 1, "Hello 保温杯", ()))
    with closing(connect(path)) as db, db:
        for statement in MIGRATIONS[0]:
            assert isinstance(statement, str)
            db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute("PRAGMA user_version = 1")
        for number, started_at in enumerate(("2026-11-23T18:45:02Z", "2026-11-23T18:45:02Z", "no time"), 1):
            row = (number, f"20261123-18450{number}-abc", started_at, "Old", "selling", "demo", 1_000, 2, 1)
            db.execute("INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
            db.execute("INSERT INTO events VALUES (?, 0, ?)", (number, to_json(STARTED)))
            db.execute("INSERT INTO events VALUES (?, 1, ?)", (number, final))
    store = SqliteStore(tmp_path)
    assert [(one.id, one.tags, one.notes, one.measures) for one in store.list_sessions()] == [
        ("20261123-184503-abc", (), "", None),
        ("20261123-184502-abc", (), "", None),
        ("20261123-184501-abc", (), "", None),
    ]
    assert store.sessions_with("温 hell") == ["20261123-184502-abc", "20261123-184501-abc", "20261123-184503-abc"]
    assert len(store.lines("20261123-184501")) == 2
