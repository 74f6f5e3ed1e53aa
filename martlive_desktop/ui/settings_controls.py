"""The controls of the settings window, one for each type of setting."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QLocale, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from martlive_desktop.ui.fields import Choice, LineField, ListField, Tick
from martlive_desktop.ui.hotkey_field import HotkeyField
from martlive_desktop.ui.settings_marks import QT_TRANSLATE_NOOP, spoken
from martlive_desktop.ui.theme import STROKE_PX
from martlive_desktop.ui.window_style import BUTTON_RADIUS_PX, GRID_PX, SMALL_PX, TEXT_PX, surface_of, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from martlive_desktop.ui.settings_leaves import Measure
    from martlive_desktop.ui.theme import Look

ARROWS_PX = 24
"""Width of the arrows of a number."""

BEYOND = 1e9
"""What can be typed into a number; the range that holds is told in words."""

MOST_TICK_COLUMNS = 3

ON = QT_TRANSLATE_NOOP("Settings", "On")


def control_style(look: Look) -> str:
    """The style of numbers, to be added to the form's."""
    surface, theme = surface_of(look.theme), look.theme
    line = max(round(look.px(theme.border_px)), 1)
    ring = max(round(look.px(2)), line)
    pad_y, radius = round(look.px(6)), round(look.px(BUTTON_RADIUS_PX))
    return f"""
        QDoubleSpinBox {{
            color: {theme.text}; background: {surface.window}; border: {line}px solid {surface.edge};
            border-radius: {radius}px; padding: {pad_y}px 0;
            selection-background-color: {surface.accent}; selection-color: {surface.on_accent};
        }}
        QDoubleSpinBox[wrong="true"] {{ border-color: {theme.critical}; }}
        QDoubleSpinBox:focus {{
            border: {ring}px solid {surface.accent}; padding: {pad_y - ring + line}px 0;
        }}
        QDoubleSpinBox QLineEdit, QDoubleSpinBox QLineEdit:focus {{
            border: none; padding: 0; background: transparent;
        }}
        QDoubleSpinBox::up-button, QDoubleSpinBox::down-button {{
            border: none; background: transparent; width: {round(look.px(ARROWS_PX))}px;
        }}
        QDoubleSpinBox::up-arrow, QDoubleSpinBox::down-arrow {{ image: none; width: 0; height: 0; }}
        """


class Control(QWidget):
    """Shows one value and tells which other one was chosen; what is only typed so far is told when the field is left."""

    chosen = Signal(object)

    def __init__(self, inner: QWidget) -> None:
        super().__init__()
        self.inner = inner
        """What can be wrong."""
        self.keyboard = inner
        """What takes the keyboard. A focus proxy would make a second stop for Tab, at the end of the window."""
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(inner)

    @property
    def is_typed_in(self) -> bool:
        """Whether something stands in it that was not told yet."""
        return False

    def show_value(self, value: Any) -> None:
        """Show `value`, in place of what was typed."""
        raise NotImplementedError

    def name(self, label: str, description: str) -> None:
        """Tell screen readers what it is for."""
        self.inner.setAccessibleName(label)
        self.inner.setAccessibleDescription(description)


class TickControl(Control):
    """Yes or no."""

    def __init__(self, look: Look) -> None:
        self._tick = Tick(look, spoken(ON))
        super().__init__(self._tick)
        self._tick.clicked.connect(lambda _is_on: self.chosen.emit(self._tick.isChecked()))

    @override
    def show_value(self, value: Any) -> None:
        self._tick.setChecked(bool(value))


class ChoiceControl(Control):
    """One of few values."""

    def __init__(self, look: Look, texts: Mapping[str, str]) -> None:
        self._choice = Choice(look)
        self._choice.setFont(look.font(TEXT_PX))
        super().__init__(self._choice)
        for value, text in texts.items():
            self._choice.addItem(spoken(text), value)
        self._choice.activated.connect(lambda _index: self.chosen.emit(self._choice.currentData()))

    @override
    def show_value(self, value: Any) -> None:
        self._choice.setCurrentIndex(self._choice.findData(value))


