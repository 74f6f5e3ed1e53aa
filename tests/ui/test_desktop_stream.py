"""The stream window follows the show and the streamer's choices, and the coach's tips stay off it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QComboBox

from martlive_desktop.core.events import Chat, Transcript, Word
from martlive_desktop.core.plan import Product, ShowPlan
from martlive_desktop.desktop_stream import StreamDesk
from martlive_desktop.settings import StreamSettings
from martlive_desktop.ui.stream_panel import StreamPanel
from martlive_desktop.ui.stream_window import StreamWindow
from martlive_desktop.ui.theme import Look
from martlive_desktop.ui.view_state import OverlayState, TipCard

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.qt_log_ignore("does not support (raise|lower|setting window opacity|propagateSizeHints)")

PLAN = ShowPlan(products=(Product("Desk lamp", price=29.9), Product("Wool scarf")), currency="EUR")
STATE = OverlayState(product="Desk lamp")
TIP = TipCard("t1", "Say the price", 2, is_praise=False, shown_ms=0, expires_ms=60_000)


@pytest.fixture
def desk(qtbot: "QtBot", look: Look) -> Iterator[StreamDesk]:
    desk = StreamDesk(StreamSettings(is_open=True), replace(look, is_motion_reduced=True))
    desk.begin(PLAN)
    yield desk
    desk.close()
    desk.deleteLater()


def window() -> StreamWindow:
    [found] = [w for w in QApplication.topLevelWidgets() if isinstance(w, StreamWindow) and w.isVisible()]
    return found


def panel() -> StreamPanel:
    [found] = [w for w in QApplication.topLevelWidgets() if isinstance(w, StreamPanel) and w.isVisible()]
    return found


def picture() -> QImage:
    return window().grab().toImage()


def test_product_on_show_is_on_the_window(desk: StreamDesk) -> None:
    empty = picture()
    desk.show_state(STATE)
    assert picture() != empty
    desk.show_state(replace(STATE, product=""))
    assert picture() == empty


def test_words_become_captions(qtbot: "QtBot", desk: StreamDesk) -> None:
    empty = picture()
    desk.post(Transcript(900, is_final=True, utterance=0, text="Hello", words=(Word("Hello", 0, 900, 0.9),)))
    qtbot.waitUntil(lambda: picture() != empty)


def test_tips_are_on_it_only_while_the_streamer_says_so(desk: StreamDesk) -> None:
    desk.open_panel()
    desk.show_state(STATE)
    without = picture()
    desk.show_state(replace(STATE, tip=TIP))
    assert picture() == without
    panel().tips_switched.emit(True)
    desk.show_state(replace(STATE, tip=replace(TIP, id="t2")))
    assert picture() != without
    desk.show_state(STATE)
    assert picture() == without
    desk.show_state(replace(STATE, tip=replace(TIP, id="t3")))
    panel().tips_switched.emit(False)
    assert picture() == without


@pytest.mark.parametrize(
    ("signal", "put", "away"),
    [
        ("countdown_put", ("Ends in", 60_000), ("", 0)),
        ("giveaway_put", ("A lamp", "Write LAMP"), ("", "")),
        ("question_put", (Chat(0, "Kim", "Why?", "x"),), (None,)),
    ],
)
def test_panel_puts_cards_on_and_takes_them_away(
    desk: StreamDesk, signal: str, put: tuple[object, ...], away: tuple[object, ...]
) -> None:
    desk.open_panel()
    empty = picture()
    getattr(panel(), signal).emit(*put)
    assert picture() != empty
    getattr(panel(), signal).emit(*away)
    assert picture() == empty


def test_card_that_is_switched_off_is_not_shown(desk: StreamDesk) -> None:
    desk.open_panel()
    empty = picture()
    desk.show_state(STATE)
    panel().card_switched.emit("product", False)
    assert picture() == empty


def test_questions_of_the_chat_are_offered_newest_first(qtbot: "QtBot", desk: StreamDesk) -> None:
    for at_ms, text in ((1_000, "Safe for cats?"), (2_000, "nice"), (3_000, "\u591a\u5c11\u94b1\uff1f")):
        desk.post(Chat(at_ms, "Kim", text, "twitch"))
    desk.open_panel()
    asked = next(box for box in panel().findChildren(QComboBox) if box.accessibleName() == "Question")
    qtbot.waitUntil(lambda: asked.count() == 2)
    assert asked.itemText(0) == "Kim: \u591a\u5c11\u94b1\uff1f"


def test_window_opens_closes_and_changes_its_size_as_chosen(qtbot: "QtBot", desk: StreamDesk) -> None:
    desk.open_panel()
    with qtbot.waitSignal(desk.changed) as told:
        panel().size_chosen.emit("bar")
    assert told.args == [StreamSettings(is_open=True, size="bar")]
    with qtbot.waitSignal(desk.changed) as told:
        panel().window_switched.emit(False)
    assert told.args == [StreamSettings(is_open=False, size="bar")]
    panel().size_chosen.emit("portrait")
    panel().window_switched.emit(True)
    assert window().height() > window().width()


def test_panel_vanishes_with_everything_else(desk: StreamDesk) -> None:
    desk.open_panel()
    desk.hide()
    assert not [w for w in QApplication.topLevelWidgets() if isinstance(w, StreamPanel) and w.isVisible()]
    assert window().isVisible()
