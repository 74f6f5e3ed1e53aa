"""A damaged file of past shows: what lies on whole pages is saved, and the file is kept as it was."""

from __future__ import annotations

import random
import sqlite3
import sys
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

import pytest

from martlive_desktop.adapters.store_file import held
from martlive_desktop.adapters.store_recovery import PAGE_BYTES, Recovered, recover
from martlive_desktop.adapters.store_sqlite import SqliteStore
from martlive_desktop.core.errors import StoreUnavailable
from martlive_desktop.core.events import SessionStarted, Signal, Tip, Transcript, Word, to_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SHOWS, EVENTS = 30, 40
STARTED = SessionStarted(0, "0.2.0", "gaming", "demo", (), "d1")


class Whole(NamedTuple):
    """A file before it is damaged."""

    raw: bytes
    written: dict[str, list[str]]
    """Lines by id."""
    rows: dict[str, dict[int, set[str]]]
    """By table and page what lies there, as SQLite itself says: a name for each row."""

    def damaged_rows(self, table: str, raw: bytes | bytearray) -> int:
        """How many rows of `table` lie, with all or some of them, on pages that differ in `raw`."""
        pages = {
            page
            for page in self.rows[table]
            if raw[(page - 1) * PAGE_BYTES : page * PAGE_BYTES] != self.raw[(page - 1) * PAGE_BYTES : page * PAGE_BYTES]
        }
        return len({row for page in pages for row in self.rows[table][page]})


def record(folder: Path) -> dict[str, list[str]]:
    """Shows with short lines and some longer than a page; gives the lines by id."""
    store = SqliteStore(folder)
    written: dict[str, list[str]] = {}
    for show in range(SHOWS):
        session_id = store.begin(STARTED, f"Show {show}", f"2026-11-{show + 1:02}T10:00:00Z")
        lines = [to_json(STARTED)]
        for number in range(EVENTS):
            at_ms = number * 1_000
            words = tuple(
                Word(f"w{show}x{one}", at_ms, at_ms + 9, 0.9) for one in range(150 if number % 20 == 7 else 3)
            )
            text = " ".join(word.text for word in words)
            for event in (Transcript(at_ms, True, number, text, words), Signal(at_ms, "pace_wpm", number / 3, "wpm")):
                store.append(event)
                lines.append(to_json(event))
        store.append(tip := Tip(50_000, "t0", "c0", "price_missing", "Say the price", 2, "rules", 58_000))
        lines.append(to_json(tip))
        store.close()
        store.set_tags(session_id, [f"tag{show}"])
        store.set_notes(session_id, f"note {show}")
        written[session_id] = lines
    return written


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    folder = tmp_path_factory.mktemp("whole")
    written = record(folder)
    rows: dict[str, dict[int, set[str]]] = {"events": {}, "sessions": {}}
    with closing(sqlite3.connect(folder / "sessions.db")) as db:
        for table, pages in rows.items():
            found = db.execute("SELECT pageno, pagetype, ncell, path FROM dbstat WHERE name = ?", (table,))
            for page, kind, cells, path in found:
                if kind == "leaf":
                    pages[page] = {f"{path}{cell:03x}" for cell in range(cells)}
                elif kind == "overflow":
                    # As /000/00c+000001: the second page that the row of cell 00c goes on to.
                    pages[page] = {path.split("+")[0]}
    return Whole((folder / "sessions.db").read_bytes(), written, rows)


@pytest.fixture
def path(tmp_path: Path, whole: Whole) -> Path:
    """A copy of the whole file."""
    path = tmp_path / "sessions.db"
    path.write_bytes(whole.raw)
    return path


