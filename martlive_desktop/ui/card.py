"""The tip card: one tip, a sign of how much it matters, and the time it has left."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QEasingCurve, QElapsedTimer, QPointF, QRectF, Qt, QTimer, QVariantAnimation, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QColor,
    QFont,
    QFontMetricsF,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from martlive_desktop.ui.formats import labelled_text
from martlive_desktop.ui.pictures import blank_picture
from martlive_desktop.ui.theme import GLYPH_STROKE_PX, sign_of

if TYPE_CHECKING:
    from martlive_desktop.ui.theme import Look
    from martlive_desktop.ui.view_state import TipCard

WIDTH_PX, HEIGHT_PX, RADIUS_PX = 392, 64, 16

MARGIN_PX = 20
"""Room around the card for its shadow."""

SHADOW_PX, SHADOW_DROP_PX = 17, 4
RING_PX, RING_LINE_PX, RING_LEFT_PX = 32, 3, 18
GLYPH_PX = 15
TEXT_LEFT_PX, TEXT_RIGHT_PX = 64, 20

TEXT_PX = 20
SMALLEST_TEXT_PX = 16
"""Smaller text is not read at a glance: a tip that does not fit on one line of it takes two."""

FADE_IN_MS, FADE_OUT_MS, RISE_PX = 160, 240, 8
BREATHS, BREATH_MS, BREATH_STEP_MS = 2, 1100, 40
"""A breath is slow: 25 pictures a second are smooth, and the card is wholly redrawn for each."""

RING_STEP_MS = 100


class FittedText(NamedTuple):
    """A tip's text, cut into one or two lines that fit."""

    lines: tuple[str, ...]
    font: QFont


def fit_text(text: str, look: Look, width_px: float) -> FittedText:
    """`text` on one line if it can be read so, else on two of even length, else with its end left out."""
    font = look.font(TEXT_PX, is_bold=True)
    for size_px in range(TEXT_PX, SMALLEST_TEXT_PX - 1, -1):
        font = look.font(size_px, is_bold=True)
        if QFontMetricsF(font).horizontalAdvance(text) <= width_px:
            return FittedText((text,), font)
    metrics = QFontMetricsF(font)
    words = text.split()
    splits = [(" ".join(words[:i]), " ".join(words[i:])) for i in range(1, len(words))]
    lines = min(splits, key=lambda pair: max(map(metrics.horizontalAdvance, pair)), default=(text,))
    return FittedText(tuple(metrics.elidedText(line, Qt.TextElideMode.ElideRight, width_px) for line in lines), font)


