"""Small parts of the first run: its thin line of progress, options side by side, key caps, a model on its way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from martlive_desktop.ui.fields import CHOSEN_SHARE, form_style
from martlive_desktop.ui.formats import size_text
from martlive_desktop.ui.window_style import (
    BUTTON_RADIUS_PX,
    GRID_PX,
    LINE_SHARE,
    SMALL_PX,
    TEXT_PX,
    NoteMark,
    main_button,
    mix,
    paint,
    surface_of,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlive_desktop.ui.first_run_state import ModelLine
    from martlive_desktop.ui.theme import Look

LINE_PX = 3
"""Height of the line of progress."""

BAR_PX, BAR_WIDTH_PX = 6, 176
"""Of a download's progress."""

CAP_PX = 30
"""Width of a key with one letter."""

MINUTE_S = 60
"""Below it, the time left is told in seconds."""

NEAREST_S = 5
"""Seconds left are told in steps of it: a number that changes all the time says less."""


def first_run_style(look: Look) -> str:
    """What the first run needs beside the styles of windows and forms."""
    surface, theme = surface_of(look.theme), look.theme
    line = max(round(look.px(theme.border_px)), 1)
    ring = max(round(look.px(2)), line)
    pad_x, pad_y = round(look.px(16)), round(look.px(8))
    chosen = mix(surface.accent, surface.raised, CHOSEN_SHARE)
    radius = round(look.px(BUTTON_RADIUS_PX))
    bar = round(look.px(BAR_PX))
    option = 'QPushButton[option="true"]'
    inner = f"{pad_y - ring + line}px {pad_x - ring + line}px"
    # Where every border is strong, the one of what has the focus is twice as strong.
    focus = 2 * ring if line > 1 else ring
    focus_inner = f"{pad_y - focus + line}px {pad_x - focus + line}px"
    return (
        form_style(look)
        + f"""
        {option} {{ padding: {pad_y}px {pad_x}px; }}
        {option}:checked {{ background: {chosen}; border: {ring}px solid {surface.accent}; padding: {inner}; }}
        {option}:focus {{ border: {focus}px solid {theme.text}; padding: {focus_inner}; }}
        QPushButton[quiet="true"] {{ background: transparent; border-color: transparent; color: {theme.text_dim}; }}
        QPushButton[quiet="true"]:hover {{ background: {surface.hover}; }}
        QPushButton[quiet="true"]:focus {{ border-color: {surface.accent}; }}
        QLabel#cap {{
            color: {theme.text}; background: {surface.raised}; border: {line}px solid {surface.line};
            border-bottom-width: {line + max(round(look.px(1.5)), 1)}px; border-radius: {round(look.px(5))}px;
            padding: {round(look.px(1))}px {round(look.px(7))}px;
        }}
        QFrame#key[lit="true"] {{
            background: {chosen}; border: {line}px solid {surface.accent}; border-radius: {radius}px;
        }}
        QFrame#key {{ border: {line}px solid transparent; border-radius: {radius}px; }}
        QProgressBar {{ background: {mix(theme.text, surface.window, LINE_SHARE)}; border: none; border-radius: {bar // 2}px; }}
        QProgressBar::chunk {{ background: {surface.accent}; border-radius: {bar // 2}px; }}
        QFrame#card[good="true"] {{ border: {ring}px solid {theme.praise}; }}
        """
    )


def card(look: Look) -> tuple[QFrame, QVBoxLayout]:
    """A raised frame, and the column in it."""
    frame = QFrame()
    frame.setObjectName("card")
    column = QVBoxLayout(frame)
    edge = round(look.px(2 * GRID_PX))
    column.setContentsMargins(edge, edge, edge, edge)
    column.setSpacing(round(look.px(GRID_PX)))
    return frame, column


def set_mark(widget: QWidget, name: str, *, is_on: bool) -> None:
    """Switch what the style calls `name`."""
    if bool(widget.property(name)) != is_on:
        widget.setProperty(name, is_on)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def say(label: QLabel, text: str) -> None:
    """Write `text`; without one, the label takes no room."""
    label.setText(text)
    label.setVisible(bool(text))


