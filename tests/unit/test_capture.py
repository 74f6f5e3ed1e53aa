"""A window is left out of recordings where the system says so."""

from __future__ import annotations

import ctypes
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from martlive_desktop.adapters.capture import WDA_EXCLUDEFROMCAPTURE, hide_from_capture


def test_system_without_a_way_is_said_so() -> None:
    if sys.platform == "linux":
        assert hide_from_capture(1, on=True) == "cannot"


class FakeUser32:
    """Windows with a driver that obeys or does not."""

    def __init__(self, *, obeys: bool) -> None:
        self._obeys = obeys
        self.affinity = 0

    def SetWindowDisplayAffinity(self, _window: ctypes.c_void_p, affinity: int) -> None:  # noqa: N802 - Windows' name
        self.affinity = affinity if self._obeys else 0

    def GetWindowDisplayAffinity(self, _window: ctypes.c_void_p, found: Any) -> None:  # noqa: N802 - as above
        found._obj.value = self.affinity


@pytest.mark.parametrize(
    ("obeys", "on", "state"), [(True, True, "hidden"), (True, False, "shown"), (False, True, "shown")]
)
def test_windows_is_asked_and_its_answer_read_back(
    monkeypatch: pytest.MonkeyPatch, obeys: bool, on: bool, state: str
) -> None:
    user32 = FakeUser32(obeys=obeys)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(user32=user32), raising=False)
    assert hide_from_capture(7, on=on) == state
    assert user32.affinity == (WDA_EXCLUDEFROMCAPTURE if obeys and on else 0)


class FakeObjc:
    """macOS with one view (7) in one window (9)."""

    def __init__(self, *, obeys: bool) -> None:
        self._obeys = obeys
        self.sharing = 1
        self.sel_registerName: Any = self._name
        self.objc_msgSend: Any = self._send
        self._names: list[bytes] = []

    def _name(self, name: bytes) -> int:
        self._names.append(name)
        return len(self._names)

    def _send(self, receiver: ctypes.c_void_p, selector: ctypes.c_void_p, *arguments: Any) -> int | None:
        name = self._names[(selector.value or 0) - 1]
        if name == b"window":
            assert receiver.value == 7
            return 9
        assert receiver.value == 9
        if name == b"setSharingType:" and self._obeys:
            self.sharing = arguments[0].value
        return self.sharing


@pytest.mark.parametrize(
    ("obeys", "on", "state"), [(True, True, "hidden"), (True, False, "shown"), (False, True, "shown")]
)
def test_macos_is_asked_and_its_answer_read_back(
    monkeypatch: pytest.MonkeyPatch, obeys: bool, on: bool, state: str
) -> None:
    class LibraryFunction:
        """A function of a library, whose result type can be set."""

        restype: object = None

        def __init__(self, function: Any) -> None:
            self._function = function

        def __call__(self, *arguments: Any) -> Any:
            return self._function(*arguments)

    objc = FakeObjc(obeys=obeys)
    objc.sel_registerName, objc.objc_msgSend = (
        LibraryFunction(objc.sel_registerName),
        LibraryFunction(objc.objc_msgSend),
    )
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(ctypes, "CDLL", lambda _path: objc)
    assert hide_from_capture(7, on=on) == state
