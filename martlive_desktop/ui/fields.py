"""Fields of forms in the house's style: lines, lists, choices, ticks, and what to do about a wrong value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from martlive_desktop.ui.theme import STROKE_PX
from martlive_desktop.ui.window_style import (
    BUTTON_RADIUS_PX,
    CARD_RADIUS_PX,
    GRID_PX,
    SMALL_PX,
    TEXT_PX,
    mix,
    surface_of,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtGui import QTextBlock

    from martlive_desktop.ui.theme import Look

LINES_SHOWN = 3
"""Of a list; it grows with what is in it up to MOST_LINES_SHOWN."""

MOST_LINES_SHOWN = 8

TICK_TEXT_PX = 30
"""Where the words of a tick begin."""

ARROW_PX = 24
"""Width of the arrow of a choice."""

SHORTEST_CHOICE = 8
"""Letters of a choice that can always be read."""

CHOSEN_SHARE = 0.18
"""Of the accent on a chosen row."""


def form_style(look: Look) -> str:
    """The style of fields, tables and menus, to be added to the window's."""
    surface, theme = surface_of(look.theme), look.theme
    line = max(round(look.px(theme.border_px)), 1)
    ring = max(round(look.px(2)), line)
    pad_x, pad_y, radius = round(look.px(10)), round(look.px(6)), round(look.px(BUTTON_RADIUS_PX))
    chosen = mix(surface.accent, surface.raised, CHOSEN_SHARE)
    fields = "QLineEdit, QPlainTextEdit, QComboBox"
    focused = ", ".join(f"{field}:focus" for field in fields.split(", "))
    wrong = ", ".join(f'{field}[wrong="true"]' for field in fields.split(", "))
    return f"""
        {fields} {{
            color: {theme.text}; background: {surface.window}; border: {line}px solid {surface.edge};
            border-radius: {radius}px; padding: {pad_y}px {pad_x}px; placeholder-text-color: {surface.hint};
            selection-background-color: {surface.accent}; selection-color: {surface.on_accent};
        }}
        {wrong} {{ border-color: {theme.critical}; }}
        {focused} {{
            border: {ring}px solid {surface.accent}; padding: {pad_y - ring + line}px {pad_x - ring + line}px;
        }}
        QLineEdit:disabled {{
            color: {surface.disabled}; background: transparent; border-color: {surface.line};
        }}
        QLineEdit[cell="true"] {{ border-radius: 0; padding: 0 {pad_x - ring}px; border: {ring}px solid {surface.accent}; }}
        QComboBox::drop-down {{ border: none; width: {round(look.px(ARROW_PX))}px; }}
        QComboBox QAbstractItemView {{
            color: {theme.text}; background: {surface.window}; border: {line}px solid {surface.line};
            outline: none; padding: {round(look.px(4))}px;
        }}
        QComboBox QAbstractItemView::item {{
            padding: {pad_y}px {pad_x}px; border-radius: {radius // 2}px; min-height: {round(look.px(20))}px;
        }}
        QComboBox QAbstractItemView::item:selected {{
            color: {surface.on_accent}; background: {surface.accent};
        }}
        QPushButton::menu-indicator {{ image: none; width: 0; }}
        QTableView, QListView#pictures {{
            color: {theme.text}; background: transparent; border: {ring}px solid transparent; outline: none;
            border-radius: {radius}px; selection-background-color: {chosen}; selection-color: {theme.text};
        }}
        QListView#pictures::item {{ border: {ring}px solid transparent; border-radius: {radius}px; }}
        QListView#pictures::item:selected {{ background: transparent; border-color: {surface.accent}; }}
        QTableView:focus, QListView#pictures:focus {{ border-color: {surface.accent}; }}
        QTableCornerButton::section {{
            background: {surface.raised}; border: none; border-bottom: {line}px solid {surface.line};
        }}
        QHeaderView {{ background: transparent; border: none; }}
        QHeaderView::section {{
            color: {theme.text_dim}; background: {surface.raised}; border: none;
            border-bottom: {line}px solid {surface.line}; padding: {pad_y}px {pad_x}px;
        }}
        QToolTip {{
            color: {theme.text}; background: {surface.window}; border: {line}px solid {surface.line};
            padding: {pad_y}px {pad_x}px;
        }}
        QFrame#banner {{
            background: {surface.raised}; border: {ring}px solid {surface.accent};
            border-radius: {round(look.px(CARD_RADIUS_PX))}px;
        }}
        """ + menu_style(look)


def menu_style(look: Look) -> str:
    """The style of menus."""
    surface, theme = surface_of(look.theme), look.theme
    line = max(round(look.px(theme.border_px)), 1)
    pad_x, pad_y, radius = round(look.px(10)), round(look.px(6)), round(look.px(BUTTON_RADIUS_PX))
    return f"""
        QMenu {{
            color: {theme.text}; background: {surface.window}; border: {line}px solid {surface.line};
            padding: {round(look.px(4))}px;
        }}
        QMenu::item {{
            padding: {pad_y}px {pad_x}px; border-radius: {radius // 2}px; min-height: {round(look.px(20))}px;
        }}
        QMenu::item:selected {{ color: {surface.on_accent}; background: {surface.accent}; }}
        QMenu::item:disabled {{ color: {surface.disabled}; }}
        QMenu::separator {{
            background: {surface.line}; height: {line}px; margin: {round(look.px(4))}px {pad_x}px;
        }}
        """


