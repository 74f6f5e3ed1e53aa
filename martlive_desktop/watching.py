"""Joins what watches the screen: where pictures come from, what measures them, who reads the chat on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlive_desktop.adapters.live_pictures import LivePictures
from martlive_desktop.adapters.scenes_file import read_scenes, with_look, write_scenes
from martlive_desktop.adapters.screen_grab import DesktopGrabber, Rect, find_monitor, find_window
from martlive_desktop.adapters.screen_watch import ScreenWatch
from martlive_desktop.core.errors import SettingsInvalid
from martlive_desktop.core.sight import Sight
from martlive_desktop.obs_password import obs_password

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from martlive_desktop.adapters.chat_ocr import OcrChat
    from martlive_desktop.adapters.live_pictures import Grabber
    from martlive_desktop.adapters.product_pictures import ProductFinder
    from martlive_desktop.core.plan import ShowPlan
    from martlive_desktop.core.scenes import SceneLook
    from martlive_desktop.ports import Clock, PictureSource
    from martlive_desktop.settings import Settings

Region = tuple[float, float, float, float]
"""Left, top, width and height, as shares of a picture from 0 to 1."""


def monitor_grabber(name: str) -> Callable[[], Grabber]:
    """Takes pictures of the monitor called `name`, or of the main one."""
    return lambda: DesktopGrabber(name or "Main monitor", lambda: find_monitor(name))


def grabber_of(
    settings: Settings, monitors: Callable[[str], Callable[[], Grabber]] = monitor_grabber
) -> Callable[[], Grabber] | None:
    """What takes the pictures that `settings` ask for, `monitors` those of one by its name; None: nothing is watched."""
    wish = settings.screen
    match wish.source:
        case "obs" if settings.obs.is_on:
            return obs_grabber(settings)
        case "monitor":
            return monitors(wish.monitor)
        case "window" if wish.window:
            return window_grabber(wish.window)
        case "region" if wish.region:
            part = Rect(*wish.region)
            return lambda: DesktopGrabber("Part of a screen", lambda: part)
        case _:
            return None


def obs_grabber(settings: Settings) -> Callable[[], Grabber]:
    """Takes pictures of OBS's program."""
    from martlive_desktop.adapters.screen_obs import ObsGrabber

    return lambda: ObsGrabber(settings.obs.host, settings.obs.port, obs_password())


def window_grabber(title: str) -> Callable[[], Grabber]:
    """Takes pictures of the window whose title has `title` in it."""
    return lambda: DesktopGrabber(title, lambda: find_window(title), may_hide=True)


def product_finder(plan: ShowPlan) -> ProductFinder | None:
    """What knows the products of `plan` by their pictures; None: it has none."""
    from martlive_desktop.adapters.product_pictures import ProductFinder

    return ProductFinder(plan.products) if any(product.pictures for product in plan.products) else None


def chat_reader(region: Region | None, *, is_live: bool) -> OcrChat:
    """What reads the chat on the screen, in a process that starts with the first picture of it."""
    from martlive_desktop.adapters.chat_ocr import OcrChat
    from martlive_desktop.inference.ocr import SupervisedReader

    return OcrChat(SupervisedReader(), region, is_live=is_live)


class LiveWatch:
    """The screen of a live show; what is chosen takes effect at once, from any thread."""

    def __init__(self, settings: Settings, plan: ShowPlan, clock: Clock, scenes_path: Path) -> None:
        self._scenes_path = scenes_path
        self._looks = read_scenes(scenes_path)
        self._sight = Sight(settings.signals.picture, self._looks)
        self.chat = chat_reader(_read_region(settings), is_live=True)
        self.pictures = LivePictures(
            grabber_of(settings),
            clock,
            wants_full=lambda at_ms: self.shows_full or self.chat.wants(at_ms),
            is_urgent=lambda: self._sight.is_dark,
        )
        self.source = ScreenWatch(
            self.pictures,
            self._sight,
            finder=product_finder(plan),
            chat=self.chat,
            on_picture=self._show,
            on_scene=self._keep,
        )
        self.on_picture: Callable[[NDArray[np.uint8]], None] | None = None
        """Gets each picture while somebody looks at it, on the thread that takes them."""
        self.on_glimpse: Callable[[NDArray[np.uint8]], None] | None = None
        """The same, for the window that proves what is seen."""
        self.shows_full = False
        """Whether all pixels are wanted for that."""
        self.monitors = monitor_grabber
        """Gives what takes the pictures of a monitor, from its name."""
        self.trouble = ""
        """Why a scene could not be saved."""

    @property
    def scene(self) -> str:
        """The saved scene that is on; empty: none."""
        return self.source.scene

    @property
    def saved_scenes(self) -> frozenset[str]:
        """Names of the scenes that are known."""
        return frozenset(look.name for look in self._looks)

    def use_limits(self, settings: Settings) -> None:
        """Tell black, frozen and the rest by the limits of `settings` from now on."""
        self._sight.use(settings.signals.picture)

    def choose(self, settings: Settings) -> None:
        """Watch what `settings` say now."""
        self.pictures.use(grabber_of(settings, self.monitors))
        self.chat.use_region(_read_region(settings))

    def forget_scene(self, name: str) -> None:
        """Know the scene called `name` no more."""
        self._use([look for look in self._looks if look.name != name])

    def _keep(self, look: SceneLook) -> None:
        self._use(with_look(self._looks, look))

    def _use(self, looks: list[SceneLook]) -> None:
        self._looks = looks
        self._sight.use_scenes(looks)
        try:
            write_scenes(looks, self._scenes_path)
        except SettingsInvalid as exc:
            self.trouble = str(exc)
        else:
            self.trouble = ""

    def _show(self, pixels: NDArray[np.uint8]) -> None:
        for viewer in (self.on_picture, self.on_glimpse):
            if viewer is not None:
                viewer(pixels)


def _read_region(settings: Settings) -> Region | None:
    # Twitch's own words need no reading.
    return None if settings.chat.twitch else settings.chat.region


def watch_recording(source: PictureSource, settings: Settings, plan: ShowPlan, region: Region | None) -> ScreenWatch:
    """The screen of a recording; the chat in `region` is read at once, however long that takes."""
    return ScreenWatch(
        source,
        Sight(settings.signals.picture),
        finder=product_finder(plan),
        chat=chat_reader(region, is_live=False) if region else None,
        is_live=False,
    )
