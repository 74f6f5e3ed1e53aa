"""The report of a show in the store, as a page."""

from __future__ import annotations

import os
import stat
import threading
import webbrowser
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest

from martlive_desktop import keeping, reporting, summing_up
from martlive_desktop.adapters import secrets
from martlive_desktop.adapters.audio_keep import AudioKeep
from martlive_desktop.adapters.store_sqlite import SqliteStore
from martlive_desktop.core.errors import SessionNotFound, StoreUnavailable
from martlive_desktop.core.events import AudioChunk, LogEvent, SessionStarted, Status, Tip, TipClosed, Transcript, Word
from martlive_desktop.core.report_builder import build_report
from martlive_desktop.settings import AppSettings, CoachSettings, Settings

if TYPE_CHECKING:
    from pathlib import Path

    from martlive_desktop.core.events import TipSource

MINUTE = 60_000


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MARTLIVE_DATA", str(tmp_path))
    return tmp_path / "sessions"


def show(folder: Path, day: int, *, tips: int = 1, mode: str = "selling", minutes: int = 2) -> str:
    """A show that is over."""
    at_ms = 65_000 if minutes else 5_000
    words = (Word("free", at_ms, at_ms + 400, 0.9), Word("shipping", at_ms + 400, at_ms + 1_000, 0.8))
    with closing(SqliteStore(folder)) as store:
        session_id = store.begin(
            SessionStarted(0, "1.0", mode, "microphone", (), "d"), f"Show {day}", f"2026-11-{day:02}T10:00:00Z"
        )
        events: list[LogEvent] = [Transcript(at_ms + 1_000, True, 0, "free shipping", words)]
        for number in range(tips):
            at_ms = 70_000 + 10_000 * number
            events.append(
                Tip(at_ms, f"t{number}", f"c{number}", "price_missing", "Say the price", 2, "rules", at_ms + 5)
            )
            events.append(TipClosed(at_ms + 5, f"t{number}", "expired"))
        for event in (*events, Status(minutes * MINUTE, "session", "ended")):
            store.append(event)
    return session_id


def own_tips(folder: Path, session_id: str) -> tuple[float, float] | None:
    with closing(SqliteStore(folder)) as store:
        measures = reporting.read_report(store, session_id).report.measures
    return next(one.own for one in measures if one.name == "tips")


def test_show_stands_beside_the_earlier_ones_of_its_kind(folder: Path) -> None:
    show(folder, 1, tips=3)
    show(folder, 2, tips=1)
    show(folder, 3, tips=2, mode="gaming")
    show(folder, 4, tips=0, minutes=0)
    newest = show(folder, 5, tips=2)
    show(folder, 6, tips=9)
    assert own_tips(folder, newest) == (1.0, 3.0)
    with closing(SqliteStore(folder)) as store:
        measured = {one.title: one.measures["tips"] for one in store.list_sessions() if one.measures}
    assert measured == {"Show 1": 3.0, "Show 2": 1.0}, "a show that was never measured is measured when it is needed"


def test_page_of_a_show_is_its_users_alone(folder: Path) -> None:
    session_id = show(folder, 5)
    path = reporting.make_page(session_id[:12], "en")
    assert path == folder / "reports" / f"{session_id}.en.html"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    page = path.read_text(encoding="utf-8")
    assert "Show 5" in page
    assert "free shipping" in page
    assert reporting.make_page(session_id, "zh").read_text(encoding="utf-8") != page


def test_page_is_written_anew_only_when_something_changed(folder: Path) -> None:
    session_id = show(folder, 5)
    path = reporting.make_page(session_id, "en")
    made_ns = path.stat().st_mtime_ns
    assert reporting.make_page(session_id, "en").stat().st_mtime_ns == made_ns
    with closing(SqliteStore(folder)) as store:
        store.set_notes(session_id, "Slower next time.")
    assert "Slower next time." in reporting.make_page(session_id, "en").read_text(encoding="utf-8")


def test_report_of_an_unknown_show_says_so(folder: Path) -> None:
    show(folder, 5)
    with pytest.raises(SessionNotFound):
        reporting.make_page("20200101", "en")


def test_page_that_cannot_be_written_says_where(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match="The report cannot be written"):
        reporting.write_page(tmp_path / "file" / "page.html", "")


