"""OBS, joined to the show: its stream begins and ends the show, its mutes are told, its sources are made for the user."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from martlive_desktop.core.errors import MartLiveError, ObsUnavailable
from martlive_desktop.core.events import Transcript
from martlive_desktop.core.obs_state import ObsState
from martlive_desktop.obs_password import keep_obs_password, obs_password

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from martlive_desktop.adapters.obs_link import ObsLink
    from martlive_desktop.adapters.obs_source import SourceResult
    from martlive_desktop.core.events import LogEvent
    from martlive_desktop.desktop_show import ShowDesk
    from martlive_desktop.settings import ObsSettings

PICTURE_WITHIN_S = 2.0
"""The Qt thread paints the stream window long before."""

NOT_ON = "OBS is not asked for; turn it on first."


class ObsDesk(QObject):
    """Owns the connection; everything that waits does so on its thread, and all signals come to the Qt thread."""

    state_changed = Signal(object)
    """An `ObsState`."""
    streaming_changed = Signal(bool)
    source_made = Signal(bool, str)
    """Whether OBS really shows it, and what was done or is to do."""
    said = Signal(str)
    _told = Signal(object)
    _wanted = Signal(object)

    def __init__(
        self,
        wish: ObsSettings,
        show: ShowDesk,
        picture: Callable[[], NDArray[np.uint8]],
        parent: QObject | None = None,
    ) -> None:
        """Connect if `wish` says so; `picture` gives what the stream window shows, BGRA, in the Qt thread."""
        super().__init__(parent)
        self._wish = wish
        self._show = show
        self._picture = picture
        self._link: ObsLink | None = None
        self._threads: list[threading.Thread] = []
        self.state = ObsState()
        self._was_streaming = False
        self._told.connect(self._take, Qt.ConnectionType.QueuedConnection)
        self._wanted.connect(self._paint, Qt.ConnectionType.QueuedConnection)
        self._show.started.connect(self._note)
        if wish.is_on:
            self._open()

    def use(self, wish: ObsSettings) -> None:
        """Hold to other settings from now on."""
        before, self._wish = self._wish, wish
        if (wish.is_on, wish.host, wish.port) != (before.is_on, before.host, before.port):
            self.close()
            if wish.is_on:
                self._open()
        self._note()

    def retry(self) -> None:
        """Try to connect now."""
        if self._link is not None:
            self._link.retry()

    def keep_password(self, password: str) -> None:
        """Use `password` from now on."""

        def keep() -> None:
            try:
                keep_obs_password(password)
            except MartLiveError as exc:
                self.said.emit(str(exc))
            self.retry()

        thread = threading.Thread(target=keep, name="martlive-keyring", daemon=True)
        self._threads = [one for one in self._threads if one.is_alive()] + [thread]
        thread.start()

    def add_window(self) -> None:
        """Show the stream window in OBS's scene, and check it by a picture."""
        from martlive_desktop.adapters.obs_source import create_window_source

        self._call(lambda link: link.call(lambda obs: create_window_source(obs, self._expected)))

    def add_browser(self, url: str, width: int, height: int) -> None:
        """Show the browser source in OBS's scene."""
        from martlive_desktop.adapters.obs_source import create_browser_source

        self._call(lambda link: link.call(lambda obs: create_browser_source(obs, url, width, height)))

    def post(self, event: LogEvent) -> None:
        """Take an event; from any thread, never waits."""
        link = self._link
        if isinstance(event, Transcript) and event.is_final and event.text and self._wish.captions and link is not None:
            link.send_caption(event.text)

    def close(self) -> None:
        """Let OBS go; waits for 3 s at most."""
        link, self._link = self._link, None
        if link is not None:
            link.close()
            self._take(ObsState())

    def _open(self) -> None:
        from martlive_desktop.adapters.obs_link import ObsLink

        self._link = ObsLink(
            self._wish.host,
            self._wish.port,
            obs_password,
            on_state=self._told.emit,
            on_lost_share=self._show.note_lagged_frames,
        )

    def _call(self, ask: Callable[[ObsLink], Future[SourceResult]]) -> None:
        if self._link is None:
            self.source_made.emit(False, NOT_ON)  # noqa: FBT003 - a signal's
            return
        ask(self._link).add_done_callback(self._report)

    def _report(self, future: Future[SourceResult]) -> None:
        try:
            result = future.result()
        except MartLiveError as exc:
            self.source_made.emit(False, str(exc))  # noqa: FBT003 - a signal's
        else:
            self.source_made.emit(result.is_verified, result.sentence)

    def _expected(self) -> NDArray[np.uint8]:
        """What the stream window shows now, asked of the Qt thread."""
        painted: Future[NDArray[np.uint8]] = Future()
        self._wanted.emit(painted)
        try:
            return painted.result(PICTURE_WITHIN_S)
        except Late as exc:
            raise ObsUnavailable("MartLive is too busy to check what OBS shows; try again.") from exc

    def _paint(self, painted: Future[NDArray[np.uint8]]) -> None:
        painted.set_result(self._picture())

    def _take(self, state: ObsState) -> None:
        self.state = state
        self.state_changed.emit(state)
        self._note()
        # A connection that breaks says nothing of the stream.
        if state.is_connected and state.is_streaming != self._was_streaming:
            self._was_streaming = state.is_streaming
            self.streaming_changed.emit(state.is_streaming)

    def _note(self) -> None:
        """Let the session know what matters to its tips."""
        if (live := self._show.live) is not None:
            live.note("obs", self.state.sound if self._wish.warns_muted else "gone")
            if self.state.scene:
                live.note("scene", "on", self.state.scene)
