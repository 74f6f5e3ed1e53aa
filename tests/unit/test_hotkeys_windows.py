"""Hotkeys on a Windows that a test plays."""

from __future__ import annotations

import queue
import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from martlive_desktop.adapters import hotkeys_thread
from martlive_desktop.adapters.hotkeys_windows import VIRTUAL_KEYS, WM_APP, WM_HOTKEY, WindowsHotkeys
from martlive_desktop.core.errors import MartLiveError, SettingsInvalid
from martlive_desktop.core.hotkeys import KEYS, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

WITHIN_S = 5.0

CTRL_ALT_M = (0x1 | 0x2, ord("M"))


class FakeKeyboard:
    """Gives each combination once, and only to the thread with the queue."""

    def __init__(self, *taken: tuple[int, int]) -> None:
        self.taken = set(taken)
        self.held: dict[int, tuple[int, int]] = {}
        self.messages: queue.Queue[tuple[int, int]] = queue.Queue()
        self.owner = 0

    def open_queue(self) -> int:
        self.owner = threading.get_ident()
        return self.owner

    def register(self, number: int, modifiers: int, virtual_key: int) -> bool:
        assert threading.get_ident() == self.owner
        assert number not in self.held
        is_free = (modifiers, virtual_key) not in self.taken | set(self.held.values())
        if is_free:
            self.held[number] = (modifiers, virtual_key)
        return is_free

    def unregister(self, number: int) -> None:
        assert threading.get_ident() == self.owner
        del self.held[number]

    def next_message(self) -> tuple[int, int]:
        return self.messages.get(timeout=WITHIN_S)

    def wake(self, thread: int) -> None:
        assert thread == self.owner
        self.messages.put((WM_APP, 0))

    def number(self, keys: tuple[int, int]) -> int:
        return next(number for number, held in self.held.items() if held == keys)

    def press(self, number: int) -> None:
        self.messages.put((WM_HOTKEY, number))


@contextmanager
def held(keyboard: FakeKeyboard, **wanted: str) -> Iterator[tuple[WindowsHotkeys, queue.Queue[str]]]:
    pressed: queue.Queue[str] = queue.Queue()
    with closing(WindowsHotkeys(wanted, pressed.put, keyboard)) as keys:
        yield keys, pressed


def test_every_key_has_a_code() -> None:
    assert [key for key in KEYS if key not in VIRTUAL_KEYS] == []


def test_press_is_told_by_the_name_of_its_action() -> None:
    keyboard = FakeKeyboard()
    with held(keyboard, toggle="ctrl+alt+m", mark="shift+super+f5") as (keys, pressed):
        assert keys.conflicts == ()
        keyboard.press(keyboard.number((0x4 | 0x8, 0x74)))
        keyboard.press(keyboard.number(CTRL_ALT_M))
        assert [pressed.get(timeout=WITHIN_S), pressed.get(timeout=WITHIN_S)] == ["mark", "toggle"]
    assert keyboard.held == {}


def test_keys_of_another_program_are_a_conflict() -> None:
    keyboard = FakeKeyboard(CTRL_ALT_M)
    with held(keyboard, toggle="ctrl+alt+m", mark="f5", dismiss="f5") as (keys, _):
        assert keys.conflicts == ("toggle", "dismiss")
        assert not keys.is_free(parse("ctrl+alt+m"))
        assert keys.is_free(parse("f5"))
        assert keys.is_free(parse("f6"))
        assert list(keyboard.held.values()) == [(0, 0x74)]


def test_new_keys_replace_the_old_ones_whose_late_press_is_nobodys() -> None:
    keyboard = FakeKeyboard()
    with held(keyboard, toggle="ctrl+alt+m") as (keys, pressed):
        before = keyboard.number(CTRL_ALT_M)
        keys.rebind({"mark": "f5"})
        keyboard.press(before)
        keyboard.press(keyboard.number((0, 0x74)))
        assert pressed.get(timeout=WITHIN_S) == "mark"
        assert pressed.empty()


def test_text_that_is_no_keys_changes_nothing() -> None:
    keyboard = FakeKeyboard()
    with held(keyboard, toggle="ctrl+alt+m") as (keys, _):
        with pytest.raises(SettingsInvalid):
            keys.rebind({"toggle": "m"})
        assert list(keyboard.held.values()) == [CTRL_ALT_M]


def test_system_that_hangs_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    keyboard = FakeKeyboard()
    with held(keyboard, toggle="ctrl+alt+m") as (keys, _):
        with monkeypatch.context() as patch:
            patch.setattr(hotkeys_thread, "ANSWER_WITHIN_S", 0.01)
            patch.setattr(keyboard, "wake", lambda _thread: None)
            with pytest.raises(MartLiveError, match="does not answer"):
                keys.is_free(parse("f5"))
        assert keys.is_free(parse("f5"))


def test_closing_twice_is_fine() -> None:
    with held(FakeKeyboard(), toggle="ctrl+alt+m") as (keys, _):
        keys.close()
