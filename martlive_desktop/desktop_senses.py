"""The window that proves what MartLive hears and sees, joined to the show; it costs nothing while it is closed."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QImage

from martlive_desktop.ui.pixels import to_qimage
from martlive_desktop.ui.senses_state import PartLoad, SensesState, reduce

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from martlive_desktop.adapters.load import LoadMeter
    from martlive_desktop.core.events import LogEvent
    from martlive_desktop.desktop_show import ShowDesk
    from martlive_desktop.settings import Settings
    from martlive_desktop.ui.senses_state import PartName
    from martlive_desktop.ui.senses_window import SensesWindow
    from martlive_desktop.ui.theme import Look

RENDER_MS = 100
"""Ten times a second: words seem to come as they are spoken."""

LOAD_MS = 1_000
"""As often as a task manager of the system does."""

PARTS: tuple[PartName, ...] = ("recogniser", "reader", "writer")
"""Processes beside the app."""


class SensesDesk(QObject):
    """Keeps what is heard and seen, on the session's thread, and shows it ten times a second while somebody looks."""

    _pictured = Signal(QImage)

    def __init__(self, look: Look, settings: Settings, show: ShowDesk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._show = show
        self._lock = threading.Lock()
        self._state = SensesState()
        self._is_shown = False
        self._meter: LoadMeter | None = None
        self._window: SensesWindow | None = None
        self._render = QTimer(self)
        self._render.setInterval(RENDER_MS)
        self._render.timeout.connect(self._show_state)
        self._measure = QTimer(self)
        self._measure.setInterval(LOAD_MS)
        self._measure.timeout.connect(self._show_load)
        self._pictured.connect(self._show_picture, Qt.ConnectionType.QueuedConnection)
        self.use(settings)

    def post(self, event: LogEvent) -> None:
        """Take an event; from any thread, never waits."""
        with self._lock:
            self._state = reduce(self._state, event)

    def take_picture(self, pixels: NDArray[np.uint8]) -> None:
        """Take a picture of what is watched; from any thread, never waits."""
        if self._is_shown:
            self._pictured.emit(to_qimage(pixels))

    def use(self, settings: Settings) -> None:
        """Say by `settings` what is heard and what leaves this computer."""
        outside: tuple[str, ...] = ()
        if settings.chat.twitch:
            outside = (self.tr("Twitch is asked for the chat of {name}.").format(name=settings.chat.twitch),)
        if settings.obs.captions and settings.obs.is_on:
            outside += (self.tr("What you say goes out as captions while you stream."),)
        remote = settings.remote
        # What is shown of an address is its host.
        host = remote.url.partition("://")[2]
        if host and remote.recognition:
            outside += (self.tr("The sound of your microphone goes to {host}.").format(host=host),)
        if host and remote.coach:
            outside += (self.tr("What a tip is about goes to {host}.").format(host=host),)
        with self._lock:
            self._state = replace(self._state, microphone=settings.microphone.device, outside=outside)

    def use_look(self, look: Look) -> None:
        """Take another theme or size."""
        self._look = look
        old, self._window = self._window, None
        if old is not None:
            is_shown = old.isVisible()
            old.close()
            old.deleteLater()
            if is_shown:
                self.open()

    def open(self) -> None:
        """Show the window."""
        if self._window is None:
            from martlive_desktop.ui.senses_window import SensesWindow

            self._window = SensesWindow(self._look)
            self._window.shown_changed.connect(self._follow)
        self._show_state()
        self._window.show()
        self._window.raise_()
        self._window.activateWindow()

    def hide(self) -> None:
        """Take the window off the screen."""
        if self._window is not None:
            self._window.hide()

    def close(self) -> None:
        self.hide()
        if self._window is not None:
            self._window.deleteLater()
            self._window = None

    def _follow(self, is_shown: bool) -> None:  # noqa: FBT001 - connected to a signal that carries a bool
        self._is_shown = is_shown
        for timer in (self._render, self._measure):
            if is_shown:
                timer.start()
            else:
                timer.stop()
        if is_shown:
            self._show_load()

    def _show_state(self) -> None:
        if self._window is not None:
            with self._lock:
                state = self._state
            self._window.render_state(state)

    def _show_load(self) -> None:
        if self._window is not None:
            if self._meter is None:
                from martlive_desktop.adapters.load import LoadMeter

                self._meter = LoadMeter()
            pids = self._show.pids
            loads = self._meter.read({"app": os.getpid(), **{name: pids.get(name) for name in PARTS}})
            names: tuple[PartName, ...] = ("app", *PARTS)
            self._window.show_load(
                tuple(PartLoad(name, loads[name].cpu_percent, loads[name].memory_mb) for name in names if name in loads)
            )

    def _show_picture(self, image: QImage) -> None:
        if self._window is not None:
            self._window.show_picture(image)
