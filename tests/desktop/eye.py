"""Sees when something is painted on a virtual screen, and presses its keys."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from Xlib import XK, X
from Xlib.display import Display
from Xlib.ext import xtest

from tests.desktop.xvfb import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from tests.desktop.xvfb import VirtualScreen

WITHIN_S = 20.0
WALL = 0xF0F0F0
"""Nothing of MartLive has this colour."""


class Box(NamedTuple):
    """A part of the screen, in px."""

    x: int
    y: int
    width: int
    height: int


class Eye:
    """Looks at the screen, again after everything that is painted; with a compositor, at what that paints."""

    def __init__(self, display: Display, *, is_composited: bool) -> None:
        self._display = display
        self._root = painted = display.screen().root
        if is_composited:
            display.composite_query_version()
            painted = self._root.composite_get_overlay_window().overlay_window
        display.damage_query_version()
        painted.damage_create(0)

    def look(self, box: Box) -> NDArray[np.uint8]:
        """Blue, green and red, shape (height, width, 3)."""
        data = self._root.get_image(*box, X.ZPixmap, 0xFFFFFFFF).data
        return np.frombuffer(data, np.uint8).reshape(box.height, box.width, 4)[..., :3]

    def wait_until(self, box: Box, holds: Callable[[NDArray[np.uint8]], bool], within_s: float = WITHIN_S) -> float:
        """The `time.monotonic` at which `box` was seen as it is wanted."""
        wait_for(self._display, lambda: holds(self.look(box)), within_s)
        return time.monotonic()


class Keys:
    """A keyboard: its keys go to whoever has the focus or holds them as a hotkey."""

    def __init__(self, display: Display) -> None:
        self._display = display
        # The first key of another keyboard changes the layout for everybody.
        with self.held("Shift_L"):
            pass

    def _turn(self, event: int, name: str) -> None:
        xtest.fake_input(self._display, event, self._display.keysym_to_keycode(XK.string_to_keysym(name)))

    @contextmanager
    def held(self, *names: str) -> Iterator[float]:
        """Hold `names` down until the end of the block; gives the time at which the last one was pressed."""
        for name in names[:-1]:
            self._turn(X.KeyPress, name)
        self._display.sync()
        pressed_s = time.monotonic()
        self._turn(X.KeyPress, names[-1])
        self._display.flush()
        try:
            yield pressed_s
        finally:
            for name in reversed(names):
                self._turn(X.KeyRelease, name)
            self._display.sync()


@contextmanager
def open_eye(screen: VirtualScreen, *, is_composited: bool) -> Iterator[tuple[Eye, Keys]]:
    """An eye and a keyboard for a screen whose background is `WALL`."""
    display = Display(screen.name)
    root = display.screen()
    wall = root.root.create_window(
        0,
        0,
        root.width_in_pixels,
        root.height_in_pixels,
        0,
        X.CopyFromParent,
        background_pixel=WALL,
        override_redirect=1,
    )
    wall.map()
    wall.configure(stack_mode=X.Below)
    display.sync()
    try:
        yield Eye(display, is_composited=is_composited), Keys(display)
    finally:
        display.close()


def is_wall(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which of `pixels` show the background."""
    return np.asarray((pixels == WALL & 0xFF).all(axis=2))
