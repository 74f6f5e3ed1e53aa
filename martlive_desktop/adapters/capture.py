"""Asks the system to leave a window out of recordings, and says what the system does."""

from __future__ import annotations

import ctypes
import sys
from typing import Literal, TypeAlias

CaptureState: TypeAlias = Literal["hidden", "shown", "cannot"]
"""Left out of recordings, part of them, or on a system that has no way to leave a window out."""

WDA_NONE, WDA_EXCLUDEFROMCAPTURE = 0x0, 0x11
"""Source: Microsoft's documentation of SetWindowDisplayAffinity."""

NS_SHARING_NONE, NS_SHARING_READ_ONLY = 0, 1
"""Source: Apple's documentation of NSWindowSharingType."""


def hide_from_capture(window: int, *, on: bool) -> CaptureState:
    """Leave the window with this native handle (HWND, NSView, X window) out of recordings, or not; the true state after it.

    The system's answer is read back: it is a wish, and a driver or a recorder may not follow it.
    """
    if sys.platform == "win32":
        user32 = ctypes.windll.user32
        user32.SetWindowDisplayAffinity(ctypes.c_void_p(window), WDA_EXCLUDEFROMCAPTURE if on else WDA_NONE)
        affinity = ctypes.c_uint32(WDA_NONE)
        user32.GetWindowDisplayAffinity(ctypes.c_void_p(window), ctypes.byref(affinity))
        return "hidden" if affinity.value == WDA_EXCLUDEFROMCAPTURE else "shown"
    elif sys.platform == "darwin":  # noqa: RET505 - mypy follows this form only
        objc = ctypes.CDLL("/usr/lib/libobjc.dylib")
        objc.sel_registerName.restype = ctypes.c_void_p
        objc.objc_msgSend.restype = ctypes.c_void_p

        def send(receiver: int | None, name: bytes, *arguments: ctypes.c_ulong) -> int | None:
            selector = ctypes.c_void_p(objc.sel_registerName(name))
            answer: int | None = objc.objc_msgSend(ctypes.c_void_p(receiver), selector, *arguments)
            return answer

        shown = send(window, b"window")
        send(shown, b"setSharingType:", ctypes.c_ulong(NS_SHARING_NONE if on else NS_SHARING_READ_ONLY))
        return "shown" if send(shown, b"sharingType") else "hidden"
    else:
        return "cannot"
