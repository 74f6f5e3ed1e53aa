"""The scenes that the user saves by a click: a picture that MartLive then knows again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget
from typing_extensions import override

from martlive_desktop.ui.strip import Line
from martlive_desktop.ui.translation import QT_TRANSLATE_NOOP
from martlive_desktop.ui.window_style import GRID_PX, HEADING_PX, SMALL_PX, TEXT_PX, AskingButton, paint, words

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from martlive_desktop.ui.theme import Look

SCENES: Final = {
    "starting": QT_TRANSLATE_NOOP("ScenesCard", "Starting soon"),
    "break": QT_TRANSLATE_NOOP("ScenesCard", "Break"),
    "main": QT_TRANSLATE_NOOP("ScenesCard", "Main"),
}
"""Their names by id."""

MARK_PX = 16

translate = QCoreApplication.translate


def now_of(scene: str) -> str:
    """What is said of the saved scene that is on screen."""
    if scene not in SCENES:
        return translate("ScenesCard", "No saved scene on screen")
    name = translate("ScenesCard", SCENES[scene])
    return translate("ScenesCard", "On screen now: {scene}").format(scene=name)


class Mark(QWidget):
    """A tick once the scene is saved."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._is_saved = False
        self.setFixedSize(round(look.px(MARK_PX)), round(look.px(MARK_PX)))

    def show_saved(self, *, is_saved: bool) -> None:
        if is_saved != self._is_saved:
            self._is_saved = is_saved
            self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        if self._is_saved:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._look.paint_icon(painter, "check", self._look.theme.praise, QRectF(self.rect()))


class SceneRow(QWidget):
    """One scene: whether it is saved, and what can be done about it."""

    saved = Signal()
    forgotten = Signal()

    def __init__(self, look: Look, name: str) -> None:
        super().__init__()
        self._look, self._name = look, name
        theme = look.theme
        self._mark = Mark(look)
        self._title = words(look, name, color=theme.text, is_bold=True)
        self._title.setWordWrap(False)
        self._state = Line(look, theme.text_dim, text_px=SMALL_PX)
        self._save = QPushButton(self.tr("Save"))
        self._save.setAccessibleName(self.tr("Save the picture as {scene}").format(scene=name))
        replaces = self.tr("Replace {scene} with this picture").format(scene=name)
        self._replace = AskingButton(look, self.tr("Replace"), replaces)
        self._forget = AskingButton(look, self.tr("Forget"), self.tr("Forget {scene}").format(scene=name))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self._replace.hide()
        self._forget.hide()
        row.setSpacing(round(look.px(GRID_PX)))
        row.addWidget(self._mark)
        row.addWidget(self._title)
        row.addWidget(self._state, 1)
        for button in (self._save, self._replace, self._forget):
            row.addWidget(button)
        self._save.clicked.connect(self.saved)
        self._replace.agreed.connect(self.saved)
        self._forget.agreed.connect(self.forgotten)

    def show_scene(self, *, is_saved: bool, is_now: bool, can_save: bool) -> None:
        self._mark.show_saved(is_saved=is_saved)
        paint(self._title, self._look.theme.praise if is_now else self._look.theme.text)
        self._state.say(
            "" if is_saved else self.tr("not saved"), self.tr("saved") if is_saved else self.tr("not saved")
        )
        title = self.tr("{scene}, saved") if is_saved else self.tr("{scene}, not saved")
        self._title.setAccessibleName(title.format(scene=self._name))
        self._save.setEnabled(can_save)
        self._replace.setEnabled(can_save)
        if is_saved != self._save.isHidden():
            had_focus = any(button.hasFocus() for button in (self._save, self._replace, self._forget))
            for button in (self._replace, self._forget):
                button.take_back()
                button.setVisible(is_saved)
            self._save.setVisible(not is_saved)
            if had_focus:
                # Else it would go to another row when the button that has it is hidden.
                (self._forget if is_saved else self._save).setFocus(Qt.FocusReason.OtherFocusReason)


class ScenesCard(QFrame):
    """The three scenes, and which of them is on screen."""

    saved = Signal(str)
    forgotten = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("card")
        self._look = look
        theme = look.theme
        self._now = Line(look, theme.text_dim, text_px=SMALL_PX)
        self._now.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        title = words(look, self.tr("Scenes"), color=theme.text, text_px=HEADING_PX, is_bold=True)
        title.setWordWrap(False)
        purpose = Line(look, theme.text_dim, text_px=TEXT_PX)
        purpose.say(self.tr("So that a break left on is noticed."))
        purpose.setToolTip(purpose.text())
        self._rows = {scene: SceneRow(look, self.tr(name)) for scene, name in SCENES.items()}
        head = QHBoxLayout()
        head.setSpacing(round(look.px(GRID_PX)))
        head.addWidget(title)
        head.addWidget(self._now, 1)
        column = QVBoxLayout(self)
        edge = round(look.px(1.5 * GRID_PX))
        column.setContentsMargins(edge, edge, edge, edge)
        column.setSpacing(round(look.px(0.75 * GRID_PX)))
        column.addLayout(head)
        column.addWidget(purpose)
        for scene, row in self._rows.items():
            row.saved.connect(lambda scene=scene: self.saved.emit(scene))
            row.forgotten.connect(lambda scene=scene: self.forgotten.emit(scene))
            column.addWidget(row)

    def show_scenes(self, saved: AbstractSet[str], now: str, *, can_save: bool) -> None:
        self._now.say(now_of(now))
        self._now.set_color(self._look.theme.praise if now in SCENES else self._look.theme.text_dim)
        for scene, row in self._rows.items():
            row.show_scene(is_saved=scene in saved, is_now=scene == now, can_save=can_save)
