"""Global hotkeys on X11, on a connection and a thread of their own."""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import select
import threading
from typing import TYPE_CHECKING

from Xlib import XK, X, error
from Xlib.display import Display

from martlive_desktop.adapters.hotkeys_thread import ANSWER_WITHIN_S, Errands
from martlive_desktop.core.errors import MartLiveError
from martlive_desktop.core.hotkeys import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from martlive_desktop.core.hotkeys import Combination

_LOG = logging.getLogger(__name__)

MASKS = {"shift": X.ShiftMask, "ctrl": X.ControlMask, "alt": X.Mod1Mask, "super": X.Mod4Mask}

KEYSYMS = {
    "space": "space",
    "tab": "Tab",
    "enter": "Return",
    "esc": "Escape",
    "up": "Up",
    "down": "Down",
    "left": "Left",
    "right": "Right",
    "home": "Home",
    "end": "End",
    "pageup": "Prior",
    "pagedown": "Next",
    "insert": "Insert",
    "delete": "Delete",
    **{f"f{i}": f"F{i}" for i in range(1, 25)},
}
"""X11's names of the keys; letters and figures are their own."""

# Where a key is on a US keyboard, for a layout that has no Latin letters: evdev's codes + 8, which every X server of today uses.
POSITIONS = {
    key: first + i
    for first, row in ((10, "1234567890"), (24, "qwertyuiop"), (38, "asdfghjkl"), (52, "zxcvbnm"))
    for i, key in enumerate(row)
}


WAKE_BYTES = 64
"""More than are ever waiting; what is left wakes once more."""


class X11Hotkeys:
    """Grabs keys for actions and tells which were pressed; the display belongs to one thread, which waits for nothing else.

    `conflicts` names the actions whose keys another program has, or that the keyboard does not have.
    """

    def __init__(
        self, wanted: Mapping[str, str], on_pressed: Callable[[str], None], display_name: str | None = None
    ) -> None:
        """Grab the keys of `wanted`, keys by action; `on_pressed` must return at once.

        Raises:
            SettingsInvalid: a combination cannot be read.
            MartLiveError: there is no X display.
        """
        self.conflicts: tuple[str, ...] = ()
        self._on_pressed = on_pressed
        self._wanted = {action: parse(text) for action, text in wanted.items()}
        self._actions: dict[tuple[int, int], str] = {}
        self._released_at: dict[int, int] = {}
        try:
            self._display = Display(display_name)
        except (error.DisplayError, OSError) as exc:
            raise MartLiveError("Hotkeys need an X11 desktop; use `martlive toggle` instead.") from exc
        self._root = self._display.screen().root
        self._grab()
        self._wake_reader, self._wake_writer = os.pipe()
        self._errands = Errands(lambda: os.write(self._wake_writer, b"!"))
        self._is_closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="martlive-hotkeys", daemon=True)
        self._thread.start()

    def rebind(self, wanted: Mapping[str, str]) -> None:
        combinations = {action: parse(text) for action, text in wanted.items()}

        def change() -> None:
            self._ungrab()
            self._wanted = combinations
            self._grab()

        self._errands.ask(change)

    def is_free(self, combination: Combination) -> bool:
        return self._errands.ask(lambda: self._could_grab(combination))

    def close(self) -> None:
        if self._is_closing.is_set():
            return
        self._is_closing.set()
        os.write(self._wake_writer, b"!")
        self._thread.join(ANSWER_WITHIN_S)
        if not self._thread.is_alive():
            os.close(self._wake_reader)
            os.close(self._wake_writer)

    def _serve(self) -> None:
        try:
            while not self._is_closing.is_set():
                self._read()
                readable, _, _ = select.select([self._display.fileno(), self._wake_reader], [], [])
                if self._wake_reader in readable:
                    os.read(self._wake_reader, WAKE_BYTES)
                    self._errands.run()
        except error.ConnectionClosedError:
            _LOG.info("the display is gone, and the hotkeys with it")
        finally:
            with contextlib.suppress(error.ConnectionClosedError):
                self._display.close()

    def _read(self) -> None:
        is_changed = False
        while self._display.pending_events():
            event = self._display.next_event()
            if event.type == X.MappingNotify:
                self._display.refresh_keyboard_mapping(event)
                is_changed = is_changed or event.request != X.MappingPointer
            elif event.type == X.KeyRelease:
                self._released_at[event.detail] = event.time
            elif event.type == X.KeyPress and self._released_at.get(event.detail) != event.time:
                # A held key repeats as pairs of release and press with one time stamp.
                action = self._actions.get((event.detail, event.state & sum(MASKS.values())))
                if action is not None:
                    self._on_pressed(action)
        if is_changed:
            # Two keyboards with one layout take turns at every first key; no key is let go for that.
            if self._layout() != self._held:
                self._ungrab()
                self._grab()
            # What came while the server was asked is queued, and wakes nobody.
            self._read()

    def _layout(self) -> tuple[list[tuple[int, int]], list[int]]:
        """Where the wanted keys and the locks are."""
        return [self._place(one) for one in self._wanted.values()], self._lock_masks()

    def _grab(self) -> None:
        self._held = self._layout()
        conflicts = []
        for action, combination in self._wanted.items():
            key = self._place(combination)
            if key in self._actions or not self._grab_key(*key):
                conflicts.append(action)
            else:
                self._actions[key] = action
        self.conflicts = tuple(conflicts)

    def _could_grab(self, combination: Combination) -> bool:
        key = self._place(combination)
        if key in self._actions:
            return True
        is_ours = self._grab_key(*key)
        if is_ours:
            self._ungrab_key(*key)
        return is_ours

    def _grab_key(self, keycode: int, modifiers: int) -> bool:
        """Whether the key is ours, with every state of the locks."""
        # A grab of keycode 0 takes every key.
        if not keycode:
            return False
        refusal = error.CatchError(error.BadAccess, error.BadValue)
        for locks in self._lock_masks():
            self._root.grab_key(
                keycode,
                modifiers | locks,
                owner_events=False,
                pointer_mode=X.GrabModeAsync,
                keyboard_mode=X.GrabModeAsync,
                onerror=refusal,
            )
        self._display.sync()
        if refusal.get_error() is None:
            return True
        self._ungrab_key(keycode, modifiers)
        return False

    def _ungrab_key(self, keycode: int, modifiers: int) -> None:
        for locks in self._lock_masks():
            self._root.ungrab_key(keycode, modifiers | locks)
        self._display.sync()

    def _ungrab(self) -> None:
        for key in self._actions:
            self._ungrab_key(*key)
        self._actions.clear()

    def _lock_masks(self) -> list[int]:
        """Caps Lock and Num Lock in all four states: they must not matter."""
        num_lock = self._display.keysym_to_keycode(XK.string_to_keysym("Num_Lock"))
        masks = [
            1 << index
            for index, keycodes in enumerate(self._display.get_modifier_mapping())
            if num_lock and num_lock in keycodes
        ]
        return [caps | num for caps, num in itertools.product((0, X.LockMask), {0, *masks})]

    def _place(self, combination: Combination) -> tuple[int, int]:
        """Keycode, 0 where the keyboard has no such key, and mask of modifiers."""
        key = combination.key
        found = self._display.keysym_to_keycode(XK.string_to_keysym(KEYSYMS.get(key, key)))
        return int(found) or POSITIONS.get(key, 0), sum(MASKS[name] for name in combination.modifiers)
