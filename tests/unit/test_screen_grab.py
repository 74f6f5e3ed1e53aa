"""Which monitor and which window is meant; tests/desktop has the ones with a real screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mss
import pytest
from mss.exception import ScreenShotError

from martlive_desktop.adapters import screen_grab
from martlive_desktop.adapters.desktop_windows import Window
from martlive_desktop.adapters.screen_grab import (
    LOOK_EVERY,
    DesktopGrabber,
    Monitor,
    Rect,
    find_monitor,
    find_window,
    list_monitors,
)
from martlive_desktop.core.errors import ScreenUnavailable

if TYPE_CHECKING:
    from types import TracebackType

FIRST = {"left": 0, "top": 0, "width": 640, "height": 480}
SECOND = {"left": 640, "top": 0, "width": 320, "height": 240}


class FakeShot:
    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.raw = bytearray(width * height * 4)


class FakeScreens:
    """Stands for mss; the list of monitors begins with all of them together."""

    def __init__(self, *monitors: dict[str, Any]) -> None:
        self.monitors = [{}, *monitors]
        self.error: ScreenShotError | None = None
        self.is_there = True
        self.opened = 0

    def __call__(self) -> FakeScreens:
        if not self.is_there:
            raise ScreenShotError("Cannot connect to display")
        self.opened += 1
        return self

    def __enter__(self) -> FakeScreens:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def grab(self, box: dict[str, int]) -> FakeShot:
        if self.error:
            raise self.error
        return FakeShot(box["width"], box["height"])

    def close(self) -> None:
        self.opened -= 1


@pytest.fixture
def screens(monkeypatch: pytest.MonkeyPatch) -> FakeScreens:
    screens = FakeScreens(FIRST, SECOND)
    monkeypatch.setattr(mss, "MSS", screens)
    return screens


@pytest.mark.parametrize(
    ("one", "other", "common"),
    [
        (Rect(0, 0, 10, 10), Rect(0, 0, 10, 10), Rect(0, 0, 10, 10)),
        (Rect(2, 3, 4, 5), Rect(0, 0, 10, 10), Rect(2, 3, 4, 5)),
        (Rect(-5, 8, 10, 10), Rect(0, 0, 10, 10), Rect(0, 8, 5, 2)),
        (Rect(-5, -5, 100, 100), Rect(0, 0, 10, 10), Rect(0, 0, 10, 10)),
        (Rect(10, 0, 5, 5), Rect(0, 0, 10, 10), None),
        (Rect(0, -5, 5, 5), Rect(0, 0, 10, 10), None),
        (Rect(5, 5, 0, 3), Rect(0, 0, 10, 10), None),
        (Rect(5, 5, -3, 3), Rect(0, 0, 10, 10), None),
    ],
    ids=["same", "inside", "over a corner", "around", "beside", "above", "empty", "less than empty"],
)
def test_what_of_a_part_lies_in_another(one: Rect, other: Rect, common: Rect | None) -> None:
    assert one.within(other) == common


@pytest.mark.parametrize(
    ("facts", "name", "is_primary"),
    [
        ({"output": "DP-1", "name": "LG 27", "is_primary": True}, "DP-1", True),
        ({"name": "LG 27", "is_primary": False}, "LG 27", False),
        ({"output": "", "name": ""}, "Monitor 1", False),
        ({}, "Monitor 1", False),
    ],
    ids=["output", "name", "empty", "none"],
)
def test_monitor_is_called_by_its_name(
    screens: FakeScreens, facts: dict[str, Any], name: str, is_primary: bool
) -> None:
    screens.monitors = [{}, FIRST | facts]
    assert list_monitors() == [Monitor(name, Rect(0, 0, 640, 480), is_primary)]
    assert screens.opened == 0


def test_main_monitor_is_the_first_where_none_is_marked(screens: FakeScreens) -> None:
    assert find_monitor("") == (0, 0, 640, 480)
    screens.monitors[2] = SECOND | {"is_primary": True}
    assert find_monitor("") == (640, 0, 320, 240)


def test_computer_with_a_display_but_no_monitor_is_one_sentence(screens: FakeScreens) -> None:
    del screens.monitors[1:]
    with pytest.raises(ScreenUnavailable) as caught:
        find_monitor("")
    assert str(caught.value) == "There is no screen here that could be watched."


WINDOWS = [
    Window("Game", 1, 0, 9, 9),
    Window("Game menu", 2, 0, 9, 9),
    Window("Game", 3, 0, 9, 9),
    Window("GAME over", 4, 0, 9, 9),
]


@pytest.mark.parametrize(
    ("title", "left"),
    [("Game", 3), ("game", 4), ("menu", 2), ("GAME over", 4), ("e", 4)],
    ids=["uppermost of equal ones", "part of several", "part of one", "whole", "a letter"],
)
def test_window_whose_title_fits_best_is_found(monkeypatch: pytest.MonkeyPatch, title: str, left: int) -> None:
    monkeypatch.setattr(screen_grab, "list_windows", lambda: WINDOWS)
    assert find_window(title) == (left, 0, 9, 9)


def test_window_that_is_not_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen_grab, "list_windows", lambda: WINDOWS)
    with pytest.raises(ScreenUnavailable) as caught:
        find_window("Chat")
    assert str(caught.value) == ("The window Chat is not there; open it, or choose another under What viewers see.")


def test_screen_that_changes_in_the_middle_of_a_picture_is_one_sentence(screens: FakeScreens) -> None:
    grabber = DesktopGrabber("DP-1", lambda: Rect(0, 0, 640, 480))
    screens.error = ScreenShotError("BadMatch")
    with pytest.raises(ScreenUnavailable) as caught:
        grabber.grab(is_full=True)
    grabber.close()
    assert str(caught.value) == "The screen changed; MartLive looks for it again."


def test_display_that_goes_is_one_sentence(screens: FakeScreens) -> None:
    grabber = DesktopGrabber("DP-1", lambda: find_monitor(""))
    screens.is_there = False
    for _ in range(LOOK_EVERY - 1):
        grabber.grab(is_full=True)
    with pytest.raises(ScreenUnavailable, match=r"^There is no screen here"):
        grabber.grab(is_full=True)
    grabber.close()


def test_nothing_stays_open_where_nothing_is_found(screens: FakeScreens) -> None:
    with pytest.raises(ScreenUnavailable, match=r"^Part lies outside of the screens"):
        DesktopGrabber("Part", lambda: Rect(5_000, 0, 10, 10))
    screens.is_there = False
    with pytest.raises(ScreenUnavailable, match=r"^There is no screen here"):
        DesktopGrabber("Part", lambda: Rect(0, 0, 10, 10))
    assert screens.opened == 0
