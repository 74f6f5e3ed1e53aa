"""How MartLive's windows look: surfaces derived from the theme's colours, and the few controls on them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeySequence, QPainter, QPaintEvent, QPalette, QShortcut
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QScrollArea, QWidget
from typing_extensions import override

from martlive_desktop.ui.formats import labelled_text
from martlive_desktop.ui.theme import DEFAULT_FONT_PX

if TYPE_CHECKING:
    from martlive_desktop.ui.theme import Look, Theme

TITLE_PX, HEADING_PX, TEXT_PX, SMALL_PX = 20, 14, 13, 12
GRID_PX = 8
"""Distances are multiples of it."""

CARD_RADIUS_PX, BUTTON_RADIUS_PX = 12, 8
RAISED_SHARE, HOVER_SHARE, LINE_SHARE, BAR_SHARE, DISABLED_SHARE = 0.06, 0.12, 0.18, 0.3, 0.55
"""How much of the text's colour is in a surface, a line or the words of what cannot be used."""

EDGE_SHARE, HINT_SHARE = 0.46, 0.62
"""Of a field's edge and of the example in it: the least that WCAG 2.2 asks for in every theme, 3:1 and 4.5:1."""

SURE_MS = 4_000
"""A question on a button is taken back after this time."""


@dataclass(frozen=True, slots=True)
class Surface:
    """The colours of a window, all opaque, written as #RRGGBB."""

    window: str
    raised: str
    """A card or a button on the window."""
    hover: str
    line: str
    edge: str
    """The border of what is filled in or ticked."""
    hint: str
    """An example in an empty field."""
    accent: str
    on_accent: str
    """Text on the accent."""
    disabled: str
    """Text of what cannot be used now."""


def mix(front: str, back: str, share: float) -> str:
    """`share` of `front` on `back`, whatever their own opacities."""
    top, under = QColor(front), QColor(back)
    channels = zip((top.red(), top.green(), top.blue()), (under.red(), under.green(), under.blue()), strict=True)
    return QColor(*(round(share * a + (1 - share) * b) for a, b in channels)).name()


def surface_of(theme: Theme) -> Surface:
    """The surfaces of `theme`; one with a strong border keeps it on every card."""
    window = mix(theme.card, theme.card, 1)
    is_strong = theme.border_px > 1
    return Surface(
        window=window,
        raised=window if is_strong else mix(theme.text, window, RAISED_SHARE),
        hover=mix(theme.text, window, HOVER_SHARE),
        line=theme.text if is_strong else mix(theme.text, window, LINE_SHARE),
        edge=theme.text if is_strong else mix(theme.text, window, EDGE_SHARE),
        hint=mix(theme.text, window, HINT_SHARE),
        accent=theme.note,
        on_accent=window,
        disabled=mix(theme.text, window, DISABLED_SHARE),
    )


def window_look(look: Look) -> Look:
    """`look` with text of at least its usual size: a small overlay does not make a window's words too small."""
    return replace(look, font_px=max(look.font_px, DEFAULT_FONT_PX))


def style_window(widget: QWidget, look: Look) -> None:
    """Give `widget` and what is in it the colours and the type of `look`."""
    surface, theme = surface_of(look.theme), look.theme
    widget.setFont(look.font(TEXT_PX))
    palette = QPalette(widget.palette())
    for role, color in (
        (QPalette.ColorRole.Window, surface.window),
        (QPalette.ColorRole.Base, surface.window),
        (QPalette.ColorRole.WindowText, theme.text),
        (QPalette.ColorRole.Text, theme.text),
        (QPalette.ColorRole.ButtonText, theme.text),
        (QPalette.ColorRole.Highlight, surface.accent),
    ):
        palette.setColor(role, QColor(color))
    widget.setPalette(palette)
    line = max(round(look.px(theme.border_px)), 1)
    ring = max(round(look.px(2)), line)
    pad_x, pad_y, radius = round(look.px(12)), round(look.px(5)), round(look.px(BUTTON_RADIUS_PX))
    bar = round(look.px(10))
    widget.setStyleSheet(
        f"""
        QPushButton {{
            color: {theme.text}; background: {surface.raised}; border: {line}px solid {surface.line};
            border-radius: {radius}px; padding: {pad_y}px {pad_x}px; outline: none;
        }}
        QPushButton:hover {{ background: {surface.hover}; }}
        QPushButton:pressed, QPushButton:checked {{ border-color: {surface.accent}; }}
        QPushButton:focus {{
            border: {ring}px solid {surface.accent}; padding: {pad_y - ring + line}px {pad_x - ring + line}px;
        }}
        QPushButton:disabled {{ color: {surface.disabled}; background: transparent; }}
        QPushButton[main="true"] {{
            color: {surface.on_accent}; background: {surface.accent}; border-color: {surface.accent};
        }}
        QPushButton[main="true"]:focus {{ border-color: {theme.text}; }}
        QPushButton[main="true"]:disabled {{
            color: {surface.disabled}; background: transparent; border-color: {surface.line};
        }}
        QFrame#card {{
            background: {surface.raised}; border: {line}px solid {surface.line};
            border-radius: {round(look.px(CARD_RADIUS_PX))}px;
        }}
        QScrollArea {{ background: transparent; border: none; }}
        QScrollBar:vertical {{ background: transparent; width: {bar}px; margin: 0; }}
        QScrollBar:horizontal {{ background: transparent; height: {bar}px; margin: 0; }}
        QScrollBar::handle {{
            background: {mix(theme.text, surface.window, BAR_SHARE)}; border-radius: {bar // 2 - 2}px; margin: 2px;
            min-height: {3 * bar}px; min-width: {3 * bar}px;
        }}
        QScrollBar::handle:hover {{ background: {surface.disabled}; }}
        QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
        QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
        """
    )