class LineControl(Control):
    """A short text."""

    def __init__(self, look: Look, example: str = "") -> None:
        self._line = LineField()
        self._line.setFont(look.font(TEXT_PX))
        self._line.setPlaceholderText(spoken(example) if example else "")
        super().__init__(self._line)
        self._shown = ""
        self._line.editingFinished.connect(self._tell)

    @property
    @override
    def is_typed_in(self) -> bool:
        return self._line.text() != self._shown

    @override
    def show_value(self, value: Any) -> None:
        self._shown = str(value)
        self._line.show_text(self._shown)

    def _tell(self) -> None:
        if self.is_typed_in:
            self.chosen.emit(self._line.text().strip())


class NameControl(Control):
    """The name of something that this computer has; where nothing is known of it, a line to write it in."""

    def __init__(self, look: Look, names: Sequence[str], empty: str) -> None:
        self._names, self._empty = tuple(names), empty
        self._choice, self._line = Choice(look), LineControl(look)
        self._choice.setFont(look.font(TEXT_PX))
        self._both = QStackedWidget()
        self._both.addWidget(self._choice)
        self._both.addWidget(self._line)
        super().__init__(self._both)
        self._value = ""
        self._choice.activated.connect(lambda _index: self.chosen.emit(self._choice.currentData()))
        self._line.chosen.connect(self.chosen)
        self.offer(names)

    @property
    @override
    def is_typed_in(self) -> bool:
        return self._both.currentWidget() is self._line and self._line.is_typed_in

    def offer(self, names: Sequence[str]) -> None:
        """Let one of `names` be chosen, or any if there are none."""
        self._names = tuple(names)
        self._both.setCurrentWidget(self._choice if self._names else self._line)
        self.inner = self._choice if self._names else self._line.inner
        self.keyboard = self.inner
        self.show_value(self._value)

    @override
    def show_value(self, value: Any) -> None:
        self._value = str(value)
        self._line.show_value(value)
        self._choice.clear()
        if self._empty:
            self._choice.addItem(spoken(self._empty), "")
        for name in self._names:
            self._choice.addItem(name, name)
        if self._choice.findData(self._value) < 0:
            gone = self.tr("{name} (not here now)").format(name=self._value) if self._value else ""
            self._choice.addItem(gone, self._value)
        self._choice.setCurrentIndex(self._choice.findData(self._value))

    @override
    def name(self, label: str, description: str) -> None:
        for widget in (self._choice, self._line.inner):
            widget.setAccessibleName(label)
            widget.setAccessibleDescription(description)


class NumberField(QDoubleSpinBox):
    """A number with its unit; any can be typed, so that words can say which are allowed; arrows keep within those."""

    def __init__(self, look: Look, measure: Measure) -> None:
        super().__init__()
        self._look, self._measure = look, measure
        line = LineField()
        # The style's padding does not reach a line inside of another field.
        line.setTextMargins(round(look.px(10)), 0, 0, 0)
        self.setLineEdit(line)
        self.setLocale(QLocale.c())
        self.setFont(look.font(TEXT_PX))
        self.setRange(-BEYOND, BEYOND)
        self.setDecimals(measure.decimals)
        self.setSingleStep(measure.step)
        self.setSuffix(f" {spoken(measure.unit)}" if measure.unit else "")
        self.setKeyboardTracking(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    @property
    def is_typed_in(self) -> bool:
        """Whether the text is not the value that was told last."""
        return self.cleanText() != self.textFromValue(self.value())

    @override
    def textFromValue(self, val: float) -> str:
        return f"{val:.{self.decimals()}f}".rstrip("0").rstrip(".") if self.decimals() else f"{val:.0f}"

    @override
    def valueFromText(self, text: str) -> float:
        try:
            return float(self._figures(text))
        except ValueError:
            return self.value()

    @override
    def validate(self, input: str, pos: int) -> tuple[QValidator.State, str, int]:
        figures = self._figures(input)
        point = rf"(\.\d{{0,{self.decimals()}}})?" if self.decimals() else ""
        if not re.fullmatch(rf"-?\d{{0,9}}{point}", figures):
            return QValidator.State.Invalid, input, pos
        is_whole = any(figure.isdigit() for figure in figures)
        return (QValidator.State.Acceptable if is_whole else QValidator.State.Intermediate), input, pos

    @override
    def stepBy(self, steps: int) -> None:
        wanted = self.value() + steps * self.singleStep()
        self.setValue(min(max(wanted, self._measure.low), self._measure.high))
        self.selectAll()

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._look.theme.text_dim), self._look.px(STROKE_PX)))
        x, middle, step = self.width() - self._look.px(18), self.height() / 2, self._look.px(4)
        for direction in (-1, 1):
            y = middle + direction * step
            painter.drawPolyline(
                [QPointF(x - step, y), QPointF(x, y + direction * step), QPointF(x + step, y)],
            )

    def _figures(self, text: str) -> str:
        return text.removesuffix(self.suffix()).removesuffix(self.suffix().strip()).strip().replace(",", ".")


