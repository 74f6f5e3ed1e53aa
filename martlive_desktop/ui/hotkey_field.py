"""A field that takes the keys that are pressed on it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QFontMetricsF, QGuiApplication, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy
from typing_extensions import override

from martlive_desktop.core.errors import SettingsInvalid
from martlive_desktop.core.hotkeys import MODIFIERS, parse
from martlive_desktop.ui.window_style import BUTTON_RADIUS_PX, SMALL_PX, TEXT_PX, surface_of

if TYPE_CHECKING:
    from martlive_desktop.ui.theme import Look

_KEY = Qt.Key

NAMED_KEYS: dict[int, str] = {
    **{_KEY.Key_A + i: letter for i, letter in enumerate("abcdefghijklmnopqrstuvwxyz")},
    **{_KEY.Key_0 + i: figure for i, figure in enumerate("0123456789")},
    **{_KEY.Key_F1 + i: f"f{i + 1}" for i in range(24)},
    _KEY.Key_Space: "space",
    _KEY.Key_Tab: "tab",
    _KEY.Key_Backtab: "tab",
    _KEY.Key_Return: "enter",
    _KEY.Key_Enter: "enter",
    _KEY.Key_Escape: "esc",
    _KEY.Key_Up: "up",
    _KEY.Key_Down: "down",
    _KEY.Key_Left: "left",
    _KEY.Key_Right: "right",
    _KEY.Key_Home: "home",
    _KEY.Key_End: "end",
    _KEY.Key_PageUp: "pageup",
    _KEY.Key_PageDown: "pagedown",
    _KEY.Key_Insert: "insert",
    _KEY.Key_Delete: "delete",
}
"""Qt's key by number, and its name in the settings."""

POSITIONS: dict[int, str] = {
    first + i: key
    for first, row in ((2, "1234567890"), (16, "qwertyuiop"), (30, "asdfghjkl"), (44, "zxcvbnm"))
    for i, key in enumerate(row)
}
"""Where a letter or figure is on a US keyboard, by scan code: the same on Windows and Linux."""

X11_OFFSET = 8
"""X11 and Wayland count scan codes from here."""

CAP_NAMES = {"ctrl": "Ctrl", "alt": "Alt", "shift": "Shift", "esc": "Esc", "pageup": "Page Up", "pagedown": "Page Down"}
SUPER_NAMES = {"win32": "Win", "darwin": "Cmd"}

CAP_PX, CAP_PAD_PX, CAP_GAP_PX, EDGE_PX = 22, 7, 6, 6
HEIGHT_PX, WIDTH_PX = 36, 200


def key_name(key: int, scan_code: int, platform: str) -> str:
    """The key of an event as in the settings; empty: it cannot be chosen. Other alphabets count by their places."""
    if key in NAMED_KEYS:
        return NAMED_KEYS[key]
    if platform in ("xcb", "wayland"):
        return POSITIONS.get(scan_code - X11_OFFSET, "")
    return POSITIONS.get(scan_code, "") if platform == "windows" else ""


def modifier_names(modifiers: Qt.KeyboardModifier, system: str = sys.platform) -> tuple[str, ...]:
    """The modifiers of an event as in the settings, in their order; on a Mac, Qt calls the Command key Control."""
    flags = Qt.KeyboardModifier
    is_mac = system == "darwin"
    held = {
        "ctrl": flags.MetaModifier if is_mac else flags.ControlModifier,
        "alt": flags.AltModifier,
        "shift": flags.ShiftModifier,
        "super": flags.ControlModifier if is_mac else flags.MetaModifier,
    }
    return tuple(name for name in MODIFIERS if modifiers & held[name])


def caps_of(text: str) -> tuple[str, ...]:
    """What is written on the keys of `text`, as `ctrl+alt+m`."""
    names = CAP_NAMES | {"super": SUPER_NAMES.get(sys.platform, "Super")}
    parts = [part.strip().lower() for part in text.split("+") if part.strip()]
    return tuple(names.get(part, part.upper() if len(part) == 1 else part.capitalize()) for part in parts)


