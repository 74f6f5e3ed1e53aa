"""Global hotkeys on X11, on a connection of their own."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

from Xlib import XK, X, error
from Xlib.display import Display

from martlive_desktop.core.errors import MartLiveError, SettingsInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping

MODIFIERS = {"shift": X.ShiftMask, "ctrl": X.ControlMask, "alt": X.Mod1Mask, "super": X.Mod4Mask}

KEY_NAMES = {
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
    **{letter: letter for letter in "abcdefghijklmnopqrstuvwxyz0123456789"},
}
"""What a user writes, and X11's name of it."""

# Where a key is on a US keyboard, for a layout that has no Latin letters: evdev's codes + 8, which every X server of today uses.
POSITIONS = {
    key: first + i
    for first, row in ((10, "1234567890"), (24, "qwertyuiop"), (38, "asdfghjkl"), (52, "zxcvbnm"))
    for i, key in enumerate(row)
}


class Combination(NamedTuple):
    """A key with its modifiers."""

    modifiers: int
    """X11 modifier mask."""
    key: str
    """A name of KEY_NAMES."""


def parse(text: str) -> Combination:
    """`text`, as `ctrl+alt+m`, read.

    Raises:
        SettingsInvalid: it is no combination of known keys with a modifier, or a function key.
    """
    *modifiers, key = (part.strip().lower() for part in text.split("+"))
    is_known = (
        key in KEY_NAMES and all(name in MODIFIERS for name in modifiers) and len(set(modifiers)) == len(modifiers)
    )
    is_free = set(modifiers) - {"shift"} or (key.startswith("f") and len(key) > 1)
    if not (is_known and is_free):
        raise SettingsInvalid(f"“{text}” is no hotkey; write it as ctrl+alt+m.", field="hotkeys")
    return Combination(sum(MODIFIERS[name] for name in modifiers), key)


class X11Hotkeys:
    """Grabs keys for actions and says which were pressed; not for use from two threads.

    `conflicts` names the actions whose keys another program has.
    """

    def __init__(self, bindings: Mapping[str, str], display_name: str | None = None) -> None:
        """Grab the keys of `bindings`, combinations by action.

        Raises:
            SettingsInvalid: a combination cannot be read.
            MartLiveError: there is no X display.
        """
        self._wanted = {action: parse(text) for action, text in bindings.items()}
        try:
            self._display = Display(display_name)
        except (error.DisplayError, OSError) as exc:
            raise MartLiveError("Hotkeys need an X11 desktop; use `martlive toggle` instead.") from exc
        self._root = self._display.screen().root
        self._actions: dict[tuple[int, int], str] = {}
        self._released_at: dict[int, int] = {}
        self.conflicts: tuple[str, ...] = ()
        self._grab()

    def fileno(self) -> int:
        """Readable when `read` may have something."""
        return int(self._display.fileno())

    def read(self) -> list[str]:
        """The actions whose keys were pressed since the last time; a held key counts once."""
        actions = []
        while self._display.pending_events():
            event = self._display.next_event()
            if event.type == X.MappingNotify:
                self._display.refresh_keyboard_mapping(event)
                if event.request != X.MappingPointer:
                    self._ungrab()
                    self._grab()
            elif event.type == X.KeyRelease:
                self._released_at[event.detail] = event.time
            elif event.type == X.KeyPress and self._released_at.get(event.detail) != event.time:
                # A held key repeats as pairs of release and press with one time stamp.
                action = self._actions.get((event.detail, event.state & sum(MODIFIERS.values())))
                if action is not None:
                    actions.append(action)
        return actions

    def close(self) -> None:
        self._ungrab()
        self._display.close()

    def _grab(self) -> None:
        conflicts = []
        for action, combination in self._wanted.items():
            key = (self._keycode(combination.key), combination.modifiers)
            if key in self._actions or not self._grab_key(*key):
                conflicts.append(action)
            else:
                self._actions[key] = action
        self.conflicts = tuple(conflicts)

    def _grab_key(self, keycode: int, modifiers: int) -> bool:
        """Whether the key is ours, with every state of the locks."""
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
        for locks in self._lock_masks():
            self._root.ungrab_key(keycode, modifiers | locks)
        return False

    def _ungrab(self) -> None:
        for keycode, modifiers in self._actions:
            for locks in self._lock_masks():
                self._root.ungrab_key(keycode, modifiers | locks)
        self._actions.clear()
        self._display.sync()

    def _lock_masks(self) -> list[int]:
        """Caps Lock and Num Lock in all four states: they must not matter."""
        num_lock = self._display.keysym_to_keycode(XK.string_to_keysym("Num_Lock"))
        masks = [
            1 << index
            for index, keycodes in enumerate(self._display.get_modifier_mapping())
            if num_lock and num_lock in keycodes
        ]
        return [caps | num for caps, num in itertools.product((0, X.LockMask), {0, *masks})]

    def _keycode(self, key: str) -> int:
        found = self._display.keysym_to_keycode(XK.string_to_keysym(KEY_NAMES[key]))
        return int(found) or POSITIONS.get(key, 0)
