"""Sessions in the SQLite store."""

from __future__ import annotations

import re
import sqlite3
import sys
import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from martlive_desktop.adapters.store_sqlite import SessionEvents, SessionSummary, SqliteStore, StoreSize
from martlive_desktop.adapters.store_writer import MAX_KEPT_EVENTS
from martlive_desktop.core.errors import SessionNotFound, StoreUnavailable, UsageError
from martlive_desktop.core.events import Cue, LogEvent, SessionStarted, Signal, Status, Tip, Transcript, Word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

STARTED_AT = "2026-11-23T18:45:02Z"
STARTED = SessionStarted(0, "0.2.0", "selling", "microphone", ("whisper-base",), "d1")
FINAL = Transcript(1_200, True, 0, "Hello zanzibar", (Word("Hello", 0, 400, 0.9), Word("zanzibar", 400, 900, 0.8)))
CUE = Cue(60_000, "price_missing", 0.8, ("no price for 60 s",), (("product", "AquaVac"),), id="c0", severity=2)
TIP = Tip(60_000, "t0", "c0", "price_missing", "Say the price", 2, "rules", 68_000)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(open_store(tmp_path)) as opened:
        yield opened


def open_store(folder: Path, on_trouble: Callable[[str], None] | None = None) -> SqliteStore:
    return SqliteStore(folder / "sessions", on_trouble=on_trouble)


def record(store: SqliteStore, *events: LogEvent, started_at: str = STARTED_AT) -> str:
    session_id = store.begin(STARTED, "Friday show", started_at)
    for event in events:
        store.append(event)
    store.close()
    return session_id


@contextmanager
def another_process(store: SqliteStore) -> Iterator[None]:
    """Someone else has the file open, so that SQLite keeps its write-ahead log."""
    with closing(sqlite3.connect(store.path)) as db:
        db.execute("SELECT count(*) FROM sessions").fetchone()
        yield


def bytes_on_disk(store: SqliteStore) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(store.path.parent.rglob("*")) if file.is_file())


def test_session_comes_back_as_it_was_written(store: SqliteStore) -> None:
    session_id = record(store, STARTED, FINAL, CUE, TIP)
    assert re.fullmatch(r"20261123-184502-[a-z0-9]{3}", session_id)
    assert list(store.events(session_id)) == [STARTED, FINAL, CUE, TIP]
    assert store.list_sessions() == [
        SessionSummary(session_id, STARTED_AT, "Friday show", "selling", "microphone", 60_000, 1, is_cut_off=False)
    ]


def test_partials_and_crowded_signals_are_left_out(store: SqliteStore) -> None:
    partial = Transcript(800, False, 0, "Hello", ())
    signals = [Signal(at_ms, name, 1.0, "x") for at_ms in (100, 900, 1_000) for name in ("pace", "level")]
    assert list(store.events(record(store, partial, *signals))) == [STARTED, *signals[:2], *signals[4:]]


def test_list_has_the_newest_first(store: SqliteStore) -> None:
    ids = [record(store, started_at=f"2026-11-{day}T10:00:00Z") for day in (20, 22, 21)]
    assert [one.id for one in store.list_sessions()] == [ids[1], ids[2], ids[0]]


def test_beginning_of_an_id_is_enough(store: SqliteStore) -> None:
    record(store, started_at="2026-11-22T10:00:00Z")
    session_id = record(store, FINAL)
    assert list(store.events("20261123")) == [STARTED, FINAL]
    assert store.delete("20261123") == session_id


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("2025", "There is no session 2025; `martlive sessions list` shows them."),
        ("%", "There is no session %; `martlive sessions list` shows them."),
        ("", "There is no session ; `martlive sessions list` shows them."),
        ("2026", "Several sessions begin with 2026; `martlive sessions list` shows their whole ids."),
    ],
    ids=["unknown", "wildcard", "empty", "ambiguous"],
)
def test_id_that_names_no_single_session_says_so(store: SqliteStore, asked: str, sentence: str) -> None:
    for day in (20, 21):
        record(store, started_at=f"2026-11-{day}T10:00:00Z")
    for ask in (store.delete, lambda one: list(store.events(one))):
        with pytest.raises(SessionNotFound) as caught:
            ask(asked)
        assert str(caught.value) == sentence
        assert caught.value.session_id == asked
    assert len(store.list_sessions()) == 2


