"""The windows of other programs: their titles and where they are."""

from __future__ import annotations

import contextlib
import sys
from typing import NamedTuple

from martlive_desktop.core.errors import ScreenUnavailable


class Window(NamedTuple):
    """A window that is shown; in pixels of the desktop."""

    title: str
    left: int
    top: int
    width: int
    height: int


def list_windows() -> list[Window]:
    """The windows with a title, the lowest first; none where this system does not tell.

    Raises:
        ScreenUnavailable: there is no display.
    """
    if sys.platform == "win32":
        return _list_on_windows()
    elif sys.platform == "linux":  # noqa: RET505 - mypy follows this form only
        return _list_on_x11()
    else:
        return []


if sys.platform == "linux":

    def _list_on_x11() -> list[Window]:
        from Xlib import X
        from Xlib.display import Display
        from Xlib.error import DisplayError, XError

        try:
            display = Display()
        except DisplayError as exc:
            raise ScreenUnavailable("There is no screen here that could be watched.") from exc
        try:
            root = display.screen().root
            listed = root.get_full_property(display.intern_atom("_NET_CLIENT_LIST_STACKING"), X.AnyPropertyType)
            name = display.intern_atom("_NET_WM_NAME")
            found = []
            for number in listed.value if listed else ():
                window = display.create_resource_object("window", number)
                # It may be gone by now.
                with contextlib.suppress(XError):
                    # Old programs have only the shorter name.
                    title = window.get_full_property(name, X.AnyPropertyType)
                    text = title.value if title else window.get_wm_name() or ""
                    size = window.get_geometry()
                    place = root.translate_coords(window, 0, 0)
                    if text and window.get_attributes().map_state == X.IsViewable:
                        text = text if isinstance(text, str) else text.decode(errors="replace")
                        found.append(Window(text, place.x, place.y, size.width, size.height))
            return found
        finally:
            display.close()


if sys.platform == "win32":

    def _list_on_windows() -> list[Window]:
        import ctypes
        from ctypes import wintypes

        user = ctypes.windll.user32
        found: list[Window] = []

        def note(handle: int, _: int) -> bool:
            length = user.GetWindowTextLengthW(handle)
            if length and user.IsWindowVisible(handle) and not user.IsIconic(handle):
                title = ctypes.create_unicode_buffer(length + 1)
                user.GetWindowTextW(handle, title, length + 1)
                box = wintypes.RECT()
                if user.GetWindowRect(handle, ctypes.byref(box)):
                    found.append(Window(title.value, box.left, box.top, box.right - box.left, box.bottom - box.top))
            return True

        callback = ctypes.WINFUNCTYPE(wintypes.BOOL, wintypes.HWND, wintypes.LPARAM)(note)
        user.EnumWindows(callback, 0)
        # Windows gives the highest first.
        return found[::-1]
