"""Past shows are read and changed beside the Qt thread, and what goes wrong is said."""

from __future__ import annotations

import contextlib
import threading
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QLocale, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication

from martlive_desktop.adapters.store_sqlite import SqliteStore
from martlive_desktop.core.errors import StoreUnavailable, UsageError
from martlive_desktop.core.events import SessionStarted, Transcript, Word
from martlive_desktop.desktop_history import HistoryDesk, HistoryParts, export_show
from martlive_desktop.ui.history_rows import HistoryList
from martlive_desktop.ui.history_state import SaidLine, SaidLines
from martlive_desktop.ui.history_window import HistoryWindow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

    from martlive_desktop.ui.theme import Look

pytestmark = pytest.mark.qt_log_ignore("does not support (raise|lower|setting window opacity|propagateSizeHints)")

STARTED = SessionStarted(0, "0", "selling", "microphone", ("m",), "d")
TEXT = "this skillet is cast iron"
SAID = Transcript(
    65_000, is_final=True, utterance=0, text=TEXT, words=tuple(Word(w, 65_000, 66_000, 0.9) for w in TEXT.split())
)


class Shows:
    """A store, and what was asked beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.threads: set[str] = set()
        self.opened = 0
        self.asked: list[tuple[object, ...]] = []
        self.trouble = ""
        self.gate = threading.Event()
        self.gate.set()

    @contextlib.contextmanager
    def store(self, on_trouble: Callable[[str], None]) -> Iterator[SqliteStore]:
        self.threads.add(threading.current_thread().name)
        self.opened += 1
        if self.trouble:
            raise StoreUnavailable(self.trouble)
        store = SqliteStore(self.folder, on_trouble=on_trouble)
        yield store
        store.close()

    def ask(self, *what: object) -> None:
        self.threads.add(threading.current_thread().name)
        self.gate.wait(10)
        self.asked.append(what)
        if self.trouble:
            raise StoreUnavailable(self.trouble)

    def add(self, title: str, started_at: str) -> str:
        store = SqliteStore(self.folder)
        session_id = store.begin(STARTED, title, started_at)
        store.append(SAID)
        store.close()
        return session_id


@pytest.fixture
def shows(tmp_path: Path) -> Shows:
    shows = Shows(tmp_path / "sessions")
    shows.add("Thursday talk", "2026-11-20T18:00:00Z")
    shows.add("Sunday bench", "2026-11-22T18:00:00Z")
    return shows


@pytest.fixture
def desk(qtbot: QtBot, look: Look, shows: Shows) -> Iterator[HistoryDesk]:
    before = QLocale()
    QLocale.setDefault(QLocale("en_US"))
    desk = HistoryDesk(look, HistoryParts(shows.store, shows.ask, shows.ask, shows.ask, shows.ask))
    yield desk
    shows.gate.set()
    desk.close()
    desk.deleteLater()
    QLocale.setDefault(before)


def window() -> HistoryWindow:
    [found] = [w for w in QApplication.topLevelWidgets() if isinstance(w, HistoryWindow) and w.isVisible()]
    return found


def opened(qtbot: QtBot, desk: HistoryDesk) -> HistoryWindow:
    desk.open()
    qtbot.waitUntil(lambda: window()._state.is_read)
    return window()


def titles(view: HistoryWindow) -> list[str]:
    return [show.title for show in view._state.shows]


def test_shows_are_listed_newest_first_beside_the_qt_thread(qtbot: QtBot, desk: HistoryDesk, shows: Shows) -> None:
    view = opened(qtbot, desk)
    assert titles(view) == ["Sunday bench", "Thursday talk"]
    assert isinstance(view.focusWidget(), HistoryList)
    assert view._state.room is not None
    assert view._state.room.folder == str(shows.folder)
    assert shows.threads == {"martlive-history"}


def test_nothing_runs_before_the_window_is_opened(desk: HistoryDesk, shows: Shows) -> None:
    desk.refresh()
    assert [one.name for one in threading.enumerate() if one.name == "martlive-history"] == []
    assert shows.threads == set()


def test_show_that_ended_meanwhile_is_listed(qtbot: QtBot, desk: HistoryDesk, shows: Shows) -> None:
    view = opened(qtbot, desk)
    shows.add("Monday bench", "2026-11-23T18:00:00Z")
    desk.refresh()
    qtbot.waitUntil(lambda: len(titles(view)) == 3)


def test_what_was_said_is_found(qtbot: QtBot, desk: HistoryDesk) -> None:
    view = opened(qtbot, desk)
    view.search_wanted.emit("cast ir")
    newest = view._state.shows[0].id
    qtbot.waitUntil(lambda: view._state.found.query == "cast ir")
    assert view._state.found.lines[0] == SaidLine(newest, 65_000, TEXT)
    assert view._state.found.more == 0


def test_search_that_was_typed_over_is_left_out(qtbot: QtBot, desk: HistoryDesk, shows: Shows) -> None:
    view = opened(qtbot, desk)
    shows.gate.clear()
    view.trends_wanted.emit()
    before = shows.opened
    view.search_wanted.emit("skillet")
    view.search_wanted.emit("nothing like it")
    shows.gate.set()
    qtbot.waitUntil(lambda: view._state.found == SaidLines("nothing like it"))
    assert shows.opened == before + 1


def test_tags_and_notes_are_kept(qtbot: QtBot, desk: HistoryDesk, shows: Shows) -> None:
    view = opened(qtbot, desk)
    show = view._state.shows[0]
    view.tags_changed.emit(show.id, ("summer",))
    view.notes_changed.emit(show.id, "Slower.")
    qtbot.waitUntil(lambda: view._state.shows[0].notes == "Slower.")
    desk.close()
    kept = SqliteStore(shows.folder).list_sessions()[0]
    assert (kept.tags, kept.notes) == (("summer",), "Slower.")


def test_what_is_typed_last_is_kept_when_the_program_ends(qtbot: QtBot, desk: HistoryDesk, shows: Shows) -> None:
    view = opened(qtbot, desk)
    view._details._notes.setPlainText("Price first.")
    desk.close()
    assert SqliteStore(shows.folder).list_sessions()[0].notes == "Price first."


def test_show_is_deleted(qtbot: QtBot, desk: HistoryDesk) -> None:
    view = opened(qtbot, desk)
    view.deletion_wanted.emit(view._state.shows[0].id)
    qtbot.waitUntil(lambda: titles(view) == ["Thursday talk"])


def test_everything_is_erased(qtbot: QtBot, desk: HistoryDesk) -> None:
    view = opened(qtbot, desk)
    view.erasure_wanted.emit()
    qtbot.waitUntil(lambda: titles(view) == [])
    assert view._state.news == "Everything is erased."


def test_running_show_stays_and_it_is_said_why(qtbot: QtBot, desk: HistoryDesk, shows: Shows) -> None:
    store = SqliteStore(shows.folder)
    running = store.begin(STARTED, "Now", "2026-11-24T18:00:00Z")
    view = opened(qtbot, desk)
    view.deletion_wanted.emit(running)
    qtbot.waitUntil(lambda: view._state.trouble == "This show is running; end it first.")
    assert titles(view)[0] == "Now"
    store.close()
    view.deletion_wanted.emit(running)
    qtbot.waitUntil(lambda: (len(titles(view)), view._state.trouble) == (2, ""))


def test_store_that_cannot_be_opened_says_so(qtbot: QtBot, desk: HistoryDesk, shows: Shows) -> None:
    shows.trouble = "Your shows cannot be opened: the disk is full."
    desk.open()
    qtbot.waitUntil(lambda: window()._state.trouble == shows.trouble)


def test_report_opens_at_a_moment_once_for_two_clicks(qtbot: QtBot, desk: HistoryDesk, shows: Shows) -> None:
    view = opened(qtbot, desk)
    shows.gate.clear()
    view.report_wanted.emit("show", 65_000)
    view.report_wanted.emit("show", 65_000)
    assert view._state.news == "The report is being made…"
    shows.gate.set()
    qtbot.waitUntil(lambda: view._state.news == "")
    assert shows.asked == [("show", "en", 65_000)]
    assert shows.threads == {"martlive-history"}
    view.report_wanted.emit("show", 65_000)
    qtbot.waitUntil(lambda: len(shows.asked) == 2)


def test_report_is_in_the_language_of_the_windows(qtbot: QtBot, desk: HistoryDesk, shows: Shows) -> None:
    QLocale.setDefault(QLocale("zh_CN"))
    desk.open_report("show")
    qtbot.waitUntil(lambda: shows.asked == [("show", "zh", None)])


def test_report_that_cannot_be_made_is_said_without_the_window(qtbot: QtBot, desk: HistoryDesk, shows: Shows) -> None:
    shows.trouble = "No browser answered; open it yourself."
    for _ in range(2):
        with qtbot.waitSignal(desk.said) as told:
            desk.open_report("show")
        assert told.args == [shows.trouble]


def test_shows_are_compared_and_trends_drawn(qtbot: QtBot, desk: HistoryDesk, shows: Shows) -> None:
    view = opened(qtbot, desk)
    view.comparison_wanted.emit("one", "other")
    view.trends_wanted.emit()
    qtbot.waitUntil(lambda: shows.asked == [("one", "other", "en"), ("en",)])


def test_export_is_said_when_it_is_done(qtbot: QtBot, desk: HistoryDesk, shows: Shows, tmp_path: Path) -> None:
    view = opened(qtbot, desk)
    view.export_wanted.emit("show", "srt", tmp_path / "mine.srt")
    qtbot.waitUntil(lambda: view._state.news == "Exported to mine.srt.")
    assert shows.asked == [("show", "srt", tmp_path / "mine.srt", "en")]


def test_folder_is_opened(qtbot: QtBot, desk: HistoryDesk, shows: Shows, monkeypatch: pytest.MonkeyPatch) -> None:
    opened_urls: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened_urls.append)
    opened(qtbot, desk).folder_wanted.emit()
    assert opened_urls == [QUrl.fromLocalFile(str(shows.folder))]


def test_other_look_keeps_what_is_typed(qtbot: QtBot, desk: HistoryDesk, look: Look) -> None:
    view = opened(qtbot, desk)
    view._details._notes.setPlainText("Price first.")
    desk.use_look(look)
    assert window() is not view
    qtbot.waitUntil(lambda: window()._state.shows[0].notes == "Price first.")
    desk.hide()
    desk.use_look(look)
    assert not [w for w in QApplication.topLevelWidgets() if isinstance(w, HistoryWindow) and w.isVisible()]


@pytest.fixture
def data(shows: Shows, monkeypatch: pytest.MonkeyPatch) -> str:
    """The store as that of this computer; gives the id of a show."""
    monkeypatch.setenv("MARTLIVE_DATA", str(shows.folder.parent))
    return SqliteStore(shows.folder).list_sessions()[0].id


@pytest.mark.parametrize(
    ("form", "part"), [("srt", "cast iron"), ("csv", "transcript"), ("report.html", "<html"), ("edl", "TITLE")]
)
def test_show_is_written_as_text(data: str, tmp_path: Path, form: str, part: str) -> None:
    export_show(data, form, tmp_path / "mine", "en")
    assert part in (tmp_path / "mine").read_text(encoding="utf-8")


def test_exported_zip_has_the_report_and_can_be_imported(
    qtbot: QtBot, desk: HistoryDesk, data: str, tmp_path: Path
) -> None:
    export_show(data, "zip", tmp_path / "show.zip", "en")
    with zipfile.ZipFile(tmp_path / "show.zip") as file:
        assert {"events.jsonl", "report.html"} <= set(file.namelist())
    view = opened(qtbot, desk)
    view.deletion_wanted.emit(data)
    view.import_wanted.emit(tmp_path / "show.zip")
    qtbot.waitUntil(lambda: view._state.news == "show.zip is imported.")
    assert titles(view) == ["Sunday bench", "Thursday talk"]


def test_zip_that_is_none_is_refused_in_a_sentence(qtbot: QtBot, desk: HistoryDesk, tmp_path: Path) -> None:
    (tmp_path / "show.zip").write_text("no zip")
    view = opened(qtbot, desk)
    view.import_wanted.emit(tmp_path / "show.zip")
    qtbot.waitUntil(lambda: view._state.trouble.endswith("copy or export it again."))


def test_file_that_cannot_be_written_is_said(data: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="choose another folder"):
        export_show(data, "srt", tmp_path / "gone" / "mine.srt", "en")


def test_show_of_the_year_one_is_listed(qtbot: QtBot, desk: HistoryDesk, shows: Shows) -> None:
    shows.add("Ancient", "0001-01-01T00:00:00+14:00")
    assert "Ancient" in titles(opened(qtbot, desk))