@pytest.mark.parametrize("is_lock_left", [True, False])
def test_open_session_is_cut_off_when_nobody_holds_its_lock(store: SqliteStore, is_lock_left: bool) -> None:
    session_id = record(store)
    with closing(sqlite3.connect(store.path)) as db, db:
        db.execute("UPDATE sessions SET ended = 0")
    lock = store.path.with_name(f"{session_id}.lock")
    if is_lock_left:
        lock.touch()
    assert [one.is_cut_off for one in store.list_sessions()] == [True]
    assert not lock.exists()
    assert store.delete(session_id) == session_id


def test_running_session_is_not_cut_off(store: SqliteStore, tmp_path: Path) -> None:
    session_id = store.begin(STARTED, "", STARTED_AT)
    lock = store.path.with_name(f"{session_id}.lock")
    for one in (store, open_store(tmp_path)):
        assert [session.is_cut_off for session in one.list_sessions()] == [False]
        assert lock.exists()
    # As the app may do: another thread ends what this one began.
    ending = threading.Thread(target=store.close)
    ending.start()
    ending.join()
    assert [session.is_cut_off for session in store.list_sessions()] == [False]
    assert not lock.exists()


def test_session_that_could_not_begin_leaves_no_lock(store: SqliteStore) -> None:
    with closing(sqlite3.connect(store.path)) as db, db:
        db.execute("DROP TABLE events")
    with pytest.raises(StoreUnavailable):
        store.begin(STARTED, "", STARTED_AT)
    assert store.list_sessions() == []
    assert list(store.path.parent.glob("*.lock")) == []


def test_new_session_ends_the_running_one(store: SqliteStore, tmp_path: Path) -> None:
    first = store.begin(STARTED, "", STARTED_AT)
    store.append(FINAL)
    second = record(store)
    later = open_store(tmp_path)
    assert [(one.id, one.is_cut_off) for one in later.list_sessions()] == [(second, False), (first, False)]
    assert list(later.events(first)) == [STARTED, FINAL]


def test_events_outside_of_a_session_are_ignored(store: SqliteStore) -> None:
    store.append(FINAL)
    session_id = record(store)
    store.append(FINAL)
    store.close()
    assert list(store.events(session_id)) == [STARTED]


def test_deleted_words_are_gone_from_the_disk(store: SqliteStore) -> None:
    kept = record(store, CUE, started_at="2026-11-22T10:00:00Z")
    with another_process(store):
        session_id = record(store, *[FINAL] * 200)
        assert b"zanzibar" in bytes_on_disk(store)
        store.delete(session_id)
        assert b"zanzibar" not in bytes_on_disk(store)
    assert [one.id for one in store.list_sessions()] == [kept]
    assert list(store.events(kept)) == [STARTED, CUE]


def test_erase_all_leaves_no_word_and_a_small_file(store: SqliteStore) -> None:
    record(store, FINAL)
    empty_bytes = len(bytes_on_disk(store))
    with another_process(store):
        record(store, *[FINAL] * 2_000)
        store.erase_all()
        assert store.list_sessions() == []
        assert b"zanzibar" not in bytes_on_disk(store)
        assert b"Friday" not in bytes_on_disk(store)
    assert len(bytes_on_disk(store)) <= empty_bytes


def test_running_session_is_not_deleted(store: SqliteStore, tmp_path: Path) -> None:
    ended = record(store)
    running = store.begin(STARTED, "", "2026-11-24T10:00:00Z")
    other = open_store(tmp_path)
    with pytest.raises(UsageError, match="This show is running; end it first"):
        other.delete(running)
    with pytest.raises(UsageError, match="This show is running; end it first"):
        other.erase_all()
    assert other.delete(ended) == ended
    store.append(FINAL)
    store.close()
    assert list(other.events(running)) == [STARTED, FINAL]
    other.erase_all()
    assert other.list_sessions() == []


