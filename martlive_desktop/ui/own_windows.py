"""Where MartLive's own windows lie on the desktop, in its physical pixels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


class NativeRect(NamedTuple):
    """A rectangle in physical pixels of the desktop."""

    left: int
    top: int
    width: int
    height: int


def to_native(
    logical: tuple[int, int, int, int], screen_left_top: tuple[int, int], pixels_per_unit: float
) -> NativeRect:
    """`logical` (left, top, width, height) in physical pixels, rounded outwards.

    Qt keeps the corner of each screen where it is in physical pixels and scales what lies on the screen around it.
    """
    left, top, width, height = logical
    at_x, at_y = screen_left_top
    start_x, start_y = ((at - edge) * pixels_per_unit + edge for at, edge in ((left, at_x), (top, at_y)))
    end_x, end_y = start_x + width * pixels_per_unit, start_y + height * pixels_per_unit
    x, y = math.floor(start_x), math.floor(start_y)
    return NativeRect(x, y, math.ceil(end_x) - x, math.ceil(end_y) - y)


def native_rect(widget: QWidget) -> NativeRect:
    """Where the top-level `widget` lies with the frame around it."""
    frame, screen = widget.frameGeometry(), widget.screen()
    corner = screen.geometry().topLeft()
    return to_native(
        (frame.x(), frame.y(), frame.width(), frame.height()), (corner.x(), corner.y()), screen.devicePixelRatio()
    )
