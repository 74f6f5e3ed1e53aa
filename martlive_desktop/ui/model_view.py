"""A window for the curious: what the language model was asked, and what it answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QPlainTextEdit

from martlive_desktop.ui.fields import form_style
from martlive_desktop.ui.tray import app_icon
from martlive_desktop.ui.window_style import TEXT_PX, style_window, use_with_keys, window_look

if TYPE_CHECKING:
    from martlive_desktop.ui.theme import Look

MOST_LINES = 300
"""A hundred questions; older ones go, and none is written anywhere else."""


class ModelView(QPlainTextEdit):
    """Plain text only: what viewers write is shown as it is, and never as markup."""

    _exchanged = Signal(str, str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setWindowTitle(self.tr("MartLive – what the model is asked"))
        self.setAccessibleName(self.tr("MartLive – what the model is asked"))
        use_with_keys(self)
        self._style(window_look(look))
        self.setPlaceholderText(self.tr("Nothing yet: the model is asked when a tip is due that it may word."))
        self.setReadOnly(True)
        self.setMaximumBlockCount(MOST_LINES)
        self.resize(560, 320)
        self._exchanged.connect(self._add)

    def post(self, prompt: str, answer: str) -> None:
        """Take an exchange; from any thread, never waits."""
        self._exchanged.emit(prompt, answer)

    @Slot(str, str)
    def _add(self, prompt: str, answer: str) -> None:
        # The static part is the same each time; the data comes after its last empty line.
        asked = prompt.rstrip("\n").rpartition("\n\n")[2]
        said = answer or self.tr("(nothing in time)")
        self.appendPlainText(self.tr("asked:  {asked}\nwrote:  {answer}\n").format(asked=asked, answer=said))

    def _style(self, look: Look) -> None:
        self.setWindowIcon(app_icon(look))
        style_window(self, look)
        # It is the window, so it has no edge of its own.
        self.setStyleSheet(self.styleSheet() + form_style(look) + "ModelView, ModelView:focus { border: none; }")
        self.setFont(look.font(TEXT_PX))
