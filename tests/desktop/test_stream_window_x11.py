"""The stream window on a real X server with a window manager, as OBS sees it."""

from __future__ import annotations

import json
import select
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from Xlib import X
from Xlib.display import Display
from Xlib.ext import composite

from tests.desktop.xvfb import VirtualScreen, virtual_screen, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.timeout(60)

ROOT = Path(__file__).parents[2]
WITHIN_S = 10.0
GLASS, NOTHING = (1430, 994), (960, 500)
"""Two places in the window: on the glass of the captions, right of the words, and between the cards."""

APP = """
import ast, json, sys
from pathlib import Path
from PySide6.QtCore import QSocketNotifier
from PySide6.QtWidgets import QApplication
from martlive_desktop.ui.stream_state import StreamState
from martlive_desktop.ui.stream_window import StreamWindow
from martlive_desktop.ui.theme import load_look
app = QApplication(["martlive"])
window = StreamWindow(load_look(Path("resources"), is_motion_reduced=True))
window.render_state(StreamState(captions=("it takes two drops", "not more")))
def say():
    window.repaint()
    app.processEvents()
    app.sync()
    print(json.dumps({"window": int(window.winId()), "is_minimised": window.isMinimized()}), flush=True)
def obey():
    line = sys.stdin.readline()
    if not line:
        app.quit()
        return
    name, *arguments = ast.literal_eval(line)
    getattr(window, name)(*arguments)
    say()
notifier = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read)
notifier.activated.connect(obey)
say()
app.exec()
"""


