"""Keys that work in every window, held for the actions of the desktop app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, Signal
from PySide6.QtWidgets import QApplication

from martlive_desktop.adapters.hotkeys import open_hotkeys
from martlive_desktop.core.errors import MartLiveError, SettingsInvalid
from martlive_desktop.core.hotkeys import parse
from martlive_desktop.ui.translation import QT_TRANSLATE_NOOP

if TYPE_CHECKING:
    from martlive_desktop.core.hotkeys import Combination
    from martlive_desktop.ports import Hotkeys
    from martlive_desktop.settings import HotkeySettings

TITLES = {
    "toggle": QT_TRANSLATE_NOOP("KeysDesk", "Coaching on or off"),
    "show_hide": QT_TRANSLATE_NOOP("KeysDesk", "Show or hide the overlay"),
    "click_through": QT_TRANSLATE_NOOP("KeysDesk", "Let clicks through"),
    "dismiss": QT_TRANSLATE_NOOP("KeysDesk", "Send the tip away"),
    "next_item": QT_TRANSLATE_NOOP("KeysDesk", "The next item is on"),
    "repeat_tip": QT_TRANSLATE_NOOP("KeysDesk", "The last tip again"),
    "mark": QT_TRANSLATE_NOOP("KeysDesk", "Mark this moment"),
    "hide_all": QT_TRANSLATE_NOOP("KeysDesk", "Hide everything now"),
    "pause_screen": QT_TRANSLATE_NOOP("KeysDesk", "Watch the screen, or not"),
}
"""What each action does, for a desktop that asks its user."""


class KeysDesk(QObject):
    """Holds the keys of the settings; where the system has no way to, none, and everything else goes on."""

    pressed = Signal(str)
    """The action whose keys were pressed; in the Qt thread for who is connected by a method."""
    conflicted = Signal(tuple)
    """The actions whose keys another program has; after each time that keys were taken."""
    said = Signal(str)

    def __init__(self, wish: HotkeySettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wish = wish
        self._keys: Hotkeys | None = None

    @property
    def conflicts(self) -> tuple[str, ...]:
        """The actions whose keys another program has."""
        return self._keys.conflicts if self._keys is not None else ()

    def hold(self) -> None:
        """Take the keys."""
        if QApplication.platformName() == "offscreen":
            return
        titles = {action: QCoreApplication.translate("KeysDesk", text) for action, text in TITLES.items()}
        try:
            self._keys = open_hotkeys(self._wanted(), self.pressed.emit, titles)
        except MartLiveError as exc:
            self.said.emit(str(exc))
        else:
            self.conflicted.emit(self.conflicts)

    def use(self, wish: HotkeySettings) -> None:
        """Take other keys."""
        self._wish = wish
        self._rebind(self._wanted())
        self.conflicted.emit(self.conflicts)

    def rest(self, is_resting: bool) -> None:  # noqa: FBT001 - connected to a signal that carries a bool
        """Let the keys go while new ones are pressed, then take them again."""
        self._rebind({} if is_resting else self._wanted())

    def is_free(self, keys: Combination) -> bool:
        """Whether no other program has `keys`."""
        try:
            return self._keys is None or self._keys.is_free(keys)
        except MartLiveError as exc:
            self.said.emit(str(exc))
            return True

    def close(self) -> None:
        if self._keys is not None:
            self._keys.close()

    def _rebind(self, wanted: dict[str, str]) -> None:
        if self._keys is not None:
            try:
                self._keys.rebind(wanted)
            except MartLiveError as exc:
                self.said.emit(str(exc))

    def _wanted(self) -> dict[str, str]:
        """Keys by action; what a settings file has that is no keys is said and left out."""
        wanted: dict[str, str] = {}
        for action in TITLES:
            if text := getattr(self._wish, action):
                try:
                    parse(text)
                except SettingsInvalid as exc:
                    self.said.emit(str(exc))
                else:
                    wanted[action] = text
        return wanted
