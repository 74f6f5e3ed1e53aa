"""Updates of the running program: asked for and fetched beside the Qt thread, and never while a show runs."""

from __future__ import annotations

import logging
import os
import sys
import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from martlive_desktop import launcher
from martlive_desktop.core.errors import MartLiveError, UpdateUnavailable
from martlive_desktop.ui.sentences import translated
from martlive_desktop.ui.settings_controls import Offer

if TYPE_CHECKING:
    from collections.abc import Callable

    from martlive_desktop.settings import UpdateSettings
    from martlive_desktop.updating import Answer, Updates

STOOD_MS = 20_000
"""A version that has run so long works."""
FIRST_CHECK_MS = 10_000
"""After the start: what the user waits for comes first."""
LOOK_MS = 5_000
"""How often it is looked whether a show still runs."""
NICENESS = 10

log = logging.getLogger(__name__)


class UpdatesDesk(QObject):
    """Asks, fetches and tells, one job at a time; every signal comes to the Qt thread, and only `close` waits."""

    offer_changed = Signal(object)
    """An `Offer`: what the button does now, and how things stand."""
    offered = Signal(str)
    """One sentence: a newer version is there, and `fetch` brings it."""
    said = Signal(str)
    _answered = Signal(object)
    _progressed = Signal(int)

    def __init__(self, find: Callable[[], Updates], is_busy: Callable[[], bool], parent: QObject | None = None) -> None:
        """`find` gives the updates of this program, or raises MartLiveError; `is_busy`: a show runs."""
        super().__init__(parent)
        self._find = find
        self._is_busy = is_busy
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._is_checking = self._is_fetching = self._is_asked = False
        self._wants_check = self._wants_fetch = False
        self._found: Answer | None = None
        self._percent = 0
        self._looks = QTimer(self)
        self._looks.setInterval(LOOK_MS)
        self._looks.timeout.connect(self._go_on)
        self._first = QTimer(self)
        self._first.setSingleShot(True)
        self._first.timeout.connect(self._check_unasked)
        self._stands = QTimer(self)
        self._stands.setSingleShot(True)
        self._stands.timeout.connect(self._stand)
        self._answered.connect(self._end, Qt.ConnectionType.QueuedConnection)
        self._progressed.connect(self._show_progress, Qt.ConnectionType.QueuedConnection)

    def begin(self, wish: UpdateSettings) -> None:
        """Say what became of the last update; ask for the next one where the user wants that."""
        self._show()
        if not launcher.is_frozen():
            return
        try:
            news = self._find().take_news()
        except MartLiveError:
            log.info("No updates here", exc_info=True)
            return
        if news:
            self.said.emit(translated(news))
        self._stands.start(STOOD_MS)
        if wish.check_at_start:
            self._first.start(FIRST_CHECK_MS)

    def press(self) -> None:
        """Do what the offer says: ask, fetch or stop."""
        if self._wants_fetch:
            self._wants_fetch = False
            self._stop.set()
            self._show()
        elif self._found is not None:
            self.fetch()
        elif self._thread is None:
            self._is_asked = True
            self._check()

    def fetch(self) -> None:
        """Fetch the newest version as soon as no show runs."""
        self._wants_fetch = True
        self._looks.start()
        self._go_on()

    def close(self) -> None:
        """Stop what goes on; what arrived is kept."""
        for timer in (self._looks, self._first, self._stands):
            timer.stop()
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _check_unasked(self) -> None:
        self._wants_check = True
        self._looks.start()
        self._go_on()

    def _go_on(self) -> None:
        """Do what waits while no show runs, and stop for one that has begun."""
        if not (self._wants_fetch or self._wants_check):
            self._looks.stop()
            return
        if self._is_busy():
            if self._is_fetching:
                self._stop.set()
        elif self._thread is None:
            if self._wants_fetch:
                self._is_fetching, self._percent = True, 0
                self._run(lambda: self._find().fetch(self._tell_progress, self._stop))
            elif self._wants_check:
                self._wants_check = False
                self._check()
        self._show()

    def _check(self) -> None:
        self._is_checking = True
        self._run(lambda: self._find().check())
        self._show()

    def _stand(self) -> None:
        if self._thread is not None:
            self._stands.start(LOOK_MS)
            return

        def stand() -> None:
            self._find().stood()

        self._run(stand)

    def _run(self, job: Callable[[], Answer | None]) -> None:
        self._stop.clear()

        def work() -> None:
            _be_quiet()
            try:
                self._answered.emit(job())
            except MartLiveError as exc:
                self._answered.emit(exc)

        self._thread = threading.Thread(target=work, name="martlive-updates", daemon=True)
        self._thread.start()

    def _end(self, answer: Answer | MartLiveError | None) -> None:
        if self._thread is None:
            return
        self._thread.join()
        self._thread = None
        was_fetching, was_checking, was_asked = self._is_fetching, self._is_checking, self._is_asked
        self._is_fetching = self._is_checking = False
        if was_fetching and self._stop.is_set() and isinstance(answer, MartLiveError):
            # For a show, after which it goes on, or because the user stopped it.
            self._show()
            return
        if was_fetching:
            self._wants_fetch, self._found = False, None
        if was_checking:
            self._is_asked = False
        sentence = ""
        if isinstance(answer, MartLiveError):
            sentence = translated(str(answer))
            if was_fetching or (was_checking and not was_asked and not isinstance(answer, UpdateUnavailable)):
                self.said.emit(sentence)
        elif answer is not None:
            sentence = translated(answer.sentence)
            self._found = answer if answer.is_new else None
            if was_fetching:
                self.said.emit(sentence)
            elif answer.is_new and not was_asked:
                self.offered.emit(self._words_of(answer))
        self._show(sentence)

    def _words_of(self, answer: Answer) -> str:
        words = [translated(answer.sentence), answer.notes]
        if answer.must:
            words.insert(0, self.tr("MartLive {version} should not be used any more.").format(version=answer.running))
        return " ".join(word for word in words if word)

    def _tell_progress(self, done: int, whole: int) -> None:
        self._progressed.emit(done * 100 // max(whole, 1))

    def _show_progress(self, percent: int) -> None:
        self._percent = percent
        self._show()

    def _show(self, sentence: str = "") -> None:
        """Say what the button does now."""
        if self._wants_fetch:
            comes = self._is_fetching and not self._stop.is_set()
            waits = self.tr("It comes when your show has ended.")
            fetching = self.tr("Fetching: {percent} %").format(percent=self._percent)
            self.offer_changed.emit(Offer(self.tr("Stop"), fetching if comes else waits))
        elif self._found is not None:
            self.offer_changed.emit(Offer(self.tr("Fetch it"), self._words_of(self._found)))
        else:
            sentence = sentence or (self.tr("Looking…") if self._is_checking else "")
            self.offer_changed.emit(Offer(self.tr("Look now"), sentence))


def _be_quiet() -> None:
    """Let this thread, and what it starts, have what the others leave."""
    if sys.platform == "linux":
        # Linux has a niceness for each thread; the other systems for whole processes only, which the show is in.
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
