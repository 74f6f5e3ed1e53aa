"""Chooses how this system gives keys that work in every window."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from martlive_desktop.ports import Hotkeys

_LOG = logging.getLogger(__name__)


def open_hotkeys(
    wanted: Mapping[str, str], on_pressed: Callable[[str], None], titles: Mapping[str, str] | None = None
) -> Hotkeys | None:
    """The keys of `wanted`, held from now on; None where this system has no way to.

    Args:
        wanted: keys by action.
        on_pressed: gets the action whose keys are pressed, on any thread; it must return at once.
        titles: what each action does, in the user's words; a desktop that asks the user shows them.

    Raises:
        SettingsInvalid: a text is no keys.
        MartLiveError: the system does not answer.
    """
    if sys.platform == "win32":
        from martlive_desktop.adapters.hotkeys_windows import User32, WindowsHotkeys

        return WindowsHotkeys(wanted, on_pressed, User32())
    elif sys.platform == "darwin":  # noqa: RET505 - mypy follows this form only
        from martlive_desktop.adapters.hotkeys_macos import Carbon, MacHotkeys

        return MacHotkeys(wanted, on_pressed, Carbon())
    else:
        return _open_on_linux(wanted, on_pressed, titles)


def _open_on_linux(
    wanted: Mapping[str, str], on_pressed: Callable[[str], None], titles: Mapping[str, str] | None
) -> Hotkeys | None:
    if os.environ.get("WAYLAND_DISPLAY"):
        from martlive_desktop.adapters.hotkeys_portal import PortalHotkeys, is_available

        if is_available():
            return PortalHotkeys(wanted, on_pressed, titles)
        # XWayland's grabs work only while a window of X has the focus.
        try:
            from martlive_desktop.adapters.hotkeys_pynput import PynputHotkeys
        except ImportError:
            _LOG.info("no pynput here; keys may not work in every window")
        else:
            return PynputHotkeys(wanted, on_pressed)
    if os.environ.get("DISPLAY"):
        from martlive_desktop.adapters.hotkeys_x11 import X11Hotkeys

        return X11Hotkeys(wanted, on_pressed)
    return None
