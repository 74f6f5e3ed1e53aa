"""Pictures of a monitor, a window or a part of the desktop."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from martlive_desktop.adapters.desktop_windows import list_windows
from martlive_desktop.core.errors import ScreenUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mss import MSS
    from numpy.typing import NDArray

LOOK_EVERY = 4
"""Pictures after which it is looked up again where a monitor or a window is."""

NO_SCREEN = "There is no screen here that could be watched."


class Rect(NamedTuple):
    """A part of the desktop, in its pixels."""

    left: int
    top: int
    width: int
    height: int

    def within(self, other: Rect) -> Rect | None:
        """What of this lies in `other`."""
        left, top = max(self.left, other.left), max(self.top, other.top)
        right = min(self.left + self.width, other.left + other.width)
        bottom = min(self.top + self.height, other.top + other.height)
        return Rect(left, top, right - left, bottom - top) if right > left and bottom > top else None


class Monitor(NamedTuple):
    """A screen of this computer."""

    name: str
    rect: Rect
    is_primary: bool


@contextlib.contextmanager
def _screens() -> Iterator[MSS]:
    from mss import MSS
    from mss.exception import ScreenShotError

    try:
        with MSS() as screens:
            yield screens
    except ScreenShotError as exc:
        raise ScreenUnavailable(NO_SCREEN) from exc


def list_monitors() -> list[Monitor]:
    """The monitors; one that has no name of its own is called by its number.

    Raises:
        ScreenUnavailable: there is no display.
    """
    with _screens() as screens:
        return _monitors(screens)


def _monitors(screens: MSS) -> list[Monitor]:
    found = []
    for number, one in enumerate(screens.monitors[1:], 1):
        rect = Rect(one["left"], one["top"], one["width"], one["height"])
        name = str(one.get("output") or one.get("name") or f"Monitor {number}")
        found.append(Monitor(name, rect, bool(one.get("is_primary"))))
    return found


def find_monitor(name: str) -> Rect:
    """Where the monitor called `name` is, or the main one.

    Raises:
        ScreenUnavailable: there is none of this name.
    """
    monitors = list_monitors()
    if name:
        monitors = [one for one in monitors if one.name == name]
    if not monitors:
        gone = f"The monitor {name} is gone; plug it in, or choose another under What viewers see."
        raise ScreenUnavailable(gone if name else NO_SCREEN)
    return next((one.rect for one in monitors if one.is_primary), monitors[0].rect)


def find_window(title: str) -> Rect:
    """Where the window is whose title is, or has in it, `title`; the uppermost of several.

    Raises:
        ScreenUnavailable: there is none.
    """
    windows = [one for one in list_windows() if title.casefold() in one.title.casefold()]
    if not windows:
        raise ScreenUnavailable(f"The window {title} is not there; open it, or choose another under What viewers see.")
    uppermost = next((one for one in reversed(windows) if one.title == title), windows[-1])
    return Rect(*uppermost[1:])


class DesktopGrabber:
    """Takes pictures of what `find` finds on the desktop; for use in one thread."""

    def __init__(self, name: str, find: Callable[[], Rect], *, may_hide: bool = False) -> None:
        """Look for it; `may_hide` where it may show black to everybody but its user.

        Raises:
            ScreenUnavailable: it is not there.
        """
        from mss import MSS
        from mss.exception import ScreenShotError

        self.name = name
        self.may_hide = may_hide
        self._find = find
        self._age = 0
        try:
            self._screens = MSS()
        except ScreenShotError as exc:
            raise ScreenUnavailable(NO_SCREEN) from exc
        try:
            self.rect = self._visible()
        except ScreenUnavailable:
            self.close()
            raise

    def close(self) -> None:
        self._screens.close()

    def grab(self, *, is_full: bool) -> NDArray[np.uint8]:  # noqa: ARG002 - these pictures are always full
        """What is seen now, BGRA of shape (height, width, 4).

        Raises:
            ScreenUnavailable: it is gone.
        """
        from mss.exception import ScreenShotError

        self._age += 1
        if self._age % LOOK_EVERY == 0:
            self.rect = self._visible()
        try:
            shot = self._screens.grab({**self.rect._asdict()})
        except ScreenShotError as exc:
            raise ScreenUnavailable("The screen changed; MartLive looks for it again.") from exc
        return np.frombuffer(shot.raw, np.uint8).reshape(shot.height, shot.width, 4)

    def _visible(self) -> Rect:
        found = self._find()
        monitors = list_monitors()
        parts = [part for one in monitors if (part := found.within(one.rect))]
        if not parts:
            raise ScreenUnavailable(f"{self.name} lies outside of the screens; choose again under What viewers see.")
        left, top = min(part.left for part in parts), min(part.top for part in parts)
        right = max(part.left + part.width for part in parts)
        bottom = max(part.top + part.height for part in parts)
        return Rect(left, top, right - left, bottom - top)