class ProgressLine(QWidget):
    """A thin line, filled as far as the steps are gone through."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._share = 0.0
        self.setFixedHeight(round(look.px(LINE_PX)))

    def show_share(self, share: float) -> None:
        """Fill so much of the line, 0 to 1."""
        self._share = share
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        surface = surface_of(self._look.theme)
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(surface.hover))
        painter.fillRect(QRectF(0, 0, self.width() * self._share, self.height()), QColor(surface.accent))


class Sign(QWidget):
    """One icon in one colour."""

    def __init__(self, look: Look, icon: str, color: str, side_px: float = 16) -> None:
        super().__init__()
        self._look, self._icon, self._color = look, icon, color
        self.setFixedSize(round(look.px(side_px)), round(look.px(side_px)))

    def show_sign(self, icon: str, color: str) -> None:
        if (icon, color) != (self._icon, self._color):
            self._icon, self._color = icon, color
            self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._look.paint_icon(painter, self._icon, self._color, QRectF(self.rect()), 2)


class Options(QWidget):
    """A few choices side by side, one of them chosen; the arrow keys go from one to the next."""

    chosen = Signal(str)

    def __init__(self, look: Look, spoken: str, options: Sequence[tuple[str, str]]) -> None:
        """Offer `options`: the value and the words of each."""
        super().__init__()
        self.setAccessibleName(spoken)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(round(look.px(GRID_PX)))
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QPushButton] = {}
        for value, text in options:
            button = QPushButton(text)
            button.setCheckable(True)
            button.setProperty("option", True)  # noqa: FBT003 - Qt's signature
            button.setAccessibleName(f"{spoken}: {text}")
            button.clicked.connect(lambda _checked, value=value: self.chosen.emit(value))
            self._group.addButton(button)
            self._buttons[value] = button
            row.addWidget(button)
        row.addStretch(1)
        self.setFocusProxy(self._buttons[options[0][0]])

    def show_value(self, value: str) -> None:
        """Mark `value`, or nothing where it is not offered."""
        # An exclusive group keeps its last mark.
        self._group.setExclusive(False)
        for offered, button in self._buttons.items():
            button.setChecked(offered == value)
        self._group.setExclusive(True)
        if value in self._buttons:
            self.setFocusProxy(self._buttons[value])


class KeyCaps(QWidget):
    """Keys as they look on the keyboard."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._text = ""
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(round(look.px(0.5 * GRID_PX)))

    def show_keys(self, text: str) -> None:
        """Show `text`, as `ctrl+alt+m`."""
        if text == self._text:
            return
        self._text = text
        while (item := self._row.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        names = [_key_name(part) for part in text.split("+")]
        for name in names:
            cap = QLabel(name)
            cap.setObjectName("cap")
            cap.setFont(self._look.font(SMALL_PX, is_bold=True))
            cap.setAlignment(Qt.AlignmentFlag.AlignCenter)
            # Of one width for every letter, so that rows of keys lie in columns.
            cap.setMinimumWidth(round(self._look.px(CAP_PX)))
            self._row.addWidget(cap)
        self.setAccessibleName(" ".join(names))


def _key_name(part: str) -> str:
    pages = {"pageup": "Page Up", "pagedown": "Page Down"}
    return pages.get(part, part.capitalize())


def time_left(left_s: int) -> str:
    """So many seconds, in words."""
    if left_s >= MINUTE_S:
        minutes = QCoreApplication.translate("FirstRun", "about %1 min left")
        return minutes.replace("%1", str(round(left_s / MINUTE_S)))
    seconds = QCoreApplication.translate("FirstRun", "about %1 s left")
    return seconds.replace("%1", str(max(round(left_s / NEAREST_S), 1) * NEAREST_S))


class ModelFetch(QWidget):
    """Gets one model: a button, then its progress, then nothing more to do."""

    fetched = Signal(str)
    """The model of this name is asked for."""
    stopped = Signal(str)

    def __init__(self, look: Look, *, is_in_table: bool) -> None:
        """In a table a short word is enough; elsewhere the button says what it gets."""
        super().__init__()
        self._look, self._is_in_table = look, is_in_table
        self._name = ""
        self._get = QPushButton() if is_in_table else main_button("")
        self._get.clicked.connect(lambda: self.fetched.emit(self._name))
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedSize(round(look.px(BAR_WIDTH_PX)), round(look.px(BAR_PX)))
        self._left = words(look, "", color=look.theme.text_dim, text_px=SMALL_PX)
        self._left.setWordWrap(False)
        self._left.setAlignment(Qt.AlignmentFlag.AlignRight if is_in_table else Qt.AlignmentFlag.AlignLeft)
        self._cancel = QPushButton(self.tr("Cancel"))
        self._cancel.clicked.connect(lambda: self.stopped.emit(self._name))
        # Made later than the window, they do not take its font.
        for button in (self._get, self._cancel):
            button.setFont(look.font(TEXT_PX))
        self._sign = Sign(look, "check", look.theme.praise)
        self._here = words(look, self.tr("Here"), color=look.theme.praise)
        self._here.setWordWrap(False)
        self._coming = QWidget()
        texts = QVBoxLayout()
        texts.setSpacing(round(look.px(0.5 * GRID_PX)))
        texts.addWidget(self._left)
        texts.addWidget(self._bar)
        coming = QHBoxLayout(self._coming)
        coming.setContentsMargins(0, 0, 0, 0)
        coming.setSpacing(round(look.px(1.5 * GRID_PX)))
        coming.addLayout(texts)
        coming.addWidget(self._cancel)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(round(look.px(0.75 * GRID_PX)))
        for part in (self._get, self._coming, self._sign, self._here):
            row.addWidget(part)
        if not is_in_table:
            row.addStretch(1)

    @property
    def entry(self) -> QWidget:
        """What asks for the model. A focus proxy to it would hold the keyboard when it is hidden."""
        return self._get

    def show_model(self, model: ModelLine, title: str) -> None:
        """Show how far `model` is, which people know as `title`."""
        self._name = model.name
        had_focus = self._get.hasFocus() or self._cancel.hasFocus()
        is_missing, is_here = model.stage == "missing", model.stage == "here"
        if model.problem:
            self._get.setText(self.tr("Try again"))
        elif self._is_in_table:
            self._get.setText(self.tr("Get"))
        else:
            offer = self.tr("Get the speech model (%1, %2)")
            self._get.setText(offer.replace("%1", size_text(model.bytes)).replace("%2", model.licence))
        self._get.setAccessibleName(f"{self._get.text()}: {title}")
        self._cancel.setAccessibleName(self.tr("Cancel") + f": {title}")
        self._get.setVisible(is_missing)
        self._coming.setVisible(model.stage in {"queued", "coming"})
        self._sign.setVisible(is_here)
        self._here.setVisible(is_here)
        self._bar.setAccessibleName(title)
        self._bar.setMaximum(1000)
        self._bar.setValue(round(1000 * model.done_bytes / max(model.bytes, 1)))
        self._left.setText(self._progress(model))
        if had_focus and not is_here:
            (self._get if is_missing else self._cancel).setFocus()

    def _progress(self, model: ModelLine) -> str:
        if model.stage == "queued":
            return self.tr("Next in line")
        if not model.done_bytes:
            return self.tr("Begins…")
        done = self.tr("%1 of %2").replace("%1", size_text(model.done_bytes)).replace("%2", size_text(model.bytes))
        return done if model.left_s is None else f"{done}, {time_left(model.left_s)}"


class Advice(QWidget):
    """One sentence that says what to do, with a sign; without a sentence it takes no room."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._label = words(look, "", color=look.theme.text, text_px=TEXT_PX)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(round(look.px(GRID_PX)))
        row.addWidget(NoteMark(look), 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._label, 1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.advise("")

    def advise(self, sentence: str) -> None:
        """Say `sentence`."""
        self._label.setText(sentence)
        self.setVisible(bool(sentence))


def tint(label: QLabel, text: str, color: str) -> None:
    """Write `text` in `color`."""
    label.setText(text)
    paint(label, color)