class CardView(QWidget):
    """Draws the tip card; hidden and without a running timer while there is no tip."""

    faded_out = Signal()

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look
        self._tip: TipCard | None = None
        self._face = QPixmap()
        self._glow = QPixmap()
        self._seen_ms = 0
        self._since_seen = QElapsedTimer()
        self._fade = QVariantAnimation(self)
        self._fade.valueChanged.connect(self.update)
        self._fade.finished.connect(self._end_fade)
        self._is_breathing = False
        self._step_timer = QTimer(self)
        self._step_timer.timeout.connect(self._step)
        self.setFixedSize(round(look.px(WIDTH_PX + 2 * MARGIN_PX)), round(look.px(HEIGHT_PX + 2 * MARGIN_PX)))
        self.setVisible(False)

    @property
    def card_rect(self) -> QRectF:
        """Where the card is drawn, in this widget's coordinates."""
        margin = self._look.px(MARGIN_PX)
        return QRectF(margin, margin, self._look.px(WIDTH_PX), self._look.px(HEIGHT_PX))

    @property
    def is_still(self) -> bool:
        """Nothing moves or ticks."""
        return self._fade.state() == QVariantAnimation.State.Stopped and not self._step_timer.isActive()

    def show_tip(self, tip: TipCard, now_ms: int) -> None:
        """Put `tip` on screen, seen first at `now_ms` of stream time."""
        self._tip = tip
        self._seen_ms = now_ms
        self._since_seen.start()
        self._face = QPixmap()
        self._is_breathing = tip.severity == 0 and not self._look.is_motion_reduced
        self._step_timer.start(BREATH_STEP_MS if self._is_breathing else RING_STEP_MS)
        self._start_fade(0.0, 1.0, FADE_IN_MS)
        self.setVisible(True)
        self._announce(tip)

    def remove_tip(self) -> None:
        """Fade the tip out."""
        self._step_timer.stop()
        presence = self._presence()
        self._tip = None
        self._start_fade(presence, 0.0, FADE_OUT_MS)

    def _announce(self, tip: TipCard) -> None:
        spoken = labelled_text(sign_of(tip, self._look.theme).word, tip.text)
        self.setAccessibleName(spoken)
        announcement = QAccessibleAnnouncementEvent(self, spoken)
        if tip.severity == 0:
            announcement.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive)
        QAccessible.updateAccessibility(announcement)

    def _start_fade(self, start: float, end: float, duration_ms: int) -> None:
        self._fade.stop()
        self._fade.setStartValue(start)
        self._fade.setEndValue(end)
        self._fade.setDuration(0 if self._look.is_motion_reduced else duration_ms)
        self._fade.setEasingCurve(QEasingCurve.Type.OutCubic if end else QEasingCurve.Type.InOutSine)
        self._fade.start()

    def _end_fade(self) -> None:
        if self._tip is None:
            self.setVisible(False)
            self.setAccessibleName("")
            self.faded_out.emit()

    def _presence(self) -> float:
        return float(self._fade.currentValue() or 0.0)

    def _part_left(self, tip: TipCard) -> float:
        return tip.part_left(self._seen_ms + self._since_seen.elapsed())

    def _step(self) -> None:
        if self._tip is None or self._part_left(self._tip) == 0.0:
            self._step_timer.stop()
        if not self._is_breathing:
            self.update(self._ring_rect().adjusted(-3, -3, 3, 3).toAlignedRect())
            return
        self.update()
        if self._since_seen.elapsed() >= BREATHS * BREATH_MS:
            self._is_breathing = False
            self._step_timer.setInterval(RING_STEP_MS)

    def _ring_rect(self) -> QRectF:
        card, size = self.card_rect, self._look.px(RING_PX)
        return QRectF(card.left() + self._look.px(RING_LEFT_PX), card.center().y() - size / 2, size, size)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        tip, look = self._tip, self._look
        ratio = self.devicePixelRatioF()
        if tip is not None and (self._face.isNull() or self._face.devicePixelRatioF() != ratio):
            self._face = self._draw_face(tip, ratio)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        presence = self._presence()
        painter.setOpacity(presence)
        if tip is None:
            painter.drawPixmap(0, 0, self._face)
            return
        painter.translate(0, look.px(RISE_PX) * (1 - presence))
        painter.drawPixmap(0, 0, self._face)
        pen = QPen(QColor(sign_of(tip, look.theme).color), look.px(RING_LINE_PX))
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        # Qt counts sixteenths of a degree, anticlockwise from three o'clock.
        painter.drawArc(self._ring_rect(), 90 * 16, -round(self._part_left(tip) * 360 * 16))
        if self._is_breathing:
            part_breathed = self._since_seen.elapsed() / BREATH_MS % 1
            painter.setOpacity(presence * (1 - abs(2 * part_breathed - 1)))
            painter.drawPixmap(0, 0, self._glow)

    def _draw_halo(self, painter: QPainter, color: QColor, drop_px: float, strength: float) -> None:
        """Soft light or shade around the card, and nothing under it."""
        look = self._look
        spread, radius = look.px(SHADOW_PX), look.px(RADIUS_PX)
        around = self.card_rect.translated(0, look.px(drop_px))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        steps = round(spread * 2)
        for step in range(steps, -1, -1):
            out = spread * step / steps
            color.setAlphaF(strength * (1 - step / steps) ** 2.2)
            painter.setBrush(color)
            painter.drawRoundedRect(around.adjusted(-out, -out, out, out), radius + out, radius + out)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Clear)
        painter.drawRoundedRect(self.card_rect, radius, radius)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)

    def _draw_face(self, tip: TipCard, ratio: float) -> QPixmap:
        """All of the card that stands still, with its shadow."""
        look, theme, card = self._look, self._look.theme, self.card_rect
        sign = sign_of(tip, theme)
        face = blank_picture(self.size(), ratio)
        painter = QPainter(face)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if theme.shadow_alpha:
            self._draw_halo(painter, QColor("black"), SHADOW_DROP_PX, theme.shadow_alpha)
        look.paint_panel(painter, card, theme.card, RADIUS_PX)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(theme.off), look.px(RING_LINE_PX)))
        painter.drawEllipse(self._ring_rect())
        glyph = QRectF(0, 0, look.px(GLYPH_PX), look.px(GLYPH_PX))
        glyph.moveCenter(self._ring_rect().center())
        look.paint_icon(painter, sign.glyph, sign.color, glyph, GLYPH_STROKE_PX)
        self._draw_text(painter, tip.text)
        painter.end()
        if tip.severity == 0:
            self._glow = self._draw_glow(QColor(sign.color), ratio)
        return face

    def _draw_text(self, painter: QPainter, text: str) -> None:
        look, card = self._look, self.card_rect
        box = card.adjusted(look.px(TEXT_LEFT_PX), 0, -look.px(TEXT_RIGHT_PX), 0)
        fitted = fit_text(text, look, box.width())
        metrics = QFontMetricsF(fitted.font)
        painter.setFont(fitted.font)
        painter.setPen(QColor(look.theme.text))
        # Centred by the height of capitals: ascent and descent would leave the text visibly low.
        first = box.center().y() + (metrics.capHeight() - (len(fitted.lines) - 1) * metrics.lineSpacing()) / 2
        for i, line in enumerate(fitted.lines):
            painter.drawText(QPointF(box.left(), first + i * metrics.lineSpacing()), line)

    def _draw_glow(self, color: QColor, ratio: float) -> QPixmap:
        glow = blank_picture(self.size(), ratio)
        painter = QPainter(glow)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_halo(painter, QColor(color), 0, 0.7)
        half = self._look.px(1)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(color, 2 * half))
        radius = self._look.px(RADIUS_PX) - half
        painter.drawRoundedRect(self.card_rect.adjusted(half, half, -half, -half), radius, radius)
        painter.end()
        return glow
