"""The stream window and its panel, joined to the show."""

from __future__ import annotations

import os
from collections import deque
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QImage

from martlive_desktop.adapters.resource_files import resource_path
from martlive_desktop.core.errors import MartLiveError
from martlive_desktop.core.events import Chat, SessionStarted, Transcript
from martlive_desktop.core.events import Signal as Measured
from martlive_desktop.places import data_folder
from martlive_desktop.ui.stream_state import (
    StreamState,
    put_countdown,
    put_giveaway,
    put_product,
    put_question,
    reduce,
    switch_card,
)
from martlive_desktop.ui.stream_window import StreamWindow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from martlive_desktop.core.events import LogEvent
    from martlive_desktop.core.plan import ShowPlan
    from martlive_desktop.desktop_browser import BrowserDesk
    from martlive_desktop.settings import StreamSettings
    from martlive_desktop.ui.stream_panel import StreamPanel
    from martlive_desktop.ui.stream_state import CardName
    from martlive_desktop.ui.stream_window import SizeName
    from martlive_desktop.ui.theme import Look
    from martlive_desktop.ui.view_state import OverlayState

MOST_QUESTIONS = 20
"""Newest questions of the chat that can be put on screen."""

PREVIEW_MS = 500
"""Two pictures a second say what viewers see; each takes a few milliseconds of the Qt thread."""

_SEEN = (SessionStarted, Transcript, Chat, Measured)
_QUESTION_MARKS = ("?", "\uff1f")
"""Of Latin and of Chinese script."""


