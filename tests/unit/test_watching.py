"""What is watched is what was chosen, and scenes that were saved are known."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest

from martlive_desktop import watching
from martlive_desktop.adapters import live_pictures
from martlive_desktop.adapters.clock import SystemClock
from martlive_desktop.adapters.scenes_file import read_scenes, write_scenes
from martlive_desktop.adapters.screen_grab import Rect
from martlive_desktop.core.errors import ScreenUnavailable
from martlive_desktop.core.events import Screen, Status
from martlive_desktop.core.picture import Picture
from martlive_desktop.core.picture_thresholds import PictureThresholds
from martlive_desktop.core.plan import Product, ShowPlan
from martlive_desktop.core.scenes import learn
from martlive_desktop.settings import ChatSettings, ObsSettings, ScreenSettings, Settings
from martlive_desktop.watching import LiveWatch, grabber_of, product_finder, watch_recording
from tests.fakes.pictures import FakeGrabber, ListPictures, speckled
from tests.fakes.scripted_clock import ScriptedClock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

PLAN = ShowPlan()
CARD = speckled(1)
PANEL = (0.5, 0.0, 0.5, 1.0)
NOT_CHOSEN = Settings(screen=ScreenSettings(source="none"))
WITHIN_S = 20.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "scenes.json"


class Watched:
    """A watched screen that shows `pixels`, run in this thread for as long as a test wants."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings = NOT_CHOSEN) -> None:
        for name in ("FAST_MS", "SLOW_MS"):
            monkeypatch.setattr(live_pictures, name, 1)
        self.grabber = FakeGrabber(ScriptedClock(), "OBS")
        self.grabber.pixels = CARD
        self.watch = LiveWatch(settings, PLAN, SystemClock(), path)
        self.watch.pictures.use(self.grabber.open)

    def run(self, is_done: Callable[[], bool]) -> list[Screen | Status]:
        """What comes until `is_done`, asked with each picture."""

        def close(_pixels: NDArray[np.uint8]) -> None:
            if is_done():
                self.watch.source.close()

        self.watch.on_picture = close
        return [item for item in self.watch.source.read() if isinstance(item, Screen | Status)]


@pytest.fixture
def watched(path: Path, monkeypatch: pytest.MonkeyPatch) -> Watched:
    return Watched(path, monkeypatch)


@pytest.mark.parametrize(
    "settings",
    [
        Settings(screen=ScreenSettings(source="none")),
        Settings(screen=ScreenSettings(source="obs"), obs=ObsSettings(is_on=False)),
        Settings(screen=ScreenSettings(source="window")),
        Settings(screen=ScreenSettings(source="region")),
    ],
    ids=["none", "OBS that is off", "window without a title", "no region"],
)
def test_nothing_is_watched(settings: Settings) -> None:
    assert grabber_of(settings) is None


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (
            Settings(screen=ScreenSettings(source="obs"), obs=ObsSettings(is_on=True, port=9)),
            "OBS does not answer; start it and turn on its WebSocket server under Tools.",
        ),
        (Settings(screen=ScreenSettings(source="monitor")), "There is no screen here that could be watched."),
        (
            Settings(screen=ScreenSettings(source="window", window="Game")),
            "There is no screen here that could be watched.",
        ),
        (
            Settings(screen=ScreenSettings(source="region", region=(0, 0, 9, 9))),
            "There is no screen here that could be watched.",
        ),
    ],
    ids=["OBS", "monitor", "window", "region"],
)
def test_what_cannot_be_watched_now_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, reason: str
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    open_grabber = grabber_of(settings)
    assert open_grabber is not None
    with pytest.raises(ScreenUnavailable) as caught:
        open_grabber()
    assert str(caught.value) == reason


def test_scene_that_is_learned_is_known_at_once_and_in_the_next_show(watched: Watched, path: Path) -> None:
    watch = watched.watch
    watch.source.learn("break")
    watched.run(lambda: watch.scene == "break")
    assert watch.saved_scenes == {"break"}
    assert read_scenes(path) == [learn("break", [CARD])]
    assert watch.trouble == ""


