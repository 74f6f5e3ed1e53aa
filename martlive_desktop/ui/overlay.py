"""The private overlay: the tip card above the strip, on top of everything, never with the focus."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QEnterEvent,
    QGuiApplication,
    QHideEvent,
    QMouseEvent,
    QPainterPath,
    QRegion,
    QShowEvent,
)
from PySide6.QtWidgets import QApplication, QWidget
from typing_extensions import override

from martlive_desktop.ui import card, strip
from martlive_desktop.ui.card import CardView
from martlive_desktop.ui.placement import EDGE_PX, kept_inside, snapped
from martlive_desktop.ui.recent_tips import RecentTips
from martlive_desktop.ui.strip import Strip
from martlive_desktop.ui.theme import MAX_FONT_PX, MIN_FONT_PX, THEMES, Look
from martlive_desktop.ui.view_state import OverlayState

GAP_PX = 8

DIMMED = 0.6
"""Share of its opacity that is left while clicks go through it: it is only to be read."""

HOVER_MS = 400
"""The mouse rests this long on the overlay before the last tips are listed."""

EDGE_REACH_PX = 8
"""How far from its left and right edge, at the default size, the overlay is dragged larger or smaller."""

FLAGS = Qt.WindowType.Window | Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowDoesNotAcceptFocus

RESTACKING_PLATFORMS = frozenset({"xcb", "windows", "cocoa"})
"""Where a window may raise itself."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Edge:
    """An edge that is dragged, and how the overlay was when it was grabbed."""

    side: int
    """-1 left, 1 right."""
    grabbed_x: float
    left: int
    width: int
    font_px: int


def _on_top_flags(platform: str) -> Qt.WindowType:
    flags = Qt.WindowType.WindowStaysOnTopHint
    # A managed window would lie under a fullscreen game that has the focus.
    return flags | Qt.WindowType.X11BypassWindowManagerHint if platform == "xcb" else flags


def is_translucency_shown() -> bool:
    """Whether the desktop blends translucent windows; X11 without a compositor paints them black."""
    if QGuiApplication.platformName() != "xcb":
        return True
    from Xlib import X
    from Xlib.display import Display

    display = Display()
    try:
        owner = display.get_selection_owner(display.intern_atom(f"_NET_WM_CM_S{display.get_default_screen()}"))
        return bool(owner != X.NONE)
    finally:
        display.close()