class NumberControl(Control):
    """A number."""

    def __init__(self, look: Look, measure: Measure, kind: type) -> None:
        self._number, self._measure, self._kind = NumberField(look, measure), measure, kind
        super().__init__(self._number)
        self._number.valueChanged.connect(self._tell)

    @property
    @override
    def is_typed_in(self) -> bool:
        return self._number.is_typed_in

    @override
    def show_value(self, value: Any) -> None:
        self._number.blockSignals(True)  # noqa: FBT003 - Qt's signature
        self._number.setValue(self._measure.shown(value))
        # The same value does not undo what is typed.
        self._number.lineEdit().setText(self._number.textFromValue(self._number.value()) + self._number.suffix())
        self._number.blockSignals(False)  # noqa: FBT003 - Qt's signature

    def _tell(self, shown: float) -> None:
        self.chosen.emit(self._measure.kept(shown, self._kind))


class LeftList(ListField):
    """A list that says when the keyboard leaves it."""

    left = Signal()

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()


class ListControl(Control):
    """A set of words, one a line."""

    def __init__(self, look: Look) -> None:
        self._list = LeftList(look)
        super().__init__(self._list)
        self._shown = ""
        self._list.left.connect(self._tell)

    @property
    @override
    def is_typed_in(self) -> bool:
        return self._list.toPlainText() != self._shown

    @override
    def show_value(self, value: Any) -> None:
        self._shown = "\n".join(sorted(value))
        self._list.show_text(self._shown)

    def _tell(self) -> None:
        if self.is_typed_in:
            lines = (" ".join(line.split()) for line in self._list.toPlainText().splitlines())
            self.chosen.emit(frozenset(line for line in lines if line))


