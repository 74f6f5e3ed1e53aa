"""Hotkeys through a pynput that a test plays."""

from __future__ import annotations

import importlib
import sys
from contextlib import closing
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from martlive_desktop.core.errors import SettingsInvalid
from martlive_desktop.core.hotkeys import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class FakeListener:
    """As pynput's GlobalHotKeys; `calls` are those of the one that listens."""

    calls: dict[str, Callable[[], None]] = {}  # noqa: RUF012 - a test has one

    def __init__(self, calls: dict[str, Callable[[], None]]) -> None:
        self.wanted = calls

    def start(self) -> None:
        assert not FakeListener.calls
        FakeListener.calls = self.wanted

    def stop(self) -> None:
        FakeListener.calls = {}


class FakeHotKey:
    """As pynput's HotKey; it knows no keys beyond F20."""

    @staticmethod
    def parse(keys: str) -> list[str]:
        if "<f24>" in keys:
            raise ValueError(keys)
        return keys.split("+")


@pytest.fixture
def adapter(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    fake, keyboard = ModuleType("pynput"), ModuleType("pynput.keyboard")
    keyboard.GlobalHotKeys = FakeListener  # type: ignore[attr-defined]
    keyboard.HotKey = FakeHotKey  # type: ignore[attr-defined]
    fake.keyboard = keyboard  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pynput", fake)
    monkeypatch.setitem(sys.modules, "pynput.keyboard", keyboard)
    name = "martlive_desktop.adapters.hotkeys_pynput"
    monkeypatch.delitem(sys.modules, name, raising=False)
    yield importlib.import_module(name)
    monkeypatch.delitem(sys.modules, name, raising=False)


def test_press_is_told_by_the_name_of_its_action(adapter: Any) -> None:
    pressed: list[str] = []
    wanted = {"toggle": "ctrl+alt+m", "mark": "shift+super+pageup", "dismiss": "f5"}
    with closing(adapter.PynputHotkeys(wanted, pressed.append)) as keys:
        assert list(FakeListener.calls) == ["<ctrl>+<alt>+m", "<shift>+<cmd>+<page_up>", "<f5>"]
        FakeListener.calls["<shift>+<cmd>+<page_up>"]()
        FakeListener.calls["<ctrl>+<alt>+m"]()
        assert pressed == ["mark", "toggle"]
        assert keys.conflicts == ()
    assert FakeListener.calls == {}


def test_only_keys_that_pynput_does_not_know_or_that_are_ours_are_conflicts(adapter: Any) -> None:
    wanted = {"toggle": "f24", "mark": "f5", "dismiss": "f5"}
    with closing(adapter.PynputHotkeys(wanted, lambda _action: None)) as keys:
        assert keys.conflicts == ("toggle", "dismiss")
        assert keys.is_free(parse("f6"))


def test_new_keys_replace_the_old_ones(adapter: Any) -> None:
    with closing(adapter.PynputHotkeys({"toggle": "f5"}, lambda _action: None)) as keys:
        keys.rebind({"toggle": "f6"})
        assert list(FakeListener.calls) == ["<f6>"]
        with pytest.raises(SettingsInvalid):
            keys.rebind({"toggle": "m"})
        assert list(FakeListener.calls) == ["<f6>"]
        keys.close()
