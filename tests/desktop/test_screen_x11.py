"""Monitors, windows and parts of a real X server, watched; and the whole app that watches one."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from Xlib import X, Xatom
from Xlib.display import Display
from Xlib.protocol import rq

from martlive_desktop.adapters import screen_grab
from martlive_desktop.adapters.clock import SystemClock
from martlive_desktop.adapters.desktop_windows import list_windows
from martlive_desktop.adapters.live_pictures import LivePictures
from martlive_desktop.adapters.scenes_file import write_scenes
from martlive_desktop.adapters.screen_grab import Rect, find_window, list_monitors
from martlive_desktop.adapters.store_sqlite import SqliteStore
from martlive_desktop.core.errors import ScreenUnavailable
from martlive_desktop.core.events import Cue, LogEvent, Screen, Status
from martlive_desktop.core.picture import Picture
from martlive_desktop.core.plan import ShowPlan
from martlive_desktop.core.scenes import learn
from martlive_desktop.desktop_screen import ScreenDesk
from martlive_desktop.settings import ObsSettings, ScreenSettings, Settings
from martlive_desktop.ui.source_tiles import SourceTile
from martlive_desktop.ui.theme import load_look
from martlive_desktop.watching import LiveWatch, grabber_of, monitor_grabber, window_grabber
from tests.desktop.pulse import running_pulse
from tests.desktop.test_live_app import running_app
from tests.desktop.test_own_windows_x11 import SetMonitor, split
from tests.desktop.xvfb import virtual_screen, wait_for
from tests.fakes.pictures import speckled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray
    from pytestqt.qtbot import QtBot
    from Xlib.protocol.rq import Event
    from Xlib.xobject.drawable import Window

    from martlive_desktop.adapters.live_pictures import Grabber
    from tests.desktop.xvfb import VirtualScreen

# The platform without a screen says this of every window with a frame.
pytestmark = [pytest.mark.timeout(60), pytest.mark.qt_log_ignore("propagateSizeHints", "does not support raise")]

LEFT, RIGHT = "screen", "Monitor 2"
"""The first has the only output of the virtual screen, the second none."""

ORANGE, BLUE = (0x20, 0x80, 0xE0, 0), (0xC0, 0x40, 0x10, 0)
"""BGRA; X leaves the last byte at 0."""

NO_SCREEN = "There is no screen here that could be watched."
WITHIN_MS = 10_000
ROOT = Path(__file__).parents[2]


class DeleteMonitor(rq.Request):
    """RANDR 1.5's RRDeleteMonitor, which python-xlib does not have."""

    _request = rq.Struct(rq.Card8("opcode"), rq.Opcode(44), rq.RequestLength(), rq.Window("window"), rq.Card32("name"))


def unplug_right(display: Display) -> None:
    DeleteMonitor(
        display=display.display,
        opcode=display.display.get_extension_major("RANDR"),
        window=display.screen().root,
        name=display.intern_atom("RIGHT"),
    )
    display.sync()


def set_right(display: Display, x: int, width: int) -> None:
    """Plug the right monitor in, or another one instead of it, with that place and width."""
    if len(list_monitors()) > 1:
        unplug_right(display)
    SetMonitor(
        display=display.display,
        opcode=display.display.get_extension_major("RANDR"),
        window=display.screen().root,
        name=display.intern_atom("RIGHT"),
        is_primary=False,
        is_automatic=False,
        x=x,
        y=0,
        width=width,
        height=720,
        width_mm=170,
        height_mm=190,
        outputs=[],
    )
    display.sync()


@pytest.fixture(scope="module")
def screen() -> Iterator[VirtualScreen]:
    with virtual_screen() as screen, closing(Display(screen.name)) as display:
        split(display)
        # Nothing but black would be a window that lets nobody look.
        root = display.screen().root
        root.change_attributes(background_pixel=0x404040)
        root.clear_area(0, 0, 1_280, 720)
        display.sync()
        yield screen


@pytest.fixture
def display(screen: VirtualScreen, monkeypatch: pytest.MonkeyPatch) -> Iterator[Display]:
    """Its connection; there are two monitors side by side, each 640x720."""
    monkeypatch.setenv("DISPLAY", screen.name)
    with closing(Display(screen.name)) as display:
        yield display
        set_right(display, 640, 640)


