"""Global hotkeys through pynput, which watches every key: where neither the system's own way nor the portal is there."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pynput import keyboard

from martlive_desktop.core.hotkeys import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from martlive_desktop.core.hotkeys import Combination

NAMES = {"super": "cmd", "pageup": "page_up", "pagedown": "page_down"}
"""Pynput's names, where they are others than ours."""


class PynputHotkeys:
    """Watches for the keys of actions and tells which were pressed.

    It takes nothing from other programs and cannot know whose keys they are, so both get them; `conflicts` names only actions
    whose keys pynput does not know, or an earlier action has.
    """

    def __init__(self, wanted: Mapping[str, str], on_pressed: Callable[[str], None]) -> None:
        """Watch for the keys of `wanted`, keys by action; `on_pressed` must return at once.

        Raises:
            SettingsInvalid: a combination cannot be read.
        """
        self.conflicts: tuple[str, ...] = ()
        self._on_pressed = on_pressed
        self._listener: keyboard.GlobalHotKeys | None = None
        self.rebind(wanted)

    def rebind(self, wanted: Mapping[str, str]) -> None:
        combinations = {action: parse(text) for action, text in wanted.items()}
        self.close()
        calls: dict[str, Callable[[], None]] = {}
        conflicts = []
        for action, combination in combinations.items():
            keys = "+".join(_name(part) for part in (*combination.modifiers, combination.key))
            if keys in calls or not _is_known(keys):
                conflicts.append(action)
            else:
                calls[keys] = partial(self._on_pressed, action)
        self.conflicts = tuple(conflicts)
        self._listener = keyboard.GlobalHotKeys(calls)
        self._listener.start()

    def is_free(self, combination: Combination) -> bool:
        """Always: see above."""
        del combination
        return True

    def close(self) -> None:
        if self._listener is not None:
            # On X its thread ends with the next key only, and tells nothing before: joining it could wait for long.
            self._listener.stop()
            self._listener = None


def _name(key: str) -> str:
    return key if len(key) == 1 else f"<{NAMES.get(key, key)}>"


def _is_known(keys: str) -> bool:
    try:
        keyboard.HotKey.parse(keys)
    except ValueError:
        return False
    return True
