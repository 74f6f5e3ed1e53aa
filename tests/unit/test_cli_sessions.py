"""`martlive sessions`: what it prints and what it leaves."""

from __future__ import annotations

import json
import sqlite3
import webbrowser
import zipfile
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from martlive_desktop import cli
from martlive_desktop.adapters.store_sqlite import SqliteStore
from martlive_desktop.cli_sessions import FORMATS
from martlive_desktop.core import export as core_export
from martlive_desktop.core.events import SessionStarted, Tip, Transcript

if TYPE_CHECKING:
    from pathlib import Path

STARTED = SessionStarted(0, "0.2.0", "selling", "demo", (), "d1")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MARTLIVE_DATA", str(tmp_path))
    return tmp_path / "sessions"


@pytest.fixture
def ids(folder: Path) -> list[str]:
    """Two shows, the newer one first."""
    with closing(SqliteStore(folder)) as store:
        made = []
        for day, text in ((22, "free shipping today"), (23, "free samples")):
            made.append(store.begin(STARTED, f"Show {day}", f"2026-11-{day}T10:00:00Z"))
            store.append(Transcript(65_000, True, 0, text, ()))
            store.append(Tip(66_000, "t0", "c0", "price_missing", "Say the price", 2, "rules", 68_000))
    return made[::-1]


def say(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str, str]:
    code = cli.run(["sessions", *map(str, words)])
    out, err = capsys.readouterr()
    return code, out, err