class StreamDesk(QObject):
    """Owns both; the window is made when it is first opened, and lives in the Qt thread."""

    changed = Signal(object)
    """`StreamSettings`, as the user chose them."""
    said = Signal(str)
    """One sentence for the streamer."""
    window_wanted = Signal()
    """The stream window is to be in OBS's scene."""
    browser_wanted = Signal(str)
    """The page at this address is to be in OBS's scene."""
    _posted = Signal(object)

    def __init__(self, wish: StreamSettings, look: Look, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wish = wish
        self._look = look
        self._state = StreamState()
        self._plan: ShowPlan | None = None
        self._questions: deque[Chat] = deque(maxlen=MOST_QUESTIONS)
        self._window: StreamWindow | None = None
        self._browser_window: StreamWindow | None = None
        self._panel: StreamPanel | None = None
        self._browser: BrowserDesk | None = None
        self._is_greeting = False
        self.is_on_air = False
        """Whether viewers watch now, so that nothing may be put on only to try."""
        self._preview = QTimer(self)
        self._preview.setInterval(PREVIEW_MS)
        self._preview.timeout.connect(self._show_preview)
        self._shows_tips = False
        self._tip_id = ""
        self._posted.connect(self._take, Qt.ConnectionType.QueuedConnection)
        if wish.is_open:
            self._open_window()
        if wish.browser_source:
            self._serve()

    def post(self, event: LogEvent) -> None:
        """Take an event; from any thread, never waits."""
        # Captions of a window that is not open would only wake the Qt thread.
        if isinstance(event, _SEEN) and (self._windows or not isinstance(event, Transcript)):
            self._posted.emit(event)

    def begin(self, plan: ShowPlan) -> None:
        """A show with `plan` starts."""
        self._plan = plan

    @property
    def _windows(self) -> list[StreamWindow]:
        """All that viewers may see."""
        return [window for window in (self._window, self._browser_window) if window is not None]

    def use_browser_window(self, window: StreamWindow | None) -> None:
        """Show the same in the browser source's `window` from now on; None: there is none any more."""
        self._browser_window = window
        if window is not None:
            window.set_shows_tips(self._shows_tips)
            window.render_state(self._state)

    @property
    def has_items(self) -> bool:
        """Whether the plan has an item that can be put on."""
        return self._plan is not None and self._plan.mode == "selling" and bool(self._plan.products)

    def show_state(self, state: OverlayState) -> None:
        """Follow the product on show; and the tip, if the streamer chose so."""
        product = next((one for one in self._plan.products if one.name == state.product), None) if self._plan else None
        self._set(put_product(self._state, product, self._plan.currency if self._plan else "USD"))
        tip_id = state.tip.id if state.tip else ""
        if self._shows_tips and tip_id != self._tip_id:
            for window in self._windows:
                if state.tip is not None:
                    window.show_tip(state.tip)
                else:
                    window.remove_tip()
        self._tip_id = tip_id

    def use(self, wish: StreamSettings) -> None:
        """Hold to other settings from now on."""
        before, self._wish = self._wish, wish
        if wish.is_open != before.is_open:
            self._show_window(wish.is_open)
        if (wish.browser_source, wish.browser_port) != (before.browser_source, before.browser_port):
            self._serve()
        if wish.size != before.size:
            for window in self._windows:
                window.set_size(wish.size)
        self._show_choices()

    def use_look(self, look: Look) -> None:
        """Take another theme or size; viewers see it at once."""
        self._look = look
        for window in self._windows:
            window.set_look(look)
        if self._panel is not None:
            is_shown, old = self._panel.isVisible(), self._panel
            self._panel = None
            old.close()
            old.deleteLater()
            if is_shown:
                self.open_panel()

    def open_panel(self) -> None:
        """Show where the cards are chosen."""
        if self._panel is None:
            from martlive_desktop.ui.stream_panel import StreamPanel

            self._panel = panel = StreamPanel(self._look)
            self._show_choices()
            panel.list_questions(tuple(reversed(self._questions)))
            panel.window_switched.connect(self._switch_window)
            panel.size_chosen.connect(self._choose_size)
            panel.card_switched.connect(self._switch_card)
            panel.question_put.connect(lambda chat: self._set(put_question(self._state, chat)))
            panel.countdown_put.connect(lambda label, ms: self._set(put_countdown(self._state, label, ms)))
            panel.giveaway_put.connect(lambda title, action: self._set(put_giveaway(self._state, title, action)))
            panel.tips_switched.connect(self._switch_tips)
            panel.source_wanted.connect(self.add_source)
            panel.browser_switched.connect(self._switch_browser)
            panel.address_wanted.connect(self._copy_address)
            panel.shown_changed.connect(self._follow_panel)
        self._panel.show()
        self._panel.raise_()
        self._panel.activateWindow()

    def hide(self) -> None:
        """Take the panel off the screen; what viewers see in OBS stays."""
        if self._panel is not None:
            self._panel.hide()

    def picture(self) -> NDArray[np.uint8]:
        """What viewers see now, BGRA premultiplied, shape (height, width, 4); nothing at all while it is closed."""
        window = next(iter(self._windows), None)
        if window is None:
            return np.zeros((1, 1, 4), np.uint8)
        image = window.grab().toImage().convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
        return rows[:, : 4 * image.width()].reshape(image.height(), image.width(), 4).copy()

    def add_source(self) -> None:
        """Ask for the stream window in OBS's scene, opened and with something on it to be checked by."""
        if os.environ.get("XDG_SESSION_TYPE") == "wayland":
            # There OBS captures no window without asking its user which.
            self._switch_browser(is_on=True)
        if self._browser is not None:
            self.browser_wanted.emit(self._browser.url)
            return
        if not self._wish.is_open:
            self._switch_window(is_on=True)
            self._show_choices()
        if not self.is_on_air and self._window is not None and self._state == StreamState(now_ms=self._state.now_ms):
            self._is_greeting = True
            self._set(put_giveaway(self._state, "MartLive", self.tr("is on your stream")))
        self.window_wanted.emit()

    def show_source(self, is_shown: bool, sentence: str) -> None:  # noqa: FBT001 - connected to a signal
        """Say what came of it, and take away what was put on only for that."""
        if self._is_greeting:
            self._is_greeting = False
            self._set(put_giveaway(self._state, "", ""))
        if self._panel is not None:
            self._panel.show_source(sentence, is_shown=is_shown)

    def close(self) -> None:
        self._preview.stop()
        self._close_browser()
        for window in (self._panel, self._window):
            if window is not None:
                window.close()
                window.deleteLater()
        self._panel = self._window = None

    def _take(self, event: LogEvent) -> None:
        self._set(reduce(self._state, event))
        if isinstance(event, Chat) and event.text.rstrip().endswith(_QUESTION_MARKS):
            self._questions.append(event)
            if self._panel is not None:
                self._panel.list_questions(tuple(reversed(self._questions)))

    def _set(self, state: StreamState) -> None:
        self._state = state
        for window in self._windows:
            window.render_state(state)

    def _open_window(self) -> None:
        self._window = StreamWindow(self._look, self._wish.size)
        self._window.picture_left_out.connect(self.said)
        self._window.set_shows_tips(self._shows_tips)
        self._window.render_state(self._state)
        self._window.show()
        self._window.lower()

    def _show_choices(self) -> None:
        if self._panel is not None:
            wish = self._wish
            self._panel.show_choices(is_on=wish.is_open, size=wish.size, has_browser=wish.browser_source)

    def _serve(self) -> None:
        """Have the browser source, or none, as it is wished."""
        self._close_browser()
        if not self._wish.browser_source:
            return
        from martlive_desktop.desktop_browser import BrowserDesk

        page = resource_path("browser/index.html").read_bytes()
        try:
            self._browser = BrowserDesk(self._look, self._wish.size, data_folder(), self._wish.browser_port, page, self)
        except MartLiveError as exc:
            self.said.emit(str(exc))
        else:
            self.use_browser_window(self._browser.window)

    def _switch_browser(self, is_on: bool) -> None:  # noqa: FBT001 - connected to a signal that carries a bool
        if is_on != self._wish.browser_source:
            self._keep(browser_source=is_on)
            self._serve()
            self._show_choices()

    def _close_browser(self) -> None:
        browser, self._browser = self._browser, None
        if browser is not None:
            self.use_browser_window(None)
            browser.close()

    def _copy_address(self) -> None:
        if self._browser is not None:
            QGuiApplication.clipboard().setText(self._browser.url)
            self.said.emit(self.tr("The address is copied; only OBS should have it."))

    def _follow_panel(self, is_shown: bool) -> None:  # noqa: FBT001 - connected to a signal that carries a bool
        if is_shown:
            self._preview.start()
            self._show_preview()
        else:
            self._preview.stop()

    def _show_preview(self) -> None:
        if self._panel is not None:
            window = next(iter(self._windows), None)
            self._panel.show_preview(window.grab().toImage() if window is not None else None)

    def _show_window(self, is_on: bool) -> None:  # noqa: FBT001 - it is the value
        if is_on and self._window is None:
            self._open_window()
        elif not is_on and self._window is not None:
            self._window.close()
            self._window.deleteLater()
            self._window = None

    def _switch_window(self, is_on: bool) -> None:  # noqa: FBT001 - connected to a signal that carries a bool
        self._show_window(is_on)
        self._keep(is_open=is_on)

    def _choose_size(self, size: SizeName) -> None:
        for window in self._windows:
            window.set_size(size)
        self._keep(size=size)

    def _switch_card(self, name: CardName, is_shown: bool) -> None:  # noqa: FBT001 - as above
        self._set(switch_card(self._state, name, is_shown=is_shown))

    def _switch_tips(self, is_on: bool) -> None:  # noqa: FBT001 - as above
        # Chosen anew in every show: nobody should forget it.
        self._shows_tips = is_on
        for window in self._windows:
            window.set_shows_tips(is_on)

    def _keep(self, **changed: object) -> None:
        self._wish = self._wish.model_copy(update=changed)
        self.changed.emit(self._wish)
