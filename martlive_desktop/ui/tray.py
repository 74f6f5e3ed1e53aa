"""The tray icon and its menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QObject, QRectF, Qt, Signal, SignalInstance
from PySide6.QtGui import QAction, QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from martlive_desktop.ui.fields import menu_style
from martlive_desktop.ui.sentences import translated
from martlive_desktop.ui.window_style import style_window, window_look

if TYPE_CHECKING:
    from collections.abc import Callable

    from martlive_desktop.ui.theme import Look
    from martlive_desktop.ui.view_state import Watching

ICON_SIZES_PX = (16, 22, 24, 32, 48, 64, 256)
PAUSED_OPACITY = 0.45
NEWS_MS = 8_000


def app_icon(look: Look, *, opacity: float = 1.0) -> QIcon:
    """MartLive's own icon in the sizes that desktops ask for."""
    renderer = QSvgRenderer(QByteArray(look.icons["martlive"].encode()))
    icon = QIcon()
    for size in ICON_SIZES_PX:
        pixmap = QPixmap(size, size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setOpacity(opacity)
        renderer.render(painter, QRectF(0, 0, size, size))
        painter.end()
        icon.addPixmap(pixmap)
    return icon


class Tray(QObject):
    """Offers in the tray what a hotkey does; a desktop without a tray shows nothing and loses nothing else."""

    coaching_requested = Signal(bool)
    visibility_requested = Signal(bool)
    click_through_requested = Signal(bool)
    lock_requested = Signal(bool)
    hide_all_requested = Signal()
    watching_requested = Signal(bool)
    screen_picker_requested = Signal()
    plan_requested = Signal()
    stream_requested = Signal()
    show_requested = Signal(bool)
    """A show is to begin, or the one that runs is to end."""
    settings_requested = Signal()
    senses_requested = Signal()
    history_requested = Signal()
    quit_requested = Signal()

    def __init__(self, look: Look, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._icon_on, self._icon_off = app_icon(look), app_icon(look, opacity=PAUSED_OPACITY)
        self._is_running = False
        self.menu = QMenu("MartLive")
        self._icon = QSystemTrayIcon(self._icon_on, self)
        self._icon.setContextMenu(self.menu)
        self._icon.activated.connect(self._activate)
        self._icon.messageClicked.connect(self._follow_news)
        self._on_news_click: Callable[[], object] | None = None
        self._fill(look)
        self.show_switches(is_coaching=True, is_shown=True, is_click_through=False, is_locked=False, watching="off")

    def use_look(self, look: Look) -> None:
        """Take another look or language; `show_switches` says then how things are."""
        self.menu.clear()
        self._fill(look)

    def _fill(self, look: Look) -> None:
        # Where the desktop draws the menu itself, it does so in its own colours.
        style_window(self.menu, window_look(look))
        self.menu.setStyleSheet(menu_style(window_look(look)))
        self._coaching = self._add_switch(self.tr("Coach me"), self.coaching_requested)
        self._visibility = self._add_switch(self.tr("Show the overlay"), self.visibility_requested)
        self._click_through = self._add_switch(self.tr("Let clicks through"), self.click_through_requested)
        self._lock = self._add_switch(self.tr("Keep it in place"), self.lock_requested)
        self.menu.addAction(self.tr("Hide everything now")).triggered.connect(self.hide_all_requested)
        self.menu.addSeparator()
        self._show = self.menu.addAction("")
        self._show.triggered.connect(lambda: self.show_requested.emit(not self._is_running))
        self._watching = self._add_switch(self.tr("Watch the screen"), self.watching_requested)
        self.menu.addAction(self.tr("What viewers see…")).triggered.connect(self.screen_picker_requested)
        self.menu.addAction(self.tr("Stream window…")).triggered.connect(self.stream_requested)
        self.menu.addAction(self.tr("Show plan…")).triggered.connect(self.plan_requested)
        self.menu.addAction(self.tr("Past shows…")).triggered.connect(self.history_requested)
        self.menu.addAction(self.tr("What MartLive hears and sees…")).triggered.connect(self.senses_requested)
        self.menu.addAction(self.tr("Settings…")).triggered.connect(self.settings_requested)
        self.menu.addSeparator()
        self.menu.addAction(self.tr("Quit MartLive")).triggered.connect(self.quit_requested)

    @staticmethod
    def is_available() -> bool:
        """Whether this desktop has a tray now."""
        return QSystemTrayIcon.isSystemTrayAvailable()

    def show(self) -> None:
        """Put the icon into the tray if there is one; on X11 also when the tray comes up later."""
        if self.is_available() or QGuiApplication.platformName() == "xcb":
            self._icon.show()

    def tell(self, sentence: str, on_click: Callable[[], object] | None = None) -> bool:
        """Say something for a few seconds, which a click may follow; False where this desktop has no tray for it."""
        if not (self._icon.isVisible() and self.is_available() and QSystemTrayIcon.supportsMessages()):
            return False
        self._on_news_click = on_click
        self._icon.showMessage("MartLive", translated(sentence), self._icon_on, NEWS_MS)
        return True

    def close(self) -> None:
        self._icon.hide()
        self.menu.close()

    def show_switches(
        self,
        *,
        is_coaching: bool,
        is_shown: bool,
        is_click_through: bool,
        is_locked: bool,
        watching: Watching,
        is_running: bool = False,
    ) -> None:
        """Make the menu say how things are."""
        self._is_running = is_running
        self._show.setText(self.tr("End this show") if is_running else self.tr("Begin a show"))
        self._lock.setChecked(is_locked)
        self._coaching.setChecked(is_coaching)
        self._visibility.setChecked(is_shown)
        self._click_through.setChecked(is_click_through)
        # A picture that is lost is still looked for.
        self._watching.setChecked(watching in {"watching", "lost"})
        self._watching.setEnabled(watching != "off")
        self._icon.setIcon(self._icon_on if is_coaching else self._icon_off)
        self._icon.setToolTip(self.tr("MartLive is coaching") if is_coaching else self.tr("MartLive: coaching is off"))

    def _add_switch(self, text: str, requested: SignalInstance) -> QAction:
        action = self.menu.addAction(text)
        action.setCheckable(True)
        # `triggered` comes from the user only, `toggled` from `show_switches` too.
        action.triggered.connect(requested)
        return action

    def _follow_news(self) -> None:
        if self._on_news_click is not None:
            self._on_news_click()

    def _activate(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason == QSystemTrayIcon.ActivationReason.Trigger:
            self.visibility_requested.emit(not self._visibility.isChecked())
