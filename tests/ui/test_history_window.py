"""Past shows are found, looked at, and done with as their user wants."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QLocale, QModelIndex, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QLineEdit, QPlainTextEdit, QPushButton

from martlive_desktop.core.export import FORMATS
from martlive_desktop.ui import history_rows
from martlive_desktop.ui.history_details import HistoryDetails
from martlive_desktop.ui.history_rows import Heading, HistoryList, Row, length_words, rows_of, spoken_words
from martlive_desktop.ui.history_state import (
    Bar,
    HistoryState,
    PastShow,
    SaidLine,
    SaidLines,
    StoreRoom,
    bars_of,
    is_called,
    spans_of,
    tags_of,
)
from martlive_desktop.ui.history_window import HistoryWindow
from tests import screens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

    from martlive_desktop.ui.theme import Look

pytestmark = pytest.mark.qt_log_ignore("does not support (raise|lower|setting window opacity|propagateSizeHints)")

NEWEST = PastShow(
    "new", datetime(2026, 11, 22, 18, 45, tzinfo=UTC), "Sunday bench", 2_880_000, 9, tags=("summer",), notes="Slower."
)
CUT_OFF = PastShow("cut", datetime(2026, 11, 14, 18, 0, tzinfo=UTC), "Thursday talk", 61_000, 1, is_cut_off=True)
OLDEST = PastShow("old", datetime(2026, 10, 29, 18, 0, tzinfo=UTC), "Café night", 4_080_000, 4)
SHOWS = (NEWEST, CUT_OFF, OLDEST)
STATE = HistoryState(SHOWS, is_read=True, room=StoreRoom("/home/ada/sessions", 340_000_000))
HIT = SaidLine("cut", 65_000, "this skillet is cast iron")


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    before = QLocale()
    QLocale.setDefault(QLocale("en_US"))
    yield
    QLocale.setDefault(before)


@pytest.fixture
def window(qtbot: QtBot, look: Look) -> Iterator[HistoryWindow]:
    window = HistoryWindow(look)
    window.render_state(STATE)
    screens.shown(window)
    yield window
    screens.discard(window)


def listed(window: HistoryWindow) -> HistoryList:
    [view] = window.findChildren(HistoryList)
    return view


def titles(window: HistoryWindow) -> list[str]:
    model = listed(window).model()
    return [str(model.index(row, 0).data()) for row in range(model.rowCount(QModelIndex()))]


def choose(window: HistoryWindow, show_id: str) -> None:
    view = listed(window)
    model = view.model()
    for row in range(model.rowCount(QModelIndex())):
        view.setCurrentIndex(model.index(row, 0))
        if view.chosen is not None and view.chosen.show.id == show_id:
            return
    raise AssertionError(f"{show_id} is not in the list")


def search(window: HistoryWindow) -> QLineEdit:
    return next(one for one in window.findChildren(QLineEdit) if one.accessibleName() == "Search past shows")


def tags(window: HistoryWindow) -> QLineEdit:
    return next(one for one in window.findChildren(QLineEdit) if one.accessibleName() == "Tags")


def notes(window: HistoryWindow) -> QPlainTextEdit:
    return window.findChildren(QPlainTextEdit)[0]


def button(window: HistoryWindow, text: str) -> QPushButton:
    return next(one for one in window.findChildren(QPushButton) if one.text() == text)


def said(window: HistoryWindow) -> list[str]:
    return [one.text() for one in window.findChildren(QLabel) if one.isVisible() and one.text()]


# What is listed and found


def test_shows_are_listed_by_month() -> None:
    rows = rows_of(STATE, "")
    assert [row.text if isinstance(row, Heading) else row.show.id for row in rows] == [
        "November 2026",
        "new",
        "cut",
        "October 2026",
        "old",
    ]


def test_moments_stand_below_their_show_in_order_of_time() -> None:
    early = replace(HIT, at_ms=1_000)
    state = replace(STATE, found=SaidLines("cast ir", (HIT, early), more=3))
    rows = rows_of(state, "cast ir")
    assert rows == [
        Heading("November 2026"),
        Row(CUT_OFF),
        Row(CUT_OFF, early),
        Row(CUT_OFF, HIT),
        Heading("3 more – add a word to see fewer"),
    ]


def test_what_another_search_found_is_not_shown() -> None:
    state = replace(STATE, found=SaidLines("cast", (HIT,)))
    assert rows_of(state, "casting") == []


@pytest.mark.parametrize(
    ("query", "is_found"),
    [("sunday", True), ("SUMMER", True), ("bench sum", True), ("bench winter", False), ("", True)],
)
def test_titles_and_tags_are_searched_together(query: str, is_found: bool) -> None:
    assert is_called(NEWEST, query) is is_found


@pytest.mark.parametrize(
    ("text", "query", "found"),
    [
        ("this skillet is cast iron", "cast ir", ["cast", "ir"]),
        ("forecast", "cast", []),
        ("Café crème", "cafe", ["Café"]),
        ("这一款是铸铁的", "铸铁", ["铸铁"]),
        ("a (sale)", "(sale", ["(sale"]),
        ("nothing", "!!", []),
    ],
)
def test_found_words_are_marked(text: str, query: str, found: list[str]) -> None:
    assert [text[start:end] for start, end in spans_of(text, query)] == found


@pytest.mark.parametrize(
    ("text", "expected"),
    [("summer,  new  camera,summer", ("summer", "new camera")), ("夏季\uff0c新镜头", ("夏季", "新镜头")), (" , ", ())],
)
def test_tags_are_told_apart_by_commas(text: str, expected: tuple[str, ...]) -> None:
    assert tags_of(text) == expected


def test_measures_stand_beside_the_median_of_earlier_shows() -> None:
    def measured(days: int, pace: float, mode: str = "selling") -> PastShow:
        started = NEWEST.started - timedelta(days=days)
        return replace(NEWEST, id=str(days), started=started, mode=mode, measures={"pace_wpm": pace})

    newest = measured(0, 150)
    shows = (newest, measured(1, 120), measured(2, 130), measured(3, 140), measured(4, 900, "gaming"))
    assert bars_of(newest, shows) == (Bar("pace_wpm", 150, 130, 180),)
    assert bars_of(shows[2], shows) == (Bar("pace_wpm", 130, None, 156),)


@pytest.mark.parametrize(
    ("duration_ms", "expected"), [(35_000, "35 s"), (2_880_000, "48 min"), (4_080_000, "1 h 8 min")]
)
def test_length_is_said_as_people_say_it(duration_ms: int, expected: str) -> None:
    assert length_words(duration_ms) == expected


def test_screen_reader_hears_the_whole_row() -> None:
    assert spoken_words(Row(CUT_OFF)) == (
        "Thursday talk, Saturday, November 14, 2026, 6:00\u202fPM, 1 min, One tip, Cut off"
    )
    assert spoken_words(Row(CUT_OFF, HIT)) == "At 1:05: this skillet is cast iron"


# The list and the search


def test_newest_show_is_chosen_at_first(window: HistoryWindow) -> None:
    assert {"Sunday bench", "48 min · 9 tips", "3 shows, 340 MB in /home/ada/sessions"} <= set(said(window))
    assert (tags(window).text(), notes(window).toPlainText()) == ("summer", "Slower.")


def test_cut_off_show_says_so(window: HistoryWindow) -> None:
    sentence = "It was cut off. Everything up to its last second is here."
    assert sentence not in said(window)
    choose(window, "cut")
    assert sentence in said(window)


def test_titles_are_filtered_at_once_and_words_after_a_pause(qtbot: QtBot, window: HistoryWindow) -> None:
    with qtbot.waitSignal(window.search_wanted) as told:
        QTest.keyClicks(search(window), "cafe")
        assert len(titles(window)) == 2
    assert told.args == ["cafe"]


def test_search_that_finds_nothing_says_so_only_when_it_is_sure(window: HistoryWindow) -> None:
    search(window).setText("xyzzy")
    assert "Nothing found" not in said(window)
    window.render_state(replace(STATE, found=SaidLines("xyzzy")))
    assert "Nothing found" in said(window)
    search(window).clear()
    assert "Nothing found" not in said(window)
    assert len(titles(window)) == 5


def test_store_without_shows_teaches(window: HistoryWindow) -> None:
    window.render_state(HistoryState(is_read=True))
    assert "After your first show it is here. Nothing leaves this computer." in said(window)
    assert not any(one.isEnabled() for one in (search(window), button(window, "Trends"), window.erase))
    assert not notes(window).isVisible()


def test_moment_that_was_found_opens_with_enter_and_with_a_click(qtbot: QtBot, window: HistoryWindow) -> None:
    window.render_state(replace(STATE, found=SaidLines("cast", (HIT,))))
    search(window).setText("cast")
    view = listed(window)
    QTest.keyClick(search(window), Qt.Key.Key_Down)
    QTest.keyClick(view, Qt.Key.Key_Down)
    with qtbot.waitSignal(window.report_wanted) as told:
        QTest.keyClick(view, Qt.Key.Key_Return)
    assert told.args == ["cut", 65_000]
    at = view.visualRect(view.model().index(2, 0)).center()
    with qtbot.waitSignal(window.report_wanted) as told:
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert told.args == ["cut", 65_000]


def test_click_on_a_show_looks_and_a_double_click_opens(qtbot: QtBot, window: HistoryWindow) -> None:
    view = listed(window)
    at = view.visualRect(view.model().index(2, 0)).center()
    with qtbot.assertNotEmitted(window.report_wanted):
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert "Thursday talk" in said(window)
    with qtbot.waitSignal(window.report_wanted) as told:
        QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert told.args == ["cut", None]


def test_home_and_end_go_to_shows_and_not_to_months(window: HistoryWindow) -> None:
    view = listed(window)
    for key, show_id in ((Qt.Key.Key_End, "old"), (Qt.Key.Key_Home, "new")):
        QTest.keyClick(view, key)
        assert view.chosen is not None
        assert view.chosen.show.id == show_id


def test_keys_lead_to_the_search_and_to_the_notes(window: HistoryWindow) -> None:
    QTest.keySequence(window, "Ctrl+F")
    assert window.focusWidget() is search(window)
    QTest.keyClick(window, Qt.Key.Key_F2)
    assert window.focusWidget() is notes(window)


def test_escape_ends_the_search_before_it_closes(window: HistoryWindow) -> None:
    search(window).setText("cafe")
    QTest.keyClick(search(window), Qt.Key.Key_Escape)
    assert (search(window).text(), window.isVisible()) == ("", True)
    QTest.keyClick(search(window), Qt.Key.Key_Escape)
    assert not window.isVisible()


def test_chosen_show_stays_so_when_the_list_is_read_anew(window: HistoryWindow) -> None:
    choose(window, "cut")
    newer = replace(NEWEST, id="newer", started=NEWEST.started + timedelta(days=1))
    window.render_state(replace(STATE, shows=(newer, *SHOWS)))
    chosen = listed(window).chosen
    assert chosen is not None
    assert chosen.show.id == "cut"
    window.render_state(replace(STATE, shows=(NEWEST, OLDEST)))
    chosen = listed(window).chosen
    assert chosen is not None
    assert chosen.show.id == "new"


# What is typed


def test_notes_are_kept_when_the_hands_rest(qtbot: QtBot, window: HistoryWindow) -> None:
    with qtbot.waitSignal(window.notes_changed) as told:
        QTest.keyClicks(notes(window), "Even ")
    assert told.args == ["new", "Even Slower."]


def test_what_is_typed_is_kept_when_another_show_is_chosen(window: HistoryWindow) -> None:
    QTest.keyClicks(notes(window), "Even ")
    tags(window).setText("summer, bench")
    kept: list[object] = []
    window.tags_changed.connect(lambda *args: kept.append(args))
    window.notes_changed.connect(lambda *args: kept.append(args))
    choose(window, "old")
    assert kept == [("new", ("summer", "bench")), ("new", "Even Slower.")]
    assert notes(window).toPlainText() == ""


def test_what_is_typed_is_kept_when_the_window_closes(qtbot: QtBot, window: HistoryWindow) -> None:
    QTest.keyClicks(notes(window), "Even ")
    with qtbot.waitSignal(window.notes_changed):
        window.close()


def test_list_that_is_read_meanwhile_does_not_take_away_what_is_typed(window: HistoryWindow) -> None:
    QTest.keyClicks(notes(window), "Even ")
    window.render_state(replace(STATE, shows=(replace(NEWEST, tips=10), CUT_OFF, OLDEST)))
    assert notes(window).toPlainText() == "Even Slower."


def test_looking_writes_nothing(qtbot: QtBot, window: HistoryWindow) -> None:
    with qtbot.assertNotEmitted(window.notes_changed), qtbot.assertNotEmitted(window.tags_changed):
        for show_id in ("old", "cut", "new"):
            choose(window, show_id)
        window.close()


# What is done


def test_report_opens_from_its_button(qtbot: QtBot, window: HistoryWindow) -> None:
    choose(window, "old")
    with qtbot.waitSignal(window.report_wanted) as told:
        button(window, "Open report").click()
    assert told.args == ["old", None]


def test_delete_asks_once_and_only_then_is_agreed(qtbot: QtBot, window: HistoryWindow) -> None:
    with qtbot.assertNotEmitted(window.deletion_wanted):
        QTest.keyClick(listed(window), Qt.Key.Key_Delete)
    assert window.focusWidget() is button(window, "Delete for good?")
    with qtbot.waitSignal(window.deletion_wanted) as told:
        QTest.keyClick(window.focusWidget(), Qt.Key.Key_Space)
    assert told.args == ["new"]
    window.render_state(HistoryState(is_read=True))
    assert window.focusWidget() is button(window, "Import…")


def test_escape_takes_the_question_back(window: HistoryWindow) -> None:
    QTest.keyClick(listed(window), Qt.Key.Key_Delete)
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    assert window.isVisible()
    assert window.focusWidget() is listed(window)
    assert button(window, "Delete").accessibleName() == "Delete this show"


def test_question_is_taken_back_when_another_show_is_chosen(window: HistoryWindow) -> None:
    button(window, "Delete").click()
    choose(window, "old")
    assert button(window, "Delete").accessibleName() == "Delete this show"


def test_two_that_are_chosen_are_compared(qtbot: QtBot, window: HistoryWindow) -> None:
    view = listed(window)
    at = view.visualRect(view.model().index(4, 0)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, at)
    with qtbot.waitSignal(window.comparison_wanted) as told:
        button(window, "Compare both").click()
    assert told.args == ["new", "old"]


def test_two_are_chosen_with_the_keys(qtbot: QtBot, window: HistoryWindow) -> None:
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Space):
        QTest.keyClick(listed(window), key, Qt.KeyboardModifier.ControlModifier)
    with qtbot.waitSignal(window.comparison_wanted) as told:
        button(window, "Compare both").click()
    assert told.args == ["new", "old"]


def test_second_show_is_chosen_with_enter(qtbot: QtBot, window: HistoryWindow) -> None:
    button(window, "Compare with…").click()
    assert window.focusWidget() is listed(window)
    QTest.keyClick(listed(window), Qt.Key.Key_Down)
    with qtbot.waitSignal(window.comparison_wanted) as told, qtbot.assertNotEmitted(window.report_wanted):
        QTest.keyClick(listed(window), Qt.Key.Key_Return)
    assert told.args == ["new", "cut"]
    with qtbot.waitSignal(window.report_wanted):
        QTest.keyClick(listed(window), Qt.Key.Key_Return)


def test_escape_ends_the_choice_of_a_second_show(qtbot: QtBot, window: HistoryWindow) -> None:
    button(window, "Compare with…").click()
    QTest.keyClick(listed(window), Qt.Key.Key_Escape)
    assert window.isVisible()
    QTest.keyClick(listed(window), Qt.Key.Key_Down)
    with qtbot.waitSignal(window.report_wanted):
        QTest.keyClick(listed(window), Qt.Key.Key_Return)


def test_erasing_says_what_would_be_gone_and_begins_with_no(qtbot: QtBot, window: HistoryWindow) -> None:
    window.erase.click()
    assert any(sentence.endswith("every word, tip, note, report and sound that was kept.") for sentence in said(window))
    with qtbot.assertNotEmitted(window.erasure_wanted):
        QTest.keyClick(window.focusWidget(), Qt.Key.Key_Space)
    window.erase.click()
    with qtbot.waitSignal(window.erasure_wanted):
        button(window, "Erase everything").click()


@pytest.mark.parametrize("form", [*FORMATS, "report.html", "zip"])
def test_every_format_can_be_exported(
    qtbot: QtBot, window: HistoryWindow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, form: str
) -> None:
    kind, ending = next((kind, ending) for kind, (name, ending) in window.export_kinds().items() if name == form)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), kind))
    with qtbot.waitSignal(window.export_wanted) as told:
        button(window, "Export…").click()
    assert told.args == ["new", form, tmp_path / f"mine.{ending}"]


def test_file_that_is_there_is_not_written_over(
    qtbot: QtBot, window: HistoryWindow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "mine.html").touch()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))
    with qtbot.assertNotEmitted(window.export_wanted):
        button(window, "Export…").click()
    assert "mine.html is there already. Choose another name." in said(window)


def test_file_is_named_after_the_show(window: HistoryWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def ask(_parent: object, _title: str, first: str, _kinds: str) -> tuple[str, str]:
        asked.append(first)
        return "", ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    button(window, "Export…").click()
    assert Path(asked[0]).name == "2026-11-22 Sunday bench"


def test_zip_is_imported(qtbot: QtBot, window: HistoryWindow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "show.zip"), ""))
    with qtbot.waitSignal(window.import_wanted) as told:
        button(window, "Import…").click()
    assert told.args == [tmp_path / "show.zip"]


@pytest.mark.parametrize(("text", "signal"), [("Trends", "trends_wanted"), ("Open folder", "folder_wanted")])
def test_buttons_ask_for_what_they_say(qtbot: QtBot, window: HistoryWindow, text: str, signal: str) -> None:
    with qtbot.waitSignal(getattr(window, signal)):
        button(window, text).click()


def test_trouble_is_said_in_one_sentence_until_it_is_over(window: HistoryWindow) -> None:
    window.render_state(replace(STATE, trouble="This show is running; end it first."))
    assert "This show is running; end it first." in said(window)
    window.render_state(STATE)
    assert "This show is running; end it first." not in said(window)


# How it looks


def test_details_stand_below_the_list_where_there_is_no_room_beside(window: HistoryWindow) -> None:
    def place(widget: QPlainTextEdit | HistoryList) -> QPoint:
        return widget.mapTo(window, QPoint())

    window.resize(900, 700)
    screens.settle()
    assert place(notes(window)).x() > place(listed(window)).x() + listed(window).width()
    window.resize(600, 700)
    screens.settle()
    assert place(notes(window)).y() > place(listed(window)).y() + listed(window).height()


def test_two_thousand_shows_are_drawn_only_where_they_are_seen(
    window: HistoryWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    shows = tuple(replace(NEWEST, id=str(i), started=NEWEST.started - timedelta(hours=12 * i)) for i in range(2_000))
    drawn: list[str] = []

    def count(show: PastShow) -> str:
        drawn.append(show.id)
        return show.title

    monkeypatch.setattr(history_rows, "facts_words", count)
    window.render_state(replace(STATE, shows=shows))
    window.grab()
    assert 0 < len(drawn) < 100


def test_every_line_of_a_show_can_be_read_in_a_narrow_window(window: HistoryWindow) -> None:
    window.resize(window.minimumSize())
    screens.settle()
    [details] = window.findChildren(HistoryDetails)
    squeezed = [
        label.text()
        for label in details.findChildren(QLabel)
        if label.isVisible() and label.height() < label.fontMetrics().height()
    ]
    assert squeezed == []
    [notes] = details.findChildren(QPlainTextEdit)
    assert notes.geometry().bottom() < details.report.geometry().top()
