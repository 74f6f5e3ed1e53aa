"""A picture on which a rectangle is drawn with the mouse or the keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from martlive_desktop.ui.window_style import CARD_RADIUS_PX, SMALL_PX, TEXT_PX, mix, surface_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from martlive_desktop.ui.theme import Look

Region: TypeAlias = tuple[float, float, float, float]
"""Left, top, width and height, as shares of the picture from 0 to 1."""

HANDLE_PX, GRASP_PX = 9, 12
"""Size of a handle, and how far from its middle it is taken hold of."""

SMALLEST_PX = 14
"""A rectangle with a shorter side is a slip of the mouse."""

KEY_SHARE, FIRST_SHARE, SMALLEST_SHARE = 0.01, 0.4, 0.02
"""How far one key press goes, and the sides of the first and of the smallest rectangle that keys make."""

SHADE_ALPHA, RESTING_ALPHA = 0.55, 0.12
"""How dark the picture is around a rectangle that is drawn or that will be cut out, and around one that just lies there."""

MARGIN_PX = 8

_KEYS: Final[Mapping[int, tuple[int, int]]] = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_NEW: Final = (2, 2)
_MOVE: Final = (0, 0)
_CURSORS: Final = {
    _NEW: Qt.CursorShape.CrossCursor,
    _MOVE: Qt.CursorShape.SizeAllCursor,
    (-1, 0): Qt.CursorShape.SizeHorCursor,
    (1, 0): Qt.CursorShape.SizeHorCursor,
    (0, -1): Qt.CursorShape.SizeVerCursor,
    (0, 1): Qt.CursorShape.SizeVerCursor,
    (-1, -1): Qt.CursorShape.SizeFDiagCursor,
    (1, 1): Qt.CursorShape.SizeFDiagCursor,
    (-1, 1): Qt.CursorShape.SizeBDiagCursor,
    (1, -1): Qt.CursorShape.SizeBDiagCursor,
}
"""By what is taken hold of: a handle by the sides it moves, the whole rectangle, or nothing."""


def fitted(size: QSizeF, box: QRectF) -> QRectF:
    """The largest rectangle of the shape of `size` in the middle of `box`."""
    scaled = size.scaled(box.size(), Qt.AspectRatioMode.KeepAspectRatio)
    fit = QRectF(QPointF(), scaled)
    fit.moveCenter(box.center())
    return fit


def shares_of(region: QRectF) -> Region:
    """`region` as plain numbers."""
    return region.x(), region.y(), region.width(), region.height()


def kept_inside(region: QRectF) -> QRectF:
    """`region` moved, and cut where it is too large, so that it lies in the picture."""
    width, height = min(region.width(), 1.0), min(region.height(), 1.0)
    left = min(max(region.left(), 0.0), 1.0 - width)
    top = min(max(region.top(), 0.0), 1.0 - height)
    return QRectF(left, top, width, height)


def dragged(before: QRectF, grip: tuple[int, int], by: QPointF) -> QRectF:
    """`before` after its sides named by `grip`, or all of it, went `by`; all in shares of the picture."""
    if grip == _MOVE:
        return kept_inside(before.translated(by))
    left, top, right, bottom = before.left(), before.top(), before.right(), before.bottom()
    left += by.x() * (grip[0] < 0)
    right += by.x() * (grip[0] > 0)
    top += by.y() * (grip[1] < 0)
    bottom += by.y() * (grip[1] > 0)
    return between(QPointF(left, top), QPointF(right, bottom))


def between(one: QPointF, other: QPointF) -> QRectF:
    """The rectangle with these two corners, as far as it lies in the picture."""
    return QRectF(one, other).normalized() & QRectF(0, 0, 1, 1)


class RegionView(QWidget):
    """Shows a picture and one rectangle on it; says of a new rectangle once it is finished, not while it is drawn."""

    region_drawn = Signal(object)
    """A `Region`."""

    def __init__(self, look: Look, *, tag: str, hint: str, is_cut_out: bool = False) -> None:
        super().__init__()
        self._look = look
        self._is_cut_out = is_cut_out
        self._tag, self._hint = tag, hint
        self._placeholder, self._placeholder_icon = "", "eye"
        self._image = QImage()
        self._scaled = QPixmap()
        self._region: QRectF | None = None
        self._before: QRectF | None = None
        """The rectangle that the drag or the keys began with."""
        self._grip: tuple[int, int] | None = None
        self._grabbed_at = QPointF()
        self._is_key_held = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(round(look.px(240)), round(look.px(160)))
        self.setAccessibleName(tag)
        self._describe()

    @property
    def region(self) -> Region | None:
        """What is marked now."""
        return None if self._region is None else shares_of(self._region)

    @property
    def image_size(self) -> QSize:
        return self._image.size()

    @property
    def picture_rect(self) -> QRectF:
        """Where the picture is drawn."""
        return fitted(QSizeF(self._image.size()), QRectF(self.rect())) if not self._image.isNull() else QRectF()

    def show_image(self, image: QImage) -> None:
        """Draw `image`; without one, the placeholder."""
        had_image = not self._image.isNull()
        self._image, self._scaled = image, QPixmap()
        if had_image == image.isNull():
            self._grip = None
            self._describe()
        self.update()

    def show_placeholder(self, sentence: str, icon: str) -> None:
        """Say `sentence` under `icon` while there is no picture."""
        if (sentence, icon) != (self._placeholder, self._placeholder_icon):
            self._placeholder, self._placeholder_icon = sentence, icon
            self._describe()
            self.update()

    def show_region(self, region: Region | None) -> None:
        """Mark `region`, unless another one is being drawn."""
        if self._grip is None and not self._is_key_held and region != self.region:
            self._region = None if region is None else QRectF(*region)
            self._describe()
            self.update()

    def _describe(self) -> None:
        if self._image.isNull():
            says = self._placeholder
        elif self._region is None:
            says = self.tr("{hint}, or press Enter and use the arrow keys").format(hint=self._hint)
        else:
            left, top, width, height = (round(share * 100) for share in shares_of(self._region))
            says = self.tr(
                "{width} by {height} percent, {left} from the left, {top} from the top. "
                "Arrow keys move it, with Shift they size it."
            ).format(width=width, height=height, left=left, top=top)
        self.setAccessibleDescription(says)

    def _to_share(self, at: QPointF) -> QPointF:
        picture = self.picture_rect
        return QPointF((at.x() - picture.x()) / picture.width(), (at.y() - picture.y()) / picture.height())

    def _shown(self, region: QRectF) -> QRectF:
        picture = self.picture_rect
        return QRectF(
            picture.x() + region.x() * picture.width(),
            picture.y() + region.y() * picture.height(),
            region.width() * picture.width(),
            region.height() * picture.height(),
        )

    def _handles(self, region: QRectF) -> dict[tuple[int, int], QPointF]:
        """The middle of each handle by the sides that it moves; corners come first."""
        box, middle = self._shown(region), self._shown(region).center()
        xs, ys = {-1: box.left(), 0: middle.x(), 1: box.right()}, {-1: box.top(), 0: middle.y(), 1: box.bottom()}
        corners = [(-1, -1), (1, -1), (-1, 1), (1, 1)]
        sides = [(0, -1), (-1, 0), (1, 0), (0, 1)]
        return {(x, y): QPointF(xs[x], ys[y]) for x, y in (*corners, *sides)}

    def _grip_at(self, at: QPointF) -> tuple[int, int]:
        if self._region is None:
            return _NEW
        for grip, middle in self._handles(self._region).items():
            if (at - middle).manhattanLength() <= self._look.px(GRASP_PX):
                return grip
        return _MOVE if self._shown(self._region).contains(at) else _NEW

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._image.isNull():
            return
        self._before, self._grip = self._region, self._grip_at(event.position())
        self._grabbed_at = event.position()

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grip is None:
            is_ready = not self._image.isNull()
            self.setCursor(_CURSORS[self._grip_at(event.position())] if is_ready else Qt.CursorShape.ArrowCursor)
            return
        start, now = self._to_share(self._grabbed_at), self._to_share(event.position())
        if self._grip == _NEW:
            self._region = between(start, now)
        elif self._before is not None:
            self._region = dragged(self._before, self._grip, now - start)
        self.update()

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._grip is None or event.button() != Qt.MouseButton.LeftButton:
            return
        self._grip = None
        if self._region is not None:
            shown = self._shown(self._region)
            if min(shown.width(), shown.height()) < SMALLEST_PX:
                self._region = self._before
        self._finish()

    def _finish(self) -> None:
        """Tell of what was drawn, if it is news."""
        self._describe()
        self.update()
        if self._region is not None and self._region != self._before:
            self.region_drawn.emit(shares_of(self._region))

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._grip is not None:
            self._grip, self._region = None, self._before
            self.update()
            return
        step = _KEYS.get(event.key())
        is_start = event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space}
        if self._image.isNull() or (step is None and not is_start) or (is_start and self._region is not None):
            super().keyPressEvent(event)
            return
        if not self._is_key_held:
            self._before, self._is_key_held = self._region, True
        edge = (1 - FIRST_SHARE) / 2
        region = self._region or QRectF(edge, edge, FIRST_SHARE, FIRST_SHARE)
        if step is not None and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            width = min(max(region.width() + step[0] * KEY_SHARE, SMALLEST_SHARE), 1 - region.x())
            height = min(max(region.height() + step[1] * KEY_SHARE, SMALLEST_SHARE), 1 - region.y())
            region = QRectF(region.topLeft(), QSizeF(width, height))
        elif step is not None:
            region = kept_inside(region.translated(step[0] * KEY_SHARE, step[1] * KEY_SHARE))
        self._region = region
        self.update()

    @override
    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if self._is_key_held and not event.isAutoRepeat():
            self._is_key_held = False
            self._finish()
        else:
            super().keyReleaseEvent(event)

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        if self._is_key_held:
            self._is_key_held = False
            self._finish()
        self.update()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._scaled = QPixmap()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look, surface = self._look, surface_of(self._look.theme)
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        radius, box = look.px(CARD_RADIUS_PX), QRectF(self.rect())
        frame = QPainterPath()
        frame.addRoundedRect(box, radius, radius)
        painter.fillPath(frame, QColor(surface.raised))
        if self._image.isNull():
            self._paint_placeholder(painter)
        else:
            painter.setClipPath(frame)
            self._paint_picture(painter)
            painter.setClipping(False)
        line = look.px(look.theme.border_px)
        color, width = (surface.accent, look.px(2)) if self.hasFocus() else (surface.line, line)
        painter.setPen(QPen(QColor(color), width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        half = width / 2
        painter.drawRoundedRect(box.adjusted(half, half, -half, -half), radius - half, radius - half)

    def _paint_placeholder(self, painter: QPainter) -> None:
        look, box = self._look, QRectF(self.rect())
        side = look.px(40)
        icon = QRectF(box.center().x() - side / 2, box.center().y() - side, side, side)
        dim = mix(look.theme.text_dim, surface_of(look.theme).raised, 0.6)
        look.paint_icon(painter, self._placeholder_icon, dim, icon)
        painter.setFont(look.font(TEXT_PX))
        painter.setPen(QColor(look.theme.text_dim))
        edge = look.px(3 * MARGIN_PX)
        below = QRectF(box.left() + edge, icon.bottom() + look.px(12), box.width() - 2 * edge, box.height())
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        painter.drawText(below, int(flags), self._placeholder)

    def _paint_picture(self, painter: QPainter) -> None:
        picture, ratio = self.picture_rect, self.devicePixelRatioF()
        if self._scaled.isNull() or self._scaled.devicePixelRatioF() != ratio:
            size = (picture.size() * ratio).toSize()
            smooth = Qt.TransformationMode.SmoothTransformation
            scaled = self._image.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)
            self._scaled = QPixmap.fromImage(scaled)
            self._scaled.setDevicePixelRatio(ratio)
        painter.drawPixmap(picture, self._scaled, QRectF(self._scaled.rect()))
        if self._region is not None:
            self._paint_region(painter, picture, self._shown(self._region))
        elif self._grip is None:
            self._paint_pill(painter, self._hint, QPointF(picture.center().x(), picture.bottom()))

    def _paint_region(self, painter: QPainter, picture: QRectF, shown: QRectF) -> None:
        look, surface = self._look, surface_of(self._look.theme)
        outside = QPainterPath()
        outside.addRect(picture)
        hole = QPainterPath()
        hole.addRect(shown)
        shade = QColor(Qt.GlobalColor.black)
        is_busy = self._is_cut_out or self._is_key_held or self._grip is not None
        shade.setAlphaF(SHADE_ALPHA if is_busy else RESTING_ALPHA)
        painter.fillPath(outside.subtracted(hole), shade)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        # The dark line beneath keeps the accent visible on a picture of any colour.
        for color, width in ((surface.window, look.px(4)), (surface.accent, look.px(2))):
            painter.setPen(QPen(QColor(color), width))
            painter.drawRect(shown)
        painter.setPen(QPen(QColor(surface.window), look.px(1.5)))
        painter.setBrush(QColor(surface.accent))
        size = look.px(HANDLE_PX)
        for middle in self._handles_drawn(shown):
            painter.drawEllipse(middle, size / 2, size / 2)
        self._paint_tag(painter, picture, shown)

    def _handles_drawn(self, shown: QRectF) -> list[QPointF]:
        assert self._region is not None
        handles = self._handles(self._region)
        is_small = min(shown.width(), shown.height()) < self._look.px(4 * HANDLE_PX)
        return [middle for grip, middle in handles.items() if not is_small or all(grip)]

    def _paint_tag(self, painter: QPainter, picture: QRectF, shown: QRectF) -> None:
        """Name the rectangle above it, or below, or else in its lower corner: what it shows is to be read."""
        look, surface = self._look, surface_of(self._look.theme)
        font = look.font(SMALL_PX, is_bold=True)
        metrics = QFontMetricsF(font)
        size = QSizeF(metrics.horizontalAdvance(self._tag) + look.px(14), metrics.height() + look.px(4))
        away = size.height() + look.px(HANDLE_PX / 2 + 3)
        above, below = shown.top() - away, shown.bottom() + away - size.height()
        inside = shown.bottom() - away
        top = above if above >= picture.top() else below if below + size.height() <= picture.bottom() else inside
        right = picture.right() - size.width() - look.px(4)
        tag = QRectF(QPointF(min(shown.left() + look.px(1), right), top), size)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(surface.accent))
        painter.drawRoundedRect(tag, tag.height() / 2, tag.height() / 2)
        painter.setFont(font)
        painter.setPen(QColor(surface.on_accent))
        painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, self._tag)

    def _paint_pill(self, painter: QPainter, text: str, bottom_middle: QPointF) -> None:
        look, theme = self._look, self._look.theme
        font = look.font(TEXT_PX, is_bold=True)
        metrics = QFontMetricsF(font)
        pill = QRectF(0, 0, metrics.horizontalAdvance(text) + look.px(32), metrics.height() + look.px(14))
        pill.moveCenter(bottom_middle - QPointF(0, pill.height() / 2 + look.px(16)))
        look.paint_panel(painter, pill, theme.card, pill.height() / 2 / look.px(1))
        painter.setFont(font)
        painter.setPen(QColor(theme.text))
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, text)
