"""A session as a zip, written and taken in again; zips that may do harm."""

from __future__ import annotations

import json
import stat
import struct
import zipfile
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from martlive_desktop.adapters.session_zip import MAX_MEMBERS, SessionFile, read_zip, write_zip
from martlive_desktop.adapters.store_sqlite import SqliteStore
from martlive_desktop.core.errors import SessionFileUnusable, UsageError
from martlive_desktop.core.events import SCHEMA_VERSION, SessionStarted, Tip, Transcript, Word, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

STARTED = SessionStarted(0, "0.2.0", "gaming", "microphone", ("whisper-base",), "d1")
FINAL = Transcript(1_200, True, 0, "Hello 保温杯", (Word("Hello", 0, 400, 0.9), Word("保温杯", 400, 900, 0.8)))
# A line of JSON may have what else ends a line.
ODD = Transcript(2_400, True, 1, "one\u2028two\x85three", ())
TIP = Tip(60_000, "t0", "c0", "price_missing", "Say the price", 2, "rules", 68_000)
MANIFEST = {
    "format": 1,
    "id": "20261123-184502-k3f",
    "title": "Friday",
    "started_at": "2026-11-23T18:45:02Z",
    "tags": ["sale"],
    "notes": "Louder.",
}
EVENTS = "".join(f"{to_json(event)}\n" for event in (STARTED, FINAL, TIP))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(tmp_path / "sessions")) as opened:
        yield opened


def record(store: SqliteStore) -> str:
    session_id = store.begin(STARTED, "Friday – 特卖", "2026-11-23T18:45:02Z")
    for event in (FINAL, ODD, TIP):
        store.append(event)
    store.close()
    store.set_tags(session_id, ["sale", "夏"])
    store.set_notes(session_id, "Louder.\nSlower.")
    return session_id


