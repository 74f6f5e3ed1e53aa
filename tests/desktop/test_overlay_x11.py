"""The overlay and the hotkeys on a real X server with a window manager."""

from __future__ import annotations

import json
import queue
import select
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from Xlib import X
from Xlib.display import Display

from martlive_desktop.adapters.hotkeys_x11 import X11Hotkeys
from tests.desktop.xvfb import VirtualScreen, virtual_screen, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.timeout(60)

ROOT = Path(__file__).parents[2]
WITHIN_S = 10.0
CARD_MIDDLE, STRIP_MIDDLE = (216, 52), (216, 109)
"""In the overlay's window at the default size."""


class OverlayApp:
    """The overlay in a process of its own."""

    def __init__(self, screen: VirtualScreen) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.desktop.overlay_app"],
            cwd=ROOT,
            env=screen.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self.read()

    def read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def do(self, *command: object) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command!r}\n")
        return self.read()

    def close(self) -> None:
        try:
            self._process.communicate(timeout=WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            raise


class Browser(NamedTuple):
    """Another program's window, which has the focus and counts clicks."""

    display: Display
    window: Any
    clicks: list[tuple[int, int]]

    def has_focus(self) -> bool:
        focus = self.display.get_input_focus().focus
        return bool(focus == self.window)

    def wait_for_click(self) -> tuple[int, int]:
        while True:
            assert self.display.pending_events() or select.select([self.display.fileno()], [], [], WITHIN_S)[0]
            event = self.display.next_event()
            if event.type == X.ButtonPress:
                return event.root_x, event.root_y


@pytest.fixture(scope="module")
def screen() -> Iterator[VirtualScreen]:
    with virtual_screen() as screen:
        yield screen


@pytest.fixture
def app(screen: VirtualScreen) -> Iterator[OverlayApp]:
    app = OverlayApp(screen)
    yield app
    app.close()


@pytest.fixture
def browser(screen: VirtualScreen) -> Iterator[Browser]:
    """A window over the whole screen, fullscreen and focused."""
    display = Display(screen.name)
    at = display.screen()
    window = at.root.create_window(
        0,
        0,
        1280,
        720,
        0,
        X.CopyFromParent,
        background_pixel=0x2080C0,
        event_mask=X.FocusChangeMask | X.ButtonPressMask,
    )
    state, fullscreen = (display.intern_atom(name) for name in ("_NET_WM_STATE", "_NET_WM_STATE_FULLSCREEN"))
    window.change_property(state, display.intern_atom("ATOM"), 32, [fullscreen])
    window.map()
    browser = Browser(display, window, [])
    wait_for(display, browser.has_focus, WITHIN_S)
    yield browser
    window.destroy()
    display.close()


def pixel(display: Display, x: int, y: int) -> str:
    image = display.screen().root.get_image(x, y, 1, 1, X.ZPixmap, 0xFFFFFFFF)
    blue, green, red = image.data[:3]
    return f"#{red:02x}{green:02x}{blue:02x}"


def test_overlay_never_takes_the_focus(app: OverlayApp, browser: Browser) -> None:
    app.do("show")
    for i in range(100):
        app.do("tip", f"t{i}", "Say the price", i % 4)
        assert browser.has_focus()
        app.do("no tip")
        assert browser.has_focus()
    app.do("hide")
    app.do("show")
    assert browser.has_focus()


def test_tip_is_seen_above_a_fullscreen_window(app: OverlayApp, browser: Browser) -> None:
    app.do("show")
    at = app.do("place", 100, 100)
    card = at["x"] + CARD_MIDDLE[0] + 150, at["y"] + CARD_MIDDLE[1]
    assert pixel(browser.display, *card) == "#2080c0"
    app.do("tip", "t1", "Say the price", 2)
    assert pixel(browser.display, *card) == "#16181d"
    app.do("no tip")
    assert pixel(browser.display, *card) == "#2080c0"


def test_tip_comes_above_a_window_that_was_raised_meanwhile(app: OverlayApp, browser: Browser) -> None:
    app.do("show")
    at = app.do("place", 100, 100)
    splash = browser.display.screen().root.create_window(
        0, 0, 1280, 720, 0, X.CopyFromParent, background_pixel=0xFFFFFF, override_redirect=True
    )
    splash.map()
    splash.raise_window()
    strip = at["x"] + 40 + STRIP_MIDDLE[0], at["y"] + STRIP_MIDDLE[1] + 12
    assert pixel(browser.display, *strip) == "#ffffff"
    app.do("tip", "t1", "Say the price", 2)
    assert pixel(browser.display, *strip) == "#16181d"
    splash.destroy()
    browser.display.sync()


def test_clicks_go_through_only_when_asked(screen: VirtualScreen, app: OverlayApp, browser: Browser) -> None:
    app.do("show")
    at = app.do("place", 100, 100)
    app.do("tip", "t1", "Say the price", 2)
    x, y = at["x"] + CARD_MIDDLE[0], at["y"] + CARD_MIDDLE[1]
    screen.xdotool("mousemove", str(x), str(y), "click", "1")
    assert app.read() == {"dismissed": True}
    app.do("click through", True)
    screen.xdotool("mousemove", str(x), str(y), "click", "1")
    assert browser.wait_for_click() == (x, y)
    app.do("hide")
    app.do("show")
    screen.xdotool("mousemove", str(x + 1), str(y), "click", "1")
    assert browser.wait_for_click() == (x + 1, y)
    app.do("click through", False)
    screen.xdotool("mousemove", str(x), str(y), "click", "1")
    assert app.read() == {"dismissed": True}
    assert browser.has_focus()


def test_empty_place_of_the_card_lets_clicks_through(screen: VirtualScreen, app: OverlayApp, browser: Browser) -> None:
    app.do("show")
    at = app.do("place", 100, 100)
    x, y = at["x"] + CARD_MIDDLE[0], at["y"] + CARD_MIDDLE[1]
    screen.xdotool("mousemove", str(x), str(y), "click", "1")
    assert browser.wait_for_click() == (x, y)


def test_drag_with_the_mouse_moves_the_overlay(screen: VirtualScreen, app: OverlayApp) -> None:
    app.do("show")
    at = app.do("place", 100, 100)
    x, y = at["x"] + STRIP_MIDDLE[0], at["y"] + STRIP_MIDDLE[1]
    screen.xdotool("mousemove", str(x), str(y), "mousedown", "1")
    screen.xdotool("mousemove", str(x + 60), str(y + 80), "mouseup", "1")
    assert app.read() == {"moved": [at["x"] + 60, at["y"] + 80]}


def test_tip_is_translucent_where_there_is_a_compositor() -> None:
    with (
        virtual_screen(is_composited=True) as screen,
        closing(OverlayApp(screen)) as app,
        closing(Display(screen.name)) as display,
    ):
        wall = display.screen().root.create_window(
            0, 0, 1280, 720, 0, X.CopyFromParent, background_pixel=0xFFFFFF, override_redirect=True
        )
        wall.map()
        display.sync()
        app.do("show")
        at = app.do("place", 100, 100)
        app.do("tip", "t1", "Say the price", 2)
        # 91 % of #111318 on white.
        wait_for_pixel(display, at["x"] + CARD_MIDDLE[0] + 150, at["y"] + CARD_MIDDLE[1], "#26282d")


def wait_for_pixel(display: Display, x: int, y: int, color: str) -> None:
    """The compositor paints in its own time, into a window above all others."""
    display.composite_query_version()
    painted = display.screen().root.composite_get_overlay_window().overlay_window
    display.damage_query_version()
    painted.damage_create(0)
    wait_for(display, lambda: pixel(display, x, y) == color, WITHIN_S)


def test_hotkey_acts_while_another_window_has_the_focus(screen: VirtualScreen, browser: Browser) -> None:
    pressed: queue.Queue[str] = queue.Queue()
    keys = X11Hotkeys({"toggle": "ctrl+alt+m", "show_hide": "ctrl+alt+h"}, pressed.put, screen.name)
    with closing(keys):
        assert keys.conflicts == ()
        screen.xdotool("key", "ctrl+alt+m", "key", "m", "key", "ctrl+alt+h")
        assert [pressed.get(timeout=WITHIN_S) for _ in range(2)] == ["toggle", "show_hide"]
        assert browser.has_focus()
