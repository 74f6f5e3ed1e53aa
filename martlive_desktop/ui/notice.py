"""A quiet window that says one thing and may offer one way on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QMessageBox

from martlive_desktop.ui.sentences import translated
from martlive_desktop.ui.tray import app_icon
from martlive_desktop.ui.window_style import (
    GRID_PX,
    HEADING_PX,
    TEXT_PX,
    main_button,
    style_window,
    use_with_keys,
    window_look,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from martlive_desktop.ui.theme import Look


WIDTH_PX = 320
"""Of a sentence: a message box alone would break it after every few words."""


class Notice(QObject):
    """Shows messages without holding anything up; a newer message takes the place of an older one."""

    def __init__(self, look: Look, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._look = window_look(look)
        self._icon = app_icon(look)
        self._box: QMessageBox | None = None

    def use_look(self, look: Look) -> None:
        """Take another look with the next message."""
        self._look = window_look(look)

    def say(self, title: str, sentence: str) -> None:
        """Say something that the user can do something about, and leave the keyboard where it is."""
        box = self._box_of(title, sentence)
        box.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self._show(box)

    def offer(self, title: str, sentence: str, action: str, run: Callable[[], None]) -> None:
        """Say something and offer `action`, which calls `run`."""
        box = self._box_of(title, sentence)
        button = main_button(action)
        button.setFont(self._look.font(TEXT_PX))
        button.setParent(box)
        box.addButton(button, QMessageBox.ButtonRole.AcceptRole)
        button.clicked.connect(run)
        box.setDefaultButton(button)
        self._show(box)

    def close(self) -> None:
        """Take the message away."""
        if self._box is not None:
            self._box.close()
            self._box.deleteLater()
            self._box = None

    def _box_of(self, title: str, sentence: str) -> QMessageBox:
        box = QMessageBox()
        box.setWindowTitle("MartLive")
        box.setWindowIcon(self._icon)
        style_window(box, self._look)
        box.setStyleSheet(box.styleSheet() + _style(self._look))
        use_with_keys(box)
        box.setIconPixmap(self._icon.pixmap(48))
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(title)
        box.setInformativeText(translated(sentence))
        box.setModal(False)
        box.addButton(self.tr("Close"), QMessageBox.ButtonRole.RejectRole)
        return box

    def _show(self, box: QMessageBox) -> None:
        # A box that is shown without buttons gets an OK of its own, so this comes last.
        self.close()
        self._box = box
        box.show()


def _style(look: Look) -> str:
    gap, room = round(look.px(GRID_PX)), round(look.px(2 * GRID_PX))
    return f"""
        QLabel#qt_msgbox_label {{
            color: {look.theme.text}; font-size: {round(look.px(HEADING_PX))}px; font-weight: 600;
            padding: {gap}px {room}px 0 {gap}px;
        }}
        QLabel#qt_msgbox_informativelabel {{
            min-width: {round(look.px(WIDTH_PX))}px; padding: 0 {room}px {gap}px {gap}px; color: {look.theme.text_dim};
        }}
        QLabel#qt_msgboxex_icon_label {{ padding: {room}px; }}
        QDialogButtonBox {{ padding: 0 {gap}px {gap}px 0; }}
        """
