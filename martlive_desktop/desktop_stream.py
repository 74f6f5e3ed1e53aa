"""The stream window and its panel, joined to the show."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from martlive_desktop.core.events import Chat, SessionStarted, Transcript
from martlive_desktop.core.events import Signal as Measured
from martlive_desktop.ui.stream_panel import StreamPanel
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
    from martlive_desktop.core.events import LogEvent
    from martlive_desktop.core.plan import ShowPlan
    from martlive_desktop.settings import StreamSettings
    from martlive_desktop.ui.stream_state import CardName
    from martlive_desktop.ui.stream_window import SizeName
    from martlive_desktop.ui.theme import Look
    from martlive_desktop.ui.view_state import OverlayState

MOST_QUESTIONS = 20
"""Newest questions of the chat that can be put on screen."""

_SEEN = (SessionStarted, Transcript, Chat, Measured)
_QUESTION_MARKS = ("?", "\uff1f")
"""Of Latin and of Chinese script."""


class StreamDesk(QObject):
    """Owns both; the window is made when it is first opened, and lives in the Qt thread."""

    changed = Signal(object)
    """`StreamSettings`, as the user chose them."""
    said = Signal(str)
    """One sentence for the streamer."""
    _posted = Signal(object)

    def __init__(self, wish: StreamSettings, look: Look, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wish = wish
        self._look = look
        self._state = StreamState()
        self._plan: ShowPlan | None = None
        self._questions: deque[Chat] = deque(maxlen=MOST_QUESTIONS)
        self._window: StreamWindow | None = None
        self._panel: StreamPanel | None = None
        self._shows_tips = False
        self._tip_id = ""
        self._posted.connect(self._take, Qt.ConnectionType.QueuedConnection)
        if wish.is_open:
            self._open_window()

    def post(self, event: LogEvent) -> None:
        """Take an event; from any thread, never waits."""
        # Captions of a window that is not open would only wake the Qt thread.
        if isinstance(event, _SEEN) and (self._window is not None or not isinstance(event, Transcript)):
            self._posted.emit(event)

    def begin(self, plan: ShowPlan) -> None:
        """A show with `plan` starts."""
        self._plan = plan

    @property
    def has_items(self) -> bool:
        """Whether the plan has an item that can be put on."""
        return self._plan is not None and self._plan.mode == "selling" and bool(self._plan.products)

    def show_state(self, state: OverlayState) -> None:
        """Follow the product on show; and the tip, if the streamer chose so."""
        product = next((one for one in self._plan.products if one.name == state.product), None) if self._plan else None
        self._set(put_product(self._state, product, self._plan.currency if self._plan else "USD"))
        tip_id = state.tip.id if state.tip else ""
        if self._window is not None and self._shows_tips and tip_id != self._tip_id:
            if state.tip is not None:
                self._window.show_tip(state.tip)
            else:
                self._window.remove_tip()
        self._tip_id = tip_id

    def open_panel(self) -> None:
        """Show where the cards are chosen."""
        if self._panel is None:
            self._panel = panel = StreamPanel(self._look)
            panel.show_choices(is_on=self._wish.is_open, size=self._wish.size)
            panel.list_questions(tuple(reversed(self._questions)))
            panel.window_switched.connect(self._switch_window)
            panel.size_chosen.connect(self._choose_size)
            panel.card_switched.connect(self._switch_card)
            panel.question_put.connect(lambda chat: self._set(put_question(self._state, chat)))
            panel.countdown_put.connect(lambda label, ms: self._set(put_countdown(self._state, label, ms)))
            panel.giveaway_put.connect(lambda title, action: self._set(put_giveaway(self._state, title, action)))
            panel.tips_switched.connect(self._switch_tips)
        self._panel.show()
        self._panel.raise_()
        self._panel.activateWindow()

    def hide(self) -> None:
        """Take the panel off the screen; what viewers see in OBS stays."""
        if self._panel is not None:
            self._panel.hide()

    def close(self) -> None:
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
        if self._window is not None:
            self._window.render_state(state)

    def _open_window(self) -> None:
        self._window = StreamWindow(self._look, self._wish.size)
        self._window.picture_left_out.connect(self.said)
        self._window.set_shows_tips(self._shows_tips)
        self._window.render_state(self._state)
        self._window.show()
        self._window.lower()

    def _switch_window(self, is_on: bool) -> None:  # noqa: FBT001 - connected to a signal that carries a bool
        if is_on and self._window is None:
            self._open_window()
        elif not is_on and self._window is not None:
            self._window.close()
            self._window.deleteLater()
            self._window = None
        self._keep(is_open=is_on)

    def _choose_size(self, size: SizeName) -> None:
        if self._window is not None:
            self._window.set_size(size)
        self._keep(size=size)

    def _switch_card(self, name: CardName, is_shown: bool) -> None:  # noqa: FBT001 - as above
        self._set(switch_card(self._state, name, is_shown=is_shown))

    def _switch_tips(self, is_on: bool) -> None:  # noqa: FBT001 - as above
        # Chosen anew in every show: nobody should forget it.
        self._shows_tips = is_on
        if self._window is not None:
            self._window.set_shows_tips(is_on)

    def _keep(self, **changed: object) -> None:
        self._wish = self._wish.model_copy(update=changed)
        self.changed.emit(self._wish)