def test_scene_of_an_earlier_show_is_known(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_scenes([learn("main", [CARD])], path)
    watched = Watched(path, monkeypatch)
    assert watched.watch.saved_scenes == {"main"}
    told = watched.run(lambda: True)
    assert [item.scene for item in told if isinstance(item, Screen)] == ["main"]


def test_scene_that_is_forgotten_is_known_no_more(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_scenes([learn("main", [CARD]), learn("break", [speckled(2)])], path)
    watched = Watched(path, monkeypatch)
    watched.watch.forget_scene("main")
    assert watched.watch.saved_scenes == {"break"}
    assert read_scenes(path) == [learn("break", [speckled(2)])]
    told = watched.run(lambda: True)
    assert [item.scene for item in told if isinstance(item, Screen)] == [""]


def test_scene_that_cannot_be_saved_is_known_in_this_show_and_the_trouble_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    watched = Watched(tmp_path / "file" / "scenes.json", monkeypatch)
    watched.watch.source.learn("break")
    watched.run(lambda: watched.watch.scene == "break")
    assert watched.watch.trouble.startswith("The scene cannot be saved at ")


def test_pictures_need_not_be_full_while_nobody_looks(watched: Watched) -> None:
    watched.run(lambda: len(watched.grabber.asked_full) == 2)
    assert watched.grabber.asked_full == [False, False]


def test_pictures_are_full_while_somebody_looks(watched: Watched) -> None:
    watched.watch.shows_full = True
    watched.run(lambda: len(watched.grabber.asked_full) == 2)
    assert watched.grabber.asked_full == [True, True]


def test_pictures_are_full_when_the_chat_on_them_is_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(path, monkeypatch, Settings(chat=ChatSettings(region=PANEL)))
    watched.run(lambda: True)
    assert watched.grabber.asked_full == [True]


def test_nobody_looks_and_pictures_come_all_the_same(watched: Watched) -> None:
    items = watched.watch.source.read()
    assert [type(next(items)) for _ in range(2)] == [Status, Screen]
    watched.watch.source.close()
    assert list(items) == []


def test_another_choice_is_watched_and_another_part_is_read(watched: Watched) -> None:
    chat = watched.watch.chat
    assert not chat.wants(0)
    watched.watch.choose(Settings(screen=ScreenSettings(source="none"), chat=ChatSettings(region=PANEL)))
    assert chat.wants(0)
    items = watched.watch.source.read()
    status = next(items)
    assert isinstance(status, Status)
    assert status.state == "off"
    watched.watch.source.close()
    assert list(items) == []


def test_chat_of_twitch_needs_no_reading(path: Path) -> None:
    settings = Settings(screen=ScreenSettings(source="none"), chat=ChatSettings(twitch="rosa", region=PANEL))
    watch = LiveWatch(settings, PLAN, SystemClock(), path)
    assert not watch.chat.wants(0)
    watch.choose(settings.model_copy(update={"chat": ChatSettings(region=PANEL)}))
    assert watch.chat.wants(0)


def test_chat_ends_with_the_screen(path: Path) -> None:
    watch = LiveWatch(NOT_CHOSEN, PLAN, SystemClock(), path)
    reader = threading.Thread(target=list, args=(watch.chat.read(),))
    reader.start()
    watch.source.close()
    reader.join(WITHIN_S)
    assert not reader.is_alive()


@pytest.mark.parametrize("pictures", [(), ("none.png",)], ids=["none", "missing"])
def test_products_are_looked_for_only_where_the_plan_has_pictures(pictures: tuple[str, ...]) -> None:
    finder = product_finder(ShowPlan(products=(Product("Lamp", pictures=pictures),)))
    assert (finder.problems if finder else None) == (
        ("The picture of Lamp is not there; check its name: none.png.",) if pictures else None
    )


def test_recording_is_watched_without_a_chat() -> None:
    watch = watch_recording(ListPictures([Picture(0, CARD)]), Settings(), PLAN, None)
    assert [item.type for item in watch.read()] == ["screen"]


def test_part_of_a_screen_is_called_so(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[tuple[str, Rect]] = []

    def note(name: str, find: Callable[[], Rect]) -> None:
        opened.append((name, find()))

    monkeypatch.setattr(watching, "DesktopGrabber", note)
    open_grabber = grabber_of(Settings(screen=ScreenSettings(source="region", region=(-5, 1, 2, 3))))
    assert open_grabber is not None
    open_grabber()
    assert opened == [("Part of a screen", Rect(-5, 1, 2, 3))]


def test_other_limits_of_the_picture_hold_at_once_and_a_glimpse_is_given_to_who_looks(watched: Watched) -> None:
    glimpses: list[object] = []
    watched.watch.on_glimpse = glimpses.append
    signals = Settings().signals.model_copy(update={"picture": PictureThresholds(black_s=0.2)})
    watched.watch.use_limits(Settings(signals=signals))
    watched.run(lambda: len(glimpses) == 2)