def size_window(window: QWidget, look: Look, first_px: tuple[int, int], smallest_px: tuple[int, int]) -> None:
    """Give `window` its first size, which grows with the text, and its smallest one, as far as the screen has room."""
    room = window.screen().availableGeometry().size()
    window.setMinimumSize(QSize(*smallest_px).boundedTo(room))
    window.resize(QSize(*(round(look.px(side)) for side in first_px)).boundedTo(room))


FOLLOWS = "followsKeyboard"
"""A property of windows in which whatever has the keyboard is scrolled to, and of the application that does it."""


def use_with_keys(window: QWidget) -> None:
    """Let `window` be closed as others on this system, such as by Ctrl+W, and show whatever has the keyboard."""
    shortcut = QShortcut(window)
    shortcut.setKeys(QKeySequence.StandardKey.Close)
    shortcut.activated.connect(window.close)
    window.setProperty(FOLLOWS, True)  # noqa: FBT003 - Qt's signature
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    if not app.property(FOLLOWS):
        app.setProperty(FOLLOWS, True)  # noqa: FBT003 - Qt's signature
        # For all windows at once: one that is being destroyed gets no signal any more.
        app.focusChanged.connect(_scroll_to)


def _scroll_to(_before: QWidget | None, now: QWidget | None) -> None:
    """Qt itself scrolls only from within the same frame."""
    # What is clicked on is seen already, and must not move under the mouse.
    if now is None or not now.window().property(FOLLOWS) or QApplication.mouseButtons():
        return
    room = now.parentWidget()
    while room is not None:
        if isinstance(room, QScrollArea):
            room.ensureWidgetVisible(now, GRID_PX, GRID_PX)
        room = room.parentWidget()


def main_button(text: str) -> QPushButton:
    """The one button of a window that leads on."""
    button = QPushButton(text)
    button.setProperty("main", True)  # noqa: FBT003 - Qt's signature
    return button


def words(look: Look, text: str, *, color: str, text_px: int = TEXT_PX, is_bold: bool = False) -> QLabel:
    """A label of plain text that wraps."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setFont(look.font(text_px, is_bold=is_bold))
    paint(label, color)
    return label


def paint(label: QLabel, color: str) -> None:
    """Write `label` in `color`."""
    palette = QPalette(label.palette())
    palette.setColor(QPalette.ColorRole.WindowText, QColor(color))
    label.setPalette(palette)


class NoteMark(QWidget):
    """The sign before a sentence that asks for something."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.setFixedSize(round(look.px(16)), round(look.px(16)))

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._look.paint_icon(painter, "triangle-alert", self._look.theme.now, QRectF(self.rect()))


class AskingButton(QPushButton):
    """A button for what cannot be undone: it asks once, and a second click agrees."""

    agreed = Signal()

    def __init__(self, look: Look, text: str, spoken: str, *, question: str = "") -> None:
        super().__init__(text)
        question = question or self.tr("Sure?")
        self._text, self._spoken, self._question = text, spoken, question
        self._alarm = look.theme.critical
        self._is_asking = False
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(SURE_MS)
        self._patience.timeout.connect(self.take_back)
        # A style sheet of its own, even an empty one, would take the window's font away.
        self.setFont(look.font(TEXT_PX))
        metrics = QFontMetricsF(self.font())
        widest = max(metrics.horizontalAdvance(label) for label in (text, question))
        # The width stays, whichever of both it says; padding and border are rounded, so four pixels more.
        self.setFixedWidth(math.ceil(widest + look.px(26)) + 4)
        self.setAccessibleName(spoken)
        self.clicked.connect(self._click)

    def take_back(self) -> None:
        """Ask no longer."""
        self._patience.stop()
        if self._is_asking:
            self._say(is_asking=False)

    def _click(self) -> None:
        if self._is_asking:
            self.take_back()
            self.agreed.emit()
        else:
            self._say(is_asking=True)
            self._patience.start()

    def _say(self, *, is_asking: bool) -> None:
        self._is_asking = is_asking
        self.setText(self._question if is_asking else self._text)
        self.setStyleSheet(f"color: {self._alarm}; border-color: {self._alarm};" if is_asking else "")
        self.setAccessibleName(labelled_text(self._spoken, self._question) if is_asking else self._spoken)
