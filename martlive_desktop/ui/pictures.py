"""Pictures of what a widget shows, painted once and then only copied: a repaint beneath a moving card costs little."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPixmap

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from PySide6.QtWidgets import QWidget


KEPT = 16
"""Faces of one widget: a meter has eight; of a line of text that changes the newest are enough."""


def blank_picture(size: QSize, ratio: float) -> QPixmap:
    """A clear picture of `size` logical pixels at `ratio` device pixels each."""
    picture = QPixmap(size * ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    return picture


class Pictures:
    """The few faces of one widget, each painted when it is first shown, and again at another size or pixel ratio."""

    def __init__(self, widget: QWidget) -> None:
        self._widget = widget
        self._drawn_for: tuple[int, int, float] | None = None
        self._pictures: dict[Hashable, QPixmap] = {}

    def draw(self, shown: Hashable, paint: Callable[[QPainter], None]) -> None:
        """Show the picture of `shown`, which `paint` paints if it is new; within the widget's paintEvent."""
        size, ratio = self._widget.size(), self._widget.devicePixelRatioF()
        drawn_for = (size.width(), size.height(), ratio)
        if drawn_for != self._drawn_for:
            self._drawn_for = drawn_for
            self._pictures.clear()
        picture = self._pictures.get(shown)
        if picture is None:
            if len(self._pictures) == KEPT:
                del self._pictures[next(iter(self._pictures))]
            picture = self._pictures[shown] = blank_picture(size, ratio)
            painter = QPainter(picture)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            paint(painter)
            painter.end()
        QPainter(self._widget).drawPixmap(0, 0, picture)
