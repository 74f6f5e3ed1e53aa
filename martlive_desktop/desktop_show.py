"""The show behind the windows: begun, changed and ended on a thread of its own, so that no window waits."""

from __future__ import annotations

import logging
import queue
import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from martlive_desktop import app
from martlive_desktop.core.errors import MartLiveError
from martlive_desktop.keeping import enforce_keeping
from martlive_desktop.live_show import LiveShow
from martlive_desktop.reporting import make_page, measure_show, page_language, word_show

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from martlive_desktop.core.events import LogEvent
    from martlive_desktop.core.plan import ShowPlan
    from martlive_desktop.pipeline.live import LiveSession
    from martlive_desktop.settings import Settings
    from martlive_desktop.watching import LiveWatch


log = logging.getLogger(__name__)

BROKEN = "Something in MartLive broke; what was said is kept. Quit it, start it again, and send us its crash file."


class ShowDesk(QObject):
    """Holds one show at a time; every signal comes to the Qt thread, and only `close` waits."""

    planned = Signal(object)
    """The `ShowPlan` of the show that begins."""
    started = Signal()
    failed = Signal(object)
    """The `MartLiveError` that kept a show from beginning."""
    refused = Signal(str)
    """One sentence: why a setting cannot be used; the show goes on as it was."""
    ended = Signal()
    """The show ended by itself: its sound is over."""
    said = Signal(str)
    """One sentence about past shows that the streamer has to know."""
    kept = Signal(str)
    """Id of a show that was ended and is whole on the disk."""

    def __init__(
        self,
        listeners: Sequence[Callable[[LogEvent], None]],
        on_product: Callable[[str, int | None, str], None],
        on_exchange: Callable[[str, str], None] | None = None,
        *,
        watches_screen: bool = True,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._listeners = listeners
        self._on_product = on_product
        self._on_exchange = on_exchange
        self._watches_screen = watches_screen
        self._show: LiveShow | None = None
        self._settings: Settings | None = None
        self._is_dropping = False
        self._is_pressed = threading.Event()
        """What is next does not wait for a model's words about the last show."""
        self.is_wanted = False
        """Whether a show was asked for and not ended since."""
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="martlive-show")
        self._thread.start()

    @property
    def live(self) -> LiveSession | None:
        """The session that runs now."""
        show = self._show
        return show.live if show is not None and show.live.error is None else None

    @property
    def error(self) -> MartLiveError | None:
        """Why the newest show ended by itself, when its sound did not."""
        return self._show.live.error if self._show is not None else None

    @property
    def watch(self) -> LiveWatch | None:
        """The watched screen of the show that runs now."""
        return self._show.watch if self._show is not None else None

    @property
    def pids(self) -> dict[str, int]:
        """Processes that work for the show, by what they do."""
        return self._show.pids if self._show is not None else {}

    def begin(self, plan: ShowPlan | None, settings: Settings) -> None:
        """Begin a show: the microphone's with `plan`, or else the demo; one that runs ends before."""
        self.is_wanted = True
        self._is_pressed.set()
        self._jobs.put(lambda: self._begin(plan, settings))

    def tidy(self, settings: Settings) -> None:
        """Delete past shows and their sound as `settings` have it; so it is after each show, too."""
        self._jobs.put(lambda: self._tidy(settings))

    def use(self, settings: Settings) -> None:
        """Let the show go on with other settings."""
        self._jobs.put(lambda: self._use(settings))

    def renew_remote(self) -> None:
        """There is another key for the remote coach."""
        self._jobs.put(self._renew_remote)

    def wake(self) -> None:
        """The computer was asleep: open the microphone anew."""
        self._jobs.put(self._wake)

    def end(self) -> None:
        """End the show and keep what was said."""
        self.is_wanted = False
        self._jobs.put(self._end)

    def note_lagged_frames(self, share: float) -> None:
        """OBS lost this share of its frames lately; from any thread."""
        if self._show is not None:
            self._show.note_lagged_frames(share)

    def close(self) -> None:
        """End the show and keep what was said; waits for it."""
        self._is_pressed.set()
        self._jobs.put(None)
        self._thread.join()

    def _work(self) -> None:
        is_sound = False
        try:
            while (job := self._jobs.get()) is not None:
                try:
                    job()
                except MartLiveError as exc:
                    self.failed.emit(exc)
            is_sound = True
        finally:
            if not is_sound:
                # This thread ends, and the crash file says why; nobody shall wait for it.
                self.failed.emit(MartLiveError(BROKEN))
        self._drop()

    def _begin(self, plan: ShowPlan | None, settings: Settings) -> None:
        self._drop()
        self._is_pressed.clear()
        self._settings = settings
        recording = None
        if plan is None:
            plan, recording = app.demo_parts()
        self.planned.emit(plan)
        self._show = LiveShow(
            plan,
            settings,
            recording=recording,
            watches_screen=self._watches_screen,
            listeners=self._listeners,
            on_product=self._on_product,
            on_end=self._tell_end,
            on_exchange=self._on_exchange,
        )
        self.started.emit()

    def _use(self, settings: Settings) -> None:
        self._settings = settings
        if self._show is not None:
            try:
                self._show.use(settings)
            except MartLiveError as exc:
                self.refused.emit(str(exc))

    def _renew_remote(self) -> None:
        if self._show is not None:
            try:
                self._show.renew_remote()
            except MartLiveError as exc:
                self.refused.emit(str(exc))

    def _wake(self) -> None:
        if self._show is not None:
            self._show.wake()

    def _end(self) -> None:
        session_id = self._show.session_id if self._show is not None else ""
        self._drop()
        if self._settings is None:
            return
        self._tidy(self._settings)
        if session_id:
            settings = self._settings
            _try(lambda: measure_show(session_id), "show not measured")
            # Of a long show it takes some seconds, so it is there before anybody asks.
            _try(lambda: make_page(session_id, page_language(settings)), "report not made")
            self.kept.emit(session_id)
            _try(lambda: word_show(session_id, settings, self._is_pressed), "show not worded")

    def _tidy(self, settings: Settings) -> None:
        _try(lambda: enforce_keeping(settings, self.said.emit), "past shows not tidied")

    def _tell_end(self) -> None:
        if not self._is_dropping:
            self.is_wanted = False
            self.ended.emit()

    def _drop(self) -> None:
        show, self._show = self._show, None
        if show is not None:
            self._is_dropping = True
            show.close()
            self._is_dropping = False


def _try(job: Callable[[], object], failure: str) -> None:
    """Do what nobody waits for; who opens the list of shows is told what is wrong with it."""
    try:
        job()
    except MartLiveError as exc:
        log.warning("%s", failure, extra={"error": type(exc).__name__})
