"""The stream window follows the show and the streamer's choices, and the coach's tips stay off it."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QPushButton

from martlive_desktop.core.events import Chat, Transcript, Word
from martlive_desktop.core.plan import Product, ShowPlan
from martlive_desktop.desktop_stream import StreamDesk
from martlive_desktop.settings import StreamSettings
from martlive_desktop.ui.stream_panel import Preview, StreamPanel
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


@pytest.fixture
def _own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARTLIVE_DATA", str(tmp_path))


def button(name: str) -> QPushButton:
    [found] = [one for one in panel().findChildren(QPushButton) if one.text() == name]
    return found


def test_window_is_asked_for_with_something_on_it_and_bare_again_after(qtbot: "QtBot", desk: StreamDesk) -> None:
    desk.open_panel()
    empty = picture()
    with qtbot.waitSignal(desk.window_wanted):
        button("Add to OBS").click()
    assert picture() != empty
    assert np.array_equal(desk.picture()[..., 3].any(), np.True_)
    assert not button("Add to OBS").isEnabled()
    desk.show_source(True, "OBS shows it in the scene “Live”.")
    assert picture() == empty
    assert button("Add to OBS").isEnabled()


def test_viewers_who_watch_see_nothing_that_is_only_to_try(desk: StreamDesk) -> None:
    desk.is_on_air = True
    empty = picture()
    desk.add_source()
    assert picture() == empty


def test_closed_window_is_opened_to_be_added(qtbot: "QtBot", look: Look) -> None:
    desk = StreamDesk(StreamSettings(), replace(look, is_motion_reduced=True))
    wishes: list[StreamSettings] = []
    desk.changed.connect(wishes.append)
    with qtbot.waitSignal(desk.window_wanted):
        desk.add_source()
    assert window().isVisible()
    assert [wish.is_open for wish in wishes] == [True]
    desk.close()


@pytest.mark.usefixtures("_own_data")
def test_browser_source_shows_the_same_and_is_asked_for_by_its_address(qtbot: "QtBot", desk: StreamDesk) -> None:
    desk.open_panel()
    desk.show_state(STATE)
    [tick] = [one for one in panel().findChildren(QCheckBox) if one.text() == "Browser source instead"]
    with qtbot.waitSignal(desk.changed) as told:
        tick.click()
    assert told.args is not None
    assert told.args[0].browser_source
    with qtbot.waitSignal(desk.browser_wanted) as wanted:
        button("Add to OBS").click()
    assert str(wanted.args[0]).startswith("http://127.0.0.1:")
    with qtbot.waitSignal(desk.said):
        button("Copy its address").click()
    assert QApplication.clipboard().text() == wanted.args[0]
    tick.click()
    assert not button("Copy its address").isVisible()


@pytest.mark.usefixtures("_own_data")
def test_browser_source_is_the_way_under_wayland(
    qtbot: "QtBot", desk: StreamDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_SESSION_TYPE", "wayland")
    with qtbot.waitSignal(desk.browser_wanted):
        desk.add_source()


@pytest.mark.usefixtures("_own_data")
def test_port_that_another_program_has_is_said(qtbot: "QtBot", desk: StreamDesk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        wish = StreamSettings(is_open=True, browser_source=True, browser_port=server.getsockname()[1])
        with qtbot.waitSignal(desk.said) as told:
            desk.use(wish)
    assert str(told.args[0]).endswith(".")


def test_panel_shows_what_viewers_see(qtbot: "QtBot", desk: StreamDesk) -> None:
    desk.open_panel()
    [preview] = panel().findChildren(Preview)
    before = preview.grab().toImage()
    desk.show_state(STATE)
    qtbot.waitUntil(lambda: preview.grab().toImage() != before)
    desk.use(StreamSettings())
    qtbot.waitUntil(lambda: preview.accessibleDescription() != "")


def test_settings_that_change_elsewhere_act(desk: StreamDesk, look: Look) -> None:
    desk.open_panel()
    desk.use(StreamSettings(is_open=True, size="bar"))
    assert window().width() * window().devicePixelRatioF() == 1280
    desk.use_look(replace(look, font_px=28))
    assert panel().isVisible()
    desk.use(StreamSettings())
    assert not [w for w in QApplication.topLevelWidgets() if isinstance(w, StreamWindow) and w.isVisible()]
