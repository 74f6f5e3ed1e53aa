"""The first run: one window that leads a new user to the first tip, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QCloseEvent,
    QHideEvent,
    QImage,
    QKeyEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from martlive_desktop.ui.first_run_models import ModelsPage
from martlive_desktop.ui.first_run_obs import ObsPage
from martlive_desktop.ui.first_run_pages import KeysPage, LanguagePage, MicrophonePage, Page, PrivacyPage, WatchPage
from martlive_desktop.ui.first_run_parts import ProgressLine, first_run_style
from martlive_desktop.ui.first_run_state import STEPS, FirstRunState
from martlive_desktop.ui.tray import app_icon
from martlive_desktop.ui.window_style import (
    GRID_PX,
    SMALL_PX,
    TEXT_PX,
    main_button,
    style_window,
    use_with_keys,
    window_look,
    words,
)

if TYPE_CHECKING:
    from martlive_desktop.ui.first_run_state import Step
    from martlive_desktop.ui.theme import Look

SIZE_PX = QSize(720, 600)

ROOM_SHARE = 0.9
"""Of the screen at most, however large the text."""


class FirstRun(QWidget):
    """Shows a `FirstRunState` and tells what was chosen; it decides nothing and waits for nothing."""

    went_on = Signal()
    went_back = Signal()
    skipped = Signal()
    ended = Signal()
    """The last step is over: coaching is to start."""
    closed = Signal()
    """The user closed the window."""
    shown_changed = Signal(bool)
    app_language_chosen = Signal(str)
    spoken_language_chosen = Signal(str)
    microphone_chosen = Signal(str)
    source_chosen = Signal(str)
    settings_requested = Signal()
    model_fetched = Signal(str)
    model_stopped = Signal(str)
    models_folder_chosen = Signal(str)
    obs_sought = Signal()
    password_given = Signal(str)
    source_requested = Signal()
    autostart_chosen = Signal(bool)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look = window_look(look)
        self._state = FirstRunState()
        self._step: Step | None = None
        self._entry: QWidget | None = None
        self.setWindowIcon(app_icon(look))
        style_window(self, look)
        self.setStyleSheet(self.styleSheet() + first_run_style(look))
        use_with_keys(self)
        self._outside = QVBoxLayout(self)
        self._outside.setContentsMargins(0, 0, 0, 0)
        self._content = QWidget()
        self._outside.addWidget(self._content)
        self._fill()
        room = self.screen().availableGeometry()
        most = room.size() * ROOM_SHARE
        self.resize(QSize(round(look.px(SIZE_PX.width())), round(look.px(SIZE_PX.height()))).boundedTo(most))
        self.move(room.center() - self.rect().center())

    def render_state(self, state: FirstRunState) -> None:
        """Show `state`."""
        self._state = state
        page = self._pages[state.step]
        page.render_state(state)
        at = STEPS.index(state.step)
        self._line.show_share((at + 1) / len(STEPS))
        count = self.tr("Step %1 of %2").replace("%1", str(at + 1)).replace("%2", str(len(STEPS)))
        self._count.setText(count)
        is_last = state.step == STEPS[-1]
        self._back.setVisible(at > 0)
        self._skip.setVisible(not is_last)
        self._next.setText(self.tr("Start coaching") if is_last else self.tr("Next"))
        is_done_now = state.is_step_done and not self._next.isEnabled()
        self._next.setEnabled(state.is_step_done)
        if state.step == self._step:
            # Enter goes on as soon as it can.
            if page.entry is not self._entry or (is_done_now and self._skip.hasFocus()):
                self._focus_page()
        else:
            self._step = state.step
            self._stack.setCurrentWidget(self._rooms[state.step])
            self._rooms[state.step].verticalScrollBar().setValue(0)
            self.setWindowTitle(f"MartLive – {page.title}")
            self._focus_page()
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, f"{count}: {page.title}"))

    def show_thumbnail(self, choice: str, image: QImage) -> None:
        """Put a small picture on a card of what can be watched."""
        self._watch.show_thumbnail(choice, image)

    def _fill(self) -> None:
        """Lay everything out in the language of the moment."""
        self._pages: dict[Step, Page] = {
            "language": self._language(),
            "microphone": self._microphone(),
            "watch": self._watched(),
            "keys": self._keys(),
            "models": self._models(),
            "obs": self._obs(),
            "privacy": self._privacy(),
        }
        look, edge = self._look, round(self._look.px(5 * GRID_PX))
        self._line = ProgressLine(look)
        self._count = words(look, "", color=look.theme.text_dim, text_px=SMALL_PX)
        self._stack = QStackedWidget()
        self._rooms = {step: _scrolled(page, edge) for step, page in self._pages.items()}
        for room in self._rooms.values():
            self._stack.addWidget(room)
        self._back = QPushButton(self.tr("Back"))
        self._back.clicked.connect(self.went_back)
        self._skip = QPushButton(self.tr("Skip for now"))
        self._skip.setProperty("quiet", True)  # noqa: FBT003 - Qt's signature
        self._skip.clicked.connect(self.skipped)
        self._next = main_button("")
        self._next.clicked.connect(self._go_on)
        foot = QHBoxLayout()
        foot.setContentsMargins(edge, 0, edge, round(look.px(3 * GRID_PX)))
        foot.setSpacing(round(look.px(GRID_PX)))
        foot.addWidget(self._back)
        foot.addStretch(1)
        foot.addWidget(self._skip)
        foot.addWidget(self._next)
        head = QHBoxLayout()
        head.setContentsMargins(edge, round(look.px(3 * GRID_PX)), edge, round(look.px(GRID_PX)))
        head.addWidget(self._count)
        column = QVBoxLayout(self._content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._line)
        column.addLayout(head)
        column.addWidget(self._stack, 1)
        column.addSpacing(round(look.px(2 * GRID_PX)))
        column.addLayout(foot)
        # What is made while the window is open does not take its font.
        for kind in (QPushButton, QComboBox, QLineEdit):
            for control in self._content.findChildren(kind):
                control.setFont(look.font(TEXT_PX))

    def _language(self) -> LanguagePage:
        page = LanguagePage(self._look)
        page.app_language_chosen.connect(self.app_language_chosen)
        page.spoken_language_chosen.connect(self.spoken_language_chosen)
        return page

    def _microphone(self) -> MicrophonePage:
        page = MicrophonePage(self._look)
        page.microphone_chosen.connect(self.microphone_chosen)
        page.model_fetched.connect(self.model_fetched)
        page.model_stopped.connect(self.model_stopped)
        return page

    def _watched(self) -> WatchPage:
        self._watch = WatchPage(self._look)
        self._watch.source_chosen.connect(self.source_chosen)
        return self._watch

    def _keys(self) -> KeysPage:
        page = KeysPage(self._look)
        page.settings_requested.connect(self.settings_requested)
        return page

    def _models(self) -> ModelsPage:
        page = ModelsPage(self._look)
        page.folder_chosen.connect(self.models_folder_chosen)
        page.model_fetched.connect(self.model_fetched)
        page.model_stopped.connect(self.model_stopped)
        return page

    def _obs(self) -> ObsPage:
        page = ObsPage(self._look)
        page.obs_sought.connect(self.obs_sought)
        page.password_given.connect(self.password_given)
        page.source_requested.connect(self.source_requested)
        return page

    def _privacy(self) -> PrivacyPage:
        page = PrivacyPage(self._look)
        page.autostart_chosen.connect(self.autostart_chosen)
        page.model_fetched.connect(self.model_fetched)
        page.model_stopped.connect(self.model_stopped)
        return page

    def _go_on(self) -> None:
        if self._state.step == STEPS[-1]:
            self.ended.emit()
        else:
            self.went_on.emit()

    def _focus_page(self) -> None:
        self._entry = self._pages[self._state.step].entry
        onward = self._next if self._next.isEnabled() else self._skip
        (self._entry or onward).setFocus(Qt.FocusReason.OtherFocusReason)

    @override
    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            old = self._content
            self._content = QWidget()
            self._outside.replaceWidget(old, self._content)
            old.hide()
            old.deleteLater()
            self._fill()
            self._content.show()
            self._step = None
            self.render_state(self._state)
        super().changeEvent(event)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        focused = QApplication.focusWidget()
        if event.key() not in {Qt.Key.Key_Return, Qt.Key.Key_Enter} or isinstance(focused, QLineEdit):
            super().keyPressEvent(event)
        elif isinstance(focused, QPushButton) and not focused.isCheckable():
            focused.click()
        else:
            self._next.click()

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._focus_page()
        self.shown_changed.emit(True)  # noqa: FBT003 - a signal's value

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.shown_changed.emit(False)  # noqa: FBT003 - a signal's value

    @override
    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.closed.emit()


def _scrolled(page: Page, edge: int) -> QScrollArea:
    """`page` with room at its sides; what does not fit is scrolled to."""
    inside = QWidget()
    column = QVBoxLayout(inside)
    column.setContentsMargins(edge, 0, edge, 0)
    column.addWidget(page)
    room = QScrollArea()
    room.setWidget(inside)
    room.setWidgetResizable(True)
    room.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    room.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    room.viewport().setAutoFillBackground(False)
    inside.setAutoFillBackground(False)
    return room
