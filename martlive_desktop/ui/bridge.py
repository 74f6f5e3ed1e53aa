"""Carries the session's events into the Qt thread as states of the overlay."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, Signal, Slot

from martlive_desktop.core import events
from martlive_desktop.ui.view_state import OverlayState, reduce, repeated, without_repeat

if TYPE_CHECKING:
    from martlive_desktop.core.events import LogEvent

REPAINT_MS = 90
"""Between two repaints: some measurements come faster than anyone reads them, and the level, ten times a second, is in time."""

PATIENCE_MS = 120
"""What came too soon waits so long for the next level to be shown with."""

_SHOWN = (events.SessionStarted, events.Tip, events.TipClosed, events.Signal, events.Status)


class Bridge(QObject):
    """Keeps the overlay's state in the thread it was made in; no timer runs while nothing is pending.

    Tips and states of parts are shown at once, measurements at most every `REPAINT_MS`, together where they can.
    """

    state_changed = Signal(object)
    """An `OverlayState`."""
    news = Signal(str)
    """A sentence to be told once."""
    _posted = Signal(object)
    _product_posted = Signal(str, object, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = OverlayState()
        self._shown = self._state
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._since_shown = QElapsedTimer()
        self._pause.timeout.connect(self._show_pending)
        self._posted.connect(self._take, Qt.ConnectionType.QueuedConnection)
        self._product_posted.connect(self._take_product, Qt.ConnectionType.QueuedConnection)

    @property
    def state(self) -> OverlayState:
        return self._state

    def post(self, event: LogEvent) -> None:
        """Take an event; from any thread, never waits."""
        if isinstance(event, _SHOWN):
            self._posted.emit(event)

    def show_product(self, name: str, time_left_ms: int | None, following: str) -> None:
        """Name the product on show and the one after it; from any thread, never waits."""
        self._product_posted.emit(name, time_left_ms, following)

    def repeat_tip(self) -> None:
        """Show the last tip again for a moment; in the Qt thread."""
        self._state = repeated(self._state)
        self._show_pending()

    def end_repeat(self) -> bool:
        """Take a tip away that was asked for again; whether there was one."""
        before, self._state = self._state, without_repeat(self._state)
        self._show_pending()
        return self._state is not before

    @Slot(object)
    def _take(self, event: LogEvent) -> None:
        if isinstance(event, events.Status) and event.is_news:
            self.news.emit(event.detail)
        self._state = reduce(self._state, event)
        if isinstance(event, events.Signal):
            self._show_soon()
        else:
            self._show_pending()

    @Slot(str, object, str)
    def _take_product(self, name: str, time_left_ms: int | None, following: str) -> None:
        self._state = replace(self._state, product=name, time_left_ms=time_left_ms, next_product=following)
        self._show_soon()

    def _show_soon(self) -> None:
        elapsed_ms = self._since_shown.elapsed() if self._since_shown.isValid() else REPAINT_MS
        if elapsed_ms >= REPAINT_MS:
            self._show_pending()
        elif not self._pause.isActive() and self._state != self._shown:
            self._pause.start(PATIENCE_MS - elapsed_ms)

    @Slot()
    def _show_pending(self) -> None:
        if self._state != self._shown:
            self._shown = self._state
            self._pause.stop()
            self._since_shown.start()
            self.state_changed.emit(self._state)
