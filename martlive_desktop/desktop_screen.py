"""The desktop app's share in watching the screen: what is chosen there, and where its own windows lie."""

from __future__ import annotations

import logging
import os
import queue
import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from martlive_desktop import watching
from martlive_desktop.adapters.desktop_windows import list_windows
from martlive_desktop.adapters.screen_grab import Monitor, Rect, list_monitors
from martlive_desktop.core.errors import ScreenUnavailable
from martlive_desktop.ui.own_windows import native_rect
from martlive_desktop.ui.pixels import to_qimage
from martlive_desktop.ui.screen_picker import PickerState, ScreenPicker, SourceChoice

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from martlive_desktop.adapters.live_pictures import Grabber
    from martlive_desktop.settings import Settings
    from martlive_desktop.ui.qt_capture import QtCapture
    from martlive_desktop.ui.theme import Look
    from martlive_desktop.watching import LiveWatch

log = logging.getLogger(__name__)

MASK_EVERY_MS = 500
"""As often as pictures are taken."""

MOST_WINDOWS = 8
"""Windows that are offered; the uppermost ones."""

THUMBNAIL_PX = 320
"""Width of a small picture."""

OBS, REGION, NOTHING = "obs", "region", "none"


class ScreenDesk(QObject):
    """Joins the window "What viewers see" with the watched screen; pictures are taken on a thread of its own."""

    settings_changed = Signal(object)
    """The `Settings` with what was chosen."""
    _thumbnail = Signal(str, QImage)
    _screenshot = Signal(str, QImage)
    _preview = Signal(QImage)
    _listed = Signal(object)

    def __init__(self, settings: Settings, look: Look, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._watch: LiveWatch | None = None
        self._monitors: list[Monitor] = []
        self._choices: tuple[SourceChoice, ...] = ()
        self._note = ""
        self.picker = ScreenPicker(look)
        self._capture = _wayland_capture(self)
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._is_busy = threading.Event()
        self._thread = threading.Thread(target=self._work, name="martlive-thumbnails")
        self._thread.start()
        self._mask = QTimer(self)
        self._mask.setInterval(MASK_EVERY_MS)
        self._mask.timeout.connect(self._mask_windows)
        self._connect()

    def attach(self, watch: LiveWatch) -> None:
        """Choose for this show from now on."""
        self._watch = watch
        if (capture := self._capture) is not None:
            watch.monitors = lambda name: lambda: capture.grabber(name)
            watch.choose(self._settings)
        watch.on_picture = self._take_preview if self.picker.isVisible() else None
        self._mask.start()
        self._render()

    def use(self, settings: Settings) -> None:
        """Say what is watched by `settings` from now on."""
        self._settings = settings
        self._render()

    def use_look(self, look: Look) -> None:
        """Take another theme or size."""
        old, is_shown = self.picker, self.picker.isVisible()
        self.picker = ScreenPicker(look)
        self._connect()
        old.close()
        old.deleteLater()
        if is_shown:
            self.open()

    def open(self) -> None:
        """Show the window."""
        self._render()
        self.picker.show()
        self.picker.raise_()
        self.picker.activateWindow()

    def close(self) -> None:
        self._mask.stop()
        self.picker.close()
        self._jobs.put(None)
        self._thread.join()

    def _connect(self) -> None:
        picker = self.picker
        picker.source_chosen.connect(self._choose)
        picker.region_drawn.connect(self._choose_region)
        picker.chat_region_drawn.connect(self._choose_chat)
        picker.scene_saved.connect(self._save_scene)
        picker.scene_forgotten.connect(self._forget_scene)
        picker.shown_changed.connect(self._watch_for_picker)
        picker.pictures_wanted.connect(self._take_thumbnails)
        picker.screenshot_wanted.connect(self._take_screenshot)
        self._thumbnail.connect(picker.show_thumbnail)
        self._screenshot.connect(picker.show_screenshot)
        self._preview.connect(picker.show_preview)
        self._listed.connect(self._take_choices)

    # What is chosen.

    def _choose(self, choice: str) -> None:
        kind, _, name = choice.partition(":")
        update: dict[str, object] = {"source": kind}
        if kind in {"monitor", "window"}:
            update[kind] = name
        self._change("screen", update)
        if kind == OBS and not self._settings.obs.is_on:
            self._change("obs", {"is_on": True})

    def _choose_region(self, monitor_id: str, part: tuple[int, int, int, int]) -> None:
        name = monitor_id.partition(":")[2]
        corner = next((one.rect for one in self._monitors if one.name == name), Rect(0, 0, 0, 0))
        left, top, width, height = part
        self._change("screen", {"source": REGION, "region": (left + corner.left, top + corner.top, width, height)})

    def _choose_chat(self, region: object) -> None:
        self._change("chat", {"region": region})

    def _change(self, group: str, update: dict[str, object]) -> None:
        changed = getattr(self._settings, group).model_copy(update=update)
        self._settings = self._settings.model_copy(update={group: changed})
        self.settings_changed.emit(self._settings)
        self._render()

    def _save_scene(self, name: str) -> None:
        if self._watch is not None:
            self._watch.source.learn(name)

    def _forget_scene(self, name: str) -> None:
        if self._watch is not None:
            self._watch.forget_scene(name)
        self._render()

    # What is shown.

    def _render(self) -> None:
        watch, wish = self._watch, self._settings.screen
        chosen = wish.source if wish.source in {OBS, REGION, NOTHING} else f"{wish.source}:{getattr(wish, wish.source)}"
        if chosen == "monitor:" and self._monitors:
            main = next((one for one in self._monitors if one.is_primary), self._monitors[0])
            chosen = f"monitor:{main.name}"
        if chosen == OBS and not self._settings.obs.is_on:
            chosen = NOTHING
        self.picker.render_state(
            PickerState(
                self._choices,
                chosen,
                watch.scene if watch else "",
                watch.saved_scenes if watch else frozenset(),
                self._settings.chat.region,
                watch.chat.lines if watch else (),
                (watch.trouble if watch else "") or self._note,
            )
        )

    def tell(self, note: str) -> None:
        """Say in the window what is wrong; empty: nothing."""
        if note != self._note:
            self._note = note
            self._render()

    def _watch_for_picker(self, is_shown: bool) -> None:  # noqa: FBT001 - connected to a signal that carries a bool
        if self._watch is not None:
            self._watch.shows_full = is_shown
            self._watch.on_picture = self._take_preview if is_shown else None

    def _take_preview(self, pixels: NDArray[np.uint8]) -> None:
        self._preview.emit(to_qimage(pixels))

    def _take_choices(self, found: tuple[list[Monitor], tuple[SourceChoice, ...]]) -> None:
        self._monitors, self._choices = found
        self._render()

    def _mask_windows(self) -> None:
        if self._watch is not None:
            own = [Rect(*native_rect(one)) for one in QApplication.topLevelWidgets() if one.isVisible()]
            self._watch.pictures.own_windows = tuple(own)

    # On the thread of its own.

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                job()
            except ScreenUnavailable as exc:
                log.info("no picture to choose from", extra={"reason": str(exc)})
            self._is_busy.clear()

    def _start(self, job: Callable[[], None]) -> None:
        """Do `job` unless the last one goes on."""
        if not self._is_busy.is_set():
            self._is_busy.set()
            self._jobs.put(job)

    def _take_thumbnails(self) -> None:
        own = {one.windowTitle() for one in QApplication.topLevelWidgets()}
        settings = self._settings
        self._start(lambda: self._find_choices(settings, own))

    def _find_choices(self, settings: Settings, own: set[str]) -> None:
        monitors = list_monitors()
        windows = [one for one in reversed(list_windows()) if one.title not in own][:MOST_WINDOWS]
        obs = watching.obs_grabber(settings)
        is_obs_there = self._show_thumbnail(OBS, obs)
        choices = [
            SourceChoice(
                OBS, "obs", self.tr("OBS program"), "" if is_obs_there else self.tr("Not running"), is_obs_there
            )
        ]
        for one in monitors:
            size = f"{one.rect.width}×{one.rect.height}"
            choices.append(SourceChoice(f"monitor:{one.name}", "monitor", one.name, size, is_available=True))
        for window in windows:
            size = f"{window.width}×{window.height}"
            choices.append(SourceChoice(f"window:{window.title}", "window", window.title, size, is_available=True))
        wish = settings.screen
        gone = {"monitor": self.tr("Unplugged"), "window": self.tr("Not open")}.get(wish.source)
        wanted = getattr(wish, wish.source, "") if gone else ""
        if gone and wanted and f"{wish.source}:{wanted}" not in {one.id for one in choices}:
            choices.append(SourceChoice(f"{wish.source}:{wanted}", wish.source, wanted, gone, is_available=False))
        choices.append(
            SourceChoice(REGION, "region", self.tr("Part of a screen…"), self.tr("Drag a rectangle"), is_available=True)
        )
        choices.append(SourceChoice(NOTHING, "none", self.tr("Nothing"), self.tr("Not watched"), is_available=True))
        self._listed.emit((monitors, tuple(choices)))
        for choice in choices:
            kind, _, name = choice.id.partition(":")
            if kind == "monitor" and choice.is_available:
                self._show_thumbnail(choice.id, watching.monitor_grabber(name))
            elif kind == "window" and choice.is_available:
                self._show_thumbnail(choice.id, watching.window_grabber(name))

    def _show_thumbnail(self, choice: str, open_grabber: Callable[[], Grabber]) -> bool:
        """Show a small picture; False where there is none."""
        try:
            pixels = _picture(open_grabber, is_full=False)
        except ScreenUnavailable:
            return False
        step = max(1, pixels.shape[1] // THUMBNAIL_PX)
        self._thumbnail.emit(choice, to_qimage(pixels[::step, ::step]))
        return True

    def _take_screenshot(self, monitor_id: str) -> None:
        grabber = watching.monitor_grabber(monitor_id.partition(":")[2])
        self._start(lambda: self._screenshot.emit(monitor_id, to_qimage(_picture(grabber, is_full=True))))


def _wayland_capture(parent: QObject) -> QtCapture | None:
    """Where no program may look at the screen by itself, what asks the desktop; None: elsewhere, or without Qt's part for it."""
    if os.environ.get("XDG_SESSION_TYPE") != "wayland":
        return None
    try:
        from martlive_desktop.ui.qt_capture import QtCapture
    except ModuleNotFoundError:
        log.warning("no capture under Wayland: PySide6-Addons is missing")
        return None
    return QtCapture(parent)


def _picture(open_grabber: Callable[[], Grabber], *, is_full: bool) -> NDArray[np.uint8]:
    grabber = open_grabber()
    try:
        return grabber.grab(is_full=is_full)
    finally:
        grabber.close()
