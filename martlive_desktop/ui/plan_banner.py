"""What the plan editor says or asks above its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton
from typing_extensions import override

from martlive_desktop.ui.window_style import GRID_PX, TEXT_PX, words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from martlive_desktop.ui.theme import Look


class Banner(QFrame):
    """Says or asks one thing above the page, until it is answered; Escape takes it away."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("banner")
        self._text = words(look, "", color=look.theme.text, text_px=TEXT_PX)
        self._font = look.font(TEXT_PX)
        self._gap = round(look.px(GRID_PX))
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(self._gap)
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * self._gap, self._gap, 2 * self._gap, self._gap)
        row.setSpacing(2 * self._gap)
        row.addWidget(self._text, 1)
        row.addLayout(self._buttons)
        self.hide()

    def ask(self, text: str, answers: Sequence[tuple[QPushButton, Callable[[], object]]]) -> None:
        """Show `text` with `answers`; the first has the keyboard."""
        self._clear()
        self._text.setText(text)
        self.setAccessibleName(text)
        for button, act in answers:
            button.setFont(self._font)
            button.clicked.connect(self.hide)
            # A signal tells its checked state to whatever takes one.
            button.clicked.connect(lambda _checked, answer=act: answer())
            self._buttons.addWidget(button)
        self.show()
        answers[0][0].setFocus(Qt.FocusReason.OtherFocusReason)
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)

    def _clear(self) -> None:
        while self._buttons.count():
            item = self._buttons.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
