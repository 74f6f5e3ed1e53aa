"""The tray's menu asks for what its switches say."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QSystemTrayIcon

from martlive_desktop.ui.theme import Look
from martlive_desktop.ui.tray import Tray
from martlive_desktop.ui.view_state import Watching

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@pytest.fixture
def tray(qtbot: "QtBot", look: Look) -> Iterator[Tray]:
    tray = Tray(look)
    tray.show()
    yield tray
    tray.close()
    tray.menu.deleteLater()
    tray.deleteLater()


def icon_of(tray: Tray) -> QSystemTrayIcon:
    (icon,) = tray.findChildren(QSystemTrayIcon)
    return icon


def action(tray: Tray, text: str) -> QAction:
    return next(action for action in tray.menu.actions() if action.text() == text)


@pytest.mark.parametrize(
    ("text", "signal", "asked"),
    [
        ("Coach me", "coaching_requested", [False]),
        ("Show the overlay", "visibility_requested", [False]),
        ("Let clicks through", "click_through_requested", [True]),
        ("Watch the screen", "watching_requested", [False]),
    ],
)
def test_switch_asks_for_its_opposite(qtbot: "QtBot", tray: Tray, text: str, signal: str, asked: list[bool]) -> None:
    tray.show_switches(is_coaching=True, is_shown=True, is_click_through=False, is_locked=False, watching="watching")
    with qtbot.waitSignal(getattr(tray, signal)) as requested:
        action(tray, text).trigger()
    assert requested.args == asked


@pytest.mark.parametrize(
    ("watching", "is_checked", "is_enabled"),
    [("watching", True, True), ("lost", True, True), ("paused", False, True), ("off", False, False)],
)
def test_watching_can_be_switched_where_there_is_something_to_watch(
    tray: Tray, watching: Watching, is_checked: bool, is_enabled: bool
) -> None:
    tray.show_switches(is_coaching=True, is_shown=True, is_click_through=False, is_locked=False, watching=watching)
    entry = action(tray, "Watch the screen")
    assert (entry.isChecked(), entry.isEnabled()) == (is_checked, is_enabled)


def test_what_viewers_see_is_always_offered(qtbot: "QtBot", tray: Tray) -> None:
    with qtbot.waitSignal(tray.screen_picker_requested):
        action(tray, "What viewers see…").trigger()


def test_past_shows_are_offered(qtbot: "QtBot", tray: Tray) -> None:
    with qtbot.waitSignal(tray.history_requested):
        action(tray, "Past shows…").trigger()


def test_news_is_followed_by_a_click(tray: Tray, monkeypatch: pytest.MonkeyPatch) -> None:
    followed: list[str] = []
    monkeypatch.setattr(QSystemTrayIcon, "isVisible", lambda _self: True)
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", lambda: True)
    monkeypatch.setattr(QSystemTrayIcon, "supportsMessages", lambda: True)
    monkeypatch.setattr(QSystemTrayIcon, "showMessage", lambda *_: None)
    assert tray.tell("Your report is ready.", lambda: followed.append("report"))
    icon_of(tray).messageClicked.emit()
    assert followed == ["report"]
    # Where a newer message leads nowhere, a click on it does nothing.
    assert tray.tell("OBS is connected.")
    icon_of(tray).messageClicked.emit()
    assert followed == ["report"]


def test_quit_asks_to_quit(qtbot: "QtBot", tray: Tray) -> None:
    with qtbot.waitSignal(tray.quit_requested):
        action(tray, "Quit MartLive").trigger()


def test_switches_follow_the_app_without_asking(qtbot: "QtBot", tray: Tray) -> None:
    with qtbot.assertNotEmitted(tray.coaching_requested), qtbot.assertNotEmitted(tray.click_through_requested):
        tray.show_switches(is_coaching=False, is_shown=True, is_click_through=True, is_locked=False, watching="off")
    assert not action(tray, "Coach me").isChecked()
    assert action(tray, "Let clicks through").isChecked()


def test_click_on_the_icon_shows_and_hides(qtbot: "QtBot", tray: Tray) -> None:
    icon = icon_of(tray)
    with qtbot.waitSignal(tray.visibility_requested) as requested:
        icon.activated.emit(QSystemTrayIcon.ActivationReason.Trigger)
    assert requested.args == [False]


def test_icon_has_a_picture_for_every_size(tray: Tray) -> None:
    icon = icon_of(tray).icon()
    assert {size.width() for size in icon.availableSizes()} == {16, 22, 24, 32, 48, 64, 256}
    assert icon.pixmap(64).toImage().pixelColor(53, 32).name() == "#4da3ff"


def test_desktop_without_a_tray_tells_nothing_there(tray: Tray) -> None:
    assert tray.tell("You speak English.") is False


def test_tray_tells_a_sentence(tray: Tray, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(Tray, "is_available", staticmethod(lambda: True))
    monkeypatch.setattr(QSystemTrayIcon, "isVisible", lambda _icon: True)
    monkeypatch.setattr(QSystemTrayIcon, "supportsMessages", lambda: True)
    monkeypatch.setattr(QSystemTrayIcon, "showMessage", lambda _icon, _title, text, *_: told.append(text))
    assert tray.tell("You speak English.") is True
    assert told == ["You speak English."]
