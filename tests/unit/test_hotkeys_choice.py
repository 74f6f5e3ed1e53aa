"""Which way of holding keys a system gets."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from martlive_desktop.adapters.hotkeys import open_hotkeys

if TYPE_CHECKING:
    from collections.abc import Callable

ADAPTERS = "martlive_desktop.adapters.hotkeys_"


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put a module that a test makes up in the place of an adapter."""

    def put(name: str, **members: object) -> None:
        module = ModuleType(ADAPTERS + name)
        module.__dict__.update(members)
        monkeypatch.setitem(sys.modules, ADAPTERS + name, module)

    for name in ("windows", "macos", "portal", "pynput", "x11"):
        # None lets an import of it fail.
        monkeypatch.setitem(sys.modules, ADAPTERS + name, None)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    return put


def way(name: str) -> Callable[..., Any]:
    return lambda *given: SimpleNamespace(name=name, given=given)


def opened() -> Any:
    keys: Any = open_hotkeys({"toggle": "f9"}, lambda _action: None, {"toggle": "Coaching"})
    return keys.name if keys is not None else None


def test_windows_and_macos_have_their_own(stand_in: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in("windows", WindowsHotkeys=way("windows"), User32=object)
    stand_in("macos", MacHotkeys=way("macos"), Carbon=object)
    for platform, name in (("win32", "windows"), ("darwin", "macos")):
        monkeypatch.setattr(sys, "platform", platform)
        assert opened() == name


@pytest.mark.parametrize(
    ("environment", "is_available", "has_pynput", "name"),
    [
        ("WAYLAND_DISPLAY DISPLAY", True, True, "portal"),
        ("WAYLAND_DISPLAY DISPLAY", False, True, "pynput"),
        ("WAYLAND_DISPLAY DISPLAY", False, False, "x11"),
        ("WAYLAND_DISPLAY", False, False, None),
        ("DISPLAY", True, True, "x11"),
        ("", True, True, None),
    ],
)
def test_linux_has_what_its_desktop_gives(
    stand_in: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    environment: str,
    is_available: bool,
    has_pynput: bool,
    name: str | None,
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    for variable in environment.split():
        monkeypatch.setenv(variable, ":9")
    stand_in("portal", PortalHotkeys=way("portal"), is_available=lambda: is_available)
    stand_in("x11", X11Hotkeys=way("x11"))
    if has_pynput:
        stand_in("pynput", PynputHotkeys=way("pynput"))
    assert opened() == name
