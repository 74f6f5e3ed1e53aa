"""Where the overlay lies: near an edge, on the monitor where the user put it, and always on one that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QRect, Signal
from PySide6.QtGui import QGuiApplication, QScreen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from martlive_desktop.ui.overlay import Overlay

EDGE_PX = 24
"""Distance from the edges of the screen at first, and the one that a drag falls into."""

SNAP_PX = 12
"""So near to that distance, it falls into it."""


def kept_inside(box: QRect, area: QRect) -> QRect:
    """`box` moved as little as keeps all of it in `area`."""
    inside = QRect(box)
    inside.moveRight(min(inside.right(), area.right()))
    inside.moveBottom(min(inside.bottom(), area.bottom()))
    inside.moveLeft(max(inside.left(), area.left()))
    inside.moveTop(max(inside.top(), area.top()))
    return inside


def snapped(box: QRect, area: QRect) -> QRect:
    """`box` at `EDGE_PX` from those edges of `area` to which it nearly is."""
    out, inner = QRect(box), area.adjusted(EDGE_PX, EDGE_PX, -EDGE_PX, -EDGE_PX)
    if abs(box.left() - inner.left()) <= SNAP_PX:
        out.moveLeft(inner.left())
    elif abs(box.right() - inner.right()) <= SNAP_PX:
        out.moveRight(inner.right())
    if abs(box.top() - inner.top()) <= SNAP_PX:
        out.moveTop(inner.top())
    elif abs(box.bottom() - inner.bottom()) <= SNAP_PX:
        out.moveBottom(inner.bottom())
    return out


class Placement(QObject):
    """Puts the overlay where it was on each monitor, also when monitors come and go."""

    changed = Signal(str, object)
    """The monitor it lies on, and a dict of its places by monitor, in px from the monitor's corner."""

    def __init__(
        self,
        overlay: Overlay,
        monitor: str,
        places: Mapping[str, tuple[int, int]],
        fallback: tuple[int, int] | None,
        parent: QObject | None = None,
    ) -> None:
        """Put `overlay` at its place on `monitor`, or else at `fallback` on the desktop, or where it is."""
        super().__init__(parent)
        self._overlay = overlay
        self._monitor = monitor
        self._places = dict(places)
        self._fallback = fallback
        overlay.moved.connect(self._remember)
        app = QGuiApplication.instance()
        assert isinstance(app, QGuiApplication)
        app.screenRemoved.connect(self._return)
        app.screenAdded.connect(self._watch)
        for screen in QGuiApplication.screens():
            screen.availableGeometryChanged.connect(self._return)
        self._return()

    def forget(self) -> None:
        """Go back to where a new overlay lies, on every monitor."""
        self._places.clear()
        self._fallback = None
        self._overlay.go_home()
        self._remember(self._overlay.x(), self._overlay.y())

    def _watch(self, screen: QScreen) -> None:
        screen.availableGeometryChanged.connect(self._return)
        self._return()

    def _return(self, _changed: object = None) -> None:
        screens = {screen.name(): screen for screen in QGuiApplication.screens()}
        screen = screens.get(self._monitor) or QGuiApplication.primaryScreen()
        if (place := self._places.get(screen.name())) is not None:
            at = screen.geometry().topLeft() + QPoint(*place)
        elif self._fallback is not None:
            at = QPoint(*self._fallback)
        else:
            at = self._overlay.pos()
        self._overlay.place(at.x(), at.y())

    def _remember(self, x: int, y: int) -> None:
        screen = self._overlay.screen()
        at = QPoint(x, y) - screen.geometry().topLeft()
        self._monitor, self._places[screen.name()] = screen.name(), (at.x(), at.y())
        self.changed.emit(self._monitor, dict(self._places))