@contextmanager
def shown(display: Display, title: str, box: Rect, colour: tuple[int, ...] = ORANGE) -> Iterator[Window]:
    """A window of a single colour, under the window manager; without a title, over everything at just that place."""
    window = display.screen().root.create_window(
        *box,
        0,
        display.screen().root_depth,
        background_pixel=colour[2] << 16 | colour[1] << 8 | colour[0],
        override_redirect=not title,
        event_mask=X.StructureNotifyMask | X.ExposureMask,
    )
    if title:
        named, utf8 = display.intern_atom("_NET_WM_NAME"), display.intern_atom("UTF8_STRING")
        window.change_property(named, utf8, 8, title.encode())
        # The place is the user's choice, or else openbox takes its own.
        hints = [1, box.left, box.top, *[0] * 15]
        window.change_property(Xatom.WM_NORMAL_HINTS, Xatom.WM_SIZE_HINTS, 32, hints)
    window.map()
    await_event(display, X.Expose)
    if title:
        wait_for_list(display, title, is_listed=True)
    try:
        yield window
    finally:
        window.destroy()
        await_event(display, X.DestroyNotify)
        if title:
            wait_for_list(display, title, is_listed=False)


def await_event(display: Display, kind: int) -> Event:
    while (event := display.next_event()).type != kind:
        continue
    return event


def wait_for_list(display: Display, title: str, *, is_listed: bool) -> None:
    """Until the window manager knows of a window, or no more of it."""
    root = display.screen().root
    root.change_attributes(event_mask=X.PropertyChangeMask)
    wait_for(display, lambda: any(title == one.title for one in list_windows()) == is_listed)


def last(grabber: Grabber, pictures: int = screen_grab.LOOK_EVERY) -> NDArray[np.uint8]:
    """The last of so many pictures; the default is enough to know what moved or went."""
    for _ in range(pictures - 1):
        grabber.grab(is_full=True)
    return grabber.grab(is_full=True)


def grabbed(open_grabber: Callable[[], Grabber] | None) -> tuple[Rect | None, NDArray[np.uint8]]:
    """A picture, and what of the desktop it shows."""
    assert open_grabber is not None
    with closing(open_grabber()) as grabber:
        return grabber.rect, grabber.grab(is_full=True)


def colours(pixels: NDArray[np.uint8]) -> set[tuple[int, ...]]:
    found = np.unique(np.ascontiguousarray(pixels).view(np.uint32))
    return {(b, g, r, a) for b, g, r, a in found.view(np.uint8).reshape(-1, 4).tolist()}


def test_monitors_have_names_places_and_a_main_one(display: Display) -> None:
    assert [tuple(one) for one in list_monitors()] == [
        (LEFT, (0, 0, 640, 720), True),
        (RIGHT, (640, 0, 640, 720), False),
    ]


@pytest.mark.parametrize(("name", "left"), [(LEFT, 0), (RIGHT, 640), ("", 0)], ids=["left", "right", "main"])
def test_monitor_is_seen_pixel_for_pixel(display: Display, name: str, left: int) -> None:
    with shown(display, "", Rect(left + 37, 51, 101, 67)):
        rect, pixels = grabbed(monitor_grabber(name))
    assert rect == (left, 0, 640, 720)
    assert pixels.shape == (720, 640, 4)
    is_orange = (pixels == ORANGE).all(axis=2)
    assert is_orange[51:118, 37:138].all()
    assert is_orange.sum() == 101 * 67


def test_picture_may_be_painted_on(display: Display) -> None:
    _, pixels = grabbed(monitor_grabber(LEFT))
    pixels[:] = 7
    assert colours(pixels) == {(7, 7, 7, 7)}


def test_unknown_monitor_is_one_sentence(display: Display) -> None:
    with pytest.raises(ScreenUnavailable) as caught:
        grabbed(monitor_grabber("HDMI-9"))
    assert str(caught.value) == "The monitor HDMI-9 is gone; plug it in, or choose another under What viewers see."


def test_monitor_unplugged_during_the_show_is_one_line_and_is_found_again(display: Display) -> None:
    pictures = LivePictures(monitor_grabber(RIGHT), SystemClock())
    told: list[tuple[str, str]] = []
    for number, item in enumerate(pictures.read()):
        if isinstance(item, Status):
            told.append((item.state, item.detail))
            if item.state == "lost":
                set_right(display, 640, 640)
        elif number == 1:
            unplug_right(display)
        elif len(told) == 3:
            pictures.close()
    assert told == [
        ("watching", "Monitor 2 (640×720)"),
        ("lost", "The monitor Monitor 2 is gone; plug it in, or choose another under What viewers see."),
        ("watching", "Monitor 2 (640×720)"),
    ]