class HotkeyField(QAbstractButton):
    """Shows a combination and records another; it tells only what `parse` reads, or an empty text where that is allowed."""

    keys_chosen = Signal(str)
    refused = Signal(str)
    """What to do about keys that cannot be taken; empty: nothing."""
    recording_changed = Signal(bool)

    def __init__(self, look: Look, name: str, *, is_clearable: bool = False) -> None:
        super().__init__()
        self._look, self._name, self._is_clearable = look, name, is_clearable
        self._keys = ""
        self._held: tuple[str, ...] = ()
        self._is_recording = False
        self.setFont(look.font(SMALL_PX, is_bold=True))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.clicked.connect(self.record)
        self._name_keys()

    @property
    def keys(self) -> str:
        """The combination that is shown, as `ctrl+alt+m`."""
        return self._keys

    @property
    def is_recording(self) -> bool:
        """Whether the next keys are taken."""
        return self._is_recording

    def show_keys(self, keys: str) -> None:
        """Show `keys`."""
        self._keys = keys
        self._name_keys()

    def record(self) -> None:
        """Take the keys that are pressed next."""
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self._set_recording(is_recording=True)

    @override
    def sizeHint(self) -> QSize:
        return QSize(round(self._look.px(WIDTH_PX)), round(self._look.px(HEIGHT_PX)))

    @override
    def event(self, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and self._is_recording:
            if event.type() == QEvent.Type.ShortcutOverride:
                # Else the window's own keys would be done in place of being recorded.
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                # Before Qt takes Tab for the next field.
                self._take(event)
                return True
            if event.type() == QEvent.Type.KeyRelease:
                self._held = modifier_names(event.modifiers())
                self.update()
                return True
        return super().event(event)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {_KEY.Key_Return, _KEY.Key_Enter}:
            self.record()
        elif event.key() in {_KEY.Key_Backspace, _KEY.Key_Delete} and self._is_clearable:
            self.keys_chosen.emit("")
        else:
            super().keyPressEvent(event)

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._set_recording(is_recording=False)
        super().focusOutEvent(event)

    def _take(self, event: QKeyEvent) -> None:
        modifiers = modifier_names(event.modifiers())
        if not modifiers and event.key() == _KEY.Key_Escape:
            self._set_recording(is_recording=False)
            self.refused.emit("")
            return
        if not modifiers and event.key() in {_KEY.Key_Backspace, _KEY.Key_Delete}:
            if self._is_clearable:
                self._finish("")
            else:
                self.refused.emit(self.tr("Press the new keys; Escape keeps the old ones."))
            return
        self._held = modifiers
        self.update()
        key = key_name(event.key(), event.nativeScanCode(), QGuiApplication.platformName())
        if not key:
            if event.key() not in {_KEY.Key_Control, _KEY.Key_Alt, _KEY.Key_Shift, _KEY.Key_Meta, _KEY.Key_AltGr}:
                self.refused.emit(self.tr("This key is not on every keyboard. Choose a letter, a figure or F1 to F24."))
            return
        try:
            keys = parse("+".join((*modifiers, key)))
        except SettingsInvalid:
            self.refused.emit(self.tr("Hold Ctrl or Alt, too: you need this key when you type."))
            return
        self._finish(str(keys))

    def _finish(self, keys: str) -> None:
        self._set_recording(is_recording=False)
        self.refused.emit("")
        self.keys_chosen.emit(keys)

    def _set_recording(self, *, is_recording: bool) -> None:
        if is_recording != self._is_recording:
            self._is_recording, self._held = is_recording, ()
            self._name_keys()
            self.recording_changed.emit(is_recording)

    def _name_keys(self) -> None:
        said = self.tr("Press keys…") if self._is_recording else " + ".join(caps_of(self._keys)) or self.tr("No keys")
        self.setText(said)
        self.setAccessibleName(f"{self._name}: {said}")
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look, theme, surface = self._look, self._look.theme, surface_of(self._look.theme)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_wrong = bool(self.property("wrong"))
        line = look.px(2 if self.hasFocus() else max(theme.border_px, 1))
        edge = surface.accent if self.hasFocus() else theme.critical if is_wrong else surface.edge
        painter.setPen(QPen(QColor(edge), line))
        painter.setBrush(QColor(surface.hover if self.underMouse() and not self._is_recording else surface.window))
        radius = look.px(BUTTON_RADIUS_PX)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(line / 2, line / 2, -line / 2, -line / 2), radius, radius)
        caps = caps_of("+".join(self._held)) if self._is_recording else caps_of(self._keys)
        x = self._paint_caps(painter, caps) if caps else look.px(2 * EDGE_PX)
        if self._is_recording or not caps:
            painter.setPen(QColor(theme.text_dim))
            painter.setFont(look.font(TEXT_PX))
            rest = QRectF(x, 0, self.width() - x, self.height())
            said = "…" if caps else self.text()
            painter.drawText(rest, int(Qt.AlignmentFlag.AlignVCenter), said)

    def _paint_caps(self, painter: QPainter, caps: tuple[str, ...]) -> float:
        look, theme, surface = self._look, self._look.theme, surface_of(self._look.theme)
        metrics = QFontMetricsF(self.font())
        painter.setFont(self.font())
        x, height = look.px(EDGE_PX), look.px(CAP_PX)
        centre = int(Qt.AlignmentFlag.AlignCenter)
        for i, cap in enumerate(caps):
            if i:
                plus = QRectF(x, 0, look.px(CAP_GAP_PX) + metrics.horizontalAdvance("+"), self.height())
                painter.setPen(QColor(theme.text_dim))
                painter.drawText(plus, centre, "+")
                x = plus.right()
            width = max(metrics.horizontalAdvance(cap) + look.px(2 * CAP_PAD_PX), height)
            box = QRectF(x, (self.height() - height) / 2, width, height)
            painter.setPen(QPen(QColor(surface.line), look.px(1)))
            painter.setBrush(QColor(surface.raised))
            painter.drawRoundedRect(box, look.px(5), look.px(5))
            painter.setPen(QColor(theme.text))
            painter.drawText(box, centre, cap)
            x = box.right() + look.px(2)
        return x + look.px(4)
