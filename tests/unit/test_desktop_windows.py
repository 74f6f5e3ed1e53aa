"""The windows that a system lists; tests/desktop has the ones of a real X server."""

from __future__ import annotations

import sys

import pytest
import Xlib.display
from Xlib.error import DisplayConnectionError, DisplayNameError

from martlive_desktop.adapters.desktop_windows import list_windows
from martlive_desktop.core.errors import ScreenUnavailable

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Windows has its own list")


@pytest.mark.parametrize("error", [DisplayNameError("nonsense"), DisplayConnectionError(":9", "nobody")])
def test_computer_without_a_display_is_one_sentence(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def refuse() -> None:
        raise error

    monkeypatch.setattr(Xlib.display, "Display", refuse)
    with pytest.raises(ScreenUnavailable) as caught:
        list_windows()
    assert str(caught.value) == "There is no screen here that could be watched."


def test_system_that_does_not_tell_has_no_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert list_windows() == []
