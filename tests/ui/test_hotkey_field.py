"""Keys are chosen by pressing them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget

from martlive_desktop.ui.hotkey_field import HotkeyField, caps_of, key_name, modifier_names
from martlive_desktop.ui.theme import THEMES, Look, ThemeName

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints")

KEY, HELD = Qt.Key, Qt.KeyboardModifier


@pytest.fixture
def window(qtbot: QtBot, look: Look) -> QWidget:
    window = QWidget()
    column = QVBoxLayout(window)
    field = HotkeyField(look, "Mark this moment")
    field.show_keys("ctrl+alt+f")
    column.addWidget(field)
    column.addWidget(QLineEdit())
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    field.setFocus()
    return window


@pytest.fixture
def field(window: QWidget) -> HotkeyField:
    return window.findChildren(HotkeyField)[0]


def press(field: HotkeyField, key: Qt.Key, modifiers: Qt.KeyboardModifier = HELD.NoModifier) -> None:
    QTest.keyClick(field, key, modifiers)


def test_it_says_which_keys_it_has(field: HotkeyField) -> None:
    assert field.accessibleName() == "Mark this moment: Ctrl + Alt + F"
    assert caps_of("ctrl+pageup") == ("Ctrl", "Page Up")


@pytest.mark.parametrize("start", [KEY.Key_Return, KEY.Key_Enter, KEY.Key_Space])
def test_pressed_keys_are_told(qtbot: QtBot, field: HotkeyField, start: Qt.Key) -> None:
    press(field, start)
    assert field.is_recording
    assert field.accessibleName() == "Mark this moment: Press keys…"
    with qtbot.waitSignal(field.keys_chosen) as told:
        press(field, KEY.Key_P, HELD.ControlModifier | HELD.AltModifier)
    assert told.args == ["ctrl+alt+p"]
    assert not field.is_recording


def test_click_records_too(qtbot: QtBot, field: HotkeyField) -> None:
    with qtbot.waitSignal(field.recording_changed) as told:
        QTest.mouseClick(field, Qt.MouseButton.LeftButton)
    assert told.args == [True]


@pytest.mark.parametrize(
    ("key", "modifiers", "text"),
    [
        (KEY.Key_F9, HELD.NoModifier, "f9"),
        (KEY.Key_Tab, HELD.ControlModifier, "ctrl+tab"),
        (KEY.Key_Backtab, HELD.ControlModifier | HELD.ShiftModifier, "ctrl+shift+tab"),
        (KEY.Key_Escape, HELD.ControlModifier, "ctrl+esc"),
        (KEY.Key_Delete, HELD.AltModifier, "alt+delete"),
        (KEY.Key_7, HELD.MetaModifier | HELD.KeypadModifier, "super+7"),
    ],
)
def test_keys_that_a_form_uses_itself_can_be_chosen(
    qtbot: QtBot, field: HotkeyField, key: Qt.Key, modifiers: Qt.KeyboardModifier, text: str
) -> None:
    field.record()
    with qtbot.waitSignal(field.keys_chosen) as told:
        press(field, key, modifiers)
    assert told.args == [text]


def test_escape_leaves_the_old_keys(field: HotkeyField) -> None:
    field.record()
    press(field, KEY.Key_Escape)
    assert (field.is_recording, field.keys) == (False, "ctrl+alt+f")


def test_leaving_the_field_leaves_the_old_keys(window: QWidget, field: HotkeyField) -> None:
    field.record()
    window.findChildren(QLineEdit)[0].setFocus()
    assert not field.is_recording


def test_letter_alone_is_refused_with_what_to_do(qtbot: QtBot, field: HotkeyField) -> None:
    field.record()
    with qtbot.waitSignal(field.refused) as told, qtbot.assertNotEmitted(field.keys_chosen):
        press(field, KEY.Key_M)
    assert told.args == ["Hold Ctrl or Alt, too: you need this key when you type."]
    assert field.is_recording


def test_key_that_not_every_keyboard_has_is_refused(qtbot: QtBot, field: HotkeyField) -> None:
    field.record()
    with qtbot.waitSignal(field.refused) as told:
        press(field, KEY.Key_VolumeUp, HELD.ControlModifier)
    assert "Choose a letter" in told.args[0]


def test_modifiers_alone_are_waited_for(qtbot: QtBot, field: HotkeyField) -> None:
    field.record()
    with qtbot.assertNotEmitted(field.refused), qtbot.assertNotEmitted(field.keys_chosen):
        press(field, KEY.Key_Control, HELD.ControlModifier)
    assert field.is_recording


@pytest.mark.parametrize("key", [KEY.Key_Backspace, KEY.Key_Delete])
def test_keys_are_taken_away_only_where_that_is_allowed(qtbot: QtBot, look: Look, key: Qt.Key) -> None:
    optional = HotkeyField(look, "Mark", is_clearable=True)
    needed = HotkeyField(look, "Mark")
    for field in (optional, needed):
        qtbot.addWidget(field)
        field.record()
    with qtbot.waitSignal(optional.keys_chosen) as told:
        press(optional, key)
    assert told.args == [""]
    with qtbot.assertNotEmitted(needed.keys_chosen):
        press(needed, key)


def test_window_keys_are_recorded_and_not_done(field: HotkeyField) -> None:
    event = QKeyEvent(QEvent.Type.ShortcutOverride, KEY.Key_Z, HELD.ControlModifier)
    field.record()
    QApplication.sendEvent(field, event)
    assert event.isAccepted()


@pytest.mark.parametrize(
    ("key", "scan_code", "platform", "name"),
    [
        (KEY.Key_M, 0, "xcb", "m"),
        (0x0444, 38, "xcb", "a"),
        (0x0444, 30, "windows", "a"),
        (KEY.Key_Exclam, 10, "xcb", "1"),
        (0x0444, 38, "cocoa", ""),
        (KEY.Key_VolumeUp, 0, "xcb", ""),
    ],
    ids=["latin", "cyrillic", "cyrillic on Windows", "shifted figure", "cyrillic on a Mac", "no text"],
)
def test_other_alphabets_count_by_their_places(key: int, scan_code: int, platform: str, name: str) -> None:
    assert key_name(key, scan_code, platform) == name


def test_command_key_of_a_mac_is_super() -> None:
    assert modifier_names(HELD.ControlModifier, "darwin") == ("super",)
    assert modifier_names(HELD.MetaModifier, "darwin") == ("ctrl",)
    assert modifier_names(HELD.MetaModifier | HELD.ShiftModifier, "linux") == ("shift", "super")


@pytest.mark.parametrize("theme", THEMES)
def test_every_theme_paints_it(qtbot: QtBot, look: Look, theme: ThemeName) -> None:
    field = HotkeyField(replace(look, theme=THEMES[theme]), "Mark")
    qtbot.addWidget(field)
    field.show_keys("ctrl+alt+f")
    still = field.grab().toImage()
    field.record()
    assert field.grab().toImage() != still