def pack(path: Path, members: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return path


def plain(**changes: object) -> dict[str, str | bytes]:
    return {"manifest.json": json.dumps(MANIFEST | changes), "events.jsonl": EVENTS}


def test_session_that_was_exported_comes_back_the_same(store: SqliteStore, tmp_path: Path) -> None:
    session_id = record(store)
    path = tmp_path / "show.zip"
    before = store.summary(session_id)
    write_zip(path, before, store.lines(session_id), {"report.html": b"<p>"})
    with zipfile.ZipFile(path) as file:
        assert file.namelist() == [
            "manifest.json",
            "events.jsonl",
            "transcript.srt",
            "transcript.vtt",
            "transcript.txt",
            "report.html",
        ]
        assert file.read("transcript.txt").decode().splitlines()[0] == "Hello 保温杯"
        assert file.read("report.html") == b"<p>"
    other = SqliteStore(tmp_path / "other")
    assert other.import_session(read_zip(path)) == session_id
    assert other.list_sessions() == [before]
    assert other.lines(session_id) == store.lines(session_id)
    assert other.sessions_with("保温") == [session_id]
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["show.zip"]


def test_equal_sessions_give_equal_bytes(store: SqliteStore, tmp_path: Path) -> None:
    session_id = record(store)
    for name in ("a.zip", "b.zip"):
        write_zip(tmp_path / name, store.summary(session_id), store.lines(session_id))
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_session_that_is_here_already_stays_as_it_is(store: SqliteStore, tmp_path: Path) -> None:
    session_id = record(store)
    before = (store.list_sessions(), store.lines(session_id))
    path = pack(tmp_path / "show.zip", plain(id=session_id))
    with pytest.raises(UsageError) as caught:
        store.import_session(read_zip(path))
    assert str(caught.value) == (
        f"The show {session_id} is here already, and stays as it is; "
        f"to take in this one instead, run `martlive sessions delete {session_id}` first."
    )
    assert (store.list_sessions(), store.lines(session_id)) == before
    store.delete(session_id)
    assert store.import_session(read_zip(path)) == session_id


def test_older_show_takes_its_place_in_time(store: SqliteStore, tmp_path: Path) -> None:
    new = record(store)
    old = store.import_session(
        read_zip(pack(tmp_path / "old.zip", plain(id="20251123-184502-k3f", started_at="2025-11-23T18:45:02Z")))
    )
    assert [one.id for one in store.list_sessions()] == [new, old]
    assert store.sessions_with("hello") == [new, old]


def test_lines_that_cannot_be_read_are_counted_and_left_out(tmp_path: Path) -> None:
    bad = '{"type":"dream"}\n\n{"type":"tip"\n' + to_json(TIP).replace("60000", '"60000"') + "\n"
    path = pack(tmp_path / "show.zip", plain() | {"events.jsonl": EVENTS + bad})
    assert read_zip(path) == SessionFile(
        path=path,
        id="20261123-184502-k3f",
        title="Friday",
        started_at="2026-11-23T18:45:02Z",
        tags=("sale",),
        notes="Louder.",
        events=(STARTED, FINAL, TIP),
        skipped=3,
    )


def test_zip_without_a_first_line_is_taken_in(store: SqliteStore, tmp_path: Path) -> None:
    path = pack(tmp_path / "show.zip", plain() | {"events.jsonl": to_json(FINAL)})
    store.import_session(read_zip(path))
    (one,) = store.list_sessions()
    assert (one.mode, one.source, one.duration_ms, one.is_cut_off) == ("talk", "", 1_200, False)


def test_place_that_cannot_be_written_leaves_what_was_there(store: SqliteStore, tmp_path: Path) -> None:
    session_id = record(store)
    with pytest.raises(UsageError, match=r"Cannot write .*; choose another place\."):
        write_zip(tmp_path / "missing" / "show.zip", store.summary(session_id), store.lines(session_id))
    (tmp_path / "taken").mkdir()
    with pytest.raises(UsageError):
        write_zip(tmp_path / "taken", store.summary(session_id), store.lines(session_id))
    assert not (tmp_path / "taken.part").exists()


def link(path: Path) -> None:
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(pack(path, plain()), "a") as file:
        file.writestr(info, "/etc/passwd")


def twice(path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(pack(path, plain()), "a") as file:
        file.writestr("events.jsonl", EVENTS)


def locked(path: Path) -> None:
    raw = bytearray(pack(path, plain()).read_bytes())
    # The flag of each file in the directory at the end.
    at = raw.find(b"PK\x01\x02")
    while at >= 0:
        raw[at + 8] |= 1
        at = raw.find(b"PK\x01\x02", at + 1)
    path.write_bytes(raw)


def lying(path: Path) -> None:
    """The directory names a size that is smaller than what comes out."""
    raw = bytearray(pack(path, plain() | {"events.jsonl": EVENTS * 100}).read_bytes())
    at = raw.rfind(b"PK\x01\x02")
    struct.pack_into("<I", raw, at + 24, 20)
    path.write_bytes(raw)


def cut(path: Path) -> None:
    raw = pack(path, plain()).read_bytes()
    path.write_bytes(raw[: len(raw) // 2])


def spoilt(path: Path) -> None:
    raw = bytearray(pack(path, plain() | {"events.jsonl": EVENTS * 50}).read_bytes())
    raw[len(raw) // 2] ^= 0xFF
    path.write_bytes(raw)


def packed(**members: str | bytes) -> Callable[[Path], object]:
    return lambda path: pack(path, plain() | members)


def named(name: str) -> Callable[[Path], object]:
    return lambda path: pack(path, plain() | {name: "x"})


def saying(**changes: object) -> Callable[[Path], object]:
    return lambda path: pack(path, plain(**changes))


ELSEWHERE = "has file names that lead elsewhere, so it is left alone."
NOT_AS_IT_SHOULD = "has a manifest.json that says not what it should; export the show again."
NEWER = "was written by a newer MartLive; update this one to read it."
NOT_WHOLE = "is no whole zip; copy or export it again."


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        pytest.param(named("../../evil.txt"), ELSEWHERE, id="climbs"),
        pytest.param(named("/etc/evil"), ELSEWHERE, id="absolute"),
        pytest.param(named("a/../../b"), ELSEWHERE, id="climbs later"),
        pytest.param(named("..\\evil"), ELSEWHERE, id="backslash"),
        pytest.param(named("C:\\evil"), ELSEWHERE, id="drive"),
        pytest.param(link, "has a link in it, so it is left alone.", id="link"),
        pytest.param(twice, "has more files than a show does, so it is left alone.", id="twice"),
        pytest.param(
            lambda path: pack(path, plain() | {f"n{n}": "" for n in range(MAX_MEMBERS)}),
            "has more files than a show does, so it is left alone.",
            id="many",
        ),
        pytest.param(
            packed(bomb=b"\0" * 40_000_000), "unpacks to far more than a show has, so it is left alone.", id="bomb"
        ),
        pytest.param(lying, NOT_WHOLE, id="lying about its size"),
        pytest.param(locked, "has a password; unpack it and export the show without one.", id="password"),
        pytest.param(cut, NOT_WHOLE, id="cut"),
        pytest.param(spoilt, NOT_WHOLE, id="spoilt"),
        pytest.param(lambda path: path.write_bytes(b"hello"), NOT_WHOLE, id="no zip"),
        pytest.param(lambda path: path.touch(), NOT_WHOLE, id="empty"),
        pytest.param(
            lambda path: pack(path, {"events.jsonl": EVENTS}),
            "has no manifest.json; export the show again.",
            id="no manifest",
        ),
        pytest.param(
            lambda path: pack(path, {"manifest.json": "{}"}),
            "has no events.jsonl; export the show again.",
            id="no events",
        ),
        pytest.param(packed(**{"manifest.json": "[1"}), NOT_AS_IT_SHOULD, id="manifest no json"),
        pytest.param(packed(**{"manifest.json": "[" * 100_000}), NOT_AS_IT_SHOULD, id="manifest deep"),
        pytest.param(packed(**{"manifest.json": "[]"}), NOT_AS_IT_SHOULD, id="manifest a list"),
        pytest.param(packed(**{"manifest.json": b"\xff\xfe"}), NOT_WHOLE, id="manifest no text"),
        pytest.param(saying(format=2), NEWER, id="newer format"),
        pytest.param(saying(format="x"), NOT_AS_IT_SHOULD, id="format no number"),
        pytest.param(saying(id="../../x"), NOT_AS_IT_SHOULD, id="id climbs"),
        pytest.param(saying(id=7), NOT_AS_IT_SHOULD, id="id no text"),
        pytest.param(saying(title=None), NOT_AS_IT_SHOULD, id="no title"),
        pytest.param(saying(tags=[1]), NOT_AS_IT_SHOULD, id="tag no text"),
        pytest.param(saying(tags="abc"), NOT_AS_IT_SHOULD, id="tags no list"),
        pytest.param(saying(notes="x" * 200_000), NOT_AS_IT_SHOULD, id="notes without end"),
        pytest.param(saying(started_at="yesterday"), NOT_AS_IT_SHOULD, id="no time"),
        pytest.param(
            packed(**{"events.jsonl": f'{{"type":"session","schema":{SCHEMA_VERSION + 1}}}\n{EVENTS}'}),
            NEWER,
            id="newer events",
        ),
        pytest.param(
            packed(**{"events.jsonl": "hello\n"}),
            "has no events that can be read; export the show again.",
            id="no event",
        ),
    ],
)
def test_zip_that_is_none_of_ours_is_one_sentence_and_leaves_nothing(
    tmp_path: Path, make: Callable[[Path], object], sentence: str
) -> None:
    path = tmp_path / "show.zip"
    make(path)
    with pytest.raises(SessionFileUnusable) as caught:
        read_zip(path)
    assert str(caught.value) == f"{path} {sentence}"
    assert caught.value.path == str(path)
    assert list(tmp_path.iterdir()) == [path]


def test_zip_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SessionFileUnusable, match=r"cannot be read: No such file or directory; choose another file\.$"):
        read_zip(tmp_path / "none.zip")


@settings(deadline=None)
@given(at=st.integers(0, 2_000), put=st.binary(min_size=1, max_size=8))
def test_zip_with_other_bytes_anywhere_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, at: int, put: bytes
) -> None:
    path = pack(tmp_path_factory.mktemp("zip") / "show.zip", plain())
    raw = path.read_bytes()
    at %= len(raw)
    path.write_bytes(raw[:at] + put + raw[at + len(put) :])
    try:
        file = read_zip(path)
    except SessionFileUnusable:
        return
    assert file.events