def overwrite_pages(raw: bytearray, chance: random.Random, count: int) -> None:
    for page in chance.sample(range(len(raw) // PAGE_BYTES), count):
        raw[page * PAGE_BYTES : (page + 1) * PAGE_BYTES] = chance.randbytes(PAGE_BYTES)


def cut(raw: bytearray, chance: random.Random) -> None:
    del raw[chance.randrange(PAGE_BYTES, len(raw)) :]


def zero_some(raw: bytearray, chance: random.Random) -> None:
    """A hole somewhere, as a disk leaves it."""
    at, length = chance.randrange(len(raw)), chance.randrange(1, 30 * PAGE_BYTES)
    raw[at : at + length] = bytes(len(raw[at : at + length]))


def flip_bits(raw: bytearray, chance: random.Random) -> None:
    for _ in range(20):
        raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)


DAMAGES: dict[str, Callable[[bytearray, random.Random], None]] = {
    "one page": lambda raw, chance: overwrite_pages(raw, chance, 1),
    "many pages": lambda raw, chance: overwrite_pages(raw, chance, 40),
    "cut": cut,
    "hole": zero_some,
    "bits": flip_bits,
}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", DAMAGES)
def test_all_that_lies_on_whole_pages_is_saved(path: Path, whole: Whole, kind: str, seed: int) -> None:
    raw = bytearray(whole.raw)
    DAMAGES[kind](raw, random.Random(f"{kind} {seed}"))
    path.write_bytes(raw)
    store = SqliteStore(path.parent)
    repaired = store.recovered or store.repair()
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    if repaired:
        assert repaired.kept_at.read_bytes() == raw
    shows = store.list_sessions()
    saved = [line for one in shows for line in store.lines(one.id)]
    written = [line for lines in whole.written.values() for line in lines]
    # Lines that are the same in several shows count as often as they are there.
    right = (Counter(saved) & Counter(written)).total()
    assert right >= len(written) - whole.damaged_rows("events", raw)
    assert sum(one.title.startswith("Show") for one in shows) >= SHOWS - whole.damaged_rows("sessions", raw)
    if kind != "bits":
        # Nothing is there that was not written.
        assert right == len(saved)
    # It works: a new show can be kept, and found.
    new = store.begin(STARTED, "New", "2026-12-24T10:00:00Z")
    store.append(Transcript(1_000, True, 0, "zanzibar", ()))
    store.close()
    assert store.sessions_with("zanz") == [new]


@pytest.mark.parametrize("zeroed", [16, 100, PAGE_BYTES], ids=["magic", "header", "first page"])
def test_file_without_its_header_comes_back_whole(path: Path, whole: Whole, zeroed: int) -> None:
    intact, written, _ = whole
    path.write_bytes(bytes(zeroed) + intact[zeroed:])
    store = SqliteStore(path.parent)
    kept_at = path.with_name("sessions.damaged-1.db")
    assert store.recovered == Recovered(SHOWS, sum(map(len, written.values())), kept_at)
    assert store.recovered.sentence == (
        f"The file of your shows was damaged; shows that could be saved: 30. The damaged file is kept as {kept_at}."
    )
    assert {one.id: store.lines(one.id) for one in store.list_sessions()} == written
    first = store.list_sessions()[-1]
    assert (first.title, first.tags, first.notes, first.tips) == ("Show 0", ("tag0",), "note 0", 1)
    assert store.sessions_with("w7x2") == [next(one for one in written if one.startswith("20261108"))]
    assert kept_at.read_bytes() == bytes(zeroed) + intact[zeroed:]
    assert SqliteStore(path.parent).recovered is None


def test_what_was_only_in_the_log_is_saved(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    with closing(sqlite3.connect(store.path)) as reader:
        # Somebody has the file open, so that SQLite keeps its log when the others close theirs.
        reader.execute("SELECT count(*) FROM sessions").fetchone()
        session_id = store.begin(STARTED, "T", "2026-11-23T10:00:00Z")
        for number in range(50):
            store.append(Transcript(number, True, number, f"word{number}", ()))
        store.close()
        saved = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    folder = tmp_path / "copy"
    folder.mkdir()
    for name, raw in saved.items():
        # A frame that was being written when the process died, behind all that are whole.
        (folder / name).write_bytes(raw + b"torn" * 2_000 if name.endswith("-wal") else raw)
    assert recover(folder / "sessions.db") == Recovered(1, 51, folder / "sessions.damaged-1.db")
    assert (folder / "sessions.damaged-1.db-wal").read_bytes().startswith(saved["sessions.db-wal"])
    again = SqliteStore(folder)
    assert len(again.lines(session_id)) == 51
    assert again.sessions_with("word49") == [session_id]


def test_show_with_a_number_below_zero_is_saved(tmp_path: Path) -> None:
    """SQLite writes it as 2**64 - 1, which is no number that it takes."""
    store = SqliteStore(tmp_path)
    session_id = store.begin(STARTED, "T", "2026-11-23T10:00:00Z")
    store.append(Transcript(1, True, 0, "hello", ()))
    store.close()
    with closing(sqlite3.connect(store.path)) as db, db:
        db.execute("UPDATE sessions SET number = -1")
        db.execute("UPDATE events SET session = -1")
    store.path.write_bytes(bytes(16) + store.path.read_bytes()[16:])
    again = SqliteStore(tmp_path)
    assert again.recovered is not None
    assert (again.recovered.sessions, len(again.lines(session_id))) == (1, 2)


def test_show_whose_row_is_lost_has_a_name_all_the_same(path: Path, whole: Whole) -> None:
    raw = bytearray(whole.raw)
    for page in whole.rows["sessions"]:
        raw[(page - 1) * PAGE_BYTES : page * PAGE_BYTES] = bytes(PAGE_BYTES)
    path.write_bytes(raw)
    store = SqliteStore(path.parent)
    assert store.recovered is not None
    assert {one.id: store.lines(one.id) for one in store.list_sessions()} == whole.written
    first = store.list_sessions()[-1]
    assert (first.started_at, first.title, first.mode, first.source) == (
        "2026-11-01T10:00:00Z",
        "Recovered show",
        "gaming",
        "demo",
    )
    assert (first.tips, first.duration_ms, first.is_cut_off) == (1, 50_000, False)


def test_file_that_is_no_database_is_kept_beside_a_new_one(tmp_path: Path) -> None:
    file = tmp_path / "sessions.db"
    for number in (1, 2):
        file.write_bytes(b"not a database, but precious " * 500)
        store = SqliteStore(tmp_path)
        kept_at = tmp_path / f"sessions.damaged-{number}.db"
        assert store.recovered == Recovered(0, 0, kept_at)
        assert kept_at.read_bytes() == b"not a database, but precious " * 500
        assert store.list_sessions() == []
        if sys.platform != "win32":
            assert {oct(one.stat().st_mode)[-3:] for one in (kept_at, file)} == {"600"}


def test_nothing_is_repaired_under_a_running_show(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    store.begin(STARTED, "", "2026-11-23T10:00:00Z")
    with pytest.raises(StoreUnavailable, match="a show is running; end it first, then it is repaired"):
        recover(store.path)
    store.close()
    with held(tmp_path / "repair.lock"), pytest.raises(StoreUnavailable, match="Another MartLive repairs your shows"):
        recover(store.path)
    assert recover(store.path).sessions == 1


def test_recovery_that_was_killed_at_its_end_is_finished(path: Path) -> None:
    path.replace(path.with_name("sessions.recovered.db"))
    assert len(SqliteStore(path.parent).list_sessions()) == SHOWS


def test_whole_file_has_nothing_to_repair(path: Path) -> None:
    store = SqliteStore(path.parent)
    with closing(sqlite3.connect(store.path)) as db, db:
        db.execute("DELETE FROM words")
    assert store.sessions_with("w7x2") == []
    assert store.repair() is None
    assert len(store.sessions_with("w7x2")) == 1
    assert list(path.parent.glob("*damaged*")) == []