class Overlay(QWidget):
    """Shows an `OverlayState` in one place; nothing ticks while nothing changes and no tip is up."""

    moved = Signal(int, int)
    tip_dismissed = Signal()
    menu_requested = Signal(QPoint)
    """Where on the desktop the menu of the tray is asked for: not every desktop has a tray."""
    resized = Signal(int)
    """The size of its text in px that the user dragged it to."""

    def __init__(self, look: Look) -> None:
        platform = QGuiApplication.platformName()
        super().__init__(None, FLAGS | _on_top_flags(platform))
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_AlwaysShowToolTips)
        self.setMouseTracking(True)
        self.setWindowTitle("MartLive")
        self.setAccessibleName("MartLive")
        self._platform = platform
        self._state = OverlayState()
        self._grabbed_at: QPoint | None = None
        self._dragged = False
        self._is_locked = False
        self._is_on_top = True
        self._edge: _Edge | None = None
        self._is_click_through = False
        self._opacity = 1.0
        self._hover = QTimer(self)
        self._hover.setSingleShot(True)
        self._hover.setInterval(HOVER_MS)
        self._hover.timeout.connect(self._list_tips)
        self._wanted_look = look
        self._build(look)
        self.go_home()

    def _build(self, look: Look) -> None:
        """Make the parts for `look`, or for the opaque theme where the desktop does not blend."""
        self._is_blended = is_translucency_shown()
        if not self._is_blended:
            theme = look.theme if look.theme == THEMES["contrast"] else THEMES["opaque"]
            look = dataclasses.replace(look, theme=theme, is_motion_reduced=True)
        self._look = look
        self._recent = RecentTips(look)
        margin = round(look.px(card.MARGIN_PX))
        self._card = CardView(look, self)
        self._card.faded_out.connect(self._after_tip)
        self._strip = Strip(look, self)
        top = margin + round(look.px(card.HEIGHT_PX + GAP_PX))
        self._strip.setGeometry(margin, top, round(look.px(card.WIDTH_PX)), round(look.px(strip.HEIGHT_PX)))
        self.setFixedSize(self._card.width(), self._strip.geometry().bottom() + 1 + margin)
        self._render_strip()
        self._fit_mask()

    def set_look(self, look: Look) -> None:
        """Take another theme, size or motion."""
        state, self._state = self._state, OverlayState()
        for part in (self._card, self._strip, self._recent):
            part.hide()
            part.deleteLater()
        self._wanted_look = look
        self._build(look)
        self._strip.show()
        self.render_state(state)

    def render_state(self, state: OverlayState) -> None:
        """Show `state`; what did not change is not painted again."""
        before, self._state = self._state, state
        if state == before:
            return
        if state.tip is None and before.tip is not None:
            self._card.remove_tip()
        elif state.tip is not None and state.tip != before.tip:
            self._card.show_tip(state.tip, state.now_ms)
            self._fit_mask()
            if self._is_on_top and self._platform in RESTACKING_PLATFORMS:
                # Another window on top may have come up since the last tip.
                self.raise_()
        self._render_strip()

    def set_click_through(self, on: bool) -> None:  # noqa: FBT001 - it is connected to a signal that carries a bool
        """Let the mouse through to what lies beneath, and dim, or take it again."""
        self.winId()
        self.windowHandle().setFlag(Qt.WindowType.WindowTransparentForInput, on)
        self._is_click_through = on
        self.set_opacity(self._opacity)

    def set_opacity(self, opacity: float) -> None:
        """Be seen with `opacity`, 0 to 1, less while clicks go through."""
        self._opacity = opacity
        self.setWindowOpacity(opacity * DIMMED if self._is_click_through else opacity)

    def set_on_top(self, on: bool) -> None:  # noqa: FBT001 - it is connected to a signal that carries a bool
        """Stay above every other window, or be one of them."""
        if on == self._is_on_top:
            return
        self._is_on_top = on
        is_shown, at = self.isVisible(), self.pos()
        # Qt hides a window whose flags change.
        self.setWindowFlags(FLAGS | (_on_top_flags(self._platform) if on else Qt.WindowType.Widget))
        self.move(at)
        self.setVisible(is_shown)
        self.set_click_through(self._is_click_through)

    def set_locked(self, on: bool) -> None:  # noqa: FBT001 - it is connected to a signal that carries a bool
        """Stay in place whatever is dragged, or move again."""
        self._is_locked = on

    def go_home(self) -> None:
        """Lie at the top right of the screen."""
        area = self.screen().availableGeometry()
        inset = round(self._look.px(card.MARGIN_PX)) - EDGE_PX
        self.place(area.right() + 1 + inset - self.width(), area.top() - inset)

    def place(self, x: int, y: int, *, snaps: bool = False) -> None:
        """Move to `x`, `y`, or as near as keeps all of it on a screen; with `snaps`, beside an edge that is near."""
        margin = round(self._look.px(card.MARGIN_PX))
        box = QRect(QPoint(x, y), self.size()).adjusted(margin, margin, -margin, -margin)
        screen = QGuiApplication.screenAt(box.center()) or QGuiApplication.primaryScreen()
        area = screen.availableGeometry()
        box = kept_inside(snapped(box, area) if snaps else box, area)
        self.move(box.left() - margin, box.top() - margin)

    def _render_strip(self) -> None:
        is_line = self._look.is_compact and self._state.tip is None and self._card.isHidden()
        self._strip.render_state(self._state, is_line=is_line)

    def _after_tip(self) -> None:
        self._render_strip()
        self._fit_mask()

    def _fit_mask(self) -> None:
        """Keep an X11 window out of the way of the mouse where it shows nothing; elsewhere the desktop does."""
        if self._platform == "xcb":
            self.setMask(self._shown_region())

    def _shown_region(self) -> QRegion:
        if self._is_blended:
            shown = QRegion(self._strip.geometry())
            return shown if self._card.isHidden() else shown | QRegion(self._card.geometry())
        shown = self._rounded(QRectF(self._strip.geometry()), strip.RADIUS_PX)
        return shown if self._card.isHidden() else shown | self._rounded(self._card.card_rect, card.RADIUS_PX)

    def _rounded(self, box: QRectF, radius_px: float) -> QRegion:
        path = QPainterPath()
        path.addRoundedRect(box, self._look.px(radius_px), self._look.px(radius_px))
        return QRegion(path.toFillPolygon().toPolygon())

    @override
    def showEvent(self, event: QShowEvent) -> None:
        if is_translucency_shown() != self._is_blended:
            self.set_look(self._wanted_look)
        super().showEvent(event)

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        self._end_list()
        super().hideEvent(event)

    @override
    def enterEvent(self, event: QEnterEvent) -> None:
        if self._state.recent:
            self._hover.start()

    @override
    def leaveEvent(self, event: QEvent) -> None:
        self._end_list()

    def _list_tips(self) -> None:
        strip = QRect(self._strip.mapToGlobal(QPoint()), self._strip.size())
        self._recent.show_beside(strip, self._state.recent, self._state.now_ms)

    def _end_list(self) -> None:
        self._hover.stop()
        self._recent.hide()

    @override
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self._end_list()
        self.menu_requested.emit(event.globalPos())

    def _side_at(self, position: QPointF) -> int:
        """-1 at the left edge, where the overlay is dragged larger, 1 at the right one, 0 elsewhere."""
        shown = QRectF(self._strip.geometry())
        if not self._card.isHidden():
            shown = shown.united(self._card.card_rect)
        if self._is_locked or not shown.contains(position):
            return 0
        reach = self._look.px(EDGE_REACH_PX)
        return -1 if position.x() < shown.left() + reach else 1 if position.x() > shown.right() - reach else 0

    def _stretch(self, edge: _Edge, x: float) -> None:
        """Take the size of text at which the grabbed edge lies under the mouse; the other edge stays."""
        width = edge.width + edge.side * (x - edge.grabbed_x)
        font_px = min(max(round(edge.font_px * width / edge.width), MIN_FONT_PX), MAX_FONT_PX)
        if font_px != self._look.font_px:
            self.set_look(dataclasses.replace(self._wanted_look, font_px=font_px))
            left = edge.left if edge.side > 0 else edge.left + edge.width - self.width()
            self.place(left, self.y())

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._end_list()
        if event.button() == Qt.MouseButton.LeftButton:
            self._grabbed_at = event.globalPosition().toPoint() - self.pos()
            self._dragged = False
            side = self._side_at(event.position())
            self._edge = (
                _Edge(side, event.globalPosition().x(), self.x(), self.width(), self._look.font_px) if side else None
            )

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grabbed_at is None:
            self.setCursor(
                Qt.CursorShape.SizeHorCursor if self._side_at(event.position()) else Qt.CursorShape.ArrowCursor
            )
            return
        if self._edge is not None:
            self._stretch(self._edge, event.globalPosition().x())
            return
        wanted = event.globalPosition().toPoint() - self._grabbed_at
        self._dragged |= (
            not self._is_locked and (wanted - self.pos()).manhattanLength() >= QApplication.startDragDistance()
        )
        if self._dragged:
            self.place(wanted.x(), wanted.y(), snaps=True)

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._grabbed_at is None:
            return
        self._grabbed_at = None
        edge, self._edge = self._edge, None
        if edge is not None and self._look.font_px != edge.font_px:
            self.resized.emit(self._look.font_px)
            self.moved.emit(self.x(), self.y())
        elif self._dragged:
            self.moved.emit(self.x(), self.y())
        elif self._state.tip is not None and self._card.card_rect.contains(event.position()):
            self.tip_dismissed.emit()
