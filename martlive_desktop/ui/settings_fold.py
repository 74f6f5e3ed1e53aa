"""The title of a section of settings, which opens and closes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy
from typing_extensions import override

from martlive_desktop.ui.theme import STROKE_PX
from martlive_desktop.ui.window_style import HEADING_PX, surface_of

if TYPE_CHECKING:
    from martlive_desktop.ui.theme import Look


class Fold(QAbstractButton):
    """The title of a section that opens and closes it."""

    def __init__(self, look: Look, title: str) -> None:
        super().__init__()
        self._look = look
        self.setText(title)
        self.setAccessibleName(title)
        self.setCheckable(True)
        self.setFont(look.font(HEADING_PX, is_bold=True))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    @override
    def sizeHint(self) -> QSize:
        wide = QFontMetricsF(self.font()).horizontalAdvance(self.text())
        return QSize(round(wide + self._look.px(32)), round(self._look.px(32)))

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.click()
        else:
            super().keyPressEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look, surface = self._look, surface_of(self._look.theme)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.hasFocus():
            painter.setPen(QPen(QColor(surface.accent), look.px(2)))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), look.px(6), look.px(6))
        painter.setPen(QPen(QColor(look.theme.text if self.underMouse() else look.theme.text_dim), look.px(STROKE_PX)))
        x, y, step = look.px(13), self.height() / 2, look.px(4)
        if self.isChecked():
            line = [QPointF(x - step, y - step / 2), QPointF(x, y + step / 2), QPointF(x + step, y - step / 2)]
        else:
            line = [QPointF(x - step / 2, y - step), QPointF(x + step / 2, y), QPointF(x - step / 2, y + step)]
        painter.drawPolyline(line)
        painter.setPen(QColor(look.theme.text))
        box = self.rect().adjusted(round(look.px(28)), 0, 0, 0)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), self.text())
