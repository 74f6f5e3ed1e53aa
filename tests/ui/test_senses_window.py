"""The streamer sees, by eye, by keyboard or by screen reader, what MartLive hears and sees."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QFrame, QWidget

from martlive_desktop.core.events import Screen
from martlive_desktop.ui.senses_state import ChatLine, PartLoad, SensesState
from martlive_desktop.ui.senses_window import (
    KEPT_LOADS,
    Card,
    Curve,
    LoadRow,
    SensesWindow,
    behind_words,
    found_words,
    hearing_words,
    leaving_words,
    level_words,
    memory_words,
    seeing_words,
)
from martlive_desktop.ui.theme import Look
from martlive_desktop.ui.view_state import OverlayState

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.qt_log_ignore("does not support (raise|lower|setting window opacity|propagateSizeHints)")

SCREEN = Screen(
    1000, "main", is_black=False, is_frozen=False, brightness=0.5, is_cut=False, motion=0.02, product="Lamp"
)
OVERLAY = OverlayState(
    level_dbfs=-21.4, pace_wpm=142, hearing="listening", watching="watching", watching_detail="OBS", now_ms=4000
)
STATE = SensesState(
    is_running=True,
    overlay=OVERLAY,
    microphone="Desk microphone",
    sentences=("This is the lamp.", "It dims."),
    partial="and it",
    words_behind_ms=1240,
    screen=SCREEN,
    kind_since_ms=1000,
    chat=(ChatLine("Rosa", "safe for cats?"), ChatLine("Kim", "<b>how much</b>")),
    chat_behind_ms=800,
)
LOADS = (PartLoad("app", 4.2, 212.4), PartLoad("recogniser", 61.0, 1400.0))


@pytest.fixture
def window(qtbot: "QtBot", look: Look) -> SensesWindow:
    window = SensesWindow(look)
    qtbot.addWidget(window)
    return window


def opened(qtbot: "QtBot", window: SensesWindow, state: SensesState = STATE) -> SensesWindow:
    with qtbot.waitExposed(window):
        window.show()
    window.render_state(state)
    return window


def spoken(window: SensesWindow) -> dict[str, str]:
    """What a screen reader says on each card."""
    return {card.accessibleName(): card.accessibleDescription() for card in window.findChildren(Card)}


def test_everything_is_said_on_its_card(qtbot: "QtBot", window: SensesWindow) -> None:
    opened(qtbot, window).show_load(LOADS)
    assert spoken(window) == {
        "Hearing": "This is the lamp. It dims. and it \u221221 dBFS 142 words a minute Microphone: Desk microphone",
        "Seeing": "Moving OBS · Scene: Main · Seen: Lamp",
        "Chat": "Rosa: safe for cats?. Kim: <b>how much</b>",
        "Load": "Share of one processor core in the last minute, and memory. "
        "MartLive itself: 4 %, 212 MB. Hears your words: 61 %, 1.4 GB, 1.2 s behind",
        "Privacy": "Nothing leaves this computer.",
    }


def test_empty_window_teaches(qtbot: "QtBot", window: SensesWindow) -> None:
    opened(qtbot, window, SensesState())
    assert spoken(window) == {
        "Hearing": "No show runs – start one from the tray.",
        "Seeing": "A picture shows up here while a show runs.",
        "Chat": "What viewers write shows up here once it is read.",
        "Load": "What each part of MartLive takes comes here in a moment.",
        "Privacy": "Nothing leaves this computer.",
    }


@pytest.mark.parametrize(
    ("overlay", "said"),
    [
        (OVERLAY, ""),
        (replace(OVERLAY, hearing="loading"), "Getting ready to listen…"),
        (replace(OVERLAY, hearing="loading", hearing_detail="Starting again."), "Starting again."),
        (replace(OVERLAY, hearing="lost"), "No sound from your microphone."),
        (replace(OVERLAY, hearing="lost", hearing_detail="Plug it in."), "Plug it in."),
    ],
)
def test_what_is_in_the_way_of_hearing(qapp: QApplication, overlay: OverlayState, said: str) -> None:
    assert hearing_words(replace(STATE, overlay=overlay)) == said


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (STATE, "Moving"),
        (replace(STATE, screen=replace(SCREEN, motion=0.0)), "Standing still"),
        (replace(STATE, screen=replace(SCREEN, is_black=True)), "Black for 3 s"),
        (replace(STATE, screen=replace(SCREEN, is_frozen=True)), "Frozen for 3 s"),
        (replace(STATE, screen=None), "The picture is coming…"),
        (replace(STATE, overlay=replace(OVERLAY, watching="paused")), "Not looking – you paused it."),
        (replace(STATE, overlay=replace(OVERLAY, watching="lost", watching_detail="Start OBS.")), "Start OBS."),
        (
            replace(STATE, screen=None, overlay=replace(OVERLAY, watching="off")),
            "Nothing is watched. Choose “What viewers see…” in the tray.",
        ),
        (replace(STATE, overlay=replace(OVERLAY, watching="off")), "Moving"),
    ],
    ids=["moving", "still", "black", "frozen", "coming", "paused", "lost", "nothing", "a recording"],
)
def test_what_the_picture_does(qapp: QApplication, state: SensesState, said: str) -> None:
    assert seeing_words(state) == said


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (STATE, "OBS · Scene: Main · Seen: Lamp"),
        (replace(STATE, screen=replace(SCREEN, scene="break", product="")), "OBS · Scene: Break"),
        (replace(STATE, screen=replace(SCREEN, scene="", product="")), "OBS"),
        (replace(STATE, screen=None), ""),
    ],
    ids=["all", "break", "none", "no picture"],
)
def test_what_is_found_on_the_picture(qapp: QApplication, state: SensesState, said: str) -> None:
    assert found_words(state) == said


def test_what_leaves_this_computer_is_listed(qtbot: "QtBot", window: SensesWindow) -> None:
    state = replace(STATE, overlay=replace(OVERLAY, is_remote=True), outside=("Twitch sees which chat you read.",))
    assert leaving_words(state) == ("Your words go to the remote coach.", "Twitch sees which chat you read.")
    opened(qtbot, window, state)
    assert spoken(window)["Privacy"] == "Your words go to the remote coach.\nTwitch sees which chat you read."


def test_figures_are_short(qapp: QApplication) -> None:
    assert (level_words(-21.4), level_words(0.0)) == ("\u221221 dBFS", "0 dBFS")
    assert (memory_words(212.4), memory_words(1400)) == ("212 MB", "1.4 GB")
    assert (behind_words(1240), behind_words(0), behind_words(None)) == ("1.2 s behind", "0.0 s behind", "")


def test_trouble_of_the_chat_takes_the_place_of_the_hint(qtbot: "QtBot", window: SensesWindow) -> None:
    opened(qtbot, window, replace(STATE, chat=(), chat_trouble="Choose the chat again."))
    assert spoken(window)["Chat"] == "Choose the chat again."


def test_listening_window_asks_for_words(qtbot: "QtBot", window: SensesWindow) -> None:
    opened(qtbot, window, replace(STATE, sentences=(), partial=""))
    assert spoken(window)["Hearing"].startswith("Say something, and your words come here.")


def test_part_that_ends_leaves_the_list(qtbot: "QtBot", window: SensesWindow) -> None:
    opened(qtbot, window).show_load(LOADS)
    assert [row.isVisible() for row in window.findChildren(LoadRow)] == [True, True, False, False]
    window.show_load(LOADS[:1])
    assert [row.isVisible() for row in window.findChildren(LoadRow)] == [True, False, False, False]


def test_curve_is_one_minute_long(qtbot: "QtBot", window: SensesWindow) -> None:
    opened(qtbot, window)
    curve = window.findChildren(Curve)[0]
    before = curve.grab().toImage()
    for _ in range(2 * KEPT_LOADS):
        window.show_load(LOADS)
    assert len(curve._values) == KEPT_LOADS
    assert curve.grab().toImage() != before


def test_picture_is_shown_and_forgotten_with_the_window(qtbot: "QtBot", window: SensesWindow) -> None:
    image = QImage(640, 360, QImage.Format.Format_RGB32)
    image.fill(QColor("#20C040"))
    opened(qtbot, window)
    thumbnail = next(w for w in window.findChildren(QWidget) if w.accessibleName() == "The watched picture")
    empty = thumbnail.grab().toImage()
    window.show_picture(image)
    assert thumbnail.grab().toImage().pixelColor(thumbnail.rect().center()) == QColor("#20C040")
    window.hide()
    window.show()
    assert thumbnail.grab().toImage() == empty


@pytest.mark.parametrize("what", ["screen", "is not watched"])
def test_picture_goes_when_it_is_not_watched_any_more(qtbot: "QtBot", window: SensesWindow, what: str) -> None:
    image = QImage(64, 36, QImage.Format.Format_RGB32)
    image.fill(QColor("#20C040"))
    opened(qtbot, window).show_picture(image)
    window.render_state(replace(STATE, screen=None))
    if what != "screen":
        window.show_picture(image)
    thumbnail = next(w for w in window.findChildren(QWidget) if w.accessibleName() == "The watched picture")
    assert thumbnail.grab().toImage().pixelColor(thumbnail.rect().center()) != QColor("#20C040")


def test_closed_window_only_keeps_the_state(qtbot: "QtBot", window: SensesWindow) -> None:
    before = spoken(window)
    window.render_state(STATE)
    window.show_load(LOADS)
    window.show_picture(QImage(8, 8, QImage.Format.Format_RGB32))
    assert spoken(window) == before
    with qtbot.waitExposed(window):
        window.show()
    assert spoken(window)["Seeing"] == "Moving OBS · Scene: Main · Seen: Lamp"
    assert "takes comes here" in spoken(window)["Load"]


def test_window_says_when_it_is_of_use(qtbot: "QtBot", window: SensesWindow) -> None:
    told: list[bool] = []
    window.shown_changed.connect(told.append)
    opened(qtbot, window)
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isVisible()
    assert told == [True, False]


def test_keyboard_leads_through_the_cards_in_reading_order(qtbot: "QtBot", window: SensesWindow) -> None:
    opened(qtbot, window)
    window.resize(420, 420)
    window.activateWindow()
    reached: list[str] = []
    for _ in range(6):
        focused = window.focusWidget()
        assert focused is not None
        reached.append(focused.accessibleName() or getattr(focused, "text", str)())
        if isinstance(focused, QFrame):
            assert not focused.visibleRegion().isEmpty()
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    assert reached == ["Done", "Hearing", "Seeing", "Chat", "Load", "Privacy"]


def test_done_closes_it(qtbot: "QtBot", window: SensesWindow) -> None:
    opened(qtbot, window)
    [done] = [button for button in window.findChildren(QAbstractButton) if button.text() == "Done"]
    done.setFocus()
    QTest.keyClick(done, Qt.Key.Key_Space)
    assert not window.isVisible()


def test_cards_stand_below_each_other_where_it_is_narrow(qtbot: "QtBot", window: SensesWindow) -> None:
    opened(qtbot, window)
    hearing, seeing = window.findChildren(Card)[:2]
    for width, is_beside in ((780, True), (500, False)):
        window.resize(width, 600)
        qtbot.waitUntil(lambda is_beside=is_beside: (seeing.x() > hearing.x()) == is_beside)  # type: ignore[misc]