class TicksControl(Control):
    """A set of known names, each with a tick; names that have no tick are kept."""

    def __init__(self, look: Look, texts: Mapping[str, str]) -> None:
        inner = QWidget()
        super().__init__(inner)
        self._value: frozenset[str] = frozenset()
        self._ticks = {name: Tick(look, spoken(text)) for name, text in texts.items()}
        self._grid = QGridLayout(inner)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(0)
        for name, tick in self._ticks.items():
            tick.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            tick.clicked.connect(lambda is_on, name=name: self._tell(name, is_on=is_on))
        self._columns = 0
        self._arrange(1)
        self.keyboard = next(iter(self._ticks.values()))

    @override
    def show_value(self, value: Any) -> None:
        self._value = value
        for name, tick in self._ticks.items():
            tick.setChecked(name in value)

    @override
    def name(self, label: str, description: str) -> None:
        for tick in self._ticks.values():
            tick.setAccessibleDescription(f"{label}. {description}")

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        widest = max(tick.sizeHint().width() for tick in self._ticks.values())
        self._arrange(min(max(self.width() // widest, 1), MOST_TICK_COLUMNS))
        super().resizeEvent(event)

    def _arrange(self, columns: int) -> None:
        if columns == self._columns:
            return
        self._columns = columns
        for i, tick in enumerate(self._ticks.values()):
            self._grid.addWidget(tick, i // columns, i % columns, Qt.AlignmentFlag.AlignLeft)
        for column in range(MOST_TICK_COLUMNS):
            self._grid.setColumnStretch(column, int(column < columns))

    def _tell(self, name: str, *, is_on: bool) -> None:
        self.chosen.emit(self._value | {name} if is_on else self._value - {name})


class KeysControl(Control):
    """A combination of keys; one that cannot be taken stays in sight until it is mended."""

    def __init__(self, look: Look, label: str) -> None:
        self.field = HotkeyField(look, label)
        super().__init__(self.field)
        self.field.keys_chosen.connect(self.chosen.emit)

    @override
    def show_value(self, value: Any) -> None:
        self.field.show_keys(str(value))

    @override
    def name(self, label: str, description: str) -> None:
        self.field.setAccessibleDescription(description)


class ElsewhereControl(Control):
    """A button to where a value is chosen, beneath what it is now."""

    def __init__(self, look: Look, text: str) -> None:
        inner = QWidget()
        super().__init__(inner)
        self._now = words(look, "", color=look.theme.text, text_px=SMALL_PX)
        self.button = QPushButton(text)
        self.button.setFont(look.font(TEXT_PX))
        self.button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(round(look.px(0.5 * GRID_PX)))
        column.addWidget(self.button)
        column.addWidget(self._now)
        self.keyboard = self.button
        self.button.clicked.connect(lambda: self.chosen.emit(None))

    @override
    def show_value(self, value: Any) -> None:
        self._now.setText(str(value))
        self._now.setVisible(bool(value))

    @override
    def name(self, label: str, description: str) -> None:
        self.button.setAccessibleName(f"{label}: {self.button.text()}")
        self.button.setAccessibleDescription(description)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a button does now, and how things stand beneath it."""

    button: str
    sentence: str


class OfferControl(ElsewhereControl):
    """A button that does something else as things go on; its value is an `Offer`."""

    @override
    def show_value(self, value: Any) -> None:
        offer = value or Offer("", "")
        self.button.setText(offer.button)
        super().show_value(offer.sentence)


class PasswordControl(Control):
    """A password that is told once, by the button, and then forgotten here."""

    def __init__(self, look: Look) -> None:
        inner = QWidget()
        super().__init__(inner)
        self._line, self._keep = LineField(), QPushButton(self.tr("Keep"))
        self._line.setFont(look.font(TEXT_PX))
        self._line.setEchoMode(QLineEdit.EchoMode.Password)
        self._keep.setFont(look.font(TEXT_PX))
        self._keep.setEnabled(False)
        row = QHBoxLayout(inner)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(round(look.px(GRID_PX)))
        row.addWidget(self._line, 1)
        row.addWidget(self._keep)
        self.keyboard = self._line
        self._line.textChanged.connect(lambda text: self._keep.setEnabled(bool(text)))
        self._line.returnPressed.connect(self._tell)
        self._keep.clicked.connect(self._tell)

    @override
    def show_value(self, value: Any) -> None:
        self._line.setPlaceholderText(str(value))

    @override
    def name(self, label: str, description: str) -> None:
        self._line.setAccessibleName(label)
        self._line.setAccessibleDescription(description)
        self._keep.setAccessibleName(f"{self._keep.text()}: {label}")

    def _tell(self) -> None:
        if text := self._line.text():
            self._line.clear()
            self._line.setPlaceholderText(self.tr("Kept in the keyring"))
            self.chosen.emit(text)


def mark_wrong(widget: QWidget, *, is_wrong: bool) -> None:
    """Mark `widget` as holding what cannot be, or take the mark away."""
    if is_wrong != bool(widget.property("wrong")):
        widget.setProperty("wrong", is_wrong)
        widget.style().unpolish(widget)
        widget.style().polish(widget)
        widget.update()