class LineField(QLineEdit):
    """One line whose Ctrl+Z undoes in the plan, not in this line alone."""

    @override
    def event(self, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and _is_undo(event):
            event.ignore()
            return False
        return super().event(event)

    def show_text(self, text: str) -> None:
        """Say `text` without moving the cursor of who types it."""
        if text != self.text():
            self.setText(text)


class ListField(QPlainTextEdit):
    """A list with one entry a line; Tab leads on, Ctrl+Z undoes in the plan."""

    text_edited = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._is_shown_anew = False
        self.setTabChangesFocus(True)
        self.setUndoRedoEnabled(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setFont(look.font(TEXT_PX))
        self.textChanged.connect(self._tell)
        self._fit()

    def show_text(self, text: str) -> None:
        """Say `text` without moving the cursor of who types it."""
        if text != self.toPlainText():
            self._is_shown_anew = True
            self.setPlainText(text)
            self._is_shown_anew = False

    @override
    def event(self, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and _is_undo(event):
            event.ignore()
            return False
        return super().event(event)

    def _tell(self) -> None:
        self._fit()
        if not self._is_shown_anew:
            self.text_edited.emit(self.toPlainText())

    def _fit(self) -> None:
        lines = min(max(self.blockCount(), LINES_SHOWN), MOST_LINES_SHOWN)
        room = 2 * (self._look.px(8) + self.document().documentMargin())
        # Chinese characters are taller than the letters of the font that is asked for.
        heights = (self.blockBoundingRect(block).height() / max(block.lineCount(), 1) for block in self._blocks())
        self.setFixedHeight(round(lines * max(self.fontMetrics().lineSpacing(), *heights) + room))

    def _blocks(self) -> Iterator[QTextBlock]:
        block = self.document().begin()
        while block.isValid():
            yield block
            block = block.next()


class Choice(QComboBox):
    """A list of few values; the wheel scrolls the page instead of changing it."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(SHORTEST_CHOICE)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._look.theme.text_dim), self._look.px(STROKE_PX)))
        x, y, step = self.width() - self._look.px(18), self.height() / 2, self._look.px(4)
        painter.drawPolyline(
            [QPointF(x - step, y - step / 2), QPointF(x, y + step / 2), QPointF(x + step, y - step / 2)]
        )

    @override
    def initStyleOption(self, option: QStyleOptionComboBox) -> None:
        super().initStyleOption(option)
        # A style sheet's box cuts a long text off under the arrow.
        part, of_combo = QStyle.SubControl.SC_ComboBoxEditField, QStyle.ComplexControl.CC_ComboBox
        room = self.style().subControlRect(of_combo, option, part, self).width()
        option.currentText = self.fontMetrics().elidedText(option.currentText, Qt.TextElideMode.ElideRight, room)

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class Tick(QCheckBox):
    """Yes or no, in the window's colours."""

    def __init__(self, look: Look, text: str) -> None:
        super().__init__(text)
        self._look = look
        self.setFont(look.font(TEXT_PX))
        self.setAccessibleName(text)

    @override
    def sizeHint(self) -> QSize:
        look, words_px = self._look, self.fontMetrics().horizontalAdvance(self.text())
        return QSize(round(words_px + look.px(40)), round(look.px(32)))

    @override
    def hitButton(self, pos: QPoint) -> bool:
        return self.rect().contains(pos)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look, surface = self._look, surface_of(self._look.theme)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(look.px(4), 0, look.px(18), look.px(18))
        box.moveTop(self.height() / 2 - box.height() / 2)
        is_strong = self.hasFocus() or self.isChecked()
        painter.setPen(
            QPen(QColor(surface.accent if is_strong else surface.edge), look.px(2 if self.hasFocus() else 1))
        )
        painter.setBrush(QColor(surface.accent if self.isChecked() else surface.window))
        painter.drawRoundedRect(box, look.px(5), look.px(5))
        if self.isChecked():
            edge = look.px(2)
            look.paint_icon(painter, "check", surface.on_accent, box.adjusted(edge, edge, -edge, -edge), 2.5)
        painter.setPen(QColor(look.theme.text))
        if self.hasFocus():
            painter.setPen(QPen(QColor(surface.accent), look.px(2)))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), look.px(8), look.px(8))
            painter.setPen(QColor(look.theme.text))
        text_box = QRectF(self.rect()).adjusted(look.px(TICK_TEXT_PX), 0, 0, 0)
        painter.drawText(text_box, int(Qt.AlignmentFlag.AlignVCenter), self.text())


class Labelled(QWidget):
    """A field under its label and above what to do about it."""

    def __init__(self, look: Look, label: str, field: QWidget, hint: str = "") -> None:
        super().__init__()
        self._look, self._field, self._hint = look, field, hint
        title = words(look, label, color=look.theme.text, text_px=SMALL_PX, is_bold=True)
        title.setWordWrap(False)
        title.setBuddy(field)
        field.setAccessibleName(label)
        self._advice = words(look, hint, color=look.theme.text_dim, text_px=SMALL_PX)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(round(look.px(0.5 * GRID_PX)))
        column.addWidget(title)
        column.addWidget(field)
        column.addWidget(self._advice)
        column.addStretch()
        self.advise("")

    @property
    def advice(self) -> QLabel:
        """What is said under the field."""
        return self._advice

    def advise(self, sentence: str) -> None:
        """Say what to do; empty: all is well."""
        theme = self._look.theme
        if bool(sentence) != bool(self._field.property("wrong")):
            self._field.setProperty("wrong", bool(sentence))
            self._field.style().unpolish(self._field)
            self._field.style().polish(self._field)
        self._advice.setText(sentence or self._hint)
        self._advice.setVisible(bool(sentence or self._hint))
        palette = self._advice.palette()
        palette.setColor(self._advice.foregroundRole(), QColor(theme.critical if sentence else theme.text_dim))
        self._advice.setPalette(palette)
        self._field.setAccessibleDescription(sentence or self._hint)


def _is_undo(event: QKeyEvent) -> bool:
    return event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo)