class StreamApp:
    """The stream window in a process of its own."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", APP],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self.window_id: int = self._read()["window"]

    def do(self, method: str, *arguments: object) -> dict[str, Any]:
        """Call a method of the window."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{(method, *arguments)!r}\n")
        return self._read()

    def close(self) -> None:
        try:
            self._process.communicate(timeout=WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            raise

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


@pytest.fixture(scope="module")
def screen() -> Iterator[VirtualScreen]:
    with virtual_screen() as screen:
        yield screen


@pytest.fixture
def display(screen: VirtualScreen) -> Iterator[Display]:
    with closing(Display(screen.name)) as display:
        display.screen().root.change_attributes(event_mask=X.PropertyChangeMask)
        yield display


@pytest.fixture
def app(screen: VirtualScreen, display: Display) -> Iterator[StreamApp]:
    app = StreamApp(screen.environment)
    app.do("show")
    wait_for(display, lambda: app.window_id in managed(display), WITHIN_S)
    yield app
    app.close()


@pytest.fixture
def browser(display: Display) -> Iterator[Any]:
    """Another program's window, which has the focus."""
    window = display.screen().root.create_window(
        0, 0, 600, 400, 0, X.CopyFromParent, event_mask=X.FocusChangeMask | X.ButtonPressMask
    )
    window.map()
    wait_for(display, lambda: bool(display.get_input_focus().focus == window), WITHIN_S)
    yield window
    window.destroy()
    display.sync()


def managed(display: Display) -> list[int]:
    """Windows that the window manager lists, which is where OBS looks."""
    atom = display.intern_atom("_NET_CLIENT_LIST")
    listed = display.screen().root.get_full_property(atom, X.AnyPropertyType)
    return list(listed.value) if listed else []


def next_event(display: Display, kind: int) -> Any:
    """The next event of `kind`."""
    while True:
        assert display.pending_events() or select.select([display.fileno()], [], [], WITHIN_S)[0]
        event = display.next_event()
        if event.type == kind:
            return event


def captured(display: Display, app: StreamApp, at: tuple[int, int]) -> tuple[int, ...]:
    """Blue, green, red and alpha in the window's own pixmap."""
    pixmap = app_window(display, app).composite_name_window_pixmap()
    pixel = tuple(pixmap.get_image(*at, 1, 1, X.ZPixmap, 0xFFFFFFFF).data)
    pixmap.free()
    return pixel


def app_window(display: Display, app: StreamApp) -> Any:
    return display.create_resource_object("window", app.window_id)


def test_obs_finds_the_window(display: Display, app: StreamApp) -> None:
    window = app_window(display, app)
    title = window.get_full_property(display.intern_atom("_NET_WM_NAME"), X.AnyPropertyType)
    assert title.value.decode() == "MartLive Overlay"
    assert window.get_wm_class()[0] == "martlive"
    geometry = window.get_geometry()
    assert (geometry.width, geometry.height, geometry.depth) == (1920, 1080, 32)
    assert not window.get_attributes().override_redirect


def test_window_never_takes_the_focus(display: Display, browser: Any, app: StreamApp) -> None:
    for method, *arguments in (("hide",), ("show",), ("raise_",), ("set_size", "bar"), ("set_size", "landscape")):
        app.do(method, *arguments)
        assert display.get_input_focus().focus == browser, method


def test_clicks_reach_what_lies_behind(screen: VirtualScreen, display: Display, browser: Any, app: StreamApp) -> None:
    app.do("move", 0, 0)
    app.do("raise_")
    app.do("repaint")
    middle = display.screen().root.translate_coords(browser, 300, 200)
    screen.xdotool("mousemove", str(middle.x), str(middle.y), "click", "1")
    click = next_event(display, X.ButtonPress)
    assert (click.window, click.event_x, click.event_y) == (browser, 300, 200)


def test_minimising_is_undone(screen: VirtualScreen, display: Display, browser: Any, app: StreamApp) -> None:
    window = app_window(display, app)
    state = display.intern_atom("WM_STATE")
    window.change_attributes(event_mask=X.PropertyChangeMask | X.StructureNotifyMask)
    seen: list[int] = []

    def is_back() -> bool:
        seen.append(window.get_full_property(state, X.AnyPropertyType).value[0])
        return 3 in seen and seen[-1] == 1

    screen.xdotool("windowminimize", str(app.window_id))
    wait_for(display, is_back, WITHIN_S)
    assert not app.do("repaint")["is_minimised"]
    assert display.get_input_focus().focus == browser


def test_alpha_is_exact_beside_the_screen_and_at_no_opacity() -> None:
    with (
        virtual_screen() as screen,
        closing(Display(screen.name)) as display,
        closing(StreamApp(screen.environment)) as app,
    ):
        root, window = display.screen().root, app_window(display, app)
        root.change_attributes(event_mask=X.PropertyChangeMask)
        app.do("show")
        wait_for(display, lambda: app.window_id in managed(display), WITHIN_S)
        # Openbox keeps a tenth of every window on the screen. It leaves when another window manager comes.
        selection = display.intern_atom("WM_S0")
        openbox: Any = display.get_selection_owner(selection)
        openbox.change_attributes(event_mask=X.StructureNotifyMask)
        root.set_selection_owner(selection, X.CurrentTime)
        next_event(display, X.DestroyNotify)
        window.composite_redirect_window(composite.RedirectAutomatic)
        display.sync()
        app.do("move", -3000, 100)
        assert root.translate_coords(app.window_id, 0, 0).x == -3000
        for opacity in (1.0, 0.0):
            app.do("setWindowOpacity", opacity)
            # The theme's glass, #111318 at 0xE8 of 255, with its colours multiplied by that.
            assert captured(display, app, GLASS) == (22, 17, 15, 0xE8)
            assert captured(display, app, NOTHING) == (0, 0, 0, 0)


def test_pixels_are_the_same_whatever_the_scale_of_the_screen(screen: VirtualScreen, display: Display) -> None:
    app = StreamApp({**screen.environment, "QT_SCALE_FACTOR": "1.5"})
    with closing(app):
        app_window(display, app).composite_redirect_window(composite.RedirectAutomatic)
        app.do("show")
        wait_for(display, lambda: app.window_id in managed(display), WITHIN_S)
        app.do("repaint")
        geometry = app_window(display, app).get_geometry()
        assert (geometry.width, geometry.height) == (1920, 1080)
        assert captured(display, app, GLASS) == (22, 17, 15, 0xE8)
        assert captured(display, app, NOTHING) == (0, 0, 0, 0)
