"""A quiet window that says one thing and may offer one way on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMessageBox

from martlive_desktop.ui.sentences import translated
from martlive_desktop.ui.tray import app_icon

if TYPE_CHECKING:
    from collections.abc import Callable

    from martlive_desktop.ui.theme import Look


class Notice(QObject):
    """Shows messages without holding anything up; a newer message takes the place of an older one."""

    def __init__(self, look: Look, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._icon = app_icon(look)
        self._box: QMessageBox | None = None

    def say(self, title: str, sentence: str) -> None:
        """Say something that the user can do something about."""
        self._show(self._box_of(title, sentence))

    def offer(self, title: str, sentence: str, action: str, run: Callable[[], None]) -> None:
        """Say something and offer `action`, which calls `run`."""
        box = self._box_of(title, sentence)
        button = box.addButton(action, QMessageBox.ButtonRole.AcceptRole)
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
        box.setIconPixmap(self._icon.pixmap(48))
        box.setText(f"<b>{title}</b>")
        box.setInformativeText(translated(sentence))
        box.setModal(False)
        box.addButton(self.tr("Close"), QMessageBox.ButtonRole.RejectRole)
        return box

    def _show(self, box: QMessageBox) -> None:
        # A box that is shown without buttons gets an OK of its own, so this comes last.
        self.close()
        self._box = box
        box.show()