def test_delete_says_when_another_process_still_reads_the_words(store: SqliteStore) -> None:
    session_id = record(store, *[FINAL] * 500)
    with closing(sqlite3.connect(store.path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM events").fetchone()
        with pytest.raises(StoreUnavailable, match="close that one and delete again"):
            store.delete(session_id)
    store.erase_all()
    assert b"zanzibar" not in bytes_on_disk(store)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_only_the_user_can_read_the_files(store: SqliteStore) -> None:
    store.path.chmod(0o644)
    again = SqliteStore(store.path.parent)
    session_id = again.begin(STARTED, "", STARTED_AT)
    with closing(sqlite3.connect(store.path)) as reader:
        reader.execute("SELECT * FROM events").fetchone()
        modes = {file.name: oct(file.stat().st_mode)[-3:] for file in store.path.parent.iterdir()}
    again.close()
    files = ("sessions.db", "sessions.db-wal", "sessions.db-shm", f"{session_id}.lock")
    assert modes == dict.fromkeys(files, "600")
    assert oct(store.path.parent.stat().st_mode)[-3:] == "700"


def test_names_that_are_not_utf8_come_back(store: SqliteStore) -> None:
    odd = SessionStarted(0, "0.2.0", "talk", "sh\udcffow.wav", (), "d1")
    session_id = store.begin(odd, "sh\udcffow", STARTED_AT)
    store.append(Status(5, "store", "odd", "\udcff"))
    store.close()
    assert list(store.events(session_id)) == [odd, Status(5, "store", "odd", "\udcff")]
    assert [(one.title, one.source) for one in store.list_sessions()] == [("sh\\udcffow", "sh\\udcffow.wav")]


def test_summary_is_plain_for_json(store: SqliteStore) -> None:
    session_id = record(store)
    assert store.list_sessions()[0].as_dict() == {
        "id": session_id,
        "started_at": STARTED_AT,
        "title": "Friday show",
        "mode": "selling",
        "source": "microphone",
        "duration_ms": 0,
        "tips": 0,
        "is_cut_off": False,
        "tags": (),
        "notes": "",
        "measures": None,
        "summary": None,
    }


def test_damage_inside_the_file_is_found_when_it_is_read(store: SqliteStore) -> None:
    session_id = record(store, *[FINAL] * 500)
    with store.path.open("r+b") as file:
        file.seek(8 * 4096)
        file.write(b"\xff" * 16 * 4096)
    with pytest.raises(StoreUnavailable, match="is damaged; run `martlive sessions repair`, which saves what can be"):
        list(store.events(session_id))


def change(store: SqliteStore, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(store.path)) as db, db:
        db.execute(statement, values)


@pytest.mark.parametrize(
    "line",
    ["{}", '{"type":"dream","at_ms":1}', "\x00", b"\xff\xfe", 7, "[" * 100_000],
    ids=["empty", "newer", "text", "no text", "number", "deep"],
)
def test_line_that_cannot_be_read_is_counted_and_takes_nothing_with_it(store: SqliteStore, line: object) -> None:
    session_id = record(store, FINAL, CUE, TIP)
    change(store, "UPDATE events SET json = ? WHERE seq = 2", line)
    assert store.read(session_id) == SessionEvents((STARTED, FINAL, TIP), skipped=1, schema=STARTED.schema)
    assert list(store.events(session_id)) == [STARTED, FINAL, TIP]
    assert len(store.lines(session_id)) == 4


@pytest.mark.parametrize(
    ("line", "schema"), [('{"type":"session","schema":99}', 99), ("damaged", 0)], ids=["newer", "damaged"]
)
def test_first_line_says_the_schema(store: SqliteStore, line: str, schema: int) -> None:
    session_id = record(store, FINAL)
    change(store, "UPDATE events SET json = ? WHERE seq = 0", line)
    assert store.read(session_id) == SessionEvents((FINAL,), skipped=1, schema=schema)


def test_what_the_user_says_of_a_show_is_kept(store: SqliteStore) -> None:
    session_id = record(store, FINAL)
    assert store.set_tags("2026", [" summer  sale ", "", "吸尘器", "summer sale"]) == session_id
    assert store.set_notes("2026", "Louder.\nSlower. \udcff\n") == session_id
    assert store.set_measures("2026", {"pace_wpm": 141.5, "tips": None}) == session_id
    assert store.set_summary("2026", {"text": "A calm show."}) == session_id
    (one,) = store.list_sessions()
    assert (one.tags, one.notes, one.measures, one.summary) == (
        ("summer sale", "吸尘器"),
        "Louder.\nSlower. \\udcff",
        {"pace_wpm": 141.5, "tips": None},
        {"text": "A calm show."},
    )
    store.set_tags(session_id, [])
    store.set_notes(session_id, "")
    (one,) = store.list_sessions()
    assert (one.tags, one.notes) == ((), "")


def test_tags_and_measures_that_are_damaged_are_none(store: SqliteStore) -> None:
    record(store)
    change(store, "UPDATE sessions SET tags = '{', measures = '[1]'")
    (one,) = store.list_sessions()
    assert (one.tags, one.measures) == ((), {})


def test_size_counts_everything_in_the_folder(store: SqliteStore) -> None:
    record(store, FINAL)
    reports = store.path.with_name("reports")
    reports.mkdir()
    (reports / "x.html").write_bytes(b"x" * 1_000)
    with another_process(store):
        files = [file for file in store.path.parent.rglob("*") if file.is_file()]
        assert len(files) == 4
        total = sum(file.stat().st_size for file in files)
        assert store.size() == StoreSize(store.path.parent, total, 1)


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("PRAGMA user_version = 99", "was written by a newer MartLive; update this one to read it."),
        ("PRAGMA application_id = 7", "is not a file of MartLive; move it away and try again."),
    ],
    ids=["newer", "foreign"],
)
def test_file_of_another_program_is_left_alone(
    store: SqliteStore, tmp_path: Path, statement: str, sentence: str
) -> None:
    with closing(sqlite3.connect(store.path)) as db:
        db.execute(statement)
    before = store.path.read_bytes()
    with pytest.raises(StoreUnavailable) as caught:
        open_store(tmp_path)
    assert str(caught.value) == f"{store.path} {sentence}"
    assert store.path.read_bytes() == before