def test_monitor_of_another_size_is_watched_on(display: Display) -> None:
    with closing(monitor_grabber(RIGHT)()) as grabber:
        assert grabber.grab(is_full=True).shape == (720, 640, 4)
        set_right(display, 800, 480)
        pixels = last(grabber)
        assert (grabber.rect, pixels.shape) == ((800, 0, 480, 720), (720, 480, 4))


@pytest.mark.parametrize(
    ("region", "seen"),
    [
        ((600, 10, 100, 50), (600, 10, 100, 50)),
        ((1_200, 700, 200, 100), (1_200, 700, 80, 20)),
        ((-30, -20, 100, 50), (0, 0, 70, 30)),
        ((-10, -10, 5_000, 5_000), (0, 0, 1_280, 720)),
    ],
    ids=["over two monitors", "beyond the last", "before the first", "more than all"],
)
def test_part_of_the_desktop_is_seen_as_far_as_it_is_there(
    display: Display, region: tuple[int, int, int, int], seen: tuple[int, int, int, int]
) -> None:
    settings = Settings(screen=ScreenSettings(source="region", region=region))
    with shown(display, "", Rect(*seen)):
        rect, pixels = grabbed(grabber_of(settings))
    assert rect == seen
    assert pixels.shape == (seen[3], seen[2], 4)
    assert colours(pixels) == {ORANGE}


@pytest.mark.parametrize("region", [(1_280, 0, 50, 50), (0, -60, 50, 50), (10, 10, 0, 20)])
def test_part_outside_of_the_screens_is_one_sentence(display: Display, region: tuple[int, int, int, int]) -> None:
    settings = Settings(screen=ScreenSettings(source="region", region=region))
    with pytest.raises(ScreenUnavailable) as caught:
        grabbed(grabber_of(settings))
    assert str(caught.value) == ("Part of a screen lies outside of the screens; choose again under What viewers see.")


def test_part_that_an_unplugged_monitor_had_is_one_sentence(display: Display) -> None:
    settings = Settings(screen=ScreenSettings(source="region", region=(700, 0, 50, 50)))
    set_right(display, 640, 640)
    open_grabber = grabber_of(settings)
    assert open_grabber is not None
    with closing(open_grabber()) as grabber:
        unplug_right(display)
        with pytest.raises(ScreenUnavailable, match="lies outside of the screens"):
            last(grabber)


def test_window_is_found_by_a_part_of_its_title_and_seen_without_its_frame(display: Display) -> None:
    with shown(display, "Café ☕ – Tea & Mugs", Rect(100, 150, 300, 200)):
        rect, pixels = grabbed(window_grabber("tea & mugs"))
    assert rect is not None
    assert (rect.width, rect.height) == (300, 200)
    assert colours(pixels) == {ORANGE}


def test_window_that_moves_is_followed(display: Display) -> None:
    with shown(display, "Game", Rect(100, 150, 300, 200)) as window, closing(window_grabber("Game")()) as grabber:
        grabber.grab(is_full=True)
        before = grabber.rect
        window.configure(x=500, y=300)
        wait_for(display, lambda: find_window("Game") != before)
        pixels = last(grabber)
        assert grabber.rect == find_window("Game") != before
        assert colours(pixels) == {ORANGE}


def test_window_that_reaches_out_of_the_screen_is_seen_as_far_as_it_is_there(display: Display) -> None:
    with shown(display, "Game", Rect(100, 150, 300, 200)) as window:
        window.configure(x=1_100, y=600)
        wait_for(display, lambda: find_window("Game").left >= 1_100)
        found = find_window("Game")
        rect, pixels = grabbed(window_grabber("Game"))
        assert rect == (found.left, found.top, 1_280 - found.left, 720 - found.top)
        assert colours(pixels) == {ORANGE}


def test_window_that_closes_is_one_line_and_is_found_when_it_opens_again(display: Display) -> None:
    pictures = LivePictures(window_grabber("Game"), SystemClock())
    told: list[tuple[str, str]] = []
    box = Rect(100, 150, 300, 200)
    items = pictures.read()
    with shown(display, "Game", box):
        while not isinstance(item := next(items), Picture):
            told.append((item.state, item.detail))
    while told[-1][0] != "lost":
        if isinstance(item := next(items), Status):
            told.append((item.state, item.detail))
    with shown(display, "Game", box, BLUE):
        while not isinstance(item := next(items), Picture):
            told.append((item.state, item.detail))
        assert colours(item.pixels) == {BLUE}
    pictures.close()
    assert list(items) == []
    assert told == [
        ("watching", "Game (300×200)"),
        ("lost", "The window Game is not there; open it, or choose another under What viewers see."),
        ("watching", "Game (300×200)"),
    ]


