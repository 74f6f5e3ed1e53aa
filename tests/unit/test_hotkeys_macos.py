"""Hotkeys on a macOS that a test plays: its calls as a whole, and Carbon's functions one by one."""

from __future__ import annotations

import ctypes
from contextlib import closing
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from martlive_desktop.adapters.hotkeys_macos import KEY_CODES, Carbon, MacHotkeys
from martlive_desktop.core.errors import SettingsInvalid
from martlive_desktop.core.hotkeys import KEYS, parse

if TYPE_CHECKING:
    from collections.abc import Callable

CTRL_ALT_M = (0x1000 | 0x0800, 0x2E)


class FakeToolbox:
    """Gives each combination once."""

    def __init__(self, *taken: tuple[int, int]) -> None:
        self.taken = set(taken)
        self.held: dict[int, tuple[int, int]] = {}
        self.tell: Callable[[int], None] | None = None

    def listen(self, tell: Callable[[int], None]) -> None:
        self.tell = tell

    def register(self, number: int, modifiers: int, key_code: int) -> object | None:
        if (modifiers, key_code) in self.taken | set(self.held.values()):
            return None
        self.held[number] = (modifiers, key_code)
        return number

    def unregister(self, reference: object) -> None:
        assert isinstance(reference, int)
        del self.held[reference]

    def close(self) -> None:
        assert self.tell is not None
        self.tell = None

    def press(self, number: int) -> None:
        assert self.tell is not None
        self.tell(number)


def held(toolbox: FakeToolbox, pressed: list[str] | None = None, **wanted: str) -> closing[MacHotkeys]:
    return closing(MacHotkeys(wanted, (pressed if pressed is not None else []).append, toolbox))


def test_every_key_of_a_mac_has_a_code_of_its_own() -> None:
    assert [key for key in KEYS if key not in KEY_CODES] == ["f21", "f22", "f23", "f24"]
    # kVK_ANSI_Z, kVK_ANSI_0, kVK_Escape, kVK_F1, kVK_UpArrow of HIToolbox's Events.h.
    assert [KEY_CODES[key] for key in ("z", "0", "esc", "f1", "up")] == [0x06, 0x1D, 0x35, 0x7A, 0x7E]


def test_press_is_told_by_the_name_of_its_action() -> None:
    toolbox, pressed = FakeToolbox(), list[str]()
    with held(toolbox, pressed, toggle="ctrl+alt+m", mark="super+shift+f5") as keys:
        assert keys.conflicts == ()
        assert list(toolbox.held.values()) == [CTRL_ALT_M, (0x0100 | 0x0200, 0x60)]
        for number in reversed(toolbox.held):
            toolbox.press(number)
        assert pressed == ["mark", "toggle"]
    assert toolbox.held == {}
    assert toolbox.tell is None


def test_keys_that_cannot_be_had_are_conflicts() -> None:
    toolbox = FakeToolbox(CTRL_ALT_M)
    with held(toolbox, toggle="ctrl+alt+m", mark="f5", dismiss="f5", repeat_tip="f24") as keys:
        assert keys.conflicts == ("toggle", "dismiss", "repeat_tip")
        assert not keys.is_free(parse("ctrl+alt+m"))
        assert not keys.is_free(parse("f24"))
        assert keys.is_free(parse("f5"))
        assert keys.is_free(parse("f6"))
        assert list(toolbox.held.values()) == [(0, 0x60)]


def test_new_keys_replace_the_old_ones_whose_late_press_is_nobodys() -> None:
    toolbox, pressed = FakeToolbox(), list[str]()
    with held(toolbox, pressed, toggle="ctrl+alt+m") as keys:
        [before] = toolbox.held
        keys.rebind({"mark": "f5"})
        toolbox.press(before)
        toolbox.press(*toolbox.held)
        assert pressed == ["mark"]


def test_text_that_is_no_keys_changes_nothing() -> None:
    toolbox = FakeToolbox()
    with held(toolbox, toggle="ctrl+alt+m") as keys:
        with pytest.raises(SettingsInvalid):
            keys.rebind({"toggle": "m"})
        assert list(toolbox.held.values()) == [CTRL_ALT_M]
        keys.close()


class FakeCarbon:
    """Carbon's functions; writes what they write through the pointers that they get."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.handler: Any = None
        self.status = 0
        for name in ("RemoveEventHandler", "UnregisterEventHotKey"):
            setattr(self, name, self._function(lambda *given, name=name: self.calls.append((name, *given))))
        self.GetApplicationEventTarget = self._function(lambda: 77)
        self.InstallEventHandler = self._function(self._install)
        self.RegisterEventHotKey = self._function(self._register)
        self.GetEventParameter = self._function(self._parameter)

    @staticmethod
    def _function(call: Callable[..., object]) -> object:
        class Function(SimpleNamespace):
            def __call__(self, *given: object) -> object:
                return call(*given)

        return Function()

    def _install(self, target: int, handler: Any, count: int, kinds: Any, _data: None, reference: Any) -> int:
        self.calls.append(("install", target, count, kinds._obj.event_class, kinds._obj.kind))
        self.handler = handler
        reference._obj.value = 5
        return 0

    def _register(self, code: int, modifiers: int, number: Any, target: int, options: int, reference: Any) -> int:
        self.calls.append(("register", code, modifiers, number.signature, number.id, target, options))
        reference._obj.value = 9
        return self.status

    def _parameter(self, event: int, name: int, kind: int, _type: None, size: int, _size: None, found: Any) -> int:
        assert (name, kind, size) == (0x2D2D2D2D, 0x686B6964, 8)
        found._obj.id = event
        return self.status


def test_carbon_is_called_as_its_headers_say(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeCarbon()
    monkeypatch.setattr(ctypes, "CDLL", lambda _path: fake)
    pressed: list[int] = []
    carbon = Carbon()
    carbon.listen(pressed.append)
    reference = carbon.register(3, 0x0800, 0x2E)
    assert reference is not None
    assert fake.handler(1, 3, 0) == 0
    fake.status = -9878
    assert carbon.register(4, 0x0800, 0x2E) is None
    assert fake.handler(1, 4, 0) == -9878
    carbon.unregister(reference)
    carbon.close()
    assert pressed == [3]
    # FourCC: “keyb” is 0x6B657962, “Mart” is 0x4D617274.
    assert fake.calls[:2] == [("install", 77, 1, 0x6B657962, 5), ("register", 0x2E, 0x0800, 0x4D617274, 3, 77, 0)]
    assert [(name, given.value) for name, given in fake.calls[3:]] == [
        ("UnregisterEventHotKey", 9),
        ("RemoveEventHandler", 5),
    ]