def test_list_can_be_narrowed_and_ends_with_the_size(
    folder: Path, ids: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert say(capsys, "tag", ids[0], "summer", "sale") == (0, f"Tagged {ids[0]}\n", "")
    code, out, err = say(capsys, "list")
    *lines, last = out.splitlines()
    assert lines == [
        f"{ids[0]}    1:06    1 tips  Show 23  #summer  #sale",
        f"{ids[1]}    1:06    1 tips  Show 22",
    ]
    assert last.startswith("2 sessions, 0.")
    assert last.endswith(f" MB in {folder}")
    for words in (("--tag", "sale"), ("--search", "free SAMP")):
        code, out, err = say(capsys, "list", "--json", *words)
        assert ([one["id"] for one in json.loads(out)], code, err) == (ids[:1], 0, "")
    assert say(capsys, "list", "--search", "snow") == (0, "No session is like that.\n", "")


def test_search_says_where_the_words_were(ids: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert say(capsys, "search", "free") == (
        0,
        f"{ids[0]}    1:05  free samples\n{ids[1]}    1:05  free shipping today\n",
        "",
    )
    _, out, _ = say(capsys, "search", "free", "ship", "--json")
    assert json.loads(out) == {
        "hits": [
            {
                "session_id": ids[1],
                "title": "Show 22",
                "started_at": "2026-11-22T10:00:00Z",
                "at_ms": 65_000,
                "text": "free shipping today",
            }
        ],
        "more": 0,
    }
    assert say(capsys, "search", "snow") == (0, "Nobody said that in any of your shows.\n", "")


def test_search_counts_what_it_does_not_show(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(SqliteStore(folder)) as store:
        store.begin(STARTED, "", "2026-11-23T10:00:00Z")
        for number in range(1_100):
            store.append(Transcript(number, True, number, "again", ()))
    _, out, _ = say(capsys, "search", "again")
    assert len(out.splitlines()) == 51
    assert out.endswith("… and 1,050 more; add a word to find less\n")


def test_zip_goes_out_and_comes_in(
    folder: Path, ids: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert say(capsys, "note", ids[0], "too fast") == (0, f"Noted for {ids[0]}\n", "")
    zips = [tmp_path / f"{one}.zip" for one in ids]
    for one, path in zip(ids, zips, strict=True):
        assert say(capsys, "export", one, "--format", "zip", "--out", path) == (0, "", "")
    with zipfile.ZipFile(zips[0]) as file:
        assert b"too fast" in file.read("report.html")
    code, out, err = say(capsys, "import", zips[0])
    assert (code, out) == (2, "")
    assert err.startswith(f"martlive: The show {ids[0]} is here already, and stays as it is;")
    assert say(capsys, "erase-all", "--yes") == (0, "All sessions are erased\n", "")
    assert say(capsys, "import", *zips) == (0, f"Took in {ids[0]}\nTook in {ids[1]}\n", "")
    with closing(SqliteStore(folder)) as store:
        assert [(one.id, one.notes) for one in store.list_sessions()] == [(ids[0], "too fast"), (ids[1], "")]


def test_words_from_elsewhere_do_nothing_to_the_terminal(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(SqliteStore(folder)) as store:
        session_id = store.begin(STARTED, "A\x1b[2J\nB", "2026-11-23T10:00:00Z")
        store.append(Transcript(0, True, 0, "hello\x1b]0;owned\x07 you", ()))
    assert say(capsys, "search", "hello")[1] == f"{session_id}    0:00  hello ]0;owned  you\n"
    assert say(capsys, "list")[1].splitlines()[0] == f"{session_id}    0:00    0 tips  A [2J B"


def test_zip_needs_a_file(ids: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert say(capsys, "export", ids[0], "--format", "zip") == (
        2,
        "",
        "martlive: A zip needs a file; add --out FILE.\n",
    )


def test_lines_that_are_left_out_of_a_zip_are_counted(
    folder: Path, ids: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(folder / "sessions.db")) as db, db:
        db.execute("UPDATE events SET json = 'x' WHERE seq = 2")
    path = tmp_path / "show.zip"
    say(capsys, "export", ids[0], "--format", "zip", "--out", path)
    say(capsys, "delete", ids[0])
    assert say(capsys, "import", path) == (
        0,
        f"Took in {ids[0]}; lines that could not be read are left out: 1\n",
        "",
    )


def test_repair_says_what_it_saved(folder: Path, ids: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert say(capsys, "repair") == (0, "Nothing is damaged; the search is made anew.\n", "")
    file = folder / "sessions.db"
    raw = file.read_bytes()
    file.write_bytes(bytes(100) + raw[100:])
    sentence = (
        "The file of your shows was damaged; shows that could be saved: 2. "
        f"The damaged file is kept as {folder / 'sessions.damaged-1.db'}.\n"
    )
    assert say(capsys, "repair") == (0, "", f"martlive: {sentence}")
    assert len(say(capsys, "search", "free")[1].splitlines()) == 2


def test_size_says_where_the_shows_lie(folder: Path, ids: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    say(capsys, "delete", ids[0])
    _, out, _ = say(capsys, "size")
    assert out.startswith("1 session, 0.")
    assert out.endswith(f" MB in {folder}\n")


def test_report_trends_and_comparison_are_pages(
    tmp_path: Path, ids: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def take(address: str) -> bool:
        opened.append(address)
        return True

    monkeypatch.setattr(webbrowser, "open", take)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MARTLIVE_SETTINGS", str(tmp_path / "none.toml"))
    assert say(capsys, "report", ids[0][:8], "--open") == (0, f"It is in {ids[0]}.html\n", "")
    assert opened == [(tmp_path / f"{ids[0]}.html").as_uri()]
    assert "free samples" in (tmp_path / f"{ids[0]}.html").read_text(encoding="utf-8")
    assert say(capsys, "trends", "--language", "zh") == (0, "It is in trends.html\n", "")
    assert 'lang="zh' in (tmp_path / "trends.html").read_text(encoding="utf-8")
    assert say(capsys, "compare", *ids, "--out", "both.html") == (0, "It is in both.html\n", "")
    page = (tmp_path / "both.html").read_text(encoding="utf-8")
    assert ("Show 22" in page, "Show 23" in page) == (True, True)


def test_every_format_can_be_asked_for(ids: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert [*FORMATS[:-1]] == [*core_export.FORMATS]
    for form in FORMATS:
        out = tmp_path / f"show.{form}"
        assert say(capsys, "export", ids[0], "--format", form, "--out", out) == (0, "", "")
        assert out.exists()
