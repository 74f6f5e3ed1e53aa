"""What is deleted leaves no word on the disk; what is past the limits is deleted."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from martlive_desktop.adapters.store_sqlite import SqliteStore
from martlive_desktop.core.errors import StoreUnavailable
from martlive_desktop.core.events import Chat, SessionStarted, Transcript

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STARTED = SessionStarted(0, "0.2.0", "selling", "microphone", (), "d1")
WORDS = ("zanzibar", "Quetzal", "xylograph", "bergamot", "Vuvuzela", "保温杯的秘密")
"""One each: said, written in the chat, the title, the notes, a tag, in a report."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(tmp_path / "sessions")) as opened:
        yield opened


def record(store: SqliteStore, *texts: str, day: int = 23, title: str = "") -> str:
    session_id = store.begin(STARTED, title, f"2026-11-{day}T10:00:00Z")
    for number, text in enumerate(texts, 1):
        store.append(Transcript(number * 1_000, True, number, text, ()))
    store.close()
    return session_id


def record_words(store: SqliteStore) -> str:
    """A session that has every one of WORDS, in all the places where words can be."""
    said, chatted, title, notes, tag, report = WORDS
    session_id = store.begin(STARTED, title, "2026-11-23T10:00:00Z")
    for number in range(300):
        store.append(Transcript(number * 1_000, True, number, f"well {said} {number} and 保温杯的秘密", ()))
        store.append(Chat(number * 1_000, "rosa", f"{chatted} {number}", "twitch"))
    store.close()
    store.set_notes(session_id, f"old {notes}")
    store.set_notes(session_id, f"new {notes}")
    store.set_tags(session_id, [tag])
    store.set_measures(session_id, {"common": said})
    for folder, ending in (
        ("reports", ".html"),
        ("reports", "-zh.html"),
        ("audio", ".opus"),
        ("audio", "-2.opus.part"),
    ):
        place = store.path.with_name(folder)
        place.mkdir(exist_ok=True)
        (place / f"{session_id}{ending}").write_text(f"{report} {said}", encoding="utf-8")
    return session_id


def words_on_disk(store: SqliteStore) -> set[str]:
    raw = b"".join(file.read_bytes() for file in store.path.parent.rglob("*") if file.is_file()).lower()
    # The search has words in small letters, without what they share with the one before, and each 字 alone.
    ends = {word: word[-5:].lower() if word.isascii() else word[-1] for word in WORDS}
    return {word for word, end in ends.items() if end.encode() in raw}


@pytest.fixture(params=["alone", "beside another reader"])
def reader(request: pytest.FixtureRequest, store: SqliteStore) -> Iterator[None]:
    if request.param == "alone":
        yield
        return
    with closing(sqlite3.connect(store.path)) as db:
        db.execute("SELECT count(*) FROM sessions").fetchone()
        yield


@pytest.mark.usefixtures("reader")
def test_deleted_show_leaves_no_word_anywhere(store: SqliteStore) -> None:
    kept = record(store, "well said", "zan alone", day=22)
    session_id = record_words(store)
    assert words_on_disk(store) == set(WORDS)
    assert store.delete(session_id) == session_id
    assert words_on_disk(store) == set()
    assert [one.id for one in store.list_sessions()] == [kept]
    assert store.sessions_with("well") == [kept]
    assert list(store.path.with_name("reports").iterdir()) == []


@pytest.mark.usefixtures("reader")
def test_erased_shows_leave_no_word_anywhere(store: SqliteStore) -> None:
    record_words(store)
    folder = store.path.parent
    for name in (
        "sessions.damaged-1.db",
        "sessions.damaged-1.db-wal",
        "sessions.damaged-12.db",
        "sessions.recovered.db",
    ):
        (folder / name).write_text("zanzibar")
    (folder / "reports" / "loose.html").write_text("zanzibar")
    store.erase_all()
    assert words_on_disk(store) == set()
    assert {file.name.split("-")[0] for file in folder.rglob("*")} == {"sessions.db"}
    record(store, "after all")
    assert len(store.search("after").hits) == 1


def test_files_of_other_shows_stay(store: SqliteStore) -> None:
    ids = [record(store, day=day) for day in (22, 23)]
    reports = store.path.with_name("reports")
    reports.mkdir()
    for one in ids:
        (reports / f"{one}.html").touch()
    store.delete(ids[1])
    assert [file.name for file in reports.iterdir()] == [f"{ids[0]}.html"]


NOW = "2026-11-24T12:00:00Z"


@pytest.mark.parametrize(
    ("keep_days", "kept_days"),
    [(None, [23, 22, 20]), (5, [23, 22, 20]), (3, [23, 22]), (2, [23]), (0, [])],
)
def test_shows_older_than_the_limit_are_deleted(
    store: SqliteStore, keep_days: int | None, kept_days: list[int]
) -> None:
    ids = {day: record(store, f"day {day}", day=day) for day in (20, 22, 23)}
    removed = store.enforce(keep_days, None, NOW)
    assert removed == [session_id for day, session_id in ids.items() if day not in kept_days]
    assert [one.id for one in store.list_sessions()] == [ids[day] for day in kept_days]
    assert store.sessions_with("day") == [ids[day] for day in kept_days]


def test_oldest_shows_are_deleted_until_the_rest_fits_and_the_file_shrinks(store: SqliteStore) -> None:
    ids = [record(store, *[f"word {day} " * 40] * 200, day=day) for day in (20, 22, 23)]
    audio = store.path.with_name("audio")
    audio.mkdir()
    (audio / f"{ids[0]}.opus").write_bytes(b"x" * 300_000)
    whole = store.size().bytes
    assert store.enforce(None, whole, NOW) == []
    assert store.enforce(None, whole - 100_000, NOW) == ids[:1]
    assert store.size().bytes <= whole - 300_000
    assert store.enforce(None, 0, NOW) == ids[1:]
    assert store.size().bytes < 100_000


def test_running_show_is_kept_whatever_its_age(store: SqliteStore, tmp_path: Path) -> None:
    running = store.begin(STARTED, "", "2020-01-01T10:00:00Z")
    other = SqliteStore(tmp_path / "sessions")
    old = other.begin(STARTED, "", "2020-01-02T10:00:00Z")
    other.close()
    assert other.enforce(1, 0, NOW) == [old]
    assert [one.id for one in other.list_sessions()] == [running]


def test_show_that_was_cut_off_is_deleted_by_the_limit(store: SqliteStore) -> None:
    session_id = record(store)
    with closing(sqlite3.connect(store.path)) as db, db:
        db.execute("UPDATE sessions SET ended = 0")
    assert store.enforce(0, None, NOW) == [session_id]


def test_reader_does_not_stop_the_limits(store: SqliteStore) -> None:
    session_id = record(store, "one", "two")
    with closing(sqlite3.connect(store.path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM events").fetchone()
        assert store.enforce(0, None, NOW) == [session_id]


def test_show_whose_files_cannot_be_removed_can_be_deleted_again(store: SqliteStore) -> None:
    session_id = record(store)
    stuck = store.path.with_name("audio") / session_id
    stuck.mkdir(parents=True)
    with pytest.raises(StoreUnavailable):
        store.delete(session_id)
    assert [one.id for one in store.list_sessions()] == [session_id]
    stuck.rmdir()
    assert store.delete(session_id) == session_id
