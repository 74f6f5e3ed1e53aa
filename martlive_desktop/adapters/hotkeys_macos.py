"""Global hotkeys on macOS, through Carbon's RegisterEventHotKey, which needs no permission of the user."""

from __future__ import annotations

import ctypes
import itertools
from typing import TYPE_CHECKING, Protocol

from martlive_desktop.core.hotkeys import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from martlive_desktop.core.hotkeys import Combination

MODIFIERS = {"super": 0x0100, "shift": 0x0200, "alt": 0x0800, "ctrl": 0x1000}
"""cmdKey, shiftKey, optionKey, controlKey of HIToolbox's Events.h."""

# By position on an ANSI keyboard, in the order of kVK_ of HIToolbox's Events.h, from 0x00 and from 0x60.
_FIRST = "a s d f h g z x c v - b q w e r y t 1 2 3 4 6 5 - 9 7 - 8 0 - o u - i p enter l j - k - - - - n m - tab space - - - esc"
_LAST = (
    "f5 f6 f7 f3 f8 f9 - f11 - f13 f16 f14 - f10 - f12 - f15 insert home pageup delete f4 end f2 pagedown f1 "
    "left right down up"
)
KEY_CODES = {
    **{key: code for start, row in ((0x00, _FIRST), (0x60, _LAST)) for code, key in enumerate(row.split(), start)},
    "f17": 0x40,
    "f18": 0x4F,
    "f19": 0x50,
    "f20": 0x5A,
}
"""A Mac has no keys beyond F20."""


class Toolbox(Protocol):
    """Carbon's calls, for the main thread."""

    def listen(self, tell: Callable[[int], None]) -> None:
        """Let `tell` get the number of each key that is pressed, from the program's own loop, until `close`."""
        ...

    def register(self, number: int, modifiers: int, key_code: int) -> object | None:
        """What `unregister` takes, or None where the keys cannot be had."""
        ...

    def unregister(self, reference: object) -> None: ...

    def close(self) -> None: ...


class MacHotkeys:
    """Registers keys for actions and tells which were pressed; lives on the main thread, whose loop calls it.

    macOS lets several programs have the same keys, so `conflicts` names little more than keys that a Mac does not have.
    """

    def __init__(self, wanted: Mapping[str, str], on_pressed: Callable[[str], None], toolbox: Toolbox) -> None:
        """Take the keys of `wanted`, keys by action.

        Raises:
            SettingsInvalid: a combination cannot be read.
        """
        combinations = {action: parse(text) for action, text in wanted.items()}
        self.conflicts: tuple[str, ...] = ()
        self._on_pressed = on_pressed
        self._toolbox = toolbox
        # Never the same number twice: a press of keys that were let go may still be on its way.
        self._numbers = itertools.count(1)
        self._actions: dict[int, str] = {}
        self._held: dict[Combination, object] = {}
        self._is_closed = False
        toolbox.listen(self._press)
        self._take(combinations)

    def rebind(self, wanted: Mapping[str, str]) -> None:
        combinations = {action: parse(text) for action, text in wanted.items()}
        self._let_go()
        self._take(combinations)

    def is_free(self, combination: Combination) -> bool:
        if combination in self._held:
            return True
        reference = self._register(next(self._numbers), combination)
        if reference is not None:
            self._toolbox.unregister(reference)
        return reference is not None

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._let_go()
            self._toolbox.close()

    def _press(self, number: int) -> None:
        if number in self._actions:
            self._on_pressed(self._actions[number])

    def _take(self, wanted: Mapping[str, Combination]) -> None:
        conflicts = []
        for action, combination in wanted.items():
            number = next(self._numbers)
            reference = None if combination in self._held else self._register(number, combination)
            if reference is None:
                conflicts.append(action)
            else:
                self._held[combination] = reference
                self._actions[number] = action
        self.conflicts = tuple(conflicts)

    def _let_go(self) -> None:
        for reference in self._held.values():
            self._toolbox.unregister(reference)
        self._held.clear()
        self._actions.clear()

    def _register(self, number: int, combination: Combination) -> object | None:
        if combination.key not in KEY_CODES:
            return None
        modifiers = sum(MODIFIERS[name] for name in combination.modifiers)
        return self._toolbox.register(number, modifiers, KEY_CODES[combination.key])


CARBON = "/System/Library/Frameworks/Carbon.framework/Carbon"


def _code(name: bytes) -> int:
    """A constant of four letters, as Carbon names things."""
    return int.from_bytes(name, "big")


class _HotKeyId(ctypes.Structure):
    """EventHotKeyID of CarbonEvents.h."""

    _fields_ = (("signature", ctypes.c_uint32), ("id", ctypes.c_uint32))


class _EventType(ctypes.Structure):
    """EventTypeSpec of CarbonEventsCore.h."""

    _fields_ = (("event_class", ctypes.c_uint32), ("kind", ctypes.c_uint32))


_HANDLER = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)

_NO_ERROR = 0
_HOTKEY_PRESSED = _EventType(_code(b"keyb"), 5)
_DIRECT_OBJECT, _HOTKEY_ID = _code(b"----"), _code(b"hkid")


class Carbon:
    """The calls of this macOS; keeps the function that Carbon calls alive."""

    def __init__(self) -> None:
        self._carbon = ctypes.CDLL(CARBON)
        pointer, code = ctypes.c_void_p, ctypes.c_uint32
        self._carbon.GetApplicationEventTarget.restype = pointer
        self._carbon.InstallEventHandler.argtypes = (pointer, _HANDLER, ctypes.c_ulong, pointer, pointer, pointer)
        self._carbon.RemoveEventHandler.argtypes = (pointer,)
        self._carbon.RegisterEventHotKey.argtypes = (code, code, _HotKeyId, pointer, code, pointer)
        self._carbon.UnregisterEventHotKey.argtypes = (pointer,)
        self._carbon.GetEventParameter.argtypes = (pointer, code, code, pointer, ctypes.c_ulong, pointer, pointer)
        self._target = self._carbon.GetApplicationEventTarget()
        self._handler_reference = pointer()

    def listen(self, tell: Callable[[int], None]) -> None:
        def handle(_call: int, event: int, _data: int) -> int:
            pressed = _HotKeyId()
            size = ctypes.sizeof(pressed)
            status = self._carbon.GetEventParameter(
                event, _DIRECT_OBJECT, _HOTKEY_ID, None, size, None, ctypes.byref(pressed)
            )
            if status == _NO_ERROR:
                tell(pressed.id)
            return int(status)

        self._handler = _HANDLER(handle)
        self._carbon.InstallEventHandler(
            self._target, self._handler, 1, ctypes.byref(_HOTKEY_PRESSED), None, ctypes.byref(self._handler_reference)
        )

    def register(self, number: int, modifiers: int, key_code: int) -> object | None:
        reference = ctypes.c_void_p()
        status = self._carbon.RegisterEventHotKey(
            key_code, modifiers, _HotKeyId(_code(b"Mart"), number), self._target, 0, ctypes.byref(reference)
        )
        return reference if status == _NO_ERROR else None

    def unregister(self, reference: object) -> None:
        self._carbon.UnregisterEventHotKey(reference)

    def close(self) -> None:
        self._carbon.RemoveEventHandler(self._handler_reference)
