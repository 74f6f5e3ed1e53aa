"""The store when its process is killed and when its disk is full."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest

from martlive_desktop.adapters.store_sqlite import SqliteStore
from martlive_desktop.core.errors import UsageError
from martlive_desktop.core.events import Transcript

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.real, pytest.mark.skipif(sys.platform == "win32", reason="needs limits of a process")]

ROOT = Path(__file__).parents[2]
FINALS_BEFORE_KILL = 60


@contextmanager
def recording(folder: Path, disk: str) -> Iterator[tuple[subprocess.Popen[str], IO[str], IO[str]]]:
    command = [sys.executable, "-m", "tests.desktop.store_app", str(folder), disk]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process, process.stdin, process.stdout
        finally:
            process.kill()


def finals(store: SqliteStore, session_id: str) -> list[int]:
    with closing(sqlite3.connect(store.path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    return [event.utterance for event in store.events(session_id) if isinstance(event, Transcript)]


def test_killed_process_leaves_all_but_its_last_second(tmp_path: Path) -> None:
    said: dict[int, float] = {}
    with recording(tmp_path, "large") as (process, _, output):
        session_id = output.readline().strip()
        while len(said) < FINALS_BEFORE_KILL:
            number, at_s = output.readline().split()
            said[int(number)] = float(at_s)
        store = SqliteStore(tmp_path)
        assert [(one.id, one.is_cut_off) for one in store.list_sessions()] == [(session_id, False)]
        with pytest.raises(UsageError, match="This show is running; end it first"):
            store.delete(session_id)
        killed_s = time.monotonic()
        process.kill()
        process.wait()
        assert [(one.id, one.is_cut_off) for one in store.list_sessions()] == [(session_id, True)]
    due = [number for number, at_s in said.items() if at_s <= killed_s - 1]
    assert len(due) >= FINALS_BEFORE_KILL // 2
    kept = finals(store, session_id)
    assert kept == list(range(len(kept)))
    assert set(due) <= set(kept)
    assert store.list_sessions()[0].duration_ms == kept[-1] * 50


def test_killed_show_is_deleted_at_once(tmp_path: Path) -> None:
    with recording(tmp_path, "large") as (process, _, output):
        session_id = output.readline().strip()
        process.kill()
        process.wait()
        store = SqliteStore(tmp_path)
        assert store.delete(session_id) == session_id
    assert store.list_sessions() == []
    assert list(tmp_path.glob("*.lock")) == []


def fill_disk(output: IO[str]) -> tuple[str, int, str]:
    """The session's id, how many finals were said and the sentence, when the disk is full."""
    session_id = output.readline().strip()
    said = 0
    while not (line := output.readline()).startswith("trouble "):
        said += 1
    return session_id, said, line.removeprefix("trouble ")


def test_full_disk_loses_nothing_once_there_is_room(tmp_path: Path) -> None:
    with recording(tmp_path, "small") as (process, room, output):
        session_id, said, sentence = fill_disk(output)
        room.write("\n")
        rest = room.close() or output.read()
        assert process.wait() == 0
    said += len(rest.splitlines())
    assert sentence == (
        f"This show is not being saved: {tmp_path / 'sessions.db'} says disk I/O error; "
        "check that you can write there and that the disk has room.\n"
    )
    assert "trouble" not in rest
    store = SqliteStore(tmp_path)
    assert finals(store, session_id) == list(range(said))
    assert [one.is_cut_off for one in store.list_sessions()] == [False]


def test_kill_while_the_disk_is_full_keeps_what_was_recorded(tmp_path: Path) -> None:
    with recording(tmp_path, "small") as (process, _, output):
        session_id, said, _ = fill_disk(output)
        process.kill()
        process.wait()
    store = SqliteStore(tmp_path)
    kept = finals(store, session_id)
    assert kept == list(range(len(kept)))
    # What was said in the last second before the disk was full may be lost, nothing before it.
    assert len(kept) >= said - 20
    assert len(kept) > 0
    assert [one.is_cut_off for one in store.list_sessions()] == [True]
