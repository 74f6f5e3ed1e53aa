"""Tiles with live thumbnails: one for each picture that can be watched."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractButton, QWidget
from typing_extensions import override

from martlive_desktop.ui.drag_region import fitted
from martlive_desktop.ui.translation import QT_TRANSLATE_NOOP
from martlive_desktop.ui.window_style import CARD_RADIUS_PX, GRID_PX, SMALL_PX, TEXT_PX, mix, surface_of, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlive_desktop.ui.screen_picker import SourceChoice
    from martlive_desktop.ui.theme import Look

SMALLEST_WIDTH_PX, MOST_COLUMNS = 132, 2
"""In a large window the thumbnails grow, so that more can be seen on them."""

THUMBNAIL_SHAPE = QSizeF(16, 9)
INSET_PX, TEXT_HEIGHT_PX, BADGE_PX, CHOSEN_PX = 10, 44, 22, 2.5
DIMMED = 0.45
"""Opacity of a thumbnail that cannot be chosen now."""

NO_CHOICE = QT_TRANSLATE_NOOP(
    "SourceTiles", "Nothing to choose from yet. Open OBS or the window that your viewers see."
)

KEY_REASONS = frozenset({Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason})
"""The focus is shown once somebody moves it with the keys, arrow keys among them."""

ICONS: Final = {"obs": "eye", "monitor": "monitor", "window": "app-window", "region": "crop", "none": "eye-off"}
"""What a tile shows while it has no thumbnail."""


class SourceTile(QAbstractButton):
    """One choice; the mark on it follows the state that is rendered, not the click."""

    focused = Signal()

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look
        self._choice: SourceChoice | None = None
        self._thumbnail = QImage()
        self._scaled = QPixmap()
        self._is_focus_shown = False
        self.setCheckable(True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def show_choice(self, choice: SourceChoice, *, is_chosen: bool) -> None:
        if choice != self._choice:
            self._choice = choice
            self.setEnabled(choice.is_available)
            self.setText(choice.name)
            self.setAccessibleName(choice.name)
            self.setAccessibleDescription(choice.detail)
            self.setToolTip(f"{choice.name}\n{choice.detail}".strip())
            self.update()
        self.setChecked(is_chosen)

    def show_thumbnail(self, image: QImage) -> None:
        # Kept small: a picture of a whole monitor for each tile would take much memory.
        size = (QSizeF(self.size()) * self.devicePixelRatioF()).toSize()
        fits = image.width() <= size.width() and image.height() <= size.height()
        keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        self._thumbnail = image if fits or size.isEmpty() else image.scaled(size, keep, smooth)
        self._scaled = QPixmap()
        self.update()

    def height_for(self, width: int) -> int:
        """Its height at `width`."""
        return round(self._thumbnail_box(width).bottom() + self._look.px(TEXT_HEIGHT_PX + INSET_PX / 2))

    def _thumbnail_box(self, width: int) -> QRectF:
        inset = self._look.px(INSET_PX)
        inner = width - 2 * inset
        return QRectF(inset, inset, inner, inner * THUMBNAIL_SHAPE.height() / THUMBNAIL_SHAPE.width())

    @override
    def sizeHint(self) -> QSize:
        width = round(self._look.px(SMALLEST_WIDTH_PX))
        return QSize(width, self.height_for(width))

    @override
    def nextCheckState(self) -> None:
        """A click asks; only the state marks."""

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.click()
        else:
            super().keyPressEvent(event)

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        self._is_focus_shown = event.reason() in KEY_REASONS
        super().focusInEvent(event)
        self.focused.emit()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._scaled = QPixmap()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        if self._choice is None:
            return
        look, theme, surface = self._look, self._look.theme, surface_of(self._look.theme)
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        width = look.px(CHOSEN_PX) if self.isChecked() else look.px(theme.border_px)
        half, radius = width / 2, look.px(CARD_RADIUS_PX)
        painter.setPen(QPen(QColor(surface.accent if self.isChecked() else surface.line), width))
        painter.setBrush(QColor(surface.hover if self.underMouse() and self.isEnabled() else surface.raised))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(half, half, -half, -half), radius, radius)
        thumbnail = self._thumbnail_box(self.width())
        self._paint_thumbnail(painter, thumbnail, self._choice.kind)
        self._paint_words(painter, thumbnail, self._choice)
        if self.isChecked():
            self._paint_badge(painter, thumbnail)
        if self.hasFocus() and self._is_focus_shown:
            ring = look.px(2)
            edge = look.px(theme.border_px + 3)
            painter.setPen(QPen(QColor(theme.text), ring))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(
                QRectF(self.rect()).adjusted(edge, edge, -edge, -edge), radius - edge / 2, radius - edge / 2
            )

    def _paint_thumbnail(self, painter: QPainter, box: QRectF, kind: str) -> None:
        look, surface = self._look, surface_of(self._look.theme)
        radius = look.px(CARD_RADIUS_PX) / 2
        frame = QPainterPath()
        frame.addRoundedRect(box, radius, radius)
        painter.fillPath(frame, QColor(surface.hover))
        painter.save()
        painter.setOpacity(1 if self.isEnabled() else DIMMED)
        if self._thumbnail.isNull() or kind == "none":
            side = min(look.px(28), box.height() * 0.6)
            icon = QRectF(0, 0, side, side)
            icon.moveCenter(box.center())
            look.paint_icon(painter, ICONS[kind], mix(look.theme.text_dim, surface.hover, 0.75), icon)
        else:
            picture = fitted(QSizeF(self._thumbnail.size()), box)
            painter.setClipPath(frame)
            painter.drawPixmap(picture, self._fit(picture.size()), QRectF(self._scaled.rect()))
        painter.restore()

    def _fit(self, size: QSizeF) -> QPixmap:
        ratio = self.devicePixelRatioF()
        if self._scaled.isNull() or self._scaled.devicePixelRatioF() != ratio:
            ignore, smooth = Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
            self._scaled = QPixmap.fromImage(self._thumbnail.scaled((size * ratio).toSize(), ignore, smooth))
            self._scaled.setDevicePixelRatio(ratio)
        return self._scaled

    def _paint_words(self, painter: QPainter, thumbnail: QRectF, choice: SourceChoice) -> None:
        look, theme, surface = self._look, self._look.theme, surface_of(self._look.theme)
        is_usable = self.isEnabled()
        top = thumbnail.bottom() + look.px(6)
        name, detail = look.font(TEXT_PX, is_bold=True), look.font(SMALL_PX)
        name_height = QFontMetricsF(name).height()
        for text, font, color, y in (
            (choice.name, name, theme.text if is_usable else surface.disabled, top),
            (choice.detail, detail, theme.text_dim if is_usable else surface.disabled, top + name_height + look.px(2)),
        ):
            metrics = QFontMetricsF(font)
            shown = metrics.elidedText(" ".join(text.split()), Qt.TextElideMode.ElideRight, thumbnail.width())
            painter.setFont(font)
            painter.setPen(QColor(color))
            line = QRectF(thumbnail.left(), y, thumbnail.width(), metrics.height())
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)

    def _paint_badge(self, painter: QPainter, thumbnail: QRectF) -> None:
        look, surface = self._look, surface_of(self._look.theme)
        side, gap = look.px(BADGE_PX), look.px(5)
        badge = QRectF(thumbnail.right() - side - gap, thumbnail.top() + gap, side, side)
        painter.setPen(QPen(QColor(surface.window), look.px(2)))
        painter.setBrush(QColor(surface.accent))
        painter.drawEllipse(badge)
        tick = badge.adjusted(side * 0.24, side * 0.24, -side * 0.24, -side * 0.24)
        look.paint_icon(painter, "check", surface.on_accent, tick, 2.25)


class SourceTiles(QWidget):
    """The tiles in as many columns as fit; a tile stays the same one while its choice is offered."""

    chosen = Signal(str)
    """The id of the choice that was clicked."""
    tile_focused = Signal(QWidget)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._tiles: dict[str, SourceTile] = {}
        self._empty = words(look, self.tr(NO_CHOICE), color=look.theme.text_dim)
        self._empty.setParent(self)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)

    def show_choices(self, choices: Sequence[SourceChoice], chosen: str) -> None:
        offered = [choice.id for choice in choices]
        is_other = offered != list(self._tiles)
        for gone in self._tiles.keys() - set(offered):
            self._tiles[gone].hide()
            self._tiles.pop(gone).deleteLater()
        self._tiles = {choice.id: self._tiles.get(choice.id) or self._new_tile(choice.id) for choice in choices}
        for choice in choices:
            self._tiles[choice.id].show_choice(choice, is_chosen=choice.id == chosen)
        if is_other:
            tiles = list(self._tiles.values())
            for before, after in pairwise(tiles):
                QWidget.setTabOrder(before, after)
            self._empty.setVisible(not tiles)
            self._lay_out()

    @property
    def tiles(self) -> tuple[SourceTile, ...]:
        """Those that are shown, in their order."""
        return tuple(self._tiles.values())

    def focus_on(self, choice_id: str) -> None:
        """Give the focus to the tile of `choice_id`, or else to the first one."""
        tile = self._tiles.get(choice_id) or next(iter(self._tiles.values()), None)
        if tile is not None:
            tile.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_thumbnail(self, choice_id: str, image: QImage) -> None:
        tile = self._tiles.get(choice_id)
        if tile is not None:
            tile.show_thumbnail(image)

    def _new_tile(self, choice_id: str) -> SourceTile:
        tile = SourceTile(self._look, self)
        tile.clicked.connect(lambda: self.chosen.emit(choice_id))
        tile.focused.connect(lambda: self.tile_focused.emit(tile))
        tile.show()
        return tile

    def _lay_out(self) -> None:
        look = self._look
        gap = round(look.px(1.5 * GRID_PX))
        fitting = (self.width() + gap) // (round(look.px(SMALLEST_WIDTH_PX)) + gap)
        columns = min(max(fitting, 1), MOST_COLUMNS)
        width = (self.width() - gap * (columns - 1)) // columns
        bottom = 0
        for i, tile in enumerate(self._tiles.values()):
            height = tile.height_for(width)
            top = i // columns * (height + gap)
            tile.setGeometry(i % columns * (width + gap), top, width, height)
            bottom = top + height
        if not self._tiles:
            bottom = self._empty.heightForWidth(self.width())
            self._empty.setGeometry(0, 0, self.width(), bottom)
        self.setMinimumHeight(bottom)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._lay_out()