def test_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "sessions").touch()
    with pytest.raises(
        StoreUnavailable, match=r"sessions says Not a directory; make it a folder that you can write\.$"
    ):
        open_store(tmp_path)


def test_file_that_was_moved_away_is_a_sentence(store: SqliteStore) -> None:
    store.path.unlink()
    with pytest.raises(StoreUnavailable, match="unable to open database file; check that you can write there"):
        store.list_sessions()


def test_locked_file_is_told_once_and_loses_nothing(tmp_path: Path) -> None:
    told: list[str] = []
    is_told = threading.Event()

    def listen(sentence: str) -> None:
        told.append(sentence)
        is_told.set()

    store = open_store(tmp_path, on_trouble=listen)
    session_id = store.begin(STARTED, "", STARTED_AT)
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        store.append(FINAL)
        assert is_told.wait(20)
        store.append(CUE)
        assert list(store.events(session_id)) == [STARTED]
    store.close()
    assert told == [
        "This show is not being saved: another program holds the file; close other windows of MartLive and try again."
    ]
    assert list(store.events(session_id)) == [STARTED, FINAL, CUE]
    assert [one.is_cut_off for one in open_store(tmp_path).list_sessions()] == [False]


def test_events_beyond_what_memory_keeps_are_counted(store: SqliteStore) -> None:
    session_id = store.begin(STARTED, "", STARTED_AT)
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for second in range(MAX_KEPT_EVENTS + 5):
            store.append(Signal(second * 1000, "pace", 1.0, "wpm"))
    store.close()
    *kept, gap = store.events(session_id)
    assert len(kept) == MAX_KEPT_EVENTS + 1
    assert gap == Status((MAX_KEPT_EVENTS - 1) * 1000, "store", "gap", "5 events could not be saved here.")


def test_session_that_could_not_be_finished_is_cut_off(tmp_path: Path) -> None:
    told: list[str] = []
    store = open_store(tmp_path, on_trouble=told.append)
    session_id = store.begin(STARTED, "", STARTED_AT)
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        store.append(FINAL)
        store.close()
    assert len(told) == 1
    later = open_store(tmp_path)
    assert list(later.events(session_id)) == [STARTED]
    assert [one.is_cut_off for one in later.list_sessions()] == [True]