def test_uppermost_of_equal_windows_is_seen(display: Display) -> None:
    box = Rect(100, 150, 300, 200)
    with shown(display, "Game", box, BLUE), shown(display, "Game menu", box), shown(display, "A Game", box, BLUE):
        assert [one.title for one in list_windows()] == ["Game", "Game menu", "A Game"]
        assert colours(grabbed(window_grabber("Game menu"))[1]) != {ORANGE}
        assert find_window("game") == find_window("A Game")
        assert find_window("Game") == Rect(*list_windows()[0][1:])


def test_window_that_is_minimised_is_not_offered(screen: VirtualScreen, display: Display) -> None:
    with shown(display, "Game", Rect(100, 150, 300, 200)) as window:
        screen.xdotool("windowminimize", str(window.id))
        wait_for(display, lambda: list_windows() == [])
        screen.xdotool("windowmap", str(window.id))
        wait_for(display, lambda: [one.title for one in list_windows()] == ["Game"])


@pytest.mark.parametrize("name", [None, "", ":987", "nonsense"], ids=["none", "empty", "nobody there", "no name"])
def test_computer_without_a_display_is_one_sentence(name: str | None) -> None:
    program = (
        "from martlive_desktop.adapters.desktop_windows import list_windows\n"
        "from martlive_desktop.adapters.screen_grab import find_monitor, list_monitors\n"
        "from martlive_desktop.core.errors import ScreenUnavailable\n"
        "from martlive_desktop.watching import monitor_grabber, window_grabber\n"
        "for act in (list_monitors, lambda: find_monitor(''), list_windows, monitor_grabber(''), window_grabber('x')):\n"
        "    try:\n"
        "        act()\n"
        "    except ScreenUnavailable as exc:\n"
        "        print(exc)\n"
    )
    environment = {name: value for name, value in os.environ.items() if name not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment | ({} if name is None else {"DISPLAY": name}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == (f"{NO_SCREEN}\n" * 5, "")


def two_monitors(*, is_right_there: bool = True) -> list[tuple[str, str]]:
    right = [(RIGHT, "640×720")] if is_right_there else []
    return [("OBS program", "Not running"), (LEFT, "640×720"), *right]


ALWAYS = [("Part of a screen…", "Drag a rectangle"), ("Nothing", "Not watched")]


@pytest.fixture
def desk(display: Display, qapp: QApplication) -> Iterator[ScreenDesk]:
    # Nobody listens on this port.
    settings = Settings(screen=ScreenSettings(source="monitor", monitor=LEFT), obs=ObsSettings(port=9))
    desk = ScreenDesk(settings, load_look(ROOT / "resources"))
    yield desk
    desk.close()


def tiles(desk: ScreenDesk) -> list[tuple[str, str]]:
    return [(one.accessibleName(), one.accessibleDescription()) for one in desk.picker.findChildren(SourceTile)]


def chosen(desk: ScreenDesk) -> list[str]:
    return [one.accessibleName() for one in desk.picker.findChildren(SourceTile) if one.isChecked()]


def test_monitors_and_windows_are_offered_with_their_pictures(
    display: Display, desk: ScreenDesk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures: dict[str, QImage] = {}
    monkeypatch.setattr(SourceTile, "show_thumbnail", lambda tile, image: pictures.update({tile.text(): image}))
    with shown(display, "Game", Rect(100, 150, 300, 200)), shown(display, "Chat", Rect(700, 150, 300, 200), BLUE):
        desk.open()
        qtbot.waitUntil(lambda: {LEFT, RIGHT, "Game", "Chat"} <= pictures.keys(), timeout=WITHIN_MS)
    assert tiles(desk) == [*two_monitors(), ("Chat", "300×200"), ("Game", "300×200"), *ALWAYS]
    assert chosen(desk) == [LEFT]
    assert pictures["Game"].pixelColor(50, 50) == QColor(0xE0, 0x80, 0x20)
    assert pictures["Chat"].pixelColor(50, 50) == QColor(0x10, 0x40, 0xC0)
    assert (pictures[LEFT].width(), pictures[LEFT].height()) == (320, 360)


def test_monitor_that_was_chosen_and_is_unplugged_is_offered_as_such(
    display: Display, desk: ScreenDesk, qtbot: QtBot
) -> None:
    desk.picker.source_chosen.emit(f"monitor:{RIGHT}")
    unplug_right(display)
    desk.picker.pictures_wanted.emit()
    offered = [*two_monitors(is_right_there=False), (RIGHT, "Unplugged"), *ALWAYS]
    qtbot.waitUntil(lambda: tiles(desk) == offered, timeout=WITHIN_MS)
    assert chosen(desk) == [RIGHT]


@pytest.mark.parametrize(
    ("choice", "wish", "is_obs_on"),
    [
        ("obs", {"source": "obs", "monitor": LEFT}, True),
        (f"monitor:{RIGHT}", {"source": "monitor", "monitor": RIGHT}, False),
        ("window:Tea: a game", {"source": "window", "window": "Tea: a game", "monitor": LEFT}, False),
        ("none", {"source": "none", "monitor": LEFT}, False),
    ],
    ids=["OBS", "monitor", "window", "nothing"],
)
def test_choice_becomes_a_setting(desk: ScreenDesk, choice: str, wish: dict[str, Any], is_obs_on: bool) -> None:
    changed: list[Settings] = []
    desk.settings_changed.connect(changed.append)
    desk.picker.source_chosen.emit(choice)
    assert changed[-1].screen == ScreenSettings(**wish)
    assert changed[-1].obs.is_on == is_obs_on


def test_part_that_was_dragged_on_a_monitor_is_a_part_of_the_desktop(
    display: Display, desk: ScreenDesk, qtbot: QtBot
) -> None:
    desk.picker.pictures_wanted.emit()
    qtbot.waitUntil(lambda: tiles(desk) == [*two_monitors(), *ALWAYS], timeout=WITHIN_MS)
    with qtbot.waitSignal(desk.settings_changed) as told:
        desk.picker.region_drawn.emit(f"monitor:{RIGHT}", (10, 20, 100, 50))
    assert told.args[0].screen == ScreenSettings(source="region", monitor=LEFT, region=(650, 20, 100, 50))
    with shown(display, "", Rect(650, 20, 100, 50)):
        assert colours(grabbed(grabber_of(told.args[0]))[1]) == {ORANGE}


def test_screenshot_to_drag_on_has_all_pixels(
    display: Display, desk: ScreenDesk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[tuple[str, QImage]] = []
    desk._screenshot.connect(lambda monitor, image: taken.append((monitor, image)))
    with shown(display, "", Rect(641, 1, 30, 30)):
        desk.picker.screenshot_wanted.emit(f"monitor:{RIGHT}")
        qtbot.waitUntil(lambda: taken != [], timeout=WITHIN_MS)
    [(monitor, image)] = taken
    assert (monitor, image.width(), image.height()) == (f"monitor:{RIGHT}", 640, 720)
    assert image.pixelColor(1, 1) == QColor(0xE0, 0x80, 0x20)
    assert image.pixelColor(0, 0) == QColor(0x40, 0x40, 0x40)


def test_own_windows_are_known_to_what_watches(desk: ScreenDesk, qtbot: QtBot, tmp_path: Path) -> None:
    watch = LiveWatch(Settings(screen=ScreenSettings(source="none")), ShowPlan(), SystemClock(), tmp_path / "s.json")
    window = QWidget()
    qtbot.addWidget(window)
    window.setGeometry(40, 50, 60, 70)
    desk.attach(watch)
    window.show()
    qtbot.waitUntil(lambda: len(watch.pictures.own_windows) == 1, timeout=WITHIN_MS)
    [found] = watch.pictures.own_windows
    assert found.within(Rect(40, 50, 60, 70)) == (40, 50, 60, 70)


@pytest.fixture
def watch(tmp_path: Path) -> LiveWatch:
    write_scenes([learn("break", [speckled(1)])], tmp_path / "scenes.json")
    settings = Settings(screen=ScreenSettings(source="none"))
    return LiveWatch(settings, ShowPlan(), SystemClock(), tmp_path / "scenes.json")


def test_chat_that_was_dragged_over_is_read_from_now_on(desk: ScreenDesk, watch: LiveWatch) -> None:
    changed: list[Settings] = []
    desk.settings_changed.connect(changed.append)
    desk.settings_changed.connect(watch.choose)
    desk.attach(watch)
    desk.picker.chat_region_drawn.emit((0.5, 0.0, 0.5, 1.0))
    assert changed[-1].chat.region == (0.5, 0.0, 0.5, 1.0)
    assert watch.chat is not None
    assert watch.chat.wants(0)


def test_scene_is_forgotten_at_a_click(desk: ScreenDesk, watch: LiveWatch) -> None:
    desk.picker.scene_forgotten.emit("break")
    desk.attach(watch)
    assert watch.saved_scenes == {"break"}
    desk.picker.scene_forgotten.emit("break")
    assert watch.saved_scenes == frozenset()


def test_scene_is_saved_at_a_click(desk: ScreenDesk, watch: LiveWatch, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(watch.source, "learn", asked.append)
    desk.picker.scene_saved.emit("main")
    desk.attach(watch)
    desk.picker.scene_saved.emit("main")
    assert asked == ["main"]


def test_watched_picture_is_shown_as_long_as_the_window_is_open(
    desk: ScreenDesk, watch: LiveWatch, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    previews: list[QImage] = []
    desk._preview.connect(previews.append)
    desk.attach(watch)
    assert (watch.on_picture, watch.shows_full) == (None, False)
    desk.open()
    look, is_full = watch.on_picture, watch.shows_full
    assert look is not None
    assert is_full
    look(speckled(1))
    qtbot.waitUntil(lambda: len(previews) == 1, timeout=WITHIN_MS)
    desk.picker.close()
    assert (watch.on_picture, watch.shows_full) == (None, False)


def test_trouble_is_told_in_the_window_until_it_is_over(desk: ScreenDesk) -> None:
    def texts() -> list[str]:
        return [one.text() for one in desk.picker.findChildren(QLabel)]

    desk.tell("The monitor HDMI-9 is gone.")
    assert "The monitor HDMI-9 is gone." in texts()
    desk.tell("")
    assert "The monitor HDMI-9 is gone." not in texts()


def events_of(folder: Path) -> list[LogEvent]:
    """What is stored of the newest show."""
    store = SqliteStore(folder / "data" / "sessions")
    return list(store.events(store.list_sessions()[0].id))


@pytest.mark.real
@pytest.mark.timeout(180)
def test_app_watches_a_monitor_finds_it_black_and_looks_away(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('[screen]\nsource = "monitor"\n')
    with (
        running_pulse() as pulse,
        virtual_screen() as screen,
        closing(Display(screen.name)) as display,
        running_app(screen, pulse.env, tmp_path) as app,
        pytest.MonkeyPatch.context() as here,
    ):
        here.setenv("DISPLAY", screen.name)
        with shown(display, "", Rect(0, 0, 1_280, 720)):
            app.wait_until_listening()
            while app.status()["watching"] != "watching":
                assert app.process.poll() is None
        with shown(display, "", Rect(0, 0, 1_280, 720), (0, 0, 0, 0)):
            while not (cues := [one for one in events_of(tmp_path) if isinstance(one, Cue)]):
                assert app.process.poll() is None
        told = [one for one in events_of(tmp_path) if isinstance(one, Screen)]
        black_ms = next(one.at_ms for one in told if one.is_black)
        lit_ms = max(one.at_ms for one in told if one.at_ms < black_ms and one.is_cut)
        assert cues[0].kind == "black"
        assert cues[0].at_ms - lit_ms <= 4_000
        screen.xdotool("key", "ctrl+alt+w")
        while app.status()["watching"] != "paused":
            assert app.process.poll() is None
        screen.xdotool("key", "ctrl+alt+w")
        while app.status()["watching"] == "paused":
            assert app.process.poll() is None
        assert app.ask("quit").returncode == 0
        assert app.process.wait(30) == 0


@pytest.mark.real
@pytest.mark.timeout(180)
def test_app_that_is_told_not_to_watch_never_does(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('[screen]\nsource = "monitor"\n')
    with (
        running_pulse() as pulse,
        virtual_screen() as screen,
        running_app(screen, pulse.env, tmp_path, "--no-screen") as app,
    ):
        app.wait_until_listening()
        assert app.status()["watching"] == "off"
        screen.xdotool("key", "ctrl+alt+w")
        assert app.ask("quit").returncode == 0
        assert app.process.wait(30) == 0
    assert [one for one in events_of(tmp_path) if isinstance(one, Screen)] == []