def test_report_opens_at_a_moment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def take(address: str) -> bool:
        opened.append(address)
        return True

    monkeypatch.setattr(webbrowser, "open", take)
    session_id = show(folder, 5)
    reporting.open_report(session_id, "en", 65_400)
    reporting.open_report(session_id, "en")
    page = (folder / "reports" / f"{session_id}.en.html").as_uri()
    assert opened == [f"{page}#t=65", page]


def test_without_a_browser_the_page_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda _: False)
    with pytest.raises(StoreUnavailable, match=r"No browser answered; open .*html yourself"):
        reporting.open_report(show(folder, 5), "en")


def test_what_is_opened_lies_there_for_a_day(folder: Path) -> None:
    old, new = (reporting.make_page(show(folder, day), "en") for day in (1, 2))
    os.utime(old, (0, datetime(2026, 11, 26, tzinfo=UTC).timestamp()))
    os.utime(new, (0, datetime(2026, 11, 28, tzinfo=UTC).timestamp()))
    keeping.delete_pages(datetime(2026, 11, 28, 12, tzinfo=UTC))
    assert (old.exists(), new.exists()) == (False, True)


def test_kept_sound_is_heard_around_its_moments(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = bytes(32)
    monkeypatch.setattr(secrets, "find_secret", {"sound": key.hex()}.get)
    session_id = show(folder, 5, tips=2)
    keep = AudioKeep(folder / "audio", session_id, lambda: key)
    tone = (8_000 * np.sin(np.arange(16_000) / 8)).astype(np.int16)
    for second in range(55, 90):
        keep.take(AudioChunk(second * 16_000, tone))
    keep.close()
    with closing(SqliteStore(folder)) as store:
        reported = reporting.read_report(store, session_id)
    assert "T2dnUw" in reporting.page_of(reported, "en"), "Ogg, as base64 has it"
    assert "T2dnUw" not in reporting.page_of(reported, "en", has_sound=False)
    monkeypatch.setattr(secrets, "find_secret", {}.get)
    assert "T2dnUw" not in reporting.page_of(reported, "en"), "without its key there is nothing to hear"


def test_moments_close_together_are_one_piece_of_sound_and_an_hour_is_enough() -> None:
    def moments(*at_ms: int) -> list[tuple[int, int]]:
        report = build_report([Status(one, "session", "marked") for one in (*at_ms, 9_999_000)])
        return [(span.start_ms, span.end_ms) for span in reporting._heard_spans(report)][: len(at_ms)]

    assert moments(5_000, 20_000, 90_000) == [(0, 26_000), (78_000, 96_000), (9_987_000, 9_999_000)]
    many = build_report([Status(at_ms, "session", "marked") for at_ms in range(0, 43_200_000, 60_000)])
    assert sum(span.end_ms - span.start_ms for span in reporting._heard_spans(many)) == 3_606_000


def test_show_that_is_over_is_measured_and_without_a_model_not_worded(folder: Path) -> None:
    session_id = show(folder, 5, tips=2)
    reporting.measure_show(session_id)
    reporting.word_show(session_id, Settings(), threading.Event())
    with closing(SqliteStore(folder)) as store:
        kept = store.summary(session_id)
    assert kept.measures is not None
    assert (kept.measures["tips"], kept.summary) == (2.0, None)


@pytest.mark.parametrize(("source", "is_kept"), [("local", True), ("rules", False)])
def test_words_of_a_model_are_kept_and_shown_in_their_language(
    folder: Path, monkeypatch: pytest.MonkeyPatch, source: TipSource, *, is_kept: bool
) -> None:
    def summarise(*_: object, cancelled: threading.Event) -> summing_up.Summary:
        assert not cancelled.is_set()
        return summing_up.Summary("You did very well.", source)

    monkeypatch.setattr(summing_up, "summarise", summarise)
    session_id = show(folder, 5)
    settings = Settings(coach=CoachSettings(writer="local"), app=AppSettings(language="en"))
    reporting.word_show(session_id, settings, threading.Event())
    with closing(SqliteStore(folder)) as store:
        reported = reporting.read_report(store, session_id)
    assert ("You did very well." in reporting.page_of(reported, "en")) is is_kept
    assert "You did very well." not in reporting.page_of(reported, "zh")


@pytest.mark.parametrize(("named", "expected"), [("en", "en"), ("zh_CN", "zh")])
def test_page_speaks_the_language_of_the_windows(named: str, expected: str) -> None:
    assert reporting.page_language(Settings.model_validate({"app": {"language": named}})) == expected
