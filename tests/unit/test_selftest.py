"""The program tries its own parts, and says which one is broken."""

from __future__ import annotations

import sqlite3
import subprocess
import sys

import pytest

from martlive_desktop import selftest
from martlive_desktop.cli import run


@pytest.mark.real
def test_every_part_of_this_program_works() -> None:
    # In a process of its own: it asks Qt for a platform without a display.
    done = subprocess.run(
        [sys.executable, "-m", "martlive_desktop", "--selftest"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["ok"] * 13


def test_broken_part_is_named_and_the_others_are_tried(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_search() -> str:
        raise selftest.PartBroken("no full-text search")

    def no_library() -> str:
        raise ModuleNotFoundError("No module named 'av'", name="av")

    monkeypatch.setattr(
        selftest, "PARTS", (("past shows", no_search), ("recording", no_library), ("voice", lambda: "hears"))
    )
    assert run(["--selftest"]) == 1
    assert [line.rpartition("  (")[0] for line in capsys.readouterr().out.splitlines()] == [
        "!! past shows: PartBroken: no full-text search",
        "!! recording: ModuleNotFoundError: No module named 'av'",
        "ok voice: hears",
    ]


def test_damaged_library_of_the_store_is_a_broken_part(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_database() -> str:
        raise sqlite3.OperationalError("no such module: fts5")

    monkeypatch.setattr(selftest, "PARTS", (("past shows", no_database),))
    (outcome,) = selftest.run()
    assert (outcome.is_fine, outcome.sentence) == (False, "OperationalError: no such module: fts5")


def test_page_on_licences_is_there_in_a_built_program_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--licences"]) == 1
    assert capsys.readouterr().err == (
        "martlive: The page is made with the installers; from the source, see docs/dependencies.md.\n"
    )
