"""One setting on a page of the settings window: its label and reason, its control, and the way back to the default."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any, get_args, get_origin

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget
from typing_extensions import override

from martlive_desktop.core.coach.catalogue import CATALOGUE
from martlive_desktop.ui.settings_controls import (
    ChoiceControl,
    Control,
    ElsewhereControl,
    KeysControl,
    LineControl,
    ListControl,
    NameControl,
    NumberControl,
    OfferControl,
    PasswordControl,
    TickControl,
    TicksControl,
    mark_wrong,
)
from martlive_desktop.ui.settings_leaves import leaves, measure_of
from martlive_desktop.ui.settings_marks import QT_TRANSLATE_NOOP, spoken
from martlive_desktop.ui.settings_words import (
    CHOICE_WORDS,
    ELSEWHERE,
    EMPTY_WORDS,
    EXAMPLES,
    EXTRA_WORDS,
    KIND_WORDS,
    NEVER_RESET,
    WORDS,
)
from martlive_desktop.ui.window_style import GRID_PX, SMALL_PX, TEXT_PX, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlive_desktop.ui.settings_leaves import Leaf
    from martlive_desktop.ui.theme import Look

CONTROL_PX, NARROW_PX = 232, 500
"""Width of a control, and of a row from which its control stands beneath its words."""

REPORT_SEVERITY = 3
"""Of tips that are for the report."""

TEST = QT_TRANSLATE_NOOP("Settings", "Test connection")
CONNECT = QT_TRANSLATE_NOOP("Settings", "Connect now")
NOT_CHOSEN = QT_TRANSLATE_NOOP("Settings", "Not chosen yet")
NAMES = ("microphone.device", "recogniser.model", "recogniser.small_model", "coach.model", "screen.monitor")
"""Settings that name something that the computer has."""


class Row(QWidget):
    """One setting; the button back to the default is there only while the value differs from it."""

    value_chosen = Signal(str, object)
    reset_wanted = Signal(str)

    def __init__(self, look: Look, field: str, control: Control) -> None:
        super().__init__()
        self.field, self.control = field, control
        self._look = look
        said = WORDS.get(field) or EXTRA_WORDS[field]
        self._label, self._reason = spoken(said.label), spoken(said.reason)
        self._value: Any = None
        self._is_wrong = False
        theme = look.theme
        self._advice = words(look, "", color=theme.critical, text_px=SMALL_PX)
        self._state = words(look, "", color=theme.text, text_px=SMALL_PX)
        self._reset = QPushButton(self.tr("Reset"))
        self._reset.setAccessibleName(self.tr("Reset {label}").format(label=self._label))
        self._lay_out(is_wide=isinstance(control, ListControl | TicksControl))
        control.chosen.connect(lambda value: self.value_chosen.emit(self.field, value))
        self._reset.clicked.connect(self._go_back)
        if isinstance(control, KeysControl):
            control.field.refused.connect(self.advise)
        self.show_state("")
        self.advise("")

    @property
    def is_wrong(self) -> bool:
        """Whether it holds what cannot be."""
        return self._is_wrong

    def show_value(self, value: Any) -> None:
        """Show `value`, unless it is there already and something is being typed over it."""
        if self._value is None or value != self._value:
            self.show_again(value)

    def show_again(self, value: Any) -> None:
        """Show `value` in place of whatever is typed."""
        self._value = value
        self.control.show_value(value if self.field not in ELSEWHERE else _said_of(self.field, value))
        can_reset = self.field in WORDS and self.field not in NEVER_RESET
        self._reset.setVisible(can_reset and value != leaves()[self.field].default)
        self.advise("")

    def forget_typed(self) -> bool:
        """Drop what was typed and not taken yet; whether there was something."""
        if not (self.control.is_typed_in or self._is_wrong):
            return False
        self.show_again(self._value)
        return True

    def advise(self, sentence: str) -> None:
        """Say what to do about the value; empty: all is well."""
        self._is_wrong = bool(sentence)
        self._advice.setText(sentence)
        self._advice.setVisible(bool(sentence))
        mark_wrong(self.control.inner, is_wrong=bool(sentence))
        self.control.name(self._label, sentence or self._reason)

    def show_state(self, sentence: str) -> None:
        """Say how things really are; empty: as chosen."""
        self._state.setText(sentence)
        self._state.setVisible(bool(sentence))

    def _go_back(self) -> None:
        # The button is about to vanish, and the keyboard is not to be lost with it.
        self.control.keyboard.setFocus(Qt.FocusReason.OtherFocusReason)
        self.reset_wanted.emit(self.field)

    def _lay_out(self, *, is_wide: bool) -> None:
        look = self._look
        gap = round(look.px(2 * GRID_PX))
        small = round(look.px(0.25 * GRID_PX))
        label = words(look, self._label, color=look.theme.text, text_px=TEXT_PX, is_bold=True)
        label.setBuddy(self.control.keyboard)
        reason = words(look, self._reason, color=look.theme.text_dim, text_px=SMALL_PX)
        texts = QVBoxLayout()
        texts.setSpacing(small)
        texts.addWidget(label)
        texts.addWidget(reason)
        texts.addWidget(self._state)
        texts.addStretch()
        self._reset.setFont(look.font(SMALL_PX))
        self._is_wide = is_wide
        self._columns = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._columns.setContentsMargins(0, 0, 0, 0)
        self._columns.setSpacing(gap)
        line = QHBoxLayout()
        line.setSpacing(round(look.px(GRID_PX)))
        line.addWidget(self.control, 1, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self._reset, 0, Qt.AlignmentFlag.AlignTop)
        line.addStretch()
        if not is_wide:
            self.control.setMaximumWidth(round(look.px(CONTROL_PX)))
        self._right = QWidget()
        right = QVBoxLayout(self._right)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(round(look.px(0.5 * GRID_PX)))
        right.addLayout(line)
        right.addWidget(self._advice)
        right.addStretch()
        self._columns.addLayout(texts, 1)
        self._columns.addWidget(self._right)
        self._turn(is_narrow=is_wide)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._turn(is_narrow=self._is_wide or self.width() < self._look.px(NARROW_PX))
        super().resizeEvent(event)

    def _turn(self, *, is_narrow: bool) -> None:
        """Put the control beneath the words, or at their right."""
        directions = QBoxLayout.Direction
        self._columns.setDirection(directions.TopToBottom if is_narrow else directions.LeftToRight)
        self._columns.setSpacing(round(self._look.px(GRID_PX if is_narrow else 2 * GRID_PX)))
        policy = self._reset.sizePolicy()
        # Beside the words nothing moves when it comes and goes.
        policy.setRetainSizeWhenHidden(not is_narrow)
        self._reset.setSizePolicy(policy)
        width = round(self._look.px(CONTROL_PX + GRID_PX)) + self._reset.sizeHint().width()
        self._right.setMinimumWidth(0 if is_narrow else width)
        self._right.setMaximumWidth(16_777_215 if is_narrow else width)


def make_row(look: Look, field: str, names: Sequence[str]) -> Row:
    """The row of `field`; `names` are what can be chosen where it names something."""
    return Row(look, field, _control(look, field, names))


def rule(look: Look) -> QFrame:
    """A line between two rows."""
    line = QFrame()
    line.setObjectName("rule")
    line.setFixedHeight(max(round(look.px(1)), 1))
    return line


def _control(look: Look, field: str, names: Sequence[str]) -> Control:
    if field in EXTRA_WORDS:
        return _extra(look, field)
    leaf = leaves()[field]
    if field in ELSEWHERE:
        return ElsewhereControl(look, spoken(ELSEWHERE[field]))
    if field.startswith("hotkeys."):
        return KeysControl(look, spoken(WORDS[field].label))
    if field in NAMES:
        return NameControl(look, names, EMPTY_WORDS.get(field, ""))
    if field in CHOICE_WORDS:
        return ChoiceControl(look, CHOICE_WORDS[field])
    return _by_type(look, leaf)


def _by_type(look: Look, leaf: Leaf) -> Control:
    if leaf.kind is bool:
        return TickControl(look)
    if leaf.kind in (int, float):
        return NumberControl(look, measure_of(leaf), leaf.kind)
    if get_origin(leaf.kind) is frozenset and get_args(leaf.kind) == (str,):
        if leaf.field == "coach.policy.off_kinds":
            return TicksControl(look, KIND_WORDS)
        if leaf.field == "coach.policy.live_report_kinds":
            report = {kind: text for kind, text in KIND_WORDS.items() if CATALOGUE[kind].severity == REPORT_SEVERITY}
            return TicksControl(look, report)
        return ListControl(look)
    return LineControl(look, EXAMPLES.get(leaf.field, ""))


def _extra(look: Look, field: str) -> Control:
    if field in ("@obs.password", "@remote.key"):
        return PasswordControl(look)
    if field in ("@obs.connect", "@remote.check"):
        return ElsewhereControl(look, spoken(CONNECT if field == "@obs.connect" else TEST))
    if field in ("@component.speech", "@updates.check"):
        return OfferControl(look, "")
    return TickControl(look)


def _said_of(field: str, value: Any) -> str:
    """`value` of a setting that is chosen elsewhere, for reading."""
    if field in ("overlay.x", "app.first_run"):
        return ""
    if not value:
        return spoken(NOT_CHOSEN)
    if field == "screen.region":
        left, top, width, height = value
        return f"{width} × {height} px, {left}, {top}"
    if field == "chat.region":
        return f"{value[2]:.0%} × {value[3]:.0%}"
    return PurePath(value).name
