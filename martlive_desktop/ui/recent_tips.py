"""The last tips, to be read again while the mouse rests on the overlay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from martlive_desktop.ui.placement import kept_inside
from martlive_desktop.ui.theme import GLYPH_STROKE_PX, sign_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlive_desktop.ui.theme import Look
    from martlive_desktop.ui.view_state import TipCard

ROW_PX, PAD_PX, RADIUS_PX = 30, 8, 12
TEXT_PX, AGE_PX, GLYPH_PX = 14, 12, 12
AGE_WIDTH_PX, GAP_PX = 64, 8


class RecentTips(QWidget):
    """A small list beside the overlay that never takes the focus or a click."""

    def __init__(self, look: Look) -> None:
        super().__init__(
            None,
            Qt.WindowType.ToolTip
            | Qt.WindowType.FramelessWindowHint
            | Qt.WindowType.WindowStaysOnTopHint
            | Qt.WindowType.WindowDoesNotAcceptFocus
            | Qt.WindowType.WindowTransparentForInput,
        )
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self._look = look
        self._rows: list[tuple[TipCard, str]] = []

    def show_beside(self, strip: QRect, tips: Sequence[TipCard], now_ms: int) -> None:
        """List `tips`, newest first, under `strip` (on the desktop), or above it where there is no room."""
        look = self._look
        self._rows = [(tip, self._age_of(tip, now_ms)) for tip in reversed(tips)]
        self.setAccessibleName(
            "\n".join(self.tr("{tip}, {age}").format(tip=tip.text, age=age) for tip, age in self._rows)
        )
        height = round(look.px(2 * PAD_PX + ROW_PX * len(self._rows)))
        gap = round(look.px(GAP_PX))
        box = QRect(QPoint(strip.left(), strip.bottom() + 1 + gap), strip.size())
        box.setHeight(height)
        screen = QGuiApplication.screenAt(strip.center()) or QGuiApplication.primaryScreen()
        if box.bottom() > screen.availableGeometry().bottom():
            box.moveBottom(strip.top() - gap)
        self.setGeometry(kept_inside(box, screen.availableGeometry()))
        self.show()
        self.update()

    def _age_of(self, tip: TipCard, now_ms: int) -> str:
        """How long ago `tip` came, in words."""
        minutes = max(now_ms - tip.shown_ms, 0) // 60_000
        return self.tr("%n min ago", "", minutes) if minutes else self.tr("just now")

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look, theme = self._look, self._look.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look.paint_panel(painter, QRectF(self.rect()), theme.card, RADIUS_PX)
        left, right, row = look.px(14), self.width() - look.px(14), look.px(ROW_PX)
        for i, (tip, age) in enumerate(self._rows):
            line = QRectF(left, look.px(PAD_PX) + i * row, right - left, row)
            sign = sign_of(tip, theme)
            glyph = QRectF(0, 0, look.px(GLYPH_PX), look.px(GLYPH_PX))
            glyph.moveCenter(line.center())
            glyph.moveLeft(left)
            look.paint_icon(painter, sign.glyph, sign.color, glyph, GLYPH_STROKE_PX)
            painter.setFont(look.font(AGE_PX))
            painter.setPen(QColor(theme.text_dim))
            painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, age)
            text = line.adjusted(look.px(GLYPH_PX + 10), 0, -look.px(AGE_WIDTH_PX + GAP_PX), 0)
            painter.setFont(look.font(TEXT_PX))
            painter.setPen(QColor(theme.text))
            shown = painter.fontMetrics().elidedText(tip.text, Qt.TextElideMode.ElideRight, int(text.width()))
            painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, shown)
