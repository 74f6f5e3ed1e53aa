"""Global hotkeys on Windows, through RegisterHotKey on a thread of their own."""

from __future__ import annotations

import itertools
import sys
import threading
from typing import TYPE_CHECKING, Protocol

from martlive_desktop.adapters.hotkeys_thread import ANSWER_WITHIN_S, Errands
from martlive_desktop.core.hotkeys import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from martlive_desktop.core.hotkeys import Combination

MODIFIERS = {"alt": 0x1, "ctrl": 0x2, "shift": 0x4, "super": 0x8}
"""MOD_ALT, MOD_CONTROL, MOD_SHIFT, MOD_WIN of winuser.h."""

VIRTUAL_KEYS = {
    # Windows gives a layout without Latin letters these codes by position.
    **{key: ord(key.upper()) for key in "abcdefghijklmnopqrstuvwxyz0123456789"},
    **{f"f{i}": 0x70 + i - 1 for i in range(1, 25)},
    "space": 0x20,
    "tab": 0x09,
    "enter": 0x0D,
    "esc": 0x1B,
    "up": 0x26,
    "down": 0x28,
    "left": 0x25,
    "right": 0x27,
    "home": 0x24,
    "end": 0x23,
    "pageup": 0x21,
    "pagedown": 0x22,
    "insert": 0x2D,
    "delete": 0x2E,
}
"""VK_ codes of winuser.h."""

WM_HOTKEY = 0x0312
WM_APP = 0x8000

PROBE = 0
"""Number of the hotkey that is taken only to see whether it is free; actions count from 1."""


class Keyboard(Protocol):
    """Windows' calls; a hotkey belongs to the thread that registers it, and only that thread hears of it."""

    def open_queue(self) -> int:
        """Give this thread a queue of messages; its number is what `wake` takes."""
        ...

    def register(self, number: int, modifiers: int, virtual_key: int) -> bool:
        """Whether this thread has these keys now."""
        ...

    def unregister(self, number: int) -> None: ...

    def next_message(self) -> tuple[int, int]:
        """The kind of the next message, and for WM_HOTKEY the number; blocks."""
        ...

    def wake(self, thread: int) -> None:
        """Let `next_message` of that thread give WM_APP."""
        ...


class WindowsHotkeys:
    """Registers keys for actions and tells which were pressed; a held key counts once, as Windows sees to."""

    def __init__(self, wanted: Mapping[str, str], on_pressed: Callable[[str], None], keyboard: Keyboard) -> None:
        """Take the keys of `wanted`, keys by action; `on_pressed` must return at once.

        Raises:
            SettingsInvalid: a combination cannot be read.
        """
        combinations = {action: parse(text) for action, text in wanted.items()}
        self.conflicts: tuple[str, ...] = ()
        self._on_pressed = on_pressed
        self._keyboard = keyboard
        # Never the same number twice: a press of keys that were let go may still be in the queue.
        self._numbers = itertools.count(PROBE + 1)
        self._actions: dict[int, str] = {}
        self._held: set[Combination] = set()
        self._is_closing = False
        self._thread_number = 0
        self._is_ready = threading.Event()
        self._errands = Errands(lambda: keyboard.wake(self._thread_number))
        self._thread = threading.Thread(target=self._serve, name="martlive-hotkeys", daemon=True)
        self._thread.start()
        self._is_ready.wait(ANSWER_WITHIN_S)
        self._errands.ask(lambda: self._take(combinations))

    def rebind(self, wanted: Mapping[str, str]) -> None:
        combinations = {action: parse(text) for action, text in wanted.items()}

        def change() -> None:
            self._let_go()
            self._take(combinations)

        self._errands.ask(change)

    def is_free(self, combination: Combination) -> bool:
        return self._errands.ask(lambda: combination in self._held or self._could_take(combination))

    def close(self) -> None:
        if self._thread.is_alive():
            self._errands.ask(self._end)
            self._thread.join(ANSWER_WITHIN_S)

    def _serve(self) -> None:
        self._thread_number = self._keyboard.open_queue()
        self._is_ready.set()
        while not self._is_closing:
            message, number = self._keyboard.next_message()
            if message == WM_APP:
                self._errands.run()
            elif message == WM_HOTKEY and number in self._actions:
                self._on_pressed(self._actions[number])

    def _end(self) -> None:
        self._let_go()
        self._is_closing = True

    def _take(self, wanted: Mapping[str, Combination]) -> None:
        conflicts = []
        for action, combination in wanted.items():
            number = next(self._numbers)
            if self._register(number, combination):
                self._actions[number] = action
                self._held.add(combination)
            else:
                conflicts.append(action)
        self.conflicts = tuple(conflicts)

    def _let_go(self) -> None:
        for number in self._actions:
            self._keyboard.unregister(number)
        self._actions.clear()
        self._held.clear()

    def _could_take(self, combination: Combination) -> bool:
        is_ours = self._register(PROBE, combination)
        if is_ours:
            self._keyboard.unregister(PROBE)
        return is_ours

    def _register(self, number: int, combination: Combination) -> bool:
        modifiers = sum(MODIFIERS[name] for name in combination.modifiers)
        return self._keyboard.register(number, modifiers, VIRTUAL_KEYS[combination.key])


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    MOD_NOREPEAT = 0x4000
    PM_NOREMOVE = 0

    class User32:
        """The calls of this Windows; keeps nothing."""

        def __init__(self) -> None:
            self._user = ctypes.WinDLL("user32")
            self._kernel = ctypes.WinDLL("kernel32")

        def open_queue(self) -> int:
            # A thread gets its queue with the first look into it.
            self._user.PeekMessageW(ctypes.byref(wintypes.MSG()), None, 0, 0, PM_NOREMOVE)
            return int(self._kernel.GetCurrentThreadId())

        def register(self, number: int, modifiers: int, virtual_key: int) -> bool:
            return bool(self._user.RegisterHotKey(None, number, modifiers | MOD_NOREPEAT, virtual_key))

        def unregister(self, number: int) -> None:
            self._user.UnregisterHotKey(None, number)

        def next_message(self) -> tuple[int, int]:
            message = wintypes.MSG()
            self._user.GetMessageW(ctypes.byref(message), None, 0, 0)
            return message.message, message.wParam

        def wake(self, thread: int) -> None:
            self._user.PostThreadMessageW(thread, WM_APP, 0, 0)
